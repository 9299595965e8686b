/**
 * The command line that the scripts share: the original's flags with their names, types and defaults, and ours.
 * @module
 */
import { Command, type CommandUnknownOpts, InvalidArgumentError, Option } from "@commander-js/extra-typings";
import { BINARY_DATASETS, checkDataChoice, type DataChoice } from "../datasets/load_dataset.ts";
import { Interruption } from "../runs/interruption.ts";
import { ACCOUNTANTS } from "../accountant/accountants.ts";
import { type BackendName, BACKENDS, KERNELS } from "../engines/backends.ts";
import type { EngineChoice } from "../engines/open_engine.ts";
import { ORDER_SEARCHES } from "../original/accountant.ts";
import { SMOOTHNESSES } from "../original/problem.ts";
import { type Choices, choicesOf, DIFFERENCES, type Occasion, type Variant, VARIANTS } from "../original/variants.ts";

/**
 * Parses a finite decimal number; −0 is 0.
 *
 * @param text What the user wrote.
 * @returns The number.
 * @throws {InvalidArgumentError} If it is none.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { number } from "./experiment.ts";
 *
 * assert.equal(number("1e-6"), 1e-6);
 * assert.throws(() => number("nan"));
 * ```
 */
export function number(text: string): number {
  const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text.trim()) ? Number(text) : NaN;
  if (!Number.isFinite(value)) throw new InvalidArgumentError("It is not a finite number.");
  return value === 0 ? 0 : value;
}

/**
 * Parses a number above 0.
 *
 * @param text What the user wrote.
 * @returns The number.
 * @throws {InvalidArgumentError} If it is none.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { positive } from "./experiment.ts";
 *
 * assert.throws(() => positive("0"));
 * ```
 */
export function positive(text: string): number {
  const value = number(text);
  if (value <= 0) throw new InvalidArgumentError("It is not above 0.");
  return value;
}

/**
 * Parses a number above 0 and below 1.
 *
 * @param text What the user wrote.
 * @returns The number.
 * @throws {InvalidArgumentError} If it is none.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { probability } from "./experiment.ts";
 *
 * assert.equal(probability("1e-6"), 1e-6);
 * assert.throws(() => probability("1"));
 * ```
 */
export function probability(text: string): number {
  const value = positive(text);
  if (value >= 1) throw new InvalidArgumentError("It is not below 1.");
  return value;
}

/** Parses a number of float32. */
function singlePrecision(text: string): number {
  const value = number(text);
  if (!Number.isFinite(Math.fround(value))) throw new InvalidArgumentError("It is not within ±3.4e38.");
  return value;
}

/**
 * Parses a path.
 *
 * @param text What the user wrote.
 * @returns The path.
 * @throws {InvalidArgumentError} If it is empty or no system could have it.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { path } from "./experiment.ts";
 *
 * assert.throws(() => path(""));
 * ```
 */
export function path(text: string): string {
  if (text.trim() === "") throw new InvalidArgumentError("It is empty.");
  if (text.includes("\0")) throw new InvalidArgumentError("It has a character that no path has.");
  return text;
}

/**
 * Parses an integer from `least` to `most`.
 *
 * @param least The smallest one allowed.
 * @param most The largest one allowed.
 * @returns The parser, which throws an `InvalidArgumentError` for anything else.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { integer } from "./experiment.ts";
 *
 * assert.equal(integer(1)("100"), 100);
 * assert.throws(() => integer(1)("0"));
 * ```
 */
export function integer(least: number, most: number = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = number(text);
    if (!Number.isSafeInteger(value) || value < least || value > most) {
      throw new InvalidArgumentError(`It is not an integer from ${least} to ${most}.`);
    }
    return value;
  };
}

/** Parses a switch of the original. */
function flag(text: string): boolean {
  if (text !== "0" && text !== "1") throw new InvalidArgumentError("It is neither 0 nor 1.");
  return text === "1";
}

