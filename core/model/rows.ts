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

/** Numbers of rows, features and outputs of a training set. */
export type Shape = Pick<Rows, "count" | "dimension" | "outputs">;

/**
 * The number of classes of rows.
 *
 * @param rows How many outputs they have.
 * @returns 2 for one output, which has a sign; else the number of outputs.
 * @throws {RangeError} If there are two outputs: two classes have one.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { classesOf } from "./rows.ts";
 *
 * assert.deepEqual([1, 10].map((outputs) => classesOf({ outputs })), [2, 10]);
 * ```
 */
export function classesOf({ outputs }: Pick<Shape, "outputs">): number {
  if (outputs === 2) throw new RangeError("two classes have one output, labelled −1 and 1, not two");
  return outputs === 1 ? 2 : outputs;
}

/**
 * Counts labels.
 *
 * @param rows The rows.
 * @returns How many rows each class has; of two classes −1 is the first.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { countLabels } from "./rows.ts";
 *
 * const rows = { features: new Float32Array(3), dimension: 1, count: 3 };
 * assert.deepEqual(countLabels({ ...rows, labels: Float32Array.of(1, -1, 1), outputs: 1 }), [1, 2]);
 * ```
 */
export function countLabels({ labels, count, outputs }: Rows): number[] {
  const counts = Array<number>(classesOf({ outputs })).fill(0);
  for (let row = 0; row < count; row++) {
    const ofRow = labels.subarray(row * outputs, (row + 1) * outputs);
    counts[outputs === 1 ? Number(ofRow[0] > 0) : ofRow.indexOf(1)]++;
  }
  return counts;
}

/**
 * Checks that there is at least one row, that the arrays hold as many numbers as they should, that no row is longer
 * than 1, up to the rounding of float32, and that labels are within ±1.
 *
 * @param rows The rows.
 * @throws {RangeError} If they are not so.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { checkRows } from "./rows.ts";
 *
 * const features = new Float32Array(5);
 * assert.throws(() => checkRows({ features, labels: Float32Array.of(1), count: 1, dimension: 4, outputs: 1 }));
 * ```
 */
export function checkRows(rows: Rows): void {
  if (!(rows.count > 0)) throw new RangeError("a training set needs at least one row");
  checkContent(rows);
}

/** How much longer than 1 the rounding of float32 can make a row. */
const NORM_SLACK = 1e-5;

function checkContent({ features, labels, count, dimension, outputs }: Rows): void {
  if (features.length !== count * dimension || labels.length !== count * outputs) {
    throw new RangeError(`${count} rows have ${features.length} features and ${labels.length} labels in all`);
  }
  for (let row = 0; row < count; row++) {
    let square = 0;
    for (let k = row * dimension; k < (row + 1) * dimension; k++) square += features[k] * features[k];
    if (!(square <= (1 + NORM_SLACK) ** 2)) {
      throw new RangeError(
        `row ${row} has norm ${Math.sqrt(square).toPrecision(6)}: rows have norm 1, see normalizeRows`,
      );
    }
  }
  const stray = labels.findIndex((y) => !(Math.abs(y) <= 1));
  if (stray >= 0) throw new RangeError(`row ${Math.floor(stray / outputs)} has the label ${labels[stray]}`);
}

/**
 * Checks that rows, or none, can take the place of rows of a training set.
 *
 * @param set What they go into.
 * @param positions The numbers of the rows whose place they take.
 * @param rows The rows.
 * @throws {RangeError} If they are of another shape or not as many as they say, or the positions are not distinct rows
 * of the set, one for each.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { checkReplacement } from "./rows.ts";
 *
 * const set = { count: 5, dimension: 4, outputs: 1 };
 * const rows = { features: new Float32Array(8), labels: Float32Array.of(1, 1), count: 2, dimension: 4, outputs: 1 };
 * checkReplacement(set, [4, 0], rows);
 * assert.throws(() => checkReplacement(set, [4, 5], rows), /there is no row 5, rows are 0 to 4/);
 * ```
 */
export function checkReplacement(set: Shape, positions: readonly number[], rows: Rows): void {
  checkContent(rows);
  if (rows.dimension !== set.dimension || rows.outputs !== set.outputs) {
    throw new RangeError(
      `rows have ${rows.dimension} features and ${rows.outputs} labels, not ${set.dimension} and ${set.outputs}`,
    );
  }
  if (rows.count !== positions.length) {
    throw new RangeError(`${rows.count} rows cannot take the place of ${positions.length}`);
  }
  const stray = positions.find((row) => !(Number.isInteger(row) && row >= 0 && row < set.count));
  if (stray !== undefined) throw new RangeError(`there is no row ${stray}, rows are 0 to ${set.count - 1}`);
  if (new Set(positions).size < positions.length) throw new RangeError("a row cannot be replaced twice");
}

/** A training and a test set. */
export interface Dataset {
  /** The name of `--dataset` and of the result folder. */
  readonly name: string;
  /** Rows that are learned and unlearned. */
  readonly train: Rows;
  /** Rows on which accuracies are measured. */
  readonly test: Rows;
  /** Numbers of the training rows that the user names for removal, in the user's order; the last ones if absent. */
  readonly named?: readonly number[];
  /** Two classes: that of label −1, then that of +1; else the classes in the order of the outputs. */
  readonly classNames?: readonly string[];
  /** What the features are called, where they have names. */
  readonly featureNames?: readonly string[];
  /** What the rows were made with, where the name does not say it. */
  readonly origin?: string;
}

/**
 * The first of some rows.
 *
 * @param rows The rows.
 * @param count How many to take.
 * @returns A copy of them.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { firstRows } from "./rows.ts";
 *
 * const [features, labels] = [Float32Array.of(1, 0, 0, 1), Float32Array.of(1, -1)];
 * const rows = { features, labels, count: 2, dimension: 2, outputs: 1 };
 * assert.deepEqual(firstRows(rows, 1).features, Float32Array.of(1, 0));
 * ```
 */
export function firstRows({ features, labels, dimension, outputs }: Rows, count: number): Rows {
  return {
    features: features.slice(0, count * dimension),
    labels: labels.slice(0, count * outputs),
    ...{ count, dimension, outputs },
  };
}

/**
 * One-hot labels.
 *
 * @param classes The class of each row, 0 to `outputs` − 1.
 * @param outputs Number of classes.
 * @returns As many vectors, row-major: 1 at the class, 0 elsewhere.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { oneHot } from "./rows.ts";
 *
 * assert.deepEqual(oneHot([2, 0], 3), Float32Array.of(0, 0, 1, 1, 0, 0));
 * ```
 */
export function oneHot(classes: ArrayLike<number>, outputs: number): Float32Array {
  const labels = new Float32Array(classes.length * outputs);
  for (let row = 0; row < classes.length; row++) labels[row * outputs + classes[row]] = 1;
  return labels;
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
 * import { normalizeRows } from "./rows.ts";
 *
 * assert.deepEqual(normalizeRows(Float32Array.of(3, 4, 0, 2), 2), Float32Array.of(0.6, 0.8, 0, 1));
 * ```
 */
export function normalizeRows(features: Float32Array, dimension: number): Float32Array {
  for (let start = 0; start < features.length; start += dimension) {
    const end = start + dimension;
    let squares = 0;
    for (let i = start; i < end; i++) squares += features[i] * features[i];
    const norm = Math.sqrt(squares);
    if (!(norm > 0 && norm < Infinity)) {
      throw new RangeError(`row ${start / dimension} has norm ${norm}: it cannot be scaled to norm 1`);
    }
    for (let i = start; i < end; i++) features[i] /= norm;
  }
  return features;
}
