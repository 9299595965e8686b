/**
 * Small learning problems on which every engine is compared with the reference.
 * @module
 */
import assert from "node:assert/strict";
import { batchCount, type Batches, rowOrders } from "../../core/model/batches.ts";
import { normalizeRows, type Rows } from "../../core/model/rows.ts";
import type { ChainNoise, Dynamics, Engine, Walk } from "../../core/engines/engine.ts";
import { fillNormals, Purpose } from "../../core/model/random.ts";

/** Sizes of a problem. */
export interface Shape {
  readonly count: number;
  readonly dimension: number;
  readonly outputs: number;
  readonly chains: number;
}

/** Ones, odd sizes and round ones, binary and softmax. */
export const SHAPES: readonly Shape[] = [
  { count: 1, dimension: 1, outputs: 1, chains: 1 },
  { count: 301, dimension: 37, outputs: 1, chains: 21 },
  { count: 96, dimension: 8, outputs: 1, chains: 8 },
  { count: 1, dimension: 1, outputs: 3, chains: 1 },
  { count: 205, dimension: 13, outputs: 5, chains: 9 },
];

/** Clips about half of the rows. */
export const DYNAMICS: Dynamics = { stepSize: 1.5, regularization: 0.05, clip: 0.5, clipsRegularizer: true };

/** Every branch of a step. */
export const DYNAMICS_VARIANTS: Readonly<Record<string, Dynamics>> = {
  "regularizer clipped": DYNAMICS,
  "regularizer added": { ...DYNAMICS, clipsRegularizer: false },
  "nothing clipped": { ...DYNAMICS, clip: 1e3 },
  "projected": { ...DYNAMICS, radius: 0.5 },
  "inside the ball": { ...DYNAMICS, radius: 1e6 },
};

/** Standard normals. */
export function normals(length: number, trial: number): Float32Array {
  return fillNormals(new Float32Array(length), { seed: 7, cell: 0 }, trial, 0, Purpose.features);
}

/** Random rows with random labels. */
export function makeRows({ count, dimension, outputs }: Omit<Shape, "chains">, trial = 0): Rows {
  const features = normalizeRows(normals(count * dimension, trial), dimension);
  const labels = new Float32Array(count * outputs);
  normals(count, trial + 1).forEach((draw, row) => {
    if (outputs === 1) labels[row] = Math.sign(draw);
    else labels[row * outputs + Math.floor(100 * Math.abs(draw)) % outputs] = 1;
  });
  return { features, labels, count, dimension, outputs };
}

/** Rows of which some are mostly one number, some mostly zero, some one number throughout, and some neither. */
export function makeSparseRows(shape: Omit<Shape, "chains">, trial = 0): Rows {
  const rows = makeRows(shape, trial);
  const { dimension } = shape;
  const features = rows.features.map((value, i) => {
    const [row, k] = [Math.floor(i / dimension), i % dimension];
    const background = [rows.features[row * dimension], 0.1, 0, value][row % 4];
    return row % 4 === 1 || k % 8 >= 4 || k % 3 === 0 ? background : value;
  });
  return { ...rows, features: normalizeRows(features, dimension) };
}

/** Rows of which two columns in three are nothing but background: zero in the first half of the rows, then not. */
export function makeFramedRows(shape: Omit<Shape, "chains">, trial = 0): Rows {
  const rows = makeRows(shape, trial);
  const { count, dimension } = shape;
  const features = rows.features.map((value, i) => {
    const row = Math.floor(i / dimension);
    if (i % dimension % 3 === 0) return value;
    return row < count / 2 ? 0 : rows.features[row * dimension];
  });
  return { ...rows, features: normalizeRows(features, dimension) };
}

/** Dense rows, but that in the first half four rows of sixteen are one number throughout, and then features 4 to 7 zero. */
export function makeHoledRows(shape: Omit<Shape, "chains">, trial = 0): Rows {
  const rows = makeRows(shape, trial);
  const { count, dimension } = shape;
  const features = rows.features.map((value, i) => {
    const [row, k] = [Math.floor(i / dimension), i % dimension];
    if (row < count / 2) return row % 16 < 4 ? 1 : value;
    return Math.floor(k / 4) === 1 ? 0 : value;
  });
  return { ...rows, features: normalizeRows(features, dimension) };
}

