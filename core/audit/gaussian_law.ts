/**
 * What the models of both sides are like where their noise is small beside what bends the loss: Gaussian, around the
 * paths that the chains would take without noise, with the covariance of a chain on the quadratic that has the loss's
 * Hessian at the end of the retrained path. On a quadratic that is exact.
 *
 * Two such laws at a distance of Δ are μ-GDP with μ² = Δᵀ Σ⁻¹ Δ, and the likeliest way to tell them apart is by the
 * score Δᵀ Σ⁻¹ w.
 * @module
 */
import type { Problem } from "../model/problem.ts";
import type { Rows } from "../model/rows.ts";
import { addGradient } from "../walk/drift.ts";
import { functionOf, type Multiply, ritz } from "./krylov.ts";

/** The constants of a step without noise. */
export type Step = Pick<Problem, "n" | "m" | "eta">;

/**
 * Takes steps without noise, in float64: w ← w − η∇F(w).
 *
 * @param rows The rows.
 * @param step n, m and η.
 * @param start The weights, one row of d weights an output.
 * @param steps How many steps.
 * @returns The weights after them.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { descendFrom } from "./gaussian_law.ts";
 *
 * const rows = { features: Float32Array.of(1), labels: Float32Array.of(1), count: 1, dimension: 1, outputs: 1 };
 * assert.deepEqual(descendFrom(rows, { n: 1, m: 0, eta: 1 }, Float64Array.of(0), 1), Float64Array.of(0.5));
 * ```
 */
export function descendFrom(rows: Rows, { n, m, eta }: Step, start: Float64Array, steps: number): Float64Array {
  const weights = start.slice();
  const gradient = new Float64Array(weights.length);
  for (let step = 0; step < steps; step++) {
    gradient.fill(0);
    addGradient(rows, weights, gradient);
    for (let k = 0; k < weights.length; k++) weights[k] -= eta * (gradient[k] / n + m * weights[k]);
  }
  return weights;
}

/** The scores of a row, one an output. */
function scoresOf({ features, dimension, outputs }: Rows, row: number, weights: Float64Array): Float64Array {
  const scores = new Float64Array(outputs);
  for (let output = 0; output < outputs; output++) {
    let sum = 0;
    for (let k = 0, x = row * dimension, w = output * dimension; k < dimension; k++) {
      sum += features[x + k] * weights[w + k];
    }
    scores[output] = sum;
  }
  return scores;
}

/** The probabilities of the classes; of two classes that of the one whose score it is. */
function probabilitiesOf(scores: Float64Array): Float64Array {
  if (scores.length === 1) return scores.map((score) => 1 / (1 + Math.exp(-score)));
  const largest = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - largest));
  const sum = powers.reduce((total, power) => total + power);
  return powers.map((power) => power / sum);
}

/**
 * The Hessian of the loss, with the regularizer, as what it does to vectors.
 *
 * @param rows The rows.
 * @param step n and m.
 * @param weights Where.
 * @returns The product with a vector.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { hessianAt } from "./gaussian_law.ts";
 *
 * const rows = { features: Float32Array.of(1), labels: Float32Array.of(1), count: 1, dimension: 1, outputs: 1 };
 * const multiply = hessianAt(rows, { n: 1, m: 0.5 }, Float64Array.of(0));
 * assert.deepEqual(multiply(Float64Array.of(1)), Float64Array.of(0.75));
 * ```
 */
export function hessianAt(rows: Rows, { n, m }: Pick<Step, "n" | "m">, weights: Float64Array): Multiply {
  const { features, count, dimension, outputs } = rows;
  const probabilities = Array.from({ length: count }, (_, row) => probabilitiesOf(scoresOf(rows, row, weights)));
  return (vector) => {
    const product = vector.map((x) => m * x);
    for (let row = 0; row < count; row++) {
      const [p, scores] = [probabilities[row], scoresOf(rows, row, vector)];
      const mean = outputs === 1 ? p[0] * scores[0] : scores.reduce((sum, score, i) => sum + p[i] * score, 0);
      for (let output = 0; output < outputs; output++) {
        const residual = p[output] * (scores[output] - mean) / n;
        for (let k = 0, x = row * dimension, w = output * dimension; k < dimension; k++) {
          product[w + k] += residual * features[x + k];
        }
      }
    }
    return product;
  };
}

/** How the noise of a model comes about. */
export interface Spread {
  /** η. */
  readonly eta: number;
  /** σ: a step adds √(2ησ²)·N(0, I). */
  readonly sigma: number;
  /** Variance of a coordinate of the start. */
  readonly start: number;
  /** Number of steps. */
  readonly steps: number;
}

