/**
 * Labelled rows, the shape in which every dataset enters an experiment.
 * @module
 */

/** Labelled feature vectors of norm 1. */
export interface Rows {
  /** `count` × `dimension` features, row-major; every row has Euclidean norm 1. */
  readonly features: Float32Array;
  /** `count` × `outputs` labels, row-major: a sign a row where `outputs` is 1, else a one-hot vector. */
  readonly labels: Float32Array;
  /** Number of rows, the paper's n. */
  readonly count: number;
  /** Number of features, the paper's d. */
  readonly dimension: number;
  /** 1 for two classes (logistic loss), else the number of classes (softmax loss). */
  readonly outputs: number;
}

/** A training and a test set. */
export interface Dataset {
  /** The name of `--dataset` and of the result folder. */
  readonly name: string;
  /** Rows that are learned and unlearned. */
  readonly train: Rows;
  /** Rows on which accuracies are measured. */
  readonly test: Rows;
}

/**
 * Divides every row by its Euclidean norm, in place.
 *
 * @param features `count` × `dimension` numbers, row-major.
 * @param dimension Number of features.
 * @returns `features`.
 * @throws {RangeError} If a row is all zeros or not finite.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { normalizeRows } from "./dataset.ts";
 *
 * assert.deepEqual(normalizeRows(Float32Array.of(3, 4, 0, 2), 2), Float32Array.of(0.6, 0.8, 0, 1));
 * ```
 */
export function normalizeRows(features: Float32Array, dimension: number): Float32Array {
  for (let start = 0; start < features.length; start += dimension) {
    const row = features.subarray(start, start + dimension);
    const norm = Math.sqrt(row.reduce((sum, x) => sum + x * x, 0));
    if (!(norm > 0 && norm < Infinity)) {
      throw new RangeError(`row ${start / dimension} has norm ${norm}: it cannot be scaled to norm 1`);
    }
    row.forEach((x, k) => row[k] = x / norm);
  }
  return features;
}
