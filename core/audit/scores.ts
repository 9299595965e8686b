/**
 * Scores by which unlearned models may be told from retrained ones. They are made from models that were set aside, and
 * then given to others.
 * @module
 */
import type { Rows } from "../model/rows.ts";
import { lossOf } from "./gaussian_law.ts";
import { functionOf, ritz } from "./krylov.ts";
import type { Scores } from "./lower_bound.ts";

/** Weights of many models, all of one law. */
export interface Models {
  /** `size` weights a model, one after the other. */
  readonly weights: Float32Array | Float64Array;
  /** The weights of one model. */
  readonly size: number;
}

/** Models of both sides. */
export interface Sides {
  /** Learned on D, and then unlearned on D′. */
  readonly unlearned: Models;
  /** Learned on D′. */
  readonly retrained: Models;
}

/** A number for a model. */
export type Score = (weights: Float64Array) => number;

const countOf = ({ weights, size }: Models) => weights.length / size;

/** One model after the other. */
function* each({ weights, size }: Models): Generator<Float64Array> {
  for (let start = 0; start < weights.length; start += size) {
    yield new Float64Array(weights.subarray(start, start + size));
  }
}

/**
 * The first half of the models of each side, and the second.
 *
 * @param sides The models.
 * @returns Those for choosing, and those to be counted.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { halvesOf } from "./scores.ts";
 *
 * const models = { weights: Float64Array.of(1, 2, 3, 4), size: 1 };
 * const [first, second] = halvesOf({ unlearned: models, retrained: models });
 * assert.deepEqual([first.unlearned.weights.length, second.retrained.weights[0]], [2, 3]);
 * ```
 */
export function halvesOf({ unlearned, retrained }: Sides): readonly [first: Sides, second: Sides] {
  const part = (models: Models, isFirst: boolean): Models => {
    const middle = Math.floor(countOf(models) / 2) * models.size;
    return { ...models, weights: isFirst ? models.weights.subarray(0, middle) : models.weights.subarray(middle) };
  };
  const half = (isFirst: boolean) => ({ unlearned: part(unlearned, isFirst), retrained: part(retrained, isFirst) });
  return [half(true), half(false)];
}

/**
 * The scores of models.
 *
 * @param score The score.
 * @param sides The models.
 * @returns A number a model.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { scoreAll } from "./scores.ts";
 *
 * const models = { weights: Float64Array.of(1, 2, 3, 4), size: 2 };
 * const { unlearned } = scoreAll(([x, y]) => x * y, { unlearned: models, retrained: models });
 * assert.deepEqual([...unlearned], [2, 12]);
 * ```
 */
export function scoreAll(score: Score, { unlearned, retrained }: Sides): Scores {
  const all = (models: Models) => Float64Array.from(each(models), score);
  return { unlearned: all(unlearned), retrained: all(retrained) };
}

/**
 * The score along a direction: the likelihood ratio of two Gaussian laws of one covariance, if the direction is Σ⁻¹Δ.
 *
 * @param direction The direction.
 * @returns The product of it and the first weights of a model, as many as it has.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { alongDirection } from "./scores.ts";
 *
 * assert.equal(alongDirection(Float64Array.of(2, 3))(Float64Array.of(1, 1, 9)), 5);
 * ```
 */
export function alongDirection(direction: Float64Array): Score {
  return (weights) => direction.reduce((sum, x, k) => sum + x * weights[k], 0);
}

/** Mean of the models of a side. */
function meanOf(models: Models): Float64Array {
  const mean = new Float64Array(models.size);
  for (const weights of each(models)) weights.forEach((w, k) => mean[k] += w);
  return mean.map((sum) => sum / countOf(models));
}

/** Dimension of the Krylov space in which the discriminant is sought. */
const STEPS = 40;

/**
 * Fisher's linear discriminant of models set aside: their common covariance, shrunk towards a multiple of the identity
 * the more the fewer models there are for a weight.
 *
 * @param sides The models.
 * @returns The score.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { discriminant } from "./scores.ts";
 *
 * const unlearned = { weights: Float64Array.of(1, 0, 1.5, 1, 1, 1, 1.5, 0), size: 2 };
 * const retrained = { weights: unlearned.weights.map((w, i) => i % 2 === 0 ? w - 1 : w), size: 2 };
 * const score = discriminant({ unlearned, retrained });
 * assert.ok(score(Float64Array.of(1, 0)) > 0 && Math.abs(score(Float64Array.of(0, 1))) < 1e-9);
 * ```
 */
