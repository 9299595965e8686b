/**
 * What decides a run's numbers, and whether two runs agree in it.
 * @module
 */
import type { SharedOptions } from "./options.ts";
import type { Problem } from "../model/problem.ts";
import { ALGORITHMS, experimentsOf } from "../original/experiments.ts";
import { DIFFERENCES } from "../original/variants.ts";
import { isObject } from "../text/json.ts";
import { inShell, printable } from "../text/messages.ts";

/** What decides a run's numbers; part of `run.json`. */
export interface RunRecord {
  /** Name of the experiment. */
  readonly experiment: string;
  /** The user's flags. */
  readonly options: SharedOptions;
  /** The constants. */
  readonly problem: Problem;
  /** Beginnings of the hashes of the training and of the test rows, see `hashRows`. */
  readonly rows: string;
  /** The rows that the user names for removal, see {@linkcode describeRows}. */
  readonly named?: string | undefined;
  /** Which engine, see `Engine.kind`. */
  readonly engine: string;
  /** Versions of the program and of what runs it. */
  readonly versions: { readonly program: string };
}

/** The names that version 0.2 had for the constants of a problem. */
const OLD_CONSTANTS = {
  count: "n",
  dimension: "d",
  smoothness: "L",
  strongConvexity: "m",
  lipschitz: "M",
  stepSize: "eta",
};

/**
 * The content of a `run.json` with the names of this version, should it be one of 0.2: that had other names for the
 * constants, `batch` for `chains_at_once`, and the number of the named rows alone.
 *
 * @param run An object, whatever is in it.
 * @returns The same with new names; as it is if it is none of 0.2.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { withNewNames } from "./run_record.ts";
 *
 * const old = { options: { lam: 0.1, batch: 3 }, problem: { count: 5, outputs: 1, smoothness: 0.75, delta: 0.2 } };
 * assert.deepEqual(withNewNames(old), {
 *   options: { lam: 0.1, chains_at_once: 3 },
 *   problem: { n: 5, L: 0.75, classes: 2, lambda: 0.1 },
 * });
 * ```
 */
export function withNewNames(run: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { options, problem, named } = run;
  if (!isObject(options) || !isObject(problem) || !Object.hasOwn(problem, "count")) return run;
  const { batch, ...others } = options;
  const constants = Object.entries(OLD_CONSTANTS).flatMap(([old, name]) =>
    Object.hasOwn(problem, old) ? [[name, problem[old]]] : []
  );
  const classes = problem.outputs === 1 ? 2 : problem.outputs;
  return {
    ...run,
    options: { ...others, ...(batch !== undefined && { chains_at_once: batch }) },
    problem: { ...Object.fromEntries(constants), classes, lambda: options.lam },
    ...(typeof named === "number" && { named: `${named} rows` }),
  };
}

/** Flags that change no number, or that other parts of the record stand for. */
const NEUTRAL = new Set([
  ...["resultDir", "fresh", "threads", "chains_at_once", "batch", "checkpoint_seconds"],
  ...["backend", "kernels", "dataDir", "train_csv", "test_csv", "label", "remove_rows", "departures"],
  ...["delimiter", "decimal_comma"],
  ...["all_trials", "shard"],
]);

/**
 * A short text by which numbers of rows are known again: how many, and the beginning of a SHA-256 of them, a line each.
 *
 * @param numbers The numbers, in an order that counts.
 * @returns The text.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { describeRows } from "./run_record.ts";
 *
 * assert.equal(await describeRows([5, 17, 190]), "3 rows, 1cb33f4dd2e8ec55");
 * ```
 */
export async function describeRows(numbers: readonly number[]): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(numbers.join("\n")));
  return `${numbers.length} rows, ${new Uint8Array(hash).toHex().slice(0, 16)}`;
}

/**
 * The variant and the flags that depart from it, `--share 1` among them: figures, tables and pages say what they show.
 *
 * @param options The flags; those of version 0.2 have no variant.
 * @returns The text.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { nameVariant } from "./run_record.ts";
 *
 * assert.equal(nameVariant({ variant: "released", departures: "--redraw 0" }), "released --redraw 0");
 * assert.equal(nameVariant({ variant: "corrected", departures: "", share: true }), "corrected --share 1");
 * ```
 */
export function nameVariant(
  { variant, departures, share }: Partial<Pick<SharedOptions, "variant" | "departures" | "share">>,
): string {
  return [variant, departures, share ? "--share 1" : ""].filter((part) => part).join(" ");
}

