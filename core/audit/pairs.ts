/**
 * Two data sets that differ in the rows of a request: those of the user, or rows built to be hard to forget.
 * @module
 */
import { curvatureBound, type Problem } from "../model/problem.ts";
import { fillNormals, Purpose } from "../model/random.ts";
import { selectRows } from "../deletion/ledger.ts";
import { nullRows } from "../model/removal.ts";
import type { Rows } from "../model/rows.ts";
import { certainRows } from "../walk/rows.ts";
import { descendFrom } from "./gaussian_law.ts";
import { ritz } from "./krylov.ts";

/** What a request removes, and from what. */
export interface Pair {
  /** D, the rows before the request. */
  readonly before: Rows;
  /** D′, the rows after it, as many. */
  readonly after: Rows;
  /** The rows of D in which they differ. */
  readonly removed: Rows;
}

/** A set with other rows at some positions. */
function withRows(rows: Rows, positions: readonly number[], others: Rows): Rows {
  const { dimension, outputs } = rows;
  const [features, labels] = [rows.features.slice(), rows.labels.slice()];
  positions.forEach((row, i) => {
    features.set(others.features.subarray(i * dimension, (i + 1) * dimension), row * dimension);
    labels.set(others.labels.subarray(i * outputs, (i + 1) * outputs), row * outputs);
  });
  return { ...rows, features, labels };
}

/**
 * The pair of a request as it is.
 *
 * @param rows D.
 * @param positions The rows to remove.
 * @param others What takes their place, null rows or others.
 * @returns The pair.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { nullRows } from "../model/removal.ts";
 * import { givenPair } from "./pairs.ts";
 *
 * const rows = { features: Float32Array.of(1, 0.5), labels: Float32Array.of(1, -1), count: 2, dimension: 1, outputs: 1 };
 * const { after, removed } = givenPair(rows, [1], nullRows(1, rows));
 * assert.deepEqual([...after.features, ...removed.features], [1, 0, 0.5]);
 * ```
 */
export function givenPair(rows: Rows, positions: readonly number[], others: Rows): Pair {
  return { before: rows, after: withRows(rows, positions, others), removed: selectRows(rows, positions) };
}

/** Dimension of the Krylov space: its least value is then next to the least eigenvalue. */
const STEPS = 100;

/** Descent takes so many times the steps in which it forgets all but a share of 1/e of its start. */
const FORGETTING = 10;

const norm = (vector: Float64Array) => Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0));

/** The direction in which features vary least, of those orthogonal to another one of length 1 or 0. */
function flattest(rows: Rows, other: Float64Array): Float64Array {
  const { features, count, dimension } = rows;
  const along = (vector: Float64Array) => vector.reduce((sum, x, k) => sum + x * other[k], 0);
  const clear = (vector: Float64Array) => {
    const part = along(vector);
    return vector.map((x, k) => x - part * other[k]);
  };
  /** XᵀX/n on what is orthogonal to the other direction, which is made the steepest. */
  const multiply = (vector: Float64Array) => {
    const [product, orthogonal, part] = [new Float64Array(dimension), clear(vector), along(vector)];
    for (let row = 0; row < count; row++) {
      let score = 0;
      for (let k = 0, x = row * dimension; k < dimension; k++) score += features[x + k] * orthogonal[k];
      for (let k = 0, x = row * dimension; k < dimension; k++) product[k] += score * features[x + k] / count;
    }
    return clear(product).map((x, k) => x + part * other[k]);
  };
  const draws = new Float64Array(4 * Math.ceil(dimension / 4));
  const start = fillNormals(draws, { seed: 0, cell: 0 }, 0, 0, Purpose.features).subarray(0, dimension);
  return ritz(multiply, clear(start), STEPS).vectors[0];
}

/** The label that a model is most wrong about, and the direction in which its certainty of another one grows fastest. */
function mistakeOf({ outputs, dimension }: Rows, weights: Float64Array) {
  const of = (output: number) => weights.subarray(output * dimension, (output + 1) * dimension);
  if (outputs === 1) return { label: [1], against: weights.map((w) => -w) };
  const pairs = Array.from({ length: outputs ** 2 }, (_, i) => [Math.floor(i / outputs), i % outputs]);
  const [[right, wrong]] = pairs
    .map(([right, wrong]) => [right, wrong, norm(of(wrong).map((w, k) => w - of(right)[k]))])
    .sort(([, , one], [, , other]) => other - one);
  const label = Array.from({ length: outputs }, (_, output) => Number(output === right));
  return { label, against: of(wrong).map((w, k) => w - of(right)[k]) };
}

/**
 * A pair built to be the worst for its relation: S equal rows that the model gets wrong, so that their gradients are
 * long, and that point in the direction in which the other rows vary least, so that nothing pulls the weights back but
 * the regularizer. Null rows take their place, or their mirror images in that direction, which pull as much to the other
 * side.
 *
 * How much of a row goes into either direction is chosen so that the part of its gradient along the flat one is longest,
 * at the weights that the rows of D′ give.
 *
 * @param rows D; at the positions anything.
 * @param positions The rows to remove.
 * @param problem n, m, and the number of classes.
 * @param nulls Null rows, if they take the place of what is removed.
 * @returns The pair.
 * @throws {RangeError} If rows have one feature alone: there are no two directions.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { makeProblem } from "../model/problem.ts";
 * import { adversarialPair } from "./pairs.ts";
 *
 * const features = Float32Array.of(1, 0, 1, 0, 1, 0);
 * const rows = { features, labels: Float32Array.of(1, 1, 1), count: 3, dimension: 2, outputs: 1 };
 * const { removed, after } = adversarialPair(rows, [2], makeProblem({ n: 3, d: 2, lambda: 1e-3 }));
 * assert.ok(removed.features[0] < 0 && Math.abs(removed.features[1] + after.features[5]) < 1e-9);
 * ```
 */
export function adversarialPair(
  rows: Rows,
  positions: readonly number[],
  problem: Pick<Problem, "n" | "m" | "classes">,
  nulls?: Rows,
): Pair {
  const { dimension, outputs } = rows;
  if (dimension < 2) throw new RangeError("an adversarial pair takes rows of two features or more");
  const others = withRows(rows, positions, nullRows(positions.length, rows));
  const L = curvatureBound(problem.classes) + problem.m;
  const step = { n: problem.n, m: problem.m, eta: 2 / (L + problem.m) };
  const steps = Math.ceil(FORGETTING / (step.eta * step.m));
  const { label, against } = mistakeOf(rows, descendFrom(others, step, new Float64Array(outputs * dimension), steps));
  const sure = norm(against);
  const wrong = against.map((x) => sure > 0 ? x / sure : 0);
  const flat = flattest(others, wrong);
  const angles = Array.from({ length: 91 }, (_, degree) => degree * Math.PI / 180);
  const pull = (angle: number) => Math.cos(angle) / (1 + Math.exp(-Math.sin(angle) * sure));
  const angle = sure > 0 ? angles.reduce((best, each) => pull(each) > pull(best) ? each : best) : 0;
  const rowsAlong = (side: number): Rows => {
    const row = flat.map((x, k) => side * Math.cos(angle) * x + Math.sin(angle) * wrong[k]);
    const features = certainRows(positions.flatMap(() => [...row]), dimension);
    const labels = Float32Array.from(positions.flatMap(() => label));
    return { features, labels, count: positions.length, dimension, outputs };
  };
  const removed = rowsAlong(1);
  return {
    before: withRows(rows, positions, removed),
    after: withRows(rows, positions, nulls ?? rowsAlong(-1)),
    removed,
  };
}
