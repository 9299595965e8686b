/**
 * The accuracies that the authors published in the result folder of their repository.
 * @module
 */
import { csvParse } from "d3-dsv";
import accuracies from "../../data/published/accuracies.csv" with { type: "text" };
import steps from "../../data/published/steps.csv" with { type: "text" };
import type { Moments } from "../statistics/statistics.ts";

/** A published array of accuracies. */
export interface Published extends Moments {
  /** Its file, relative to the experiment's folder; see `array` of a result's `Cell`. */
  readonly array: string;
  /** Unlearning steps of the published run, where it unlearned. */
  readonly K?: number;
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
export function publishedAccuracies(dataset: string, experiment: string): Map<string, Published> {
  const rows = rowsOf(accuracies, dataset, experiment);
  return new Map(rows.map(({ array, trials, mean, std, k_used, sigma, method }) => {
    return [array, {
      array,
      n: Number(trials),
      mean: Number(mean),
      std: Number(std),
      ...(k_used && { K: Number(k_used) }),
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
export function publishedNumbers(dataset: string, experiment: string): Map<string, Map<string, number>> {
  const files = Map.groupBy(
    rowsOf(steps, dataset, experiment).filter(({ value }) => Number.isFinite(Number(value))),
    ({ array }) => array,
  );
  return new Map([...files].map(([array, rows]) => {
    const isDictionary = array.includes("_dict") || experiment === "paint_utility_epsilon";
    const placeOf = (key: string) => key.match(/S=(\d+);epsilon=([\d.]+)/)!.slice(1).join("/");
    return [array, new Map(rows.map(({ key, value }, i) => [isDictionary ? placeOf(key) : String(i), Number(value)]))];
  }));
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