/** The flag of an option: commander joins words of a flag that a hyphen parts, as in dataDir, and leaves others alone. */
const flagOf = (name: string) => `--${name.replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** Options that a command line says otherwise, or that are of one process. */
const NO_FLAGS = new Set([
  ...["departures", "trials", "shard", "all_trials", "first_trial", "num_trial"],
  ...["fresh", "checkpoint_seconds", "batch"],
]);

/**
 * The command line that computes what a run has computed: of experiments of the original alone.
 *
 * @param run The run.
 * @returns The line, for a shell; undefined of an unknown experiment, and of trials that no line chooses.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseOptions, scriptCommand } from "../command_line/mod.ts";
 * import { makeProblem } from "../model/problem.ts";
 * import { commandLine } from "./run_record.ts";
 *
 * const line = commandLine({
 *   experiment: "baseline",
 *   options: parseOptions(scriptCommand("baseline", "An example."), ["--preset", "fast", "--seed", "7"]),
 *   problem: makeProblem({ n: 11982, d: 784, lambda: 1e-6 }),
 * });
 * assert.match(line!, /^deno task baseline .*--seed 7 .*--num_trial 20 --init_mean 0$/);
 * ```
 */
export function commandLine({ experiment, options, problem }: Pick<RunRecord, "experiment" | "options" | "problem">) {
  const { first_trial, num_trial, all_trials, shard, trials, departures } = options;
  const known = ALGORITHMS.flatMap(experimentsOf).filter(({ name }) => name === experiment);
  const own = known.find(({ flag }) => Object.entries(options).some(([name, on]) => name === flag && on === true)) ??
    known.find(({ script }) => script === "baseline");
  if (own === undefined || trials !== undefined) return undefined;
  const script = own.script.replace(/_multiclass$|(?<!sgd)$/, problem.classes > 2 ? "_multiclass" : "");
  const flags = Object.entries(options).filter(([name, value]) =>
    !NO_FLAGS.has(name) && !Object.hasOwn(DIFFERENCES, name) && value !== undefined && value !== false &&
    value !== `./${name.replace("Dir", "")}`
  ).map(([name, value]) => [flagOf(name), value === true ? "1" : inShell(String(value))]);
  const whole = ["--num_trial", String(all_trials)];
  const chosen = shard !== undefined
    ? [...whole, "--shard", shard]
    : all_trials === num_trial
    ? whole
    : ["--trials", `${first_trial}-${first_trial + num_trial - 1}`];
  return ["deno task", script, ...flags.flat(), ...chosen, ...(departures ? [departures] : [])].join(" ");
}

/** Names of what is compared, and the values as the user writes them. */
function entries({ options, problem, rows, named, engine, versions }: RunRecord): Map<string, string> {
  const flags = Object.entries(options).filter(([name]) => !NEUTRAL.has(name))
    .map(([name, value]) => [name === "first_trial" ? "the first trial" : flagOf(name), value]);
  const constants = Object.entries(problem).map(([name, value]) => [`the data's ${name}`, value]);
  const others = [
    ["the rows", rows],
    ["the named rows", named],
    ["the engine", engine],
    ["the program's version", versions.program],
  ];
  return new Map(
    [...flags, ...constants, ...others]
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, typeof value === "boolean" ? String(Number(value)) : String(value)]),
  );
}

/**
 * What two runs differ in that decides numbers or which of them are computed.
 *
 * @param before One run.
 * @param now Another.
 * @returns A sentence for each difference, such as `--seed was 0, is 1`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseOptions, scriptCommand } from "../command_line/mod.ts";
 * import { makeProblem } from "../model/problem.ts";
 * import { differences } from "./run_record.ts";
 *
 * const record = (...args: string[]) => ({
 *   experiment: "example",
 *   options: parseOptions(scriptCommand("example", "An example."), args),
 *   problem: makeProblem({ n: 11982, d: 784, lambda: 1e-6 }),
 *   rows: "b5bb9d80",
 *   engine: "CPU",
 *   versions: { program: "0.1.0" },
 * });
 * assert.deepEqual(differences(record("--threads", "1"), record("--seed", "1")), ["--seed was 0, is 1"]);
 * ```
 */
export function differences(before: RunRecord, now: RunRecord): string[] {
  const [old, new_] = [entries(before), entries(now)];
  const names = new Set([...old.keys(), ...new_.keys()]);
  return [...names].filter((name) => old.get(name) !== new_.get(name))
    .map((name) => printable(`${name} was ${old.get(name) ?? "not given"}, is ${new_.get(name) ?? "not given"}`));
}