/**
 * Parses one of several names.
 *
 * @param names The names.
 * @returns The parser, which throws an `InvalidArgumentError` for anything else.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { oneOf } from "./experiment.ts";
 *
 * assert.equal(oneOf(["fused", "plain"])("plain"), "plain");
 * assert.throws(() => oneOf(["fused", "plain"])("fast"));
 * ```
 */
export function oneOf<Name extends string>(names: readonly Name[]): (text: string) => Name {
  return (text) => {
    const name = names.find((name) => name === text);
    if (name === undefined) throw new InvalidArgumentError(`Allowed choices are ${names.join(", ")}.`);
    return name;
  };
}

/**
 * Parses values separated by commas.
 *
 * @param parse Parses one of them.
 * @returns The parser, which throws an `InvalidArgumentError` where `parse` does or for a value given twice.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { list, positive } from "./experiment.ts";
 *
 * assert.deepEqual(list(positive)("0.5,1"), [0.5, 1]);
 * ```
 */
export function list<Value>(parse: (text: string) => Value): (text: string) => Value[] {
  return (text) => {
    const values = text.split(",").map(parse);
    if (new Set(values).size < values.length) throw new InvalidArgumentError("A value appears twice.");
    return values;
  };
}

/**
 * Values separated by commas, with a default that the help shows as a user would write it.
 *
 * @param flags The flag, as commander wants it.
 * @param description What the values are.
 * @param parse Parses one of them.
 * @param values The default.
 * @returns The option.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Command } from "@commander-js/extra-typings";
 * import { listOption, positive } from "./experiment.ts";
 *
 * const command = new Command().addOption(listOption("--epsilons <list>", "an example", positive, [0.5, 1]));
 * assert.equal(command.options[0].defaultValueDescription, "0.5,1");
 * ```
 */
export function listOption<Flags extends string, Value>(
  flags: Flags,
  description: string,
  parse: (text: string) => Value,
  values: readonly Value[],
): Option<Flags, undefined, Value[], Value[]> {
  return new Option(flags, description).argParser(list(parse)).default([...values], values.join(","));
}

/**
 * A switch of the original, 0 or 1.
 *
 * @param flags The flag, as commander wants it.
 * @param description What it switches on.
 * @param on Whether it is on by default.
 * @returns The option.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Command } from "@commander-js/extra-typings";
 * import { toggle } from "./experiment.ts";
 *
 * const command = new Command().addOption(toggle("--find_k <0|1>", "an example"));
 * assert.equal(command.parse(["--find_k", "1"], { from: "user" }).opts().find_k, true);
 * ```
 */
export function toggle<Flags extends string>(
  flags: Flags,
  description: string,
  on = false,
): Option<Flags, undefined, boolean, boolean> {
  return new Option(flags, description).argParser(flag).default(on, on ? "1" : "0");
}

/**
 * A switch, 0 or 1, that overrides what the variant sets.
 *
 * @param flags The flag, as commander wants it.
 * @param description What it switches on.
 * @returns The option.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Command } from "@commander-js/extra-typings";
 * import { override } from "./experiment.ts";
 *
 * const command = new Command().addOption(override("--redraw <0|1>", "an example"));
 * assert.equal(command.parse([], { from: "user" }).opts().redraw, undefined);
 * ```
 */
export function override<Flags extends string>(
  flags: Flags,
  description: string,
): Option<Flags, undefined, undefined, boolean> {
  return new Option(flags, description).argParser(flag);
}

/** Some of the trials. */
type TrialRange = Pick<SharedOptions, "first_trial" | "num_trial">;

/** Parses the numbers of the first and the last trial, such as `50-99`. */
function trialRange(text: string): TrialRange {
  const [first, last] = text.split("-").map(integer(0, 2 ** 32 - 1));
  if (!/^\d+-\d+$/.test(text) || last < first) {
    throw new InvalidArgumentError("It is not the first and the last trial, such as 50-99.");
  }
  return { first_trial: first, num_trial: last - first + 1 };
}

