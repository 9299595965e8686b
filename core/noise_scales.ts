/**
 * The noise scales that `baseline.py` hard-codes: its authors' search for the smallest σ with K ≤ k.
 * @module
 */

/** ε of Figure 3a, in the order of the lists. */
export const EPSILONS: readonly number[] = [0.05, 0.1, 0.5, 1, 2, 5];

/** Target numbers of unlearning steps of Figure 3a. */
export const TARGET_STEPS: readonly number[] = [1, 2, 5];

/**
 * σ by dataset and k, one an ε. Two of MNIST's (ε = 0.5) are restored: a bulk replacement of `0.01` by `0.0001` on
 * 12 January 2024 left 0.00018914795795776368 and 0.00018869019428894047 in the released code.
 */
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

/**
 * The σ that the original uses for a dataset, k and ε.
 *
 * @param dataset Name of the dataset.
 * @param k Target number of unlearning steps.
 * @param epsilon Target ε.
 * @returns σ, or undefined where the original has none.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { releasedNoiseScale } from "./noise_scales.ts";
 *
 * assert.equal(releasedNoiseScale("MNIST", 1, 1), 0.0096);
 * assert.equal(releasedNoiseScale("MNIST", 3, 1), undefined);
 * ```
 */
export function releasedNoiseScale(dataset: string, k: number, epsilon: number): number | undefined {
  return LISTS[dataset]?.[k]?.[EPSILONS.indexOf(epsilon)];
}
