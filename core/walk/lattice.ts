/**
 * The lattice on which a certified walk takes place, so that what is proved of real numbers holds for the program.
 *
 * The weights are γ·N, N integers of at most B in size, and a step is N ← clamp(⌊g(γN)/γ + ½⌋ + round(2^b·Z)), where g
 * is what float64 makes of f(w) = w − η∇F(w). Rounding to the lattice commutes with its shifts and with the clamp, so N
 * is the rounding of a chain of real numbers with the noise γ·2^b·Z, whose drift is ⌊g/γ + ½⌋ at the rounded point. That
 * drift is within e + (1 + c)·√(outputs·d)·γ/2 of f, which alone has to be c-Lipschitz: so against retraining by such a
 * program, or in real arithmetic, every shift of `schedule.ts` grows by r, twice as much, in learning and unlearning.
 * @module
 */
import type { Target } from "../accountant/accountant.ts";
import { gaussianMu } from "../accountant/gaussian.ts";
import {
  assertPositive,
  assertProblem,
  curvatureBound,
  makeProblem,
  outputsOf,
  type Problem,
  type ProblemOf,
} from "../model/problem.ts";
import { EXP_ERROR } from "./exponential.ts";
import { assertBits } from "./rounded_gaussian.ts";
import { assertFeatures } from "./rows.ts";

/** A lattice, and what rounding to it costs. All of it follows from public numbers. */
export interface Lattice {
  /** The constants. */
  readonly problem: Problem;
  /** σ: the noise of a step is γ·2^b, which is √(2η)·σ. */
  readonly sigma: number;
  /** b. */
  readonly bits: number;
  /** γ, the distance of lattice points in a coordinate. */
  readonly gamma: number;
  /** The half-width of the box, as it was asked for. */
  readonly box: number;
  /** B, the half-width of the box in lattice steps, an integer. */
  readonly reach: number;
  /** e: what float64 computes of a step's drift is within e of it, anywhere in the box. */
  readonly error: number;
  /** r, by which the shift of every step grows. */
  readonly rounding: number;
}

/** The half-width of the box unless another one is asked for. */
export const BOX = 64;

/** Boxes whose half-width is within these are far from what underflows and overflows. */
const BOXES = [2 ** -32, 2 ** 32] as const;

function assertBox(box: number): void {
  const [least, most] = BOXES;
  if (!(box >= least && box <= most)) throw new RangeError(`box must be from ${least} to ${most}, got ${box}`);
}

/** b, and what is tried where it is not enough. */
const BITS = [24, 28, 30] as const;

/** What B stays below, so that sums of a few such integers are exact in float64. */
const MOST_REACH = 2 ** 50;

/** The rounding of one operation, relatively, and of k in a row. */
const U = 2 ** -53;
const roundings = (k: number) => k * U / (1 - k * U);

/**
 * The constants of a walk: those of {@linkcode makeProblem}, and η = 2/(m + L), with which steps contract most, less a
 * little so that η(m + L) ≤ 2 for certain.
 *
 * @param of n, d, the number of classes and λ.
 * @returns The constants.
 * @throws {RangeError} If a number is out of range.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { walkProblem } from "./lattice.ts";
 *
 * assert.equal(walkProblem({ n: 11982, d: 784, lambda: 1e-6 }).eta.toFixed(6), "7.300229");
 * ```
 */
export function walkProblem({ n, d, classes = 2, lambda }: Omit<ProblemOf, "M" | "curvature">): Problem {
  const problem = makeProblem({ n, d, classes, lambda });
  return { ...problem, eta: 2 / (problem.m + problem.L) * (1 - 2 ** -40) };
}

/** Throws unless the constants hold for all rows of norm 1, and a step is an average. */
function assertCertain(problem: Problem): void {
  assertProblem(problem);
  const { n, d, classes, lambda, L, m, M, eta } = problem;
  assertFeatures(d);
  const least = makeProblem({ n, d, classes, lambda });
  if (m !== least.m || L !== least.L || M !== least.M) {
    throw new RangeError("a walk needs m, L and M as makeProblem has them, which hold for all rows");
  }
  if (!(eta * (m + L) <= 2 - 2 ** -48)) {
    throw new RangeError(`a walk needs eta of 2/(m + L) at most for certain, see walkProblem, got ${eta}`);
  }
}

/**
 * e, the error of a drift in float64: plain sums in any order, with or without FMA, of float32 rows of norm 1 at most,
 * and e^{−t} to a relative error of 8 roundings. The residuals are off by q: the rounding of scores moves them by
 * the curvature at most; the sigmoid adds 4 roundings; the softmax those of e^{−t} and of its sum, and of t, the distance
 * to the largest score, of which p·t ≤ 1/e is left in each output and Σ p·t ≤ log(outputs) in all.
 */
function errorOf({ n, d, classes, M, eta }: Problem, box: number): number {
  const outputs = outputsOf({ classes });
  const norm = Math.sqrt(outputs * d) * box;
  const ofLink = classes === 2 ? EXP_ERROR : (outputs + 16) * Math.sqrt(outputs) * U;
  const q = (roundings(d) + 2 * U) * norm * curvatureBound(classes) + ofLink;
  return eta * (M * roundings(n + 2) * (1 + q) + q) + 6 * U * (norm + M * eta);
}

