/**
 * Rows whose norm is 1 at most for certain, which the bounds on a row's gradient and curvature ask for: 1 and a few
 * roundings is not enough.
 * @module
 */
import { assertCounts } from "../model/problem.ts";
import type { Rows } from "../model/rows.ts";

/** Entries between these in size have squares, after division by the largest, that float64 holds. */
const [SMALLEST, LARGEST] = [1e-140, 1e140];

/** The most features of which the rounding of a sum of squares is known to be small beside that of float32. */
const MOST_FEATURES = 2 ** 24;

/**
 * Throws unless norms of rows of so many features can be certain.
 *
 * @param d The number of features.
 * @throws {RangeError} If it is no integer from 1 to 2²⁴.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { assertFeatures } from "./rows.ts";
 *
 * assert.throws(() => assertFeatures(2 ** 25), /d must be at most 2²⁴/);
 * ```
 */
export function assertFeatures(d: number): void {
  assertCounts({ d });
  if (d > MOST_FEATURES) throw new RangeError(`d must be at most 2²⁴ for norms to be certain, got ${d}`);
}

/**
 * Scales every row to a norm of 1 − 2⁻²³, so that the rounding to float32 leaves it below 1. A constant feature, the
 * intercept, is a part of its row.
 *
 * @param values Rows of `dimension` numbers, one after the other.
 * @param dimension Number of features.
 * @returns The scaled rows.
 * @throws {RangeError} If a number is not finite, the largest entry of a row is not within 1e-140 and 1e140 in size, as
 * in a row of zeros, or there are more than 2²⁴ features.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { certainRows } from "./rows.ts";
 *
 * const [x, y] = certainRows([3e100, 4e100], 2);
 * assert.ok(x ** 2 + y ** 2 < 1 && x ** 2 + y ** 2 > 0.999999);
 * ```
 */
export function certainRows(values: ArrayLike<number>, dimension: number): Float32Array {
  assertFeatures(dimension);
  if (values.length % dimension !== 0) throw new RangeError(`${values.length} numbers are not rows of ${dimension}`);
  const features = new Float32Array(values.length);
  for (let from = 0; from < values.length; from += dimension) {
    let largest = 0;
    for (let k = from; k < from + dimension; k++) largest = Math.max(largest, Math.abs(values[k])); // NaN stays
    if (!(largest >= SMALLEST && largest <= LARGEST)) {
      throw new RangeError(
        `row ${from / dimension} cannot be scaled to norm 1: its largest entry is ${largest} in size, ` +
          `not between ${SMALLEST} and ${LARGEST}`,
      );
    }
    let square = 0;
    for (let k = from; k < from + dimension; k++) {
      const x = values[k] / largest;
      square += x * x;
    }
    const scale = (1 - 2 ** -23) / Math.sqrt(square);
    for (let k = from; k < from + dimension; k++) features[k] = values[k] / largest * scale;
  }
  return features;
}

/**
 * Throws unless rows are such as a walk takes: as many numbers as they should be, all norms 1 at most for certain,
 * labels exactly ±1, or one-hot.
 *
 * @param rows The rows.
 * @param shape d and the number of outputs that they should have.
 * @throws {RangeError} Naming the first row that is not so.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { checkCertain } from "./rows.ts";
 *
 * const features = Float32Array.of(0.6, 0.8); // As float32 a little above and below.
 * const rows = { features, labels: Float32Array.of(1), count: 1, dimension: 2, outputs: 1 };
 * assert.throws(() => checkCertain(rows, rows), /row 0 may be longer than 1: see certainRows/);
 * ```
 */
export function checkCertain(rows: Rows, shape: Pick<Rows, "dimension" | "outputs">): void {
  const { features, labels, count, dimension, outputs } = rows;
  assertFeatures(dimension);
  if (dimension !== shape.dimension || outputs !== shape.outputs) {
    throw new RangeError(
      `rows have ${dimension} features and ${outputs} labels, not ${shape.dimension} and ${shape.outputs}`,
    );
  }
  if (features.length !== count * dimension || labels.length !== count * outputs) {
    throw new RangeError(`${count} rows have ${features.length} features and ${labels.length} labels in all`);
  }
  // Squares of float32 are exact, and their sum has an error of (dimension − 1)·2⁻⁵³ at most, relatively.
  const most = 1 - dimension * 2 ** -52;
  for (let row = 0; row < count; row++) {
    let square = 0;
    for (let k = row * dimension; k < (row + 1) * dimension; k++) square += features[k] * features[k];
    if (!(square <= most)) throw new RangeError(`row ${row} may be longer than 1: see certainRows`);
    const ofRow = labels.subarray(row * outputs, (row + 1) * outputs);
    const isLabel = outputs === 1
      ? Math.abs(ofRow[0]) === 1
      : ofRow.every((y) => y === 0 || y === 1) && ofRow.reduce((sum, y) => sum + y, 0) === 1;
    if (!isLabel) throw new RangeError(`row ${row} has a label that is neither −1, 1 nor one-hot`);
  }
}
