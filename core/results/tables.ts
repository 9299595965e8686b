/**
 * The two tables of an experiment, read together.
 * @module
 */
import { printable } from "../text/messages.ts";
import { moments } from "../statistics/statistics.ts";
import { parseSummary, parseTrials, type Summary } from "./summary.ts";

/** What `summary.csv` and `trials.csv` of an experiment say. */
export interface Tables {
  /** The rows of `summary.csv`. */
  readonly summaries: readonly Summary[];
  /** The numbers of the trials, which are the same of all arrays. */
  readonly trials: readonly number[];
  /** The accuracies of the trials by the name of their array, in the order of the summary. */
  readonly accuracies: ReadonlyMap<string, readonly number[]>;
}

/** Moments that differ by less are those of other versions, which may sum in another order. */
const ROUNDING = 1e-9;

/**
 * Reads the tables of an experiment and makes sure that they are of the same arrays and trials.
 *
 * @param folder The experiment's folder, for messages.
 * @param read Reads one of its files.
 * @returns The tables.
 * @throws {Error} If a table is damaged, or they are not of one run.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseTables } from "./tables.ts";
 *
 * const files: Record<string, string> = {
 *   "summary.csv": "dataset,variant,method,k,epsilon,sigma,num_remove,step,i_factor,n,mean,std,K,alpha,epsilon0,L,eta," +
 *     "array\nMNIST,released,LMC learn,,,,,,,2,0.5,0.5,,,,0.25,4,a.npy\n",
 *   "trials.csv": "trial,accuracy,array\n0,0,a.npy\n1,1,a.npy\n",
 * };
 * assert.deepEqual(parseTables("result", (name) => files[name]).accuracies.get("a.npy"), [0, 1]);
 * ```
 */
export function parseTables(folder: string, read: (name: string) => string): Tables {
  const [summaryFile, trialsFile] = ["summary.csv", "trials.csv"].map((name) => `${folder}/${name}`);
  const summaries = parseSummary(read("summary.csv"), summaryFile);
  const rows = parseTrials(read("trials.csv"), trialsFile);
  const arrays = new Set(summaries.map(({ array }) => array));
  if (arrays.size < summaries.length) throw new Error(`${summaryFile} has an array twice`);
  const unknown = [...rows.keys()].find((array) => !arrays.has(array));
  if (unknown !== undefined) throw new Error(`${summaryFile} has no row of ${printable(unknown)}, ${trialsFile} has`);
  const [first] = rows.values();
  const trials = first.map(({ trial }) => trial);
  if (trials.some((trial, i) => i > 0 && trial <= trials[i - 1])) {
    throw new Error(`${trialsFile}: the numbers of the trials do not rise`);
  }
  const accuracies = new Map(summaries.map((summary) => {
    const { array } = summary;
    const own = rows.get(array);
    if (!own) throw new Error(`${trialsFile} has no accuracies of ${printable(array)}`);
    if (own.map(({ trial }) => trial).join() !== trials.join()) {
      throw new Error(`${trialsFile} does not have the same trials of ${printable(array)} as of the first array`);
    }
    const values = own.map(({ accuracy }) => accuracy);
    const { n, mean, std } = moments(values);
    const isOfThem = summary.n === n && Math.abs(summary.mean - mean) < ROUNDING &&
      Math.abs(summary.std - std) < ROUNDING;
    if (!isOfThem) {
      throw new Error(`${summaryFile}: n, mean or std of ${printable(array)} is not that of ${trialsFile}`);
    }
    return [array, values];
  }));
  return { summaries, trials, accuracies };
}
