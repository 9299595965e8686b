/**
 * The options that command lines share.
 * @module
 */
import { type Command, type CommandUnknownOpts, Option } from "@commander-js/extra-typings";
import { type Removal, REMOVALS } from "../original/accountant.ts";
import { ACCOUNTANTS } from "../accountant/accountants.ts";
import { type BackendName, BACKENDS, KERNELS } from "../engines/backends.ts";
import { delimiter, fingerprint, flag, head, integer, list, oneOf, path, probability } from "./values.ts";

/** Heading of the flags that the original has. */
export const ORIGINAL = "Flags of the original:";
/** Heading of the flags that the original has not. */
export const NEW = "New flags:";
/** Heading of the flags that override what `--variant` sets. */
export const OVERRIDES = "Flags that override --variant (default: as the variant; deno task variants):";
const UNUSED = "Accepted, without effect:";

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
 * import { listOption } from "./options.ts";
 * import { positive } from "./values.ts";
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
 * import { toggle } from "./options.ts";
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
 * `--share`, of the scripts of the first paper.
 *
 * @returns The option.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Command } from "@commander-js/extra-typings";
 * import { sharing } from "./options.ts";
 *
 * const command = new Command().addOption(sharing());
 * assert.equal(command.parse(["--share", "1"], { from: "user" }).opts().share, true);
 * ```
 */
export const sharing = (): Option<"--share <0|1>", undefined, boolean, boolean> =>
  toggle(
    "--share <0|1>",
    "cells that draw from one law share chains: fewer steps, but cells that depend on each other",
  );

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
 * import { override } from "./options.ts";
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
 * import { unused } from "./options.ts";
 * import { integer } from "./values.ts";
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

/**
 * The flag that names the folder of the datasets.
 *
 * @returns The option.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { dataDirOption } from "./options.ts";
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
 * @param backends The backends besides `auto`.
 * @returns The option.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { backendOption } from "./options.ts";
 *
 * import { TENSORFLOW_BACKENDS } from "../engines/backends.ts";
 *
 * assert.equal(backendOption(TENSORFLOW_BACKENDS).defaultValue, "auto");
 * ```
 */
export function backendOption<Name extends BackendName>(
  backends: readonly Name[],
): Option<"--backend <name>", undefined, "auto", undefined, false, "auto" | Name> {
  const blas = backends.some((name) => name === "blas") ? "; blas: the system's CBLAS, for dense rows" : "";
  return new Option("--backend <name>", `auto: webgpu on a hardware adapter, else wasm${blas}`)
    .choices(["auto", ...backends]).default("auto");
}

/**
 * The flag that says how many threads compute.
 *
 * @returns The option.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { threadsOption } from "./options.ts";
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
 * import { datasetOptions } from "./options.ts";
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
 * The flags that say how a table of text is written.
 *
 * @returns The options.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { textOptions } from "./options.ts";
 *
 * assert.deepEqual(textOptions().map((option) => option.name()), ["delimiter", "decimal_comma"]);
 * ```
 */
export function textOptions(): Option[] {
  return [
    new Option("--delimiter <character>", "what separates the cells of a text: , ; | : or tab (default: found)")
      .argParser(delimiter),
    new Option("--decimal_comma <0|1>", "numbers of a text have a comma in place of a point").argParser(flag),
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
 * import { tableOptions } from "./options.ts";
 *
 * assert.equal(tableOptions()[0].name(), "train_csv");
 * ```
 */
export function tableOptions(): Option[] {
  return [
    new Option("--train_csv <file>", "training rows of --dataset CSV, a CSV, Parquet or .npy file: numbers and labels")
      .argParser(path),
    new Option("--test_csv <file>", "its test rows").argParser(path),
    new Option("--label <column>", "its column of labels"),
    ...textOptions(),
    new Option("--remove_rows <file>", "the training rows to remove, a row number (from 0) a line; else the last ones")
      .argParser(path),
  ] as unknown as Option[];
}

/**
 * The flags that say what is guaranteed, and by which accountant.
 *
 * @param defaults The default accountant and removal, where no variant sets them.
 * @returns The options.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { guaranteeOptions } from "./options.ts";
 *
 * assert.equal(guaranteeOptions()[0].long, "--accountant");
 * ```
 */
export function guaranteeOptions(
  { accountant, removal }: { readonly accountant?: string; readonly removal?: Removal } = {},
): Option[] {
  return [
    new Option(
      "--accountant <name>",
      `what says which K reaches ε: one of ${Object.keys(ACCOUNTANTS)} (sgd: projected chains)`,
    )
      .argParser((text) => oneOf(Object.keys(ACCOUNTANTS))(text))
      .default(accountant),
    new Option("--removal <kind>", "what removed rows become: random rows, or null rows, which contribute nothing")
      .choices(REMOVALS)
      .default(removal),
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
 * import { engineOptions } from "./options.ts";
 *
 * assert.equal(engineOptions()[0].defaultValue, "auto");
 * ```
 */
export function engineOptions(): Option[] {
  return [
    backendOption(BACKENDS),
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
 * import { engineOptions, withOptions } from "./options.ts";
 *
 * withOptions(new Command(), engineOptions()).parse(["--threads", "2"], { from: "user" });
 * ```
 */
export function withOptions(command: Command, options: readonly Option[]): Command {
  return options.reduce((longer, option) => longer.addOption(option), command);
}

/**
 * Whose signatures a model must have.
 *
 * @returns The option `--key`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { keyOption } from "./options.ts";
 *
 * assert.equal(keyOption().long, "--key");
 * ```
 */
export function keyOption(): Option<"--key <fingerprint>", undefined, undefined, string> {
  const description = "whose signatures it must have; not from the folder, which could be anybody's";
  return new Option("--key <fingerprint>", description).argParser(fingerprint);
}

/**
 * Which certificate a model must have.
 *
 * @returns The option `--at_least`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { atLeastOption } from "./options.ts";
 *
 * assert.equal(atLeastOption().long, "--at_least");
 * ```
 */
export function atLeastOption(): Option<"--at_least <N:digest>", undefined, undefined, ReturnType<typeof head>> {
  const description = "a certificate that was seen before: an older folder is refused";
  return new Option("--at_least <N:digest>", description).argParser(head);
}

/**
 * Refuses flags that another one leaves without effect.
 *
 * @param command A command that has parsed its command line.
 * @param flags The flags, by the names that their values have. A switch that is off is as good as not given.
 * @param because With or without what they have no effect.
 * @throws {RangeError} If the user gave one of them.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Command } from "@commander-js/extra-typings";
 * import { refuseIdle, toggle } from "./options.ts";
 *
 * const command = new Command().addOption(toggle("--key <0|1>", "an example")).parse(["--key", "1"], { from: "user" });
 * assert.throws(() => refuseIdle(command, ["key"], "without --model"), /^RangeError: --key has no effect without --model$/);
 * ```
 */
export function refuseIdle(
  command: Pick<CommandUnknownOpts, "options" | "getOptionValue" | "getOptionValueSource">,
  flags: readonly string[],
  because: string,
): void {
  const given = command.options.filter((option) => {
    const name = option.attributeName();
    return flags.includes(name) && command.getOptionValueSource(name) === "cli" &&
      command.getOptionValue(name) !== false;
  });
  if (given.length === 0) return;
  const names = given.map(({ long }) => long).join(", ");
  throw new RangeError(`${names} ${given.length === 1 ? "has" : "have"} no effect ${because}`);
}
