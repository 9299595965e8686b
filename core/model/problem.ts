/**
 * The constants of a learning problem, from which every guarantee and every step follows.
 * @module
 */

/** What the constants of regularized logistic or softmax regression follow from. */
export interface ProblemOf {
  /** n, the number of training rows. */
  readonly n: number;
  /** d, the number of features. */
  readonly d: number;
  /** Number of classes, 2 by default: the loss is logistic for two and softmax for more. */
  readonly classes?: number;
  /** λ, the regularization of one row; 0 for a loss that is convex and no more. */
  readonly lambda: number;
  /** M, the norm to which a row's gradient is clipped; by default {@linkcode gradientBound}, which clips none. */
  readonly M?: number;
  /**
   * The largest eigenvalue of the Hessian without the regularizer; by default {@linkcode curvatureBound}. A guarantee
   * needs one that holds before and after a removal, and for every batch.
   */
  readonly curvature?: number;
}

/** The constants of regularized logistic or softmax regression on n rows of norm 1 at most. */
export interface Problem {
  /** n, the number of training rows. */
  readonly n: number;
  /** d, the number of features. */
  readonly d: number;
  /** Number of classes: the loss is logistic for two and softmax for more. */
  readonly classes: number;
  /** λ, the regularization of one row. */
  readonly lambda: number;
  /** L: the loss is L-smooth. */
  readonly L: number;
  /** m = λn: the loss is m-strongly convex; also the weight of the regularizer in a step. */
  readonly m: number;
  /** M: the gradient of a row's loss without the regularizer is no longer than this. */
  readonly M: number;
  /** η = 1/L, the length of a Langevin step. */
  readonly eta: number;
}

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
 * assert.throws(() => assertPositive({ sigma: 0 }), /sigma must be positive/);
 * ```
 */
export function assertPositive(numbers: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(numbers)) {
    if (!(Number.isFinite(value) && value > 0)) {
      throw new RangeError(`${name} must be positive and finite, got ${value}`);
    }
  }
}

function assertNotNegative(numbers: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(numbers)) {
    if (!(Number.isFinite(value) && value >= 0)) {
      throw new RangeError(`${name} must be 0 or more and finite, got ${value}`);
    }
  }
}

/**
 * Throws unless every named number counts something.
 *
 * @param numbers The numbers by name.
 * @param least The smallest number allowed.
 * @throws {RangeError} Naming the first that is no integer from `least` to 2⁵³ − 1.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { assertCounts } from "./problem.ts";
 *
 * assert.throws(() => assertCounts({ n: 2.5 }), /n must be an integer, 1 or more, got 2.5/);
 * ```
 */
export function assertCounts(numbers: Readonly<Record<string, number>>, least = 1): void {
  for (const [name, value] of Object.entries(numbers)) {
    if (!(Number.isSafeInteger(value) && value >= least)) {
      throw new RangeError(`${name} must be an integer, ${least} or more, got ${value}`);
    }
  }
}

/**
 * Throws unless constants can be those of a problem.
 *
 * @param problem The constants.
 * @throws {RangeError} Naming the first that is out of range.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { assertProblem, makeProblem } from "./problem.ts";
 *
 * const mnist = makeProblem({ n: 11982, d: 784, lambda: 1e-6 });
 * assert.throws(() => assertProblem({ ...mnist, L: 0.001 }), /m must be at most L/);
 * ```
 */
export function assertProblem({ n, d, classes, lambda, L, m, M, eta }: Problem): void {
  assertCounts({ n, d });
  assertCounts({ classes }, 2);
  assertPositive({ L, M, eta });
  assertNotNegative({ lambda, m });
  if (m > L) throw new RangeError(`m must be at most L, got m = ${m} and L = ${L}`);
}

/**
 * Throws unless a loss is strongly convex.
 *
 * @param problem m.
 * @throws {RangeError} If m is 0.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { assertStronglyConvex } from "./problem.ts";
 *
 * assert.throws(() => assertStronglyConvex({ m: 0 }), /lambda must be positive/);
 * ```
 */
export function assertStronglyConvex({ m }: Pick<Problem, "m">): void {
  if (!(m > 0)) {
    throw new RangeError("lambda must be positive: without strong convexity only the accountants exact and sgd speak");
  }
}

