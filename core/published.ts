/**
 * The accuracies that the authors published in the result folder of their repository.
 * @module
 */
import { csvParse } from "d3-dsv";
import accuracies from "../data/published/accuracies.csv" with { type: "text" };
import type { Moments } from "./statistics.ts";

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
  const folder = `${dataset}/${experiment}/`;
  const rows = csvParse(accuracies).filter((row) => row.source_file.startsWith(folder));
  return new Map(rows.map(({ source_file, trials, mean, std, k_used, sigma, method }) => {
    const array = source_file.slice(folder.length);
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
