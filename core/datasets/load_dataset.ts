/**
 * The datasets by the names of `--dataset`.
 * @module
 */
import type { Dataset } from "../model/rows.ts";
import { parseRowNumbers } from "../model/removal.ts";
import { loadAdult } from "./adult.ts";
import { type CsvSource, loadCsv, type OnRead } from "./csv.ts";
import { loadMnist, loadMnistMulti } from "./mnist.ts";
import { readText } from "../disk/read_text.ts";

/** What the user's flags say of the data. */
export type DataChoice = {
  /** Name of the dataset. */
  readonly dataset: string;
  /** Folder of the datasets that do not come with the program. */
  readonly dataDir: string;
  /** File of the training rows of `CSV`. */
  readonly train_csv?: string;
  /** File of the test rows of `CSV`. */
  readonly test_csv?: string;
  /** Column of the labels of `CSV`. */
  readonly label?: string;
  /** What separates the cells of `CSV`; found where it is not given. */
  readonly delimiter?: string;
  /** Whether numbers of `CSV` have a comma in place of a point. */
  readonly decimal_comma?: boolean;
  /** File of the numbers of the rows to remove. */
  readonly remove_rows?: string;
};

type Loader = (choice: DataChoice, onRead?: OnRead) => Dataset | Promise<Dataset>;

/** Loads CIFAR-10, whose modules nothing else needs. */
async function cifar10({ dataDir }: DataChoice, multi: boolean): Promise<Dataset> {
  const { loadCifar10 } = await import("../cifar10/cifar10.ts");
  return loadCifar10(dataDir, multi);
}

const CSV: Loader = (choice, onRead) => loadCsv(csvSource(choice), onRead);

const BINARY: Readonly<Record<string, Loader>> = {
  MNIST: loadMnist,
  CIFAR10: (choice) => cifar10(choice, false),
  ADULT: ({ dataDir }) => loadAdult(dataDir),
  CSV,
};

const MULTICLASS: Readonly<Record<string, Loader>> = {
  MNIST_MULTI: loadMnistMulti,
  CIFAR10_MULTI: (choice) => cifar10(choice, true),
  CSV,
};

/** Names of the datasets that have, or can have, two classes. */
export const BINARY_DATASETS: readonly string[] = Object.keys(BINARY);

/** Names of the datasets that have, or can have, more. */
export const MULTICLASS_DATASETS: readonly string[] = Object.keys(MULTICLASS);

/** The files that `--dataset CSV` reads. */
function csvSource({ train_csv, test_csv, label, delimiter, decimal_comma }: DataChoice): CsvSource {
  if (train_csv === undefined || test_csv === undefined || label === undefined) {
    throw new RangeError("--dataset CSV needs --train_csv, --test_csv and --label");
  }
  return { trainPath: train_csv, testPath: test_csv, label, delimiter, decimalComma: decimal_comma };
}

/**
 * Checks that the flags of `CSV` are given with `--dataset CSV`, and only with it.
 *
 * @param choice The user's flags.
 * @throws {RangeError} If they are not.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { checkDataChoice } from "./load_dataset.ts";
 *
 * assert.throws(() => checkDataChoice({ dataset: "MNIST", dataDir: "data", label: "y" }), /--label goes with/);
 * ```
 */
export function checkDataChoice(choice: DataChoice): void {
  if (choice.dataset === "CSV") return void csvSource(choice);
  const flags = ["train_csv", "test_csv", "label", "delimiter", "decimal_comma"] as const;
  const stray = flags.find((flag) => choice[flag] !== undefined);
  if (stray !== undefined) throw new RangeError(`--${stray} goes with --dataset CSV, not ${choice.dataset}`);
}

/**
 * Loads a dataset, its rows in the order of its files.
 *
 * @param choice The user's flags.
 * @param onRead Is told how far the reading of each file of `CSV` is.
 * @returns The dataset.
 * @throws {RangeError} If there is none of this name, or its files are not as they should be.
 * @throws {Error} If a file cannot be read.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { loadDataset } from "./load_dataset.ts";
 *
 * assert.equal((await loadDataset({ dataset: "MNIST", dataDir: "data" })).train.count, 11982);
 * ```
 */
export async function loadDataset(choice: DataChoice, onRead?: OnRead): Promise<Dataset> {
  checkDataChoice(choice);
  const loaders = { ...BINARY, ...MULTICLASS };
  if (!Object.hasOwn(loaders, choice.dataset)) {
    throw new RangeError(`no dataset ${choice.dataset}: there are ${Object.keys(loaders).join(", ")}`);
  }
  const dataset = await loaders[choice.dataset](choice, onRead);
  if (choice.remove_rows === undefined) return dataset;
  const named = parseRowNumbers(readText(choice.remove_rows), choice.remove_rows, dataset.train.count);
  return { ...dataset, named };
}
