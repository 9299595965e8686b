/**
 * The constants of a learning problem, from which every guarantee and every step follows.
 * @module
 */
import type { Rows } from "../datasets/dataset.ts";
import { fillNormals, Purpose } from "../random.ts";

/**
 * The constants of regularized logistic or softmax regression on n rows of norm 1 (`get_metadata` of the original
 * scripts).
 */
export interface Problem {
  /** n, the number of training rows. */
  readonly count: number;
  /** d, the number of features. */
  readonly dimension: number;
  /** 1 for the logistic loss, else the number of classes of the softmax loss; there are outputs × d weights. */
  readonly outputs: number;
  /** L: the loss is L-smooth. */
  readonly smoothness: number;
  /** m = λn: the loss is m-strongly convex; also the weight of the regularizer in a step. */
  readonly strongConvexity: number;
  /** M: every row's gradient is clipped to this norm. */
  readonly lipschitz: number;
  /** η = 1/L, the length of a Langevin step. */
  readonly stepSize: number;
  /** δ = 1/n of the (ε, δ) guarantee. */
  readonly delta: number;
}

/**
 * Where the smoothness constant comes from, for the logistic and the softmax loss: `bound` is 1/4 and 1, `spectral` is
 * λmax(XᵀX/n)/4 and λmax(XᵀX/n)/2, all plus λn.
 */
export type Smoothness = typeof SMOOTHNESSES[number];

/** The names of where it comes from. */
export const SMOOTHNESSES = ["bound", "spectral"] as const;

/**
 * Throws unless every named number is positive and finite.
 *
 * @param numbers The numbers by name.
 * @throws {RangeError} Naming the first that is not.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { assertPositive } from "./problem.ts";
 *
 * assert.throws(() => assertPositive({ noiseScale: 0 }), /noiseScale must be positive/);
 * ```
 */
export function assertPositive(numbers: Record<string, number>): void {
  for (const [name, value] of Object.entries(numbers)) {
    if (!(value > 0 && value < Infinity)) throw new RangeError(`${name} must be positive and finite, got ${value}`);
  }
}

/**
 * The constants for n rows, a loss and a smoothness constant.
 *
 * @param count n.
 * @param dimension d.
 * @param lam λ, the regularization of one row.
 * @param lipschitz M.
 * @param outputs 1 for the logistic loss, else the number of classes of the softmax loss.
 * @param curvature A bound on λmax of the loss's Hessian without the regularizer; by default the original's, 1/4 for
 * the logistic and 1 for the softmax loss (for which 1/2 would do).
 * @returns The constants.
 * @throws {RangeError} If a number is not positive and finite, or `outputs` is not an integer.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { makeProblem } from "./problem.ts";
 *
 * const mnist = makeProblem(11982, 784, 1e-6, 1);
 * assert.equal(mnist.smoothness, 0.261982);
 * assert.equal(mnist.stepSize, 3.817056133627501);
 * assert.equal(makeProblem(50_000, 512, 1e-6, 2, 10).smoothness, 1.05);
 * ```
 */
export function makeProblem(
  count: number,
  dimension: number,
  lam: number,
  lipschitz: number,
  outputs = 1,
  curvature = outputs === 1 ? 1 / 4 : 1,
): Problem {
  assertPositive({ count, dimension, lam, lipschitz, outputs, curvature });
  if (!Number.isInteger(outputs)) throw new RangeError(`outputs must be an integer, got ${outputs}`);
  const strongConvexity = lam * count;
  const smoothness = curvature + strongConvexity;
  return {
    count,
    dimension,
    outputs,
    smoothness,
    strongConvexity,
    lipschitz,
    stepSize: 1 / smoothness,
    delta: 1 / count,
  };
}