/** Parses one of several equal shards, such as `0/4`: the trials that it has of so many. */
function trialShard(text: string): (trials: number) => TrialRange {
  const [index, shards] = text.split("/").map(integer(0, 2 ** 32 - 1));
  if (!/^\d+\/\d+$/.test(text) || index >= shards) {
    throw new InvalidArgumentError("It is not one of several shards, such as 0/4 to 3/4.");
  }
  return (trials) => {
    const [first, end] = [index, index + 1].map((i) => Math.floor(i * trials / shards));
    if (end === first) throw new RangeError(`--shard ${text} of ${trials} trials is empty: take fewer shards`);
    return { first_trial: first, num_trial: end - first };
  };
}

/** What `--preset` sets unless the flag itself is given; it goes before what `--variant` sets. */
const PRESETS = {
  paper: { burn_in: 10_000, num_trial: 100 },
  fast: { burn_in: 500, num_trial: 20, init_mean: 0 },
};

/**
 * The experiment that the user's switches choose.
 *
 * @param names Names of the switches that are on.
 * @returns The only one, undefined if there is none.
 * @throws {RangeError} If there are several.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { atMostOne } from "./experiment.ts";
 *
 * assert.equal(atMostOne(["find_k"]), "find_k");
 * assert.throws(() => atMostOne(["find_k", "sequential2"]), /give one of --find_k, --sequential2 at a time/);
 * ```
 */
export function atMostOne<Name extends string>(names: readonly Name[]): Name | undefined {
  if (names.length <= 1) return names.at(0);
  throw new RangeError(`give one of ${names.map((name) => `--${name}`).join(", ")} at a time`);
}

/** What a flag is without being given, for its help. */
const presetDefaults = (flag: keyof typeof PRESETS.paper) =>
  `(default: ${PRESETS.paper[flag]}; fast: ${PRESETS.fast[flag]})`;

/** The flags that every script has, as far as the user gave them or they have a default of their own. */
export type SharedFlags =
  & DataChoice
  & Required<Pick<EngineChoice, "backend" | "kernels">>
  & Pick<EngineChoice, "threads">
  & Partial<Choices>
  & {
    /** λ. */
    readonly lam: number;
    /** Steps of learning, one less than are taken unless `extra_step` is off. */
    readonly burn_in?: number;
    /** Folder of the results. */
    readonly resultDir: string;
    /** Which variant of the method. */
    readonly variant: Variant;
    /** Which defaults, and where chains with σ ≥ 0.5 start. */
    readonly preset: keyof typeof PRESETS;
    /** Chains a cell. */
    readonly num_trial?: number;
    /** Seed of all random numbers. */
    readonly seed: number;
    /** Whether to write `.npy` files too. */
    readonly save_npy: boolean;
    /** Number of the first trial. */
    readonly first_trial: number;
    /** Most chains that a device computes at a time. */
    readonly chains_at_once?: number;
    /** Seconds between two states of a running walk on the disk. */
    readonly checkpoint_seconds: number;
    /** Whether to remove first what an earlier run left. */
    readonly fresh: boolean;
  };

/** What the variant and the preset fill in. */
type Filled = Choices & Required<Pick<SharedFlags, "burn_in" | "num_trial">> & {
  /** The flags that depart from the variant, as a command line. */
  readonly departures: string;
};

/** The values of a script's flags, all filled in. */
export type Complete<Flags> = Flags & Filled;

/** The values of the flags that every script has. */
export type SharedOptions = Complete<SharedFlags>;

/** Heading of the flags that the original has. */
export const ORIGINAL = "Flags of the original:";
/** Heading of the flags that the original has not. */
export const NEW = "New flags:";
/** Heading of the flags that override what `--variant` sets. */
export const OVERRIDES = "Flags that override --variant (default: as the variant; deno task variants):";
const UNUSED = "Accepted, without effect:";