/** c of a step, 1 − ηm, and √((1 + c)/(1 − c)), by which a shift in every step exceeds one. */
function contraction({ eta, m }: Problem): { readonly c: number; readonly gain: number } {
  return { c: 1 - eta * m, gain: Math.sqrt((2 - eta * m) / (eta * m)) };
}

/** What r has besides 2e, in units of γ. */
const cellsOf = (problem: Problem) => (1 + contraction(problem).c) * Math.sqrt(outputsOf(problem) * problem.d);

/**
 * A lattice with a given b, whatever it costs.
 *
 * @param problem The constants.
 * @param sigma σ.
 * @param bits b.
 * @param box The half-width of the box.
 * @returns The lattice.
 * @throws {RangeError} If a number is out of range, the constants do not hold for all rows, or the box has less than one
 * lattice step, or 2⁵⁰ or more.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { latticeOf, walkProblem } from "./lattice.ts";
 *
 * const { rounding } = latticeOf(walkProblem({ n: 11982, d: 784, lambda: 1e-6 }), 0.03, 20);
 * assert.equal(rounding.toExponential(2), "5.85e-6");
 * ```
 */
export function latticeOf(problem: Problem, sigma: number, bits: number, box: number = BOX): Lattice {
  assertCertain(problem);
  assertPositive({ sigma });
  assertBits(bits);
  assertBox(box);
  const gamma = Math.sqrt(2 * problem.eta) * sigma * 2 ** -bits;
  const reach = Math.floor(box / gamma);
  if (!(reach >= 1 && reach < MOST_REACH)) {
    throw new RangeError(`sigma ${sigma} does not fit a box of ${box}, which would have ${reach} lattice steps`);
  }
  const error = errorOf(problem, box);
  const rounding = (2 * error + cellsOf(problem) * gamma) * (1 + 2 ** -45);
  return { problem, sigma, bits, gamma, box, reach, error, rounding };
}

/** The share of the target's μ that rounding may take. */
const SHARE = 0.01;

/** By how much a σ that was derived is raised, so that the logarithms of another engine find it enough too. */
export const HEADROOM = 1 + 2 ** -30;

/**
 * The least σ for a b. Rounding adds to μ what r alone would cost at most, for μ is subadditive in the shifts; and that
 * stays below (r/noise)·√((1 + c)/(1 − c)) whatever the number of steps. So the share holds for all T, K and S.
 */
function leastSigmaOf(problem: Problem, bits: number, target: Target, box: number): number {
  const most = SHARE * (1 - 2 ** -38) * gaussianMu(target.epsilon, target.delta) / contraction(problem).gain;
  const left = most - cellsOf(problem) * 2 ** -bits;
  const noise = Math.max(left > 0 ? 2 * errorOf(problem, box) / left : Infinity, box * 2 ** bits / MOST_REACH);
  return noise / Math.sqrt(2 * problem.eta) * (1 + 2 ** -40);
}

/**
 * The least σ with which a walk can be certified in float64: rounding takes at most a hundredth of the target's μ,
 * whatever the steps and the requests.
 *
 * @param problem The constants.
 * @param target ε and δ.
 * @param box The half-width of the box.
 * @returns σ.
 * @throws {RangeError} If a number is out of range, the constants do not hold for all rows, or no σ would do because the
 * regularizer is too weak.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { leastSigma, walkProblem } from "./lattice.ts";
 *
 * const problem = walkProblem({ n: 11982, d: 784, lambda: 1e-6 });
 * assert.equal(leastSigma(problem, { epsilon: 1, delta: 1e-6 }).toPrecision(2), "3.1e-7");
 * ```
 */
export function leastSigma(problem: Problem, target: Target, box: number = BOX): number {
  assertCertain(problem);
  assertBox(box);
  const least = Math.min(...BITS.map((bits) => leastSigmaOf(problem, bits, target, box)));
  if (least < Infinity) return least * HEADROOM;
  throw new RangeError(
    `no sigma is enough in float64: its rounding alone exceeds a hundredth of epsilon ${target.epsilon} at lambda ` +
      `${problem.lambda}: give a larger one of the two`,
  );
}

/**
 * The lattice of a walk: the coarsest of 2⁻²⁴, 2⁻²⁸ and 2⁻³⁰ of a step's noise that costs at most a hundredth of the
 * target's μ.
 *
 * @param problem The constants.
 * @param sigma σ.
 * @param target ε and δ.
 * @param box The half-width of the box.
 * @returns The lattice.
 * @throws {RangeError} If a number is out of range, the constants do not hold for all rows, or σ is too small: then it
 * names the least that would do.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { makeLattice, walkProblem } from "./lattice.ts";
 *
 * const problem = walkProblem({ n: 11982, d: 784, lambda: 1e-6 });
 * const target = { epsilon: 1, delta: 1e-6 };
 * assert.equal(makeLattice(problem, 0.03, target).bits, 24);
 * assert.throws(() => makeLattice(problem, 1.5e-11, target), /sigma 1.5e-11 is too small/);
 * ```
 */
export function makeLattice(problem: Problem, sigma: number, target: Target, box: number = BOX): Lattice {
  assertPositive({ sigma });
  const least = leastSigma(problem, target, box);
  const bits = BITS.find((bits) => sigma >= leastSigmaOf(problem, bits, target, box));
  if (bits !== undefined) return latticeOf(problem, sigma, bits, box);
  throw new RangeError(
    `sigma ${sigma} is too small for float64, whose rounding would show beside it: the least that would do is ${least}`,
  );
}
