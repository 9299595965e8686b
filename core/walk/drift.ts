/**
 * The sum of the gradients of rows in float64, by + − · / alone: plain loops over eight rows at a time.
 *
 * Features are a `Float32Array` always. Loops that have also met another type of array are 1.7 times slower, so nothing
 * else may ever be given to this module, by a test either.
 * @module
 */
import type { Rows } from "../model/rows.ts";
import { expMinus } from "./exponential.ts";

/** How many rows are read together. */
const LANES = 8;

/** Scores of eight rows, for each output: x·w. */
function score(features: Float32Array, at: number, d: number, weights: Float64Array, scores: Float64Array): void {
  for (let from = 0, to = 0; from < weights.length; from += d, to += LANES) {
    let [z0, z1, z2, z3, z4, z5, z6, z7] = [0, 0, 0, 0, 0, 0, 0, 0];
    for (let k = 0, p = at; k < d; k++, p++) {
      const w = weights[from + k];
      z0 += features[p] * w;
      z1 += features[p + d] * w;
      z2 += features[p + 2 * d] * w;
      z3 += features[p + 3 * d] * w;
      z4 += features[p + 4 * d] * w;
      z5 += features[p + 5 * d] * w;
      z6 += features[p + 6 * d] * w;
      z7 += features[p + 7 * d] * w;
    }
    scores[to] = z0;
    scores[to + 1] = z1;
    scores[to + 2] = z2;
    scores[to + 3] = z3;
    scores[to + 4] = z4;
    scores[to + 5] = z5;
    scores[to + 6] = z6;
    scores[to + 7] = z7;
  }
}

/** Adds Σ a·x of eight rows, for each output. */
function scatter(features: Float32Array, at: number, d: number, a: Float64Array, gradient: Float64Array): void {
  for (let to = 0, from = 0; to < gradient.length; to += d, from += LANES) {
    const [a0, a1, a2, a3] = [a[from], a[from + 1], a[from + 2], a[from + 3]];
    const [a4, a5, a6, a7] = [a[from + 4], a[from + 5], a[from + 6], a[from + 7]];
    for (let k = 0, p = at; k < d; k++, p++) {
      gradient[to + k] += a0 * features[p] + a1 * features[p + d] + a2 * features[p + 2 * d] +
        a3 * features[p + 3 * d] + a4 * features[p + 4 * d] + a5 * features[p + 5 * d] + a6 * features[p + 6 * d] +
        a7 * features[p + 7 * d];
    }
  }
}

/** Scores z of eight rows labelled y become −y/(1 + e^{yz}), the derivative of the logistic loss. */
function logistic(scores: Float64Array, labels: Float32Array, at: number): void {
  for (let lane = 0; lane < LANES; lane++) {
    const y = labels[at + lane];
    const margin = y * scores[lane];
    const e = expMinus(Math.abs(margin));
    scores[lane] = -y * ((margin < 0 ? 1 : e) / (1 + e));
  }
}

/** Scores of eight rows become p − y, the derivative of the softmax loss. */
function softmax(scores: Float64Array, labels: Float32Array, at: number): void {
  const outputs = scores.length / LANES;
  for (let lane = 0; lane < LANES; lane++) {
    let most = scores[lane];
    for (let i = lane; i < scores.length; i += LANES) most = Math.max(most, scores[i]);
    let sum = 0;
    for (let i = lane; i < scores.length; i += LANES) sum += scores[i] = expMinus(most - scores[i]);
    for (let i = lane, j = at + lane * outputs; i < scores.length; i += LANES, j++) {
      scores[i] = scores[i] / sum - labels[j];
    }
  }
}

/** Eight rows, of which some are zeros, labelled 0: they add nothing. */
function paddedRows({ features, labels, dimension, outputs }: Rows, first: number): Rows {
  const padded = { features: new Float32Array(LANES * dimension), labels: new Float32Array(LANES * outputs) };
  padded.features.set(features.subarray(first * dimension));
  padded.labels.set(labels.subarray(first * outputs));
  return { ...padded, count: LANES, dimension, outputs };
}

/**
 * Adds the sum of the rows' gradients, without the regularizer.
 *
 * @param rows The rows.
 * @param weights The weights, one row of `dimension` an output.
 * @param gradient To which it is added, of the same shape.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { addGradient } from "./drift.ts";
 *
 * const rows = { features: Float32Array.of(0.5, 0.25), labels: Float32Array.of(1), count: 1, dimension: 2, outputs: 1 };
 * const gradient = new Float64Array(2);
 * addGradient(rows, Float64Array.of(0, 0), gradient);
 * assert.deepEqual(gradient, Float64Array.of(-0.25, -0.125));
 * ```
 */
export function addGradient(rows: Rows, weights: Float64Array, gradient: Float64Array): void {
  const { count, dimension, outputs } = rows;
  const scores = new Float64Array(LANES * outputs);
  const differentiate = outputs === 1 ? logistic : softmax;
  const addFrom = ({ features, labels }: Rows, first: number) => {
    score(features, first * dimension, dimension, weights, scores);
    differentiate(scores, labels, first * outputs);
    scatter(features, first * dimension, dimension, scores, gradient);
  };
  const whole = count - count % LANES;
  for (let first = 0; first < whole; first += LANES) addFrom(rows, first);
  if (whole < count) addFrom(paddedRows(rows, whole), 0);
}