/**
 * A flag that is accepted and has no effect.
 *
 * @param flags The flag, as commander wants it.
 * @param parse Parses its value, as the original does.
 * @param reason Why it has none.
 * @returns The option.
 *
 * @example
 * ```ts
 * import { Command } from "@commander-js/extra-typings";
 * import { integer, unused } from "./experiment.ts";
 *
 * new Command().addOption(unused("--num-steps <n>", integer(0))).parse(["--num-steps", "3"], { from: "user" });
 * ```
 */
export function unused<Flags extends string>(
  flags: Flags,
  parse: (text: string) => unknown = String,
  reason = "no effect in the original either",
): Option<Flags, undefined, undefined, unknown> {
  return new Option(flags, reason).argParser((text) => void parse(text)).helpGroup(UNUSED);
}

/** More of a message is not shown. */
const LONGEST_MESSAGE = 1000;

/** A message without what would break its line or change the terminal. */
function onOneLine(text: string): string {
  const line = text.trim().replaceAll(/\s*[\p{Cc}\p{Zl}\p{Zp}]+\s*/gu, " ");
  return line.length <= LONGEST_MESSAGE ? line : `${line.slice(0, LONGEST_MESSAGE)} …`;
}

/**
 * Lets a wrong command line end the program with one line on stderr and exit code 2.
 *
 * @param command The command.
 * @returns The command.
 *
 * @example
 * ```ts
 * import { Command } from "@commander-js/extra-typings";
 * import { exitOnUsageError } from "./experiment.ts";
 *
 * exitOnUsageError(new Command()).parse([], { from: "user" });
 * ```
 */