/**
 * The variance of a chain on a quadratic, along an eigenvector of its Hessian.
 *
 * @param spread The noise, and the number of steps.
 * @param curvature The eigenvalue, above 0.
 * @returns The variance.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { varianceAt } from "./gaussian_law.ts";
 *
 * assert.equal(varianceAt({ eta: 1, sigma: 1, start: 4, steps: 1 }, 0.5), 2 + 0.5 ** 2 * 4);
 * ```
 */
export function varianceAt({ eta, sigma, start, steps }: Spread, curvature: number): number {
  const kept = (1 - eta * curvature) ** (2 * steps);
  return 2 * sigma ** 2 / (curvature * (2 - eta * curvature)) * (1 - kept) + kept * start;
}

/** Two Gaussian laws of one covariance. */
export interface Apart {
  /** μ. */
  readonly mu: number;
  /** Σ⁻¹Δ: the score that tells them apart is the product with the weights. */
  readonly direction: Float64Array;
}

/** Dimension of the Krylov spaces: functions of a Hessian as smooth as these are found long before. */
const STEPS = 40;

/**
 * How far two Gaussian laws are apart.
 *
 * @param distance Δ, the difference of their means.
 * @param hessian The Hessian.
 * @param variance The variance along an eigenvector of the Hessian, by the eigenvalue.
 * @returns μ, and the direction.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { apartBy } from "./gaussian_law.ts";
 *
 * assert.equal(apartBy(Float64Array.of(3, 4), (v) => v, () => 4).mu, 2.5);
 * ```
 */
export function apartBy(distance: Float64Array, hessian: Multiply, variance: (curvature: number) => number): Apart {
  const found = ritz(hessian, distance, STEPS);
  const square = found.values.reduce((sum, value, i) => sum + found.parts[i] ** 2 / variance(value), 0);
  return { mu: Math.sqrt(square), direction: functionOf(found, (value) => 1 / variance(value), distance.length) };
}

/** What chains do, as far as it decides where they end. */
export interface Course {
  /** The rows that are learned. */
  readonly before: Rows;
  /** The rows on which is unlearned and retrained. */
  readonly after: Rows;
  /** n, m and η. */
  readonly step: Step;
  /** T. */
  readonly T: number;
  /** Number of weights. */
  readonly size: number;
  /** The variance along an eigenvector of the Hessian after so many steps. */
  readonly variance: (curvature: number, steps: number) => number;
}

/**
 * How far unlearned models are from retrained ones, by the Gaussian approximation.
 *
 * @param course What the chains do.
 * @param Ks The numbers of steps of unlearning, ascending.
 * @returns For each K how far they are apart.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { apartAfter } from "./gaussian_law.ts";
 *
 * const after = { features: Float32Array.of(1), labels: Float32Array.of(1), count: 1, dimension: 1, outputs: 1 };
 * const before = { ...after, labels: Float32Array.of(-1) };
 * const course = { before, after, step: { n: 1, m: 1, eta: 0.5 }, T: 9, size: 1, variance: () => 1 };
 * const [atFirst, afterOne] = apartAfter(course, [0, 1]);
 * assert.ok(afterOne.mu < atFirst.mu);
 * ```
 */
export function apartAfter({ before, after, step, T, size, variance }: Course, Ks: readonly number[]): Apart[] {
  let [unlearned, retrained] = [before, after].map((rows) => descendFrom(rows, step, new Float64Array(size), T));
  return Ks.map((K, i) => {
    const steps = K - (Ks[i - 1] ?? 0);
    [unlearned, retrained] = [unlearned, retrained].map((start) => descendFrom(after, step, start, steps));
    const distance = unlearned.map((w, k) => w - retrained[k]);
    return apartBy(distance, hessianAt(after, step, retrained), (curvature) => variance(curvature, T + K));
  });
}

/**
 * The mean loss of rows, without the regularizer.
 *
 * @param rows The rows.
 * @param weights The weights.
 * @returns The loss.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { lossOf } from "./gaussian_law.ts";
 *
 * const rows = { features: Float32Array.of(1), labels: Float32Array.of(1), count: 1, dimension: 1, outputs: 1 };
 * assert.equal(lossOf(rows, Float64Array.of(0)), Math.LN2);
 * ```
 */
export function lossOf(rows: Rows, weights: Float64Array): number {
  const { labels, count, outputs } = rows;
  let sum = 0;
  for (let row = 0; row < count; row++) {
    const scores = scoresOf(rows, row, weights);
    if (outputs === 1) {
      const margin = labels[row] * scores[0];
      sum += Math.log1p(Math.exp(-Math.abs(margin))) + Math.max(0, -margin);
      continue;
    }
    const largest = Math.max(...scores);
    const logSum = largest + Math.log(scores.reduce((total, score) => total + Math.exp(score - largest), 0));
    for (let output = 0; output < outputs; output++) sum += labels[row * outputs + output] * (logSum - scores[output]);
  }
  return sum / count;
}
