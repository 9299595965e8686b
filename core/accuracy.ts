/**
 * Test accuracy.
 * @module
 */
import type { Rows } from "./dataset.ts";

/**
 * The share of test rows on the right side of each hyperplane, as the original counts it: (x·w > 0) = (y > 0).
 *
 * @param test Test rows with signs as labels.
 * @param weights A row of d weights a trial.
 * @returns One accuracy a trial, in [0, 1].
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { testAccuracies } from "./accuracy.ts";
 *
 * const test = { features: Float32Array.of(1, 0, 0, 1), labels: Float32Array.of(1, -1), count: 2, dimension: 2 };
 * assert.deepEqual(testAccuracies({ ...test, outputs: 1 }, Float32Array.of(1, -1, 1, 1)), [1, 0.5]);
 * ```
 */
export function testAccuracies({ features, labels, count, dimension }: Rows, weights: Float32Array): number[] {
  return Array.from({ length: weights.length / dimension }, (_, trial) => {
    const w = weights.subarray(trial * dimension, (trial + 1) * dimension);
    let right = 0;
    for (let row = 0; row < count; row++) {
      let product = 0;
      for (let k = 0, start = row * dimension; k < dimension; k++) product += features[start + k] * w[k];
      if ((product > 0) === (labels[row] > 0)) right++;
    }
    return right / count;
  });
}