export function discriminant({ unlearned, retrained }: Sides): Score {
  const { size } = unlearned;
  const [ofUnlearned, ofRetrained] = [unlearned, retrained].map(meanOf);
  const centred = [[unlearned, ofUnlearned], [retrained, ofRetrained]] as const;
  const deviations = centred.flatMap(([models, mean]) => [...each(models)].map((w) => w.map((x, k) => x - mean[k])));
  const count = deviations.length;
  const total = deviations.reduce((sum, w) => w.reduce((sum, x) => sum + x * x, sum), 0);
  const share = size / (size + count);
  const ridge = share * total / (count * size) + Number.MIN_VALUE;
  const covariance = (vector: Float64Array) => {
    const product = vector.map((x) => ridge * x);
    for (const w of deviations) {
      let along = 0;
      for (let k = 0; k < size; k++) along += w[k] * vector[k];
      along *= (1 - share) / count;
      for (let k = 0; k < size; k++) product[k] += along * w[k];
    }
    return product;
  };
  const distance = ofUnlearned.map((x, k) => x - ofRetrained[k]);
  if (total === 0) return alongDirection(distance);
  return alongDirection(functionOf(ritz(covariance, distance, STEPS), (value) => 1 / value, size));
}

/** How often something was seen on each side. */
type Seen<Key> = Map<Key, [unlearned: number, retrained: number]>;

function note<Key>(seen: Seen<Key>, key: Key, side: 0 | 1): void {
  const counts = seen.get(key);
  if (counts) counts[side]++;
  else seen.set(key, side === 0 ? [1, 0] : [0, 1]);
}

/** The logarithm of how much more often something was seen on one side; 0 of what was seen once or never. */
function surplus<Key>(seen: Seen<Key>, key: Key): number {
  const [unlearned, retrained] = seen.get(key) ?? [0, 0];
  return unlearned + retrained < 2 ? 0 : Math.log((unlearned + 0.5) / (retrained + 0.5));
}

/** The bytes of a model's weights, as a text. */
function bytesOf(weights: Float64Array): string {
  return new TextDecoder("latin1").decode(new Uint8Array(weights.buffer, weights.byteOffset, weights.byteLength));
}

/**
 * Finds values that come again: whole models that were seen before, and single weights. Noise of real numbers never
 * repeats itself; noise that the rounding of the weights swallows leaves few values, or one.
 *
 * @param sides The models set aside.
 * @returns The score: how much more often the model, and each of its weights, was seen among unlearned ones.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { repetition } from "./scores.ts";
 *
 * const unlearned = { weights: Float64Array.of(1, 1, 1), size: 1 };
 * const score = repetition({ unlearned, retrained: { weights: Float64Array.of(2, 2, 3), size: 1 } });
 * assert.deepEqual([1, 2, 3, 4].map((w) => Math.sign(score(Float64Array.of(w)))), [1, -1, 0, 0]);
 * ```
 */
export function repetition({ unlearned, retrained }: Sides): Score {
  const models: Seen<string> = new Map();
  for (const [side, all] of [unlearned, retrained].entries()) {
    for (const weights of each(all)) note(models, bytesOf(weights), side as 0 | 1);
  }
  const values = Array.from({ length: unlearned.size }, (_, k) => repeatedValues({ unlearned, retrained }, k));
  return (weights) => weights.reduce((sum, w, k) => sum + surplus(values[k], w), surplus(models, bytesOf(weights)));
}

/** The values of one weight that were seen twice or more. */
function repeatedValues({ unlearned, retrained }: Sides, k: number): Seen<number> {
  const seen: Seen<number> = new Map();
  for (const [side, { weights, size }] of [unlearned, retrained].entries()) {
    for (let i = k; i < weights.length; i += size) note(seen, weights[i], side as 0 | 1);
  }
  return new Map([...seen].filter(([, counts]) => counts[0] + counts[1] > 1));
}

/** How many different models there are, and different values of a weight. */
export interface Distinct {
  /** Models. */
  readonly models: number;
  /** Values of the weight that has the fewest. */
  readonly values: number;
}

/**
 * Counts different models and values.
 *
 * @param models Models of one side.
 * @returns How many there are.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { distinctOf } from "./scores.ts";
 *
 * assert.deepEqual(distinctOf({ weights: Float64Array.of(1, 2, 1, 3), size: 2 }), { models: 2, values: 1 });
 * ```
 */
export function distinctOf(models: Models): Distinct {
  const { weights, size } = models;
  const values = Array.from({ length: size }, (_, k) => {
    const column = new Set<number>();
    for (let i = k; i < weights.length; i += size) column.add(weights[i]);
    return column.size;
  });
  return { models: new Set([...each(models)].map(bytesOf)).size, values: Math.min(...values) };
}

/**
 * The loss of the removed rows, by which membership is usually guessed.
 *
 * @param removed The rows.
 * @returns Their mean loss at the first weights of a model.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { removedLoss } from "./scores.ts";
 *
 * const rows = { features: Float32Array.of(1), labels: Float32Array.of(1), count: 1, dimension: 1, outputs: 1 };
 * assert.equal(removedLoss(rows)(Float64Array.of(0)), Math.LN2);
 * ```
 */
export function removedLoss(removed: Rows): Score {
  const size = removed.dimension * removed.outputs;
  return (weights) => lossOf(removed, weights.subarray(0, size));
}
