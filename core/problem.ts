/**
 * The constants of a learning problem, from which every guarantee and every step follows.
 * @module
 */
import type { Rows } from "./dataset.ts";

/** The constants of regularized logistic regression on n rows of norm 1 (`get_metadata` of the original scripts). */
export interface Problem {
  /** n, the number of training rows. */
  readonly count: number;
  /** d, the number of weights. */
  readonly dimension: number;
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

/** Where the smoothness constant comes from: `bound` is 1/4, `spectral` is λmax(XᵀX/n)/4, both plus λn. */
export type Smoothness = "bound" | "spectral";

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
 * The constants for n rows and a smoothness constant.
 *
 * @param count n.
 * @param dimension d.
 * @param lam λ, the regularization of one row.
 * @param lipschitz M.
 * @param curvature λmax of the loss's Hessian without the regularizer; 1/4 bounds it for the logistic loss.
 * @returns The constants.
 * @throws {RangeError} If a number is not positive and finite.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { makeProblem } from "./problem.ts";
 *
 * const mnist = makeProblem(11982, 784, 1e-6, 1);
 * assert.equal(mnist.smoothness, 0.261982);
 * assert.equal(mnist.stepSize, 3.817056133627501);
 * ```
 */
export function makeProblem(
  count: number,
  dimension: number,
  lam: number,
  lipschitz: number,
  curvature = 1 / 4,
): Problem {
  assertPositive({ count, dimension, lam, lipschitz, curvature });
  const strongConvexity = lam * count;
  const smoothness = curvature + strongConvexity;
  return {
    count,
    dimension,
    smoothness,
    strongConvexity,
    lipschitz,
    stepSize: 1 / smoothness,
    delta: 1 / count,
  };
}

/**
 * λmax(XᵀX/n)/4: the largest curvature that the logistic loss has on these rows. The published MNIST and CIFAR-10
 * results of January 2024 were made with it.
 *
 * @param rows n rows of d features.
 * @returns The curvature, by power iteration in float64 to a relative change below 1e-12.
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
export function spectralCurvature({ features, count, dimension }: Rows): number {
  let vector = new Float64Array(dimension).fill(1 / Math.sqrt(dimension));
  for (let eigenvalue = 0;;) {
    const image = new Float64Array(dimension);
    for (let start = 0; start < features.length; start += dimension) {
      let product = 0;
      for (let k = 0; k < dimension; k++) product += features[start + k] * vector[k];
      for (let k = 0; k < dimension; k++) image[k] += features[start + k] * product;
    }
    const norm = Math.sqrt(image.reduce((sum, x) => sum + x * x, 0));
    if (!Number.isFinite(norm)) throw new RangeError("a feature is not a finite number");
    if (Math.abs(norm - eigenvalue) <= 1e-12 * norm) return norm / count / 4;
    eigenvalue = norm;
    vector = image.map((x) => x / norm);
  }
}
