/**
 * The two sides of a comparison: accuracies and the accountant's numbers by the original's file names, from our
 * results, from a result folder of the original, or from the numbers that come with the program.
 * @module
 */
import { readTextFile } from "../disk/files.ts";
import { inside } from "../disk/inside.ts";
import { filesBelow } from "../disk/folders.ts";
import type { NumberTree } from "../formats/npy.ts";
import type { Algorithm } from "../original/experiments.ts";
import { type Published, publishedAccuracies, publishedNumbers } from "../original/published.ts";
import { readNpy } from "../disk/read_npy.ts";
import type { Summary } from "../results/summary.ts";
import { parseTables } from "../results/tables.ts";
import { type Moments, moments } from "../statistics/statistics.ts";

/** The accuracies of one array. */
export interface Accuracies extends Moments {
  /** The single trials, where they are known. */
  readonly trials?: readonly number[];
}

/** Numbers of the accountant by their place: the index in a list, or the keys of a dictionary joined by `/`. */
export type Numbers = ReadonlyMap<string, number>;

/** One experiment on one side. Files are named relative to the experiment's folder. */
export interface Contents {
  /** The accuracies by file. */
  readonly accuracies: ReadonlyMap<string, Accuracies>;
  /** The accountant's numbers by file. */
  readonly numbers: ReadonlyMap<string, Numbers>;
}

/** What one of our experiments left. */
export interface OurContents extends Contents {
  /** The rows of its `summary.csv`. */
  readonly summaries: readonly Summary[];
}

/**
 * Reads our results of an experiment: accuracies from `trials.csv`, the accountant's numbers from the `.npy` files, if
 * there are any.
 *
 * @param folder `<result-dir>/LMC/<dataset>/<experiment>`.
 * @returns The contents.
 * @throws {Error} If a file cannot be read or is damaged.
 *
 * @example
 * ```ts
 * import { ourContents } from "./contents.ts";
 *
 * // Needs permission to read the folder `result`.
 * const read = () => ourContents("result/LMC/MNIST/baseline").accuracies.get("baseline_acc_scratch.npy")?.mean;
 * ```
 */
export function ourContents(folder: string): OurContents {
  const { summaries, accuracies: trialsOf } = parseTables(folder, (name) => readTextFile(inside(folder, name)));
  const accuracies = new Map([...trialsOf].map(([array, trials]) => [array, { ...moments(trials), trials }]));
  return { summaries, accuracies, numbers: theirContents(folder).numbers };
}

/** Arrays of accuracies of the original. */
const ACCURACIES = /(_|^)acc_|^retrain_noiseless/;

/**
 * Reads an experiment's folder of the original. Weights are left out.
 *
 * @param folder `<result folder>/<dataset>/<experiment>`.
 * @returns The contents, empty if there is no such folder.
 * @throws {Error} If a `.npy` file cannot be read.
 *
 * @example
 * ```ts
 * import { theirContents } from "./contents.ts";
 *
 * // Needs permission to read that folder.
 * const read = () => theirContents("../Langevin_unlearning/result/LMC/MNIST/paint_utility_s").numbers;
 * ```
 */
export function theirContents(folder: string): Contents {
  const accuracies = new Map<string, Accuracies>();
  const numbers = new Map<string, Numbers>();
  for (const path of filesBelow(folder, ".npy")) {
    const { data, shape } = readNpy(path);
    const file = path.slice(folder.length + 1);
    if (data instanceof Map) {
      numbers.set(file, flatten(data as NumberTree));
    } else if (shape.length === 1 && shape[0] > 0) {
      const values = Array.from(data as Float64Array, Number);
      const isAccuracies = ACCURACIES.test(file.slice(file.lastIndexOf("/") + 1));
      if (isAccuracies) accuracies.set(file, { ...moments(values), trials: values });
      else numbers.set(file, new Map(values.map((value, i) => [String(i), value])));
    }
  }
  return { accuracies, numbers };
}

/**
 * An experiment as the authors published it, from the tables that come with the program: without single trials.
 *
 * @param dataset Name of the dataset.
 * @param experiment The experiment's folder.
 * @param algorithm The folder that it is in.
 * @returns The contents, empty if nothing was published.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { publishedContents } from "./contents.ts";
 *
 * assert.equal(publishedContents("MNIST", "retrain_noiseless").accuracies.size, 6);
 * ```
 */
export function publishedContents(dataset: string, experiment: string, algorithm: Algorithm = "LMC"): Contents {
  const moments = ({ n, mean, std }: Published): Accuracies => ({ n, mean, std });
  const accuracies = publishedAccuracies(dataset, experiment, algorithm);
  return {
    accuracies: new Map([...accuracies].map(([file, published]) => [file, moments(published)])),
    numbers: publishedNumbers(dataset, experiment, algorithm),
  };
}

function flatten(tree: NumberTree, prefix = ""): Map<string, number> {
  const entries = [...tree].flatMap(([key, value]): [string, number][] =>
    typeof value === "number" ? [[`${prefix}${key}`, value]] : [...flatten(value, `${prefix}${key}/`)]
  );
  return new Map(entries);
}
