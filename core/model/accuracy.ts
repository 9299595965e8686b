/**
 * Test accuracy.
 * @module
 */
import type { Rows } from "./rows.ts";

/**
 * The share of test rows that are classified right, as the original counts it: for two classes (x·w > 0) = (y > 0), for
 * several the class of the largest output, the first one of equals.
 *
 * @param test Test rows.
 * @param weights `outputs` rows of d weights a trial.
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
export function testAccuracies({ features, labels, count, dimension, outputs }: Rows, weights: Float32Array): number[] {
  const size = outputs * dimension;
  const classOf = outputs === 1 ? isPositive : largest;
  const products = new Float64Array(outputs);
  return Array.from({ length: weights.length / size }, (_, trial) => {
    const w = weights.subarray(trial * size, (trial + 1) * size);
    let right = 0;
    for (let row = 0; row < count; row++) {
      for (let output = 0; output < outputs; output++) {
        let product = 0;
        for (let k = 0, x = row * dimension, start = output * dimension; k < dimension; k++) {
          product += features[x + k] * w[start + k];
        }
        products[output] = product;
      }
      if (classOf(products, 0, outputs) === classOf(labels, row * outputs, outputs)) right++;
    }
    return right / count;
  });
}

type Numbers = Float32Array | Float64Array;

const isPositive = (values: Numbers, start: number): number => values[start] > 0 ? 1 : 0;

/** Which of `length` values is the largest, the first one of equals. */
function largest(values: Numbers, start: number, length: number): number {
  let best = 0;
  for (let i = 1; i < length; i++) if (values[start + i] > values[start + best]) best = i;
  return best;
}