/**
 * The longest gradient that one row of norm 1 gives without the regularizer: 1 for the logistic loss, √2 for the
 * softmax loss, where |p − y| < √2 for a one-hot label y.
 *
 * @param classes Number of classes.
 * @returns M.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { gradientBound } from "./problem.ts";
 *
 * assert.equal(gradientBound(10), Math.SQRT2);
 * ```
 */
export function gradientBound(classes: number): number {
  return classes === 2 ? 1 : Math.SQRT2;
}

/**
 * Whether gradients of the softmax loss are clipped, which leaves them those of no convex loss; of the logistic loss
 * they are, whatever they are clipped to.
 *
 * @param problem The number of classes, and M.
 * @returns Whether M is below {@linkcode gradientBound}, and there are more than two classes.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { clipsSoftmax } from "./problem.ts";
 *
 * assert.deepEqual([clipsSoftmax({ classes: 10, M: 1 }), clipsSoftmax({ classes: 2, M: 0.5 })], [true, false]);
 * ```
 */
export function clipsSoftmax({ classes, M }: Pick<Problem, "classes" | "M">): boolean {
  return classes > 2 && M < gradientBound(classes) * (1 - 2 ** -40);
}

/**
 * The largest eigenvalue that the Hessian of the loss can have without the regularizer on rows of norm 1: 1/4 for the
 * logistic loss, 1/2 for the softmax loss, whose Hessian is a mean of (diag p − ppᵀ) ⊗ xxᵀ with
 * λmax(diag p − ppᵀ) ≤ 1/2 (Böhning 1992).
 *
 * @param classes Number of classes.
 * @returns L − m.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { curvatureBound } from "./problem.ts";
 *
 * assert.equal(curvatureBound(2), 0.25);
 * ```
 */
export function curvatureBound(classes: number): number {
  return classes === 2 ? 1 / 4 : 1 / 2;
}

/**
 * The constants of a problem. By default they are those that the theorems ask for whatever the rows: no gradient of a
 * row of norm 1 is longer than M, and no Hessian larger than L.
 *
 * @param of What they follow from.
 * @returns The constants.
 * @throws {RangeError} If a number is out of range, or float64 does not tell L from m.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { makeProblem } from "./problem.ts";
 *
 * const mnist = makeProblem({ n: 11982, d: 784, lambda: 1e-6 });
 * assert.equal(mnist.L, 0.261982);
 * assert.equal(mnist.eta, 3.817056133627501);
 * assert.equal(makeProblem({ n: 50_000, d: 512, classes: 10, lambda: 1e-6 }).L, 0.55);
 * ```
 */
export function makeProblem({ n, d, classes = 2, lambda, M, curvature }: ProblemOf): Problem {
  assertCounts({ n, d });
  assertCounts({ classes }, 2);
  const bounds = { M: M ?? gradientBound(classes), curvature: curvature ?? curvatureBound(classes) };
  assertNotNegative({ lambda });
  assertPositive(bounds);
  const m = lambda * n;
  const L = bounds.curvature + m;
  assertPositive({ ...(lambda > 0 && { m }), L, eta: 1 / L });
  if (L === m) throw new RangeError(`lambda ${lambda} is too large: beside m = ${m} the loss has no curvature left`);
  return { n, d, classes, lambda, L, m, M: bounds.M, eta: 1 / L };
}

/**
 * How many outputs a row has: a chain has as many rows of d weights.
 *
 * @param problem The number of classes.
 * @returns 1 for two classes, whose one output has a sign; else one a class.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { outputsOf } from "./problem.ts";
 *
 * assert.deepEqual([2, 10].map((classes) => outputsOf({ classes })), [1, 10]);
 * ```
 */
export function outputsOf({ classes }: Pick<Problem, "classes">): number {
  return classes === 2 ? 1 : classes;
}

/**
 * The steps of learning unless others are asked for: as many as bring two starts nearer by a factor of e¹⁰.
 *
 * @param problem η and m.
 * @returns T = ⌈10/(ηm)⌉, infinite without strong convexity.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { learningSteps, makeProblem } from "./problem.ts";
 *
 * assert.equal(learningSteps(makeProblem({ n: 11982, d: 784, lambda: 1e-6 })), 219);
 * ```
 */
export function learningSteps({ eta, m }: Pick<Problem, "eta" | "m">): number {
  return Math.ceil(10 / (eta * m));
}
