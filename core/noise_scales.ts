/**
 * The noise scales that `baseline.py` and `baseline_multiclass.py` hard-code: its authors' search for the smallest σ with K ≤ k.
 * @module
 */

/** ε of Figure 3a, in the order of the lists. */
export const EPSILONS: readonly number[] = [0.05, 0.1, 0.5, 1, 2, 5];

/** Target numbers of unlearning steps of Figure 3a. */
export const TARGET_STEPS: readonly number[] = [1, 2, 5];

/** σ by dataset and k, one an ε, as its authors meant them. */
const LISTS: Readonly<Record<string, Readonly<Record<number, readonly number[]>>>> = {
  MNIST: {
    1: [0.1872, 0.094, 0.019, 0.0096, 0.0049, 0.0021],
    2: [
      0.18714501953125,
      0.09368591346136476,
      0.018914795795776367,
      0.00956726167840576,
      0.004888916983032227,
      0.0020690927830810547,
    ],
    5: [
      0.18709939575195314,
      0.09364013709448243,
      0.018869019428894046,
      0.009521485311523437,
      0.004852295889526367,
      0.002032471689575195,
    ],
  },
};

/** What the code has since a bulk replacement of `0.01` by `0.0001` on 12 January 2024, by dataset, k and ε. */
const CORRUPTED: Readonly<Record<string, number>> = {
  "MNIST 2 0.5": 0.00018914795795776368,
  "MNIST 5 0.5": 0.00018869019428894047,
};

/**
 * The σ that the original's authors found for a dataset, k and ε.
 *
 * @param dataset Name of the dataset.
 * @param k Target number of unlearning steps.
 * @param epsilon Target ε.
 * @returns σ, or undefined where the original has none.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { intendedNoiseScale } from "./noise_scales.ts";
 *
 * assert.equal(intendedNoiseScale("MNIST", 2, 0.5), 0.018914795795776367);
 * assert.equal(intendedNoiseScale("MNIST", 3, 1), undefined);
 * ```
 */
export function intendedNoiseScale(dataset: string, k: number, epsilon: number): number | undefined {
  return LISTS[dataset]?.[k]?.[EPSILONS.indexOf(epsilon)];
}

/**
 * The σ that the original's code has for a dataset, k and ε, two of them a hundred times too small.
 *
 * @param dataset Name of the dataset.
 * @param k Target number of unlearning steps.
 * @param epsilon Target ε.
 * @returns σ, or undefined where the original has none.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { hardCodedNoiseScale } from "./noise_scales.ts";
 *
 * assert.equal(hardCodedNoiseScale("MNIST", 2, 0.5), 0.00018914795795776368);
 * assert.equal(hardCodedNoiseScale("MNIST", 2, 1), 0.00956726167840576);
 * ```
 */
export function hardCodedNoiseScale(dataset: string, k: number, epsilon: number): number | undefined {
  return CORRUPTED[`${dataset} ${k} ${epsilon}`] ?? intendedNoiseScale(dataset, k, epsilon);
}
