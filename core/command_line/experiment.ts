/**
 * The command line of the experiments: the original's flags with their names, types and defaults, and ours.
 * @module
 */
import { Command, type CommandUnknownOpts, Option } from "@commander-js/extra-typings";
import { BINARY_DATASETS, checkDataChoice } from "../datasets/load_dataset.ts";
import { ORDER_SEARCHES } from "../original/accountant.ts";
import { SMOOTHNESSES, STEP_SIZES } from "../original/problem.ts";
import { type Choices, choicesOf, DIFFERENCES, type Occasion, VARIANTS } from "../original/variants.ts";
import { type Complete, PRESETS, type SharedFlags } from "../runs/options.ts";
import { exitOnUsageError } from "./exit.ts";
import {
  datasetOptions,
  engineOptions,
  guaranteeOptions,
  NEW,
  ORIGINAL,
  override,
  OVERRIDES,
  tableOptions,
  toggle,
  unused,
  withOptions,
} from "./options.ts";
import { type TrialRange, trialRange, type TrialShard, trialShard } from "./trials.ts";
import { integer, path, positive, singlePrecision } from "./values.ts";

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
    .option("--result-dir <path>", "where results go, to LMC or SGD in it", path, "./result")
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
      new Option(
        "--smoothness <kind>",
        "L − λn: 1/4 (softmax: 1; theorem: 1/2, and M √2), or λmax(XᵀX/n)/4 (softmax: /2)",
      )
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
      new Option("--step_size <η>", "length of a Langevin step; the longer one is for --accountant exact")
        .choices(STEP_SIZES),
    )
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
export type ChosenBy<Flags> = (flags: Flags) => Omit<Occasion, "dataset">;

/** Flags that set values of others. */
interface Aliases {
  readonly trials?: TrialRange;
  readonly shard?: (trials: number) => TrialShard;
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
  const range = trials ?? { first_trial: 0, all_trials: options.num_trial, ...shard?.(options.num_trial) };
  const which = { ...range, ...(batch && { chains_at_once: batch }) };
  return { ...options, ...which, departures: departuresOf(options, choices) } as unknown as Complete<Flags>;
}

/** The flags that are not as the variant has them. */
function departuresOf(options: Choices, choices: Choices): string {
  const departing = (Object.keys(choices) as (keyof Choices)[]).filter((option) => options[option] !== choices[option]);
  return departing.map((option) => `${DIFFERENCES[option].flag} ${textOf(options[option])}`).join(" ");
}

const textOf = (value: Choices[keyof Choices]) => typeof value === "boolean" ? String(Number(value)) : String(value);