/**
 * M of the original: 1 for the logistic loss, 2 for the softmax loss, whose gradients have a norm of √2 at most.
 *
 * @param outputs 1 for the logistic loss, else the number of classes of the softmax loss.
 * @returns M.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { defaultLipschitz } from "./problem.ts";
 *
 * assert.equal(defaultLipschitz(10), 2);
 * ```
 */
export function defaultLipschitz(outputs: number): number {
  return outputs === 1 ? 1 : 2;
}

/**
 * The largest curvature that the loss can have on these rows: λmax(XᵀX/n)/4 for the logistic loss, with which the
 * published MNIST and CIFAR-10 results of January 2024 were made, and λmax(XᵀX/n)/2 for the softmax loss, whose Hessian
 * is a mean of (diag p − ppᵀ) ⊗ xxᵀ with λmax(diag p − ppᵀ) ≤ 1/2 (Böhning 1992).
 *
 * @param rows n rows of d features.
 * @returns The curvature, by power iteration in float64 to a relative change below 1e-12. One start is (1, …, 1), the
 * other random, should all rows be orthogonal to the first.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { spectralCurvature } from "./problem.ts";
 *
 * const features = Float32Array.of(1, 0, 1, 0, 0, 1);
 * const rows = { features, labels: Float32Array.of(1, 1, -1), count: 3, dimension: 2, outputs: 1 };
 * assert.ok(Math.abs(spectralCurvature(rows) - 2 / 3 / 4) < 1e-12);
 * ```
 */
export function spectralCurvature(rows: Rows): number {
  const ones = new Float64Array(rows.dimension).fill(1 / Math.sqrt(rows.dimension));
  const normals = fillNormals(new Float64Array(rows.dimension), { seed: 0, cell: 0 }, 0, 0, Purpose.features);
  const [fromOnes, fromNormals] = [ones, normals].map((start) => largestEigenvalue(rows, start));
  const eigenvalue = fromNormals > (1 + 1e-9) * fromOnes ? fromNormals : fromOnes;
  return eigenvalue / rows.count / (rows.outputs === 1 ? 4 : 2);
}

/** λmax(XᵀX) by power iteration from a vector, or less if the eigenvector is orthogonal to that. */
function largestEigenvalue({ features, dimension }: Rows, start: Float64Array): number {
  let vector = start;
  for (let eigenvalue = 0;;) {
    const image = new Float64Array(dimension);
    for (let start = 0; start < features.length; start += dimension) {
      let product = 0;
      for (let k = 0; k < dimension; k++) product += features[start + k] * vector[k];
      for (let k = 0; k < dimension; k++) image[k] += features[start + k] * product;
    }
    const norm = Math.sqrt(image.reduce((sum, x) => sum + x * x, 0));
    if (!Number.isFinite(norm)) throw new RangeError("a feature is not a finite number");
    if (Math.abs(norm - eigenvalue) <= 1e-12 * norm) return norm;
    eigenvalue = norm;
    vector = image.map((x) => x / norm);
  }
}

/**
 * The constants for a training set and the flags that decide them.
 *
 * @param rows The rows.
 * @param flags λ, M (by default the original's) and where L comes from.
 * @returns The constants.
 * @throws {RangeError} If a number is not positive and finite.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { problemFor } from "./problem.ts";
 *
 * const features = Float32Array.of(1, 0, 1, 0, 0, 1);
 * const rows = { features, labels: Float32Array.of(1, 1, -1), count: 3, dimension: 2, outputs: 1 };
 * assert.equal(problemFor(rows, { lam: 0.1, smoothness: "bound" }).lipschitz, 1);
 * ```
 */
export function problemFor(
  rows: Rows,
  { lam, M, smoothness }: { readonly lam: number; readonly M?: number | undefined; readonly smoothness: Smoothness },
): Problem {
  const { count, dimension, outputs } = rows;
  const curvature = smoothness === "spectral" ? spectralCurvature(rows) : undefined;
  return makeProblem(count, dimension, lam, M ?? defaultLipschitz(outputs), outputs, curvature);
}
