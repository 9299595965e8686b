/**
 * The accuracies that the authors published in the result folder of their repository.
 * @module
 */
import { csvParse } from "d3-dsv";
import lmcAccuracies from "../../data/published/accuracies.csv" with { type: "text" };
import sgdAccuracies from "../../data/published/sgd_accuracies.csv" with { type: "text" };
import sgdSteps from "../../data/published/sgd_steps.csv" with { type: "text" };
import lmcSteps from "../../data/published/steps.csv" with { type: "text" };
import type { Algorithm } from "./experiments.ts";
import type { Moments } from "../statistics/statistics.ts";

/** A published array of accuracies. */
export interface Published extends Moments {
  /** Its file, relative to the experiment's folder; see `array` of a result's `Cell`. */
  readonly array: string;
  /** Unlearning steps of the published run, where it unlearned. */
  readonly K?: number;
  /** ε for which K was found, where the run had one. */
  readonly epsilon?: number;
  /** σ of the published run, where it had one. */
  readonly sigma?: number;
  /** Whether the file is a copy of another one by mistake. */
  readonly copied?: boolean;
}

/**
 * The published accuracies of an experiment.
 *
 * @param dataset Name of the dataset.
 * @param experiment The experiment's folder.
 * @param algorithm The folder that it is in.
 * @returns The arrays by file name, empty where nothing was published.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { publishedAccuracies } from "./published.ts";
 *
 * const published = publishedAccuracies("MNIST", "baseline");
 * assert.equal(published.get("1/lmc_acc_unlearn_finetune5.npy")?.n, 100);
 * ```
 */
export function publishedAccuracies(
  dataset: string,
  experiment: string,
  algorithm: Algorithm = "LMC",
): Map<string, Published> {
  const rows = rowsOf(algorithm === "SGD" ? sgdAccuracies : lmcAccuracies, dataset, experiment);
  return new Map(rows.map(({ array, trials, mean, std, k_used, epsilon, sigma, method }) => {
    return [array, {
      array,
      n: Number(trials),
      mean: Number(mean),
      std: Number(std),
      ...(k_used && { K: Number(k_used) }),
      ...(epsilon && { epsilon: Number(epsilon) }),
      ...(sigma && { sigma: Number(sigma) }),
      copied: method.includes("WRONG ARRAY"),
    }];
  }));
}

/**
 * The accountant's numbers that the authors published with an experiment.
 *
 * @param dataset Name of the dataset.
 * @param experiment The experiment's folder.
 * @param algorithm The folder that it is in.
 * @returns Files by name; in each the numbers by their place, the index in a list or `S/ε` in a dictionary.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { publishedNumbers } from "./published.ts";
 *
 * assert.equal(publishedNumbers("MNIST", "paint_utility_epsilon").get("K_list.npy")?.get("50/2"), 531);
 * assert.equal(publishedNumbers("MNIST", "sequential2").get("k_list_nr20.npy")?.get("1"), 864);
 * ```
 */
export function publishedNumbers(
  dataset: string,
  experiment: string,
  algorithm: Algorithm = "LMC",
): Map<string, Map<string, number>> {
  if (algorithm === "SGD") return new Map(publishedLists(dataset, experiment));
  const files = Map.groupBy(
    rowsOf(lmcSteps, dataset, experiment).filter(({ value }) => Number.isFinite(Number(value))),
    ({ array }) => array,
  );
  return new Map([...files].map(([array, rows]) => {
    const isDictionary = array.includes("_dict") || experiment === "paint_utility_epsilon";
    const placeOf = (key: string) => key.match(/S=(\d+);epsilon=([\d.]+)/)!.slice(1).join("/");
    return [array, new Map(rows.map(({ key, value }, i) => [isDictionary ? placeOf(key) : String(i), Number(value)]))];
  }));
}

/** The lists of K that are still in the authors' folder; a list is one row. */
function publishedLists(dataset: string, experiment: string): [array: string, list: Map<string, number>][] {
  return rowsOf(sgdSteps, dataset, experiment).filter(({ source_file }) => !source_file.startsWith("history@"))
    .map(({ array, values }) => [array, new Map(values.split(" ").map((value, i) => [String(i), Number(value)]))]);
}

/** The rows of a table that are of an experiment, with the file's name relative to the experiment's folder. */
function rowsOf(table: string, dataset: string, experiment: string) {
  const folder = `${dataset}/${experiment}/`;
  return csvParse(table).flatMap((row) => {
    // Files that are only in the history of the authors' repository have a prefix.
    const file = row.source_file.replace(/^history@.*?:/, "");
    return file.startsWith(folder) ? [Object.assign(row, { array: file.slice(folder.length) })] : [];
  });
}