/** The rows of `base`, but row i of `rows` in the place of row `positions[i]`. */
export function replacedRows(base: Rows, positions: readonly number[], rows: Rows): Rows {
  const { dimension, outputs } = base;
  const [features, labels] = [base.features.slice(), base.labels.slice()];
  positions.forEach((row, i) => {
    features.set(rows.features.subarray(i * dimension, (i + 1) * dimension), row * dimension);
    labels.set(rows.labels.subarray(i * outputs, (i + 1) * outputs), row * outputs);
  });
  return { ...base, features, labels };
}

/**
 * Replaces rows in turn, each set disposed of once the next is there; the sets must do what loaded rows do to the bit.
 */
export async function assertReplaces(
  engine: Engine,
  base: Rows,
  requests: readonly (readonly number[])[],
  request: Request,
): Promise<void> {
  let rows = base;
  let set = engine.load(rows);
  let expected = await walkRows(engine, rows, request);
  for (const [i, positions] of requests.entries()) {
    const fresh = makeSparseRows({ ...base, count: positions.length }, 20 + 4 * i);
    const next = engine.replace(set, positions, fresh);
    assert.deepEqual(await engine.walk({ trainingSet: set, ...request }), expected);
    set.dispose();
    [rows, set] = [replacedRows(rows, positions, fresh), next];
    assert.deepEqual([set.count, set.dimension, set.outputs], [base.count, base.dimension, base.outputs]);
    expected = await walkRows(engine, rows, request);
    assert.deepEqual(
      await engine.walk({ trainingSet: set, ...request }),
      expected,
      `${engine.description}: ${positions}`,
    );
  }
  set.dispose();
}

/** Places of rows to replace: none, one, the first, the last, across blocks of any size, scattered, all. */
export function somePlaces(count: number): number[][] {
  const all = [...Array(count).keys()];
  const scattered = all.filter((row) => row * row % 7 === 2);
  return [[], [count - 1], [0], all.slice(0, 5), all.slice(-5), all.slice(60, 130), scattered.toReversed(), all];
}

/** Chains of two cells, a third of them without noise. */
export function makeChains(length: number): ChainNoise[] {
  return Array.from({ length }, (_, i) => (
    { sigma: i % 3 === 2 ? 0 : 0.02 * (i + 1), cell: 5 + i % 2, trial: 3 * i }
  ));
}

/** Batches of one row, of some with a rest that is a batch or left out, of all rows but one, and of all. */
export function someBatches({ count }: Pick<Shape, "count">): Batches[] {
  const orderOf = rowOrders({ seed: 3, cell: 8 }, count);
  const quarter = Math.ceil(count / 4);
  const sizes = [[1, true], [3, false], [quarter, true], [quarter, false], [count - 1, false], [count, true]] as const;
  return sizes.filter(([batchSize]) => batchSize >= 1 && batchSize <= count)
    .map(([batchSize, dropsRest]) => ({ batchSize, dropsRest, orderOf }));
}

/** A walk over batches of chains of which some share a trial, from before the end of a cycle to behind it. */
export function makeBatchRequest(shape: Shape, batches: Batches, changes: Partial<Request> = {}): Request {
  const chains = makeChains(shape.chains).map((chain, i) => ({ ...chain, cell: i, trial: 3 * (i % 4) }));
  const dynamics = { ...DYNAMICS, clipsRegularizer: false };
  const firstStep = Math.max(0, batchCount(shape.count, batches) - 2);
  return makeRequest(shape, { chains, dynamics, batches, firstStep, steps: 4, ...changes });
}

/** What a walk is asked for, without the training set. */
export type Request = Omit<Walk, "trainingSet">;

/** A walk of three steps from random weights. */
export function makeRequest({ dimension, outputs, chains }: Shape, changes: Partial<Request> = {}): Request {
  const start = normals(chains * outputs * dimension, 3);
  const request = { start, chains: makeChains(chains), dynamics: DYNAMICS, seed: 12345, steps: 3, firstStep: 4 };
  return { ...request, ...changes };
}

/** The largest difference over the largest weight. */
export function relativeError(actual: Float32Array, expected: ArrayLike<number>): number {
  assert.equal(actual.length, expected.length);
  assert.ok(actual.every(Number.isFinite));
  const values = Array.from(expected);
  const largest = Math.max(...values.map(Math.abs));
  return Math.max(...values.map((value, i) => Math.abs(value - actual[i]))) / largest;
}

/** Loads rows, walks, and frees them. */
export async function walkRows(engine: Engine, rows: Rows, request: Request): Promise<Float32Array> {
  const trainingSet = engine.load(rows);
  const weights = await engine.walk({ trainingSet, ...request });
  trainingSet.dispose();
  return weights;
}
