import assert from "node:assert/strict";
import fc from "fast-check";
import type { Experiment } from "../core/runs/run_experiment.ts";
import { command as audit } from "../experiments/tools/audit.ts";
import { command as bench } from "../experiments/tools/bench.ts";
import { command as compare } from "../experiments/tools/compare.ts";
import { command as features } from "../experiments/tools/features.ts";
import { command as learn } from "../experiments/deletion/learn.ts";
import { command as unlearn } from "../experiments/deletion/unlearn.ts";
import { command as verify } from "../experiments/deletion/verify.ts";
import { command as merge } from "../experiments/tools/merge.ts";
import { command as plot } from "../experiments/tools/plot.ts";
import { command as variants } from "../experiments/tools/variants.ts";
import { fuzz, HOSTILE_TEXTS } from "./helpers/fuzz.ts";
import { countSteps, SCRIPTS, withoutExit } from "./helpers/scripts.ts";

/** Numbers at the ends of all ranges, and what looks like numbers. */
const NUMBERS = [
  ...["0", "-0", "1", "2", "10", "1e-6", "0.5", "-1", "1.5", "1e300", "1e-300", "5e-324", "1e39", "1e400", "1e-400"],
  ...["2147483647", "2147483648", "4294967295", "4294967296", "9007199254740991", "9007199254740992"],
  ...["NaN", "Infinity", "-Infinity", "0x10", "1_000", "1,2", "1,1", "1,", ",", " 1 ", "１", "1e", "+1", "."],
];
const NAMES = [
  "MNIST",
  "ADULT",
  "CSV",
  "paper",
  "fast",
  "spectral",
  "wasm",
  "plain",
  "binary",
  "multi",
  "__proto__",
  "0-9",
  "9-0",
  "0/4",
  "4/4",
];
const texts = fc.oneof(
  fc.constantFrom(...NUMBERS, ...NAMES, ...HOSTILE_TEXTS),
  fc.double().map(String),
  fc.string({ maxLength: 12, unit: "binary" }),
);

/** The flags that a script's help names. */
function flagsOf(parse: (args: readonly string[]) => unknown): string[] {
  const help = withoutExit(() => parse(["--help"]));
  assert.equal(typeof help, "string");
  return [...new Set((help as string).match(/--[\w-]+/g))];
}

/** Every number is one. */
function assertNumbers(options: object): void {
  for (const [name, value] of Object.entries(options)) {
    for (const item of [value].flat()) {
      if (typeof item === "number") assert.ok(Number.isFinite(item) && !Object.is(item, -0), `${name} ${item}`);
    }
  }
}

/** Every option of an experiment is in its range. */
function assertOptions({ options }: Experiment): void {
  assertNumbers(options);
  assert.ok(options.resultDir.trim() !== "" && options.dataDir.trim() !== "");
  assert.ok(Number.isFinite(Math.fround(options.init_mean)));
  assert.ok(options.lam > 0 && options.burn_in >= 0 && options.num_trial >= 1 && options.first_trial >= 0);
  assert.ok(options.first_trial + options.num_trial <= 2 ** 32);
  assert.ok(Number.isInteger(options.seed) && options.seed >= 0 && options.seed < 2 ** 32);
}

/** Command lines with the flags that a script's help names, and others. */
function commandLines(flags: readonly string[]): fc.Arbitrary<string[]> {
  const flag = fc.constantFrom(...flags);
  const pair = fc.tuple(flag, texts);
  const choices = flags.filter((name) => /run_|paint_|search_burnin$/.test(name)).map((name) => [name, "1"]);
  return fc.array(
    fc.oneof(
      { weight: 4, arbitrary: pair },
      { weight: 4, arbitrary: fc.tuple(flag, fc.constantFrom("1", "2")) },
      { weight: 4, arbitrary: choices.length > 0 ? fc.constantFrom(...choices) : pair },
      { weight: 1, arbitrary: pair.map(([flag, text]) => [`${flag}=${text}`]) },
      { weight: 1, arbitrary: fc.tuple(texts) },
    ),
    { maxLength: 4 },
  ).map((parts) => parts.flat());
}

for (const [name, parse] of Object.entries(SCRIPTS)) {
  const flags = flagsOf(parse);
  assert.ok(flags.length > 30);
  Deno.test(...fuzz(`command lines of ${name}`, {
    inputs: commandLines(flags),
    read: (args) => withoutExit(() => parse(args)),
    check: (outcome) => typeof outcome === "string" ? assert.match(outcome, /^Usage: /) : assertOptions(outcome),
  }));
}

for (
  const [name, command] of Object.entries({
    audit,
    bench,
    compare,
    features,
    learn,
    merge,
    plot,
    unlearn,
    variants,
    verify,
  })
) {
  const parse = (args: readonly string[]) => command.parse(args, { from: "user" }).opts();
  Deno.test(...fuzz(`command lines of ${name}`, {
    inputs: commandLines(flagsOf(parse)),
    read: (args) => withoutExit(() => parse(args)),
    check: (outcome) => typeof outcome === "string" ? assert.match(outcome, /^Usage: /) : assertNumbers(outcome),
  }));
}

Deno.test(...fuzz("experiments that only count, with numbers of all sizes", {
  cases: 2000,
  inputs: fc.tuple(
    fc.constantFrom<[keyof typeof SCRIPTS, ...string[]]>(
      ["baseline", "--ks", "1,2"],
      ["baseline", "--sequential2", "1", "--sequence_rows", "4", "--removes", "2"],
      ["main_lmc", "--paint_utility_s", "1", "--removes", "1,5"],
      ["main_lmc", "--paint_utility_epsilon", "1", "--removes", "3"],
      ["main_lmc", "--paint_unlearning_sigma", "1", "--removes", "3", "--sigmas", "0.1"],
      ["main_lmc", "--retrain_noiseless", "1", "--removes", "1"],
      ["main_lmc_multiclass", "--search_burnin", "1"],
      ["main_sgd", "--compare_baseline_nonconvergent", "1", "--batch_sizes", "7,50"],
      ["main_sgd", "--sequential", "1", "--batch_sizes", "10,0", "--requests", "3"],
    ),
    fc.array(
      fc.tuple(
        fc.constantFrom(
          "--lam",
          "--M",
          "--burn_in",
          "--sigma",
          "--epsilons",
          "--ks",
          "--removes",
          "--sigmas",
          "--seed",
        ),
        fc.constantFrom("1e-320", "1e-300", "1e-150", "1e-30", "1e-9", "0.01", "1", "7", "51", "1e9", "1e30", "1e300"),
      ),
      { maxLength: 3 },
    ),
  ),
  read: async ([[name, ...args], more]) => {
    const experiment = withoutExit(() =>
      SCRIPTS[name](["--epsilons", "1", "--num_trial", "2", ...args, ...more.flat()])
    );
    assert.ok(typeof experiment !== "string");
    return await countSteps(experiment);
  },
  check: (steps) => assert.ok(Number.isSafeInteger(steps) && steps > 0),
}));