export function exitOnUsageError(command: Command): Command {
  return command
    .configureOutput({
      outputError: (text, write) => write(`${onOneLine(text)}\n`),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .exitOverride((error) => Deno.exit(error.exitCode === 0 ? 0 : 2))
    .allowExcessArguments(false)
    .helpOption("-h, --help", "this text");
}

/**
 * The flag that names the folder of the datasets.
 *
 * @returns The option.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { dataDirOption } from "./experiment.ts";
 *
 * assert.equal(dataDirOption().defaultValue, "./data");
 * ```
 */
export function dataDirOption(): Option<"--data-dir <path>", undefined, string, string> {
  return new Option("--data-dir <path>", "folder of the datasets that do not come with the program")
    .argParser(path).default("./data");
}

/**
 * The flag that chooses a backend.
 *
 * @returns The option.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { backendOption } from "./experiment.ts";
 *
 * assert.equal(backendOption().defaultValue, "auto");
 * ```
 */
export function backendOption(): Option<"--backend <name>", undefined, "auto", undefined, false, "auto" | BackendName> {
  return new Option("--backend <name>", "auto: webgpu on a hardware adapter, else wasm")
    .choices(["auto", ...BACKENDS]).default("auto");
}

/**
 * The flag that says how many threads compute.
 *
 * @returns The option.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { threadsOption } from "./experiment.ts";
 *
 * assert.equal(threadsOption().defaultValue, undefined);
 * ```
 */
export function threadsOption(): Option<"--threads <n>", undefined, undefined, number> {
  return new Option("--threads <n>", "threads on a CPU (default: all)").argParser(integer(1, 256));
}

/**
 * The flags that choose a dataset.
 *
 * @param datasets Names of the datasets, the default first.
 * @returns The options.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { datasetOptions } from "./experiment.ts";
 *
 * assert.equal(datasetOptions(["MNIST"])[0].defaultValue, "MNIST");
 * ```
 */
export function datasetOptions(datasets: readonly string[]): Option[] {
  return [
    new Option("--dataset <name>", "dataset").choices(datasets).default(datasets[0]),
    dataDirOption(),
  ] as unknown as Option[];
}

/**
 * The flags that name files of rows.
 *
 * @returns The options.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { tableOptions } from "./experiment.ts";
 *
 * assert.equal(tableOptions()[0].name(), "train_csv");
 * ```
 */
export function tableOptions(): Option[] {
  return [
    new Option("--train_csv <file>", "training rows of --dataset CSV: numbers and one column of labels")
      .argParser(path),
    new Option("--test_csv <file>", "its test rows").argParser(path),
    new Option("--label <column>", "its column of labels"),
    new Option("--remove_rows <file>", "the training rows to remove, a row number (from 0) a line; else the last ones")
      .argParser(path),
  ] as unknown as Option[];
}

/**
 * The flags that say what is guaranteed, and by which accountant.
 *
 * @param accountant The default accountant, where no variant sets it.
 * @returns The options.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { guaranteeOptions } from "./experiment.ts";
 *
 * assert.equal(guaranteeOptions()[0].long, "--accountant");
 * ```
 */
export function guaranteeOptions(accountant?: string): Option[] {
  return [
    new Option("--accountant <name>", "what says which K reaches ε").choices(Object.keys(ACCOUNTANTS))
      .default(accountant),
    new Option("--delta <δ>", "δ of the (ε, δ) guarantees (default: 1/n)").argParser(probability),
  ] as unknown as Option[];
}

/**
 * The flags that choose an engine.
 *
 * @returns The options.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { engineOptions } from "./experiment.ts";
 *
 * assert.equal(engineOptions()[0].defaultValue, "auto");
 * ```
 */
export function engineOptions(): Option[] {
  return [
    backendOption(),
    new Option("--kernels <kind>", "fused where the backend has them, or plain TensorFlow.js operations, on one thread")
      .choices(KERNELS).default(KERNELS[0]),
    threadsOption(),
  ] as unknown as Option[];
}

/**
 * Adds options to a command, whose type then does not tell of them.
 *
 * @param command The command.
 * @param options The options.
 * @returns The command.
 *
 * @example
 * ```ts
 * import { Command } from "@commander-js/extra-typings";
 * import { engineOptions, withOptions } from "./experiment.ts";
 *
 * withOptions(new Command(), engineOptions()).parse(["--threads", "2"], { from: "user" });
 * ```
 */
export function withOptions(command: Command, options: readonly Option[]): Command {
  return options.reduce((longer, option) => longer.addOption(option), command);
}

/** A script. */
export interface Script {
  /** Its name. */
  readonly name: string;
  /** Whether it learns more than two classes. */
  readonly multiclass: boolean;
  /** What it does, if not what the script of this name in the original does. */
  readonly description?: string;
  /** What it sets unless the user does, by flag. */
  readonly defaults?: Readonly<Record<string, string>>;
}

/**
 * Lets the help of a command show other defaults.
 *
 * @param command The command.
 * @param defaults The defaults by flag.
 * @returns The command.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { scriptCommand, showDefaults } from "./experiment.ts";
 *
 * const command = showDefaults(scriptCommand("example", "An example."), { "--preset": "fast" });
 * assert.match(command.helpInformation(), /20 trials \(choices: "paper", "fast", default: fast\)/);
 * ```
 */
export function showDefaults<Given extends Pick<CommandUnknownOpts, "options">>(
  command: Given,
  defaults: Readonly<Record<string, string>>,
): Given {
  for (const option of command.options) {
    const value = defaults[option.long ?? ""];
    if (value === undefined) continue;
    option.default(value, value).description = option.description.replace(/ \(default: .*\)$/, "");
  }
  return command;
}

/**
 * The command of a script, with the flags that all scripts share. A wrong command line ends the program with one line
 * on stderr and exit code 2.
 *
 * @param name Name of the script.
 * @param description What it does.
 * @param datasets Names of the datasets that it can learn, the default first.
 * @returns The command, to which the script adds its own flags.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { scriptCommand } from "./experiment.ts";
 *
 * const command = scriptCommand("example", "An example.").parse(["--lam", "1e-4"], { from: "user" });
 * assert.equal(command.opts().lam, 1e-4);
 * ```
 */
export function scriptCommand(
  name: string,
  description: string,
  datasets: readonly string[] = BINARY_DATASETS,
): Command<[], SharedFlags> {
  const command = withOptions(
    exitOnUsageError(new Command(name)).description(description).optionsGroup(ORIGINAL),
    datasetOptions(datasets),
  )
    .addOption(new Option("--lam <λ>", "L2 regularization of one row").argParser(positive).default(1e-6, "1e-6"))
    .option(
      "--burn_in <steps>",
      `steps of learning; one more is taken ${presetDefaults("burn_in")}`,
      integer(0, 2 ** 31),
    )
    .option("--result-dir <path>", "where the folder LMC goes", path, "./result")
    .optionsGroup(NEW)
    .addOption(
      new Option("--variant <name>", "as the released code, as the published results were made, or corrected")
        .choices(VARIANTS).default(VARIANTS[0]),
    )
    .addOption(
      new Option("--preset <name>", "paper: as the original; fast: start at 0, 500 steps, 20 trials")
        .choices(Object.keys(PRESETS)).default("paper"),
    )
    .option("--num_trial <n>", `chains a cell ${presetDefaults("num_trial")}`, integer(1, 2 ** 32))
    .addOption(
      new Option("--trials <first-last>", "some of the trials by their numbers, such as 50-99")
        .argParser(trialRange).conflicts(["num_trial", "shard"]),
    )
    .addOption(
      new Option("--shard <i/n>", "one of n shards of the trials, i from 0; `deno task merge` puts them together")
        .argParser(trialShard),
    )
    .option("--chains_at_once <n>", "most chains to compute at a time (default: as many as fit the device)", integer(1))
    .addOption(new Option("--batch <n>").argParser(integer(1)).conflicts("chains_at_once").hideHelp())
    .option("--checkpoint_seconds <n>", "time between two states of running chains on the disk", positive, 30)
    .addOption(toggle("--fresh <0|1>", "start over, instead of going on or saying that there is nothing left to do"))
    .option("--seed <n>", "seed of all random numbers", integer(0, 2 ** 32 - 1), 0)
    .addOption(toggle("--save_npy <0|1>", "also write every array under the original's file name"))
    .optionsGroup(OVERRIDES)
    .addOption(
      new Option("--smoothness <kind>", "L − λn: 1/4 (softmax: 1), or λmax(XᵀX/n)/4 (softmax: /2)")
        .choices(SMOOTHNESSES),
    )
    .option(
      "--M <norm>",
      "norm to which a row's gradient is clipped (default: as the variant; 1, several classes 2 or √2)",
      positive,
    )
    .addOption(
      new Option("--train-mode <mode>", "labels of more than two classes: multi is 0 and 1, binary is −1 and 1")
        .choices(["multi", "binary"]),
    )
    .addOption(override("--clip_regularizer <0|1>", "clip the regularizer with a row's gradient"))
    .addOption(override("--extra_step <0|1>", "take one step more than asked for"))
    .option(
      "--init_mean <mean>",
      "mean of the starting weights, but of Langevin chains of several classes 0 (fast: 0)",
      singlePrecision,
    )
    .addOption(override("--redraw <0|1>", "draw the rows in the place of removed ones anew for every request"))
    .addOption(
      new Option("--orders <kind>", "Rényi orders searched: boxed, as by the original, or all")
        .choices(ORDER_SEARCHES),
    )
    .addOption(unused("--extractor <type>", String, "no effect: deno task features extracts features once"))
    .addOption(unused("--num-removes <n>", integer(0)))
    .addOption(unused("--num-steps <n>", integer(0)))
    .addOption(unused("--gpu <n>", integer(0), "no effect: see --backend"))
    .addOption(unused("--gaussian_dim <n>", integer(0)))
    .addOption(unused("--len_list <n>", integer(0)))
    .addOption(unused("--finetune_step <n>", integer(0)));
  const ours = [...tableOptions(), ...engineOptions()].map((option) => option.helpGroup(NEW));
  const overrides = guaranteeOptions().map((option) => option.helpGroup(OVERRIDES));
  return withOptions(command, [...ours, ...overrides]) as unknown as Command<[], SharedFlags>;
}

/** As much of a command as {@linkcode parseOptions} needs. */
export interface Parser<Flags> {
  /** Parses a command line. */
  parse(args: readonly string[], from: { from: "user" }): { opts(): Flags };
}

/** What the values of a script's flags choose. */
export type ChosenBy<Flags> = (flags: Flags) => Pick<Occasion, "multiclass" | "experiment">;

/** Flags that set values of others. */
interface Aliases {
  readonly trials?: TrialRange;
  readonly shard?: (trials: number) => TrialRange;
  /** The name that `--chains_at_once` had. */
  readonly batch?: number;
}

/**
 * The values of a script's flags, those that the preset and the variant set filled in.
 *
 * @param command The script's command.
 * @param args What the user wrote.
 * @param chosenBy The experiment that the flags choose, on which some choices of a variant depend.
 * @returns The values.
 * @throws {RangeError} If flags of `CSV` are given without `--dataset CSV`, or the other way round.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseOptions, scriptCommand } from "./experiment.ts";
 *
 * const options = parseOptions(scriptCommand("example", "An example."), ["--preset", "fast", "--num_trial", "5"]);
 * assert.equal(options.burn_in, 500);
 * assert.equal(options.num_trial, 5);
 * assert.equal(options.smoothness, "bound");
 * assert.equal(options.departures, "--init_mean 0");
 * ```
 */
export function parseOptions<Flags extends SharedFlags>(
  command: Parser<Flags>,
  args: readonly string[],
  chosenBy: ChosenBy<Flags> = () => ({ multiclass: false, experiment: "" }),
): Complete<Flags> {
  const given: Flags & Aliases = command.parse(args, { from: "user" }).opts();
  checkDataChoice(given);
  const choices = choicesOf(given.variant, { ...chosenBy(given), dataset: given.dataset });
  const { trials, shard, batch, ...options } = { ...choices, ...PRESETS[given.preset], ...given };
  const which = { first_trial: 0, ...trials, ...shard?.(options.num_trial), ...(batch && { chains_at_once: batch }) };
  return { ...options, ...which, departures: departuresOf(options, choices) } as unknown as Complete<Flags>;
}

/** The flags that are not as the variant has them. */
function departuresOf(options: Choices, choices: Choices): string {
  const departing = (Object.keys(choices) as (keyof Choices)[]).filter((option) => options[option] !== choices[option]);
  return departing.map((option) => `${DIFFERENCES[option].flag} ${textOf(options[option])}`).join(" ");
}

const textOf = (value: Choices[keyof Choices]) => typeof value === "boolean" ? String(Number(value)) : String(value);

/**
 * Runs a script's main function; an error ends the program with one line on stderr and exit code 1, 2 for a
 * `RangeError`, a value that the user gave, or 130 and 143 for an {@linkcode Interruption}.
 *
 * @param main The function.
 *
 * @example
 * ```ts
 * import { runScript } from "./experiment.ts";
 *
 * await runScript(() => Promise.resolve());
 * ```
 */
export async function runScript(main: () => unknown): Promise<void> {
  try {
    await main();
  } catch (error) {
    const message = onOneLine(error instanceof Error ? error.message : String(error));
    console.error(error instanceof Interruption ? message : `error: ${message}`);
    Deno.exit(error instanceof Interruption ? error.exitCode : error instanceof RangeError ? 2 : 1);
  }
}
