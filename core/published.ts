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
  /** σ that the published run used, where it had one. */
  readonly sigma: number | undefined;
  /** Whether the file is a copy of another one by mistake. */
  readonly copied: boolean;
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
  return new Map(rows.map((row) => {
    const array = row.source_file.slice(folder.length);
    const sigma = row.sigma === "" ? undefined : Number(row.sigma);
    const copied = row.method.includes("WRONG ARRAY");
    return [array, { array, n: Number(row.trials), mean: Number(row.mean), std: Number(row.std), sigma, copied }];
  }));
}
