/**
 * From Rényi differences to (ε, δ): a Rényi guarantee ε(α) gives ε = ε(α) + log(1/δ)/(α − 1) (arXiv 2401.10371,
 * Proposition N.2), and so does the best order α.
 *
 * Orders are written α = 1 + e^u and differences as their logarithms, which float64 holds whatever σ, n and K are.
 * Every ε is rounded upwards by a bound on what its evaluation can be wrong by.
 * @module
 */
import { assertDelta, type Guarantee } from "./accountant.ts";
import { minimizeBounded } from "./minimize.ts";

/** A Rényi difference at one order α. */
export interface Difference {
  /** log ε(α). */
  readonly log: number;
  /** d log ε(α) / d log α. */
  readonly elasticity: number;
  /** Sum of the absolute values of what `log` was added up from: its rounding error is at most some 2⁻⁵¹ of that. */
  readonly size: number;
}

/** Rényi differences by the order α, which comes with α − 1. */
export type Renyi = (order: number, excess: number) => Difference;

/** An interval of Rényi orders α. */
export type Orders = readonly [lower: number, upper: number];

/** Largest |u| searched: α − 1 stays within the range of float64, and so does its reciprocal. */
const MOST_LOG_EXCESS = 700;

/** No smaller ε or root is returned, since float64 loses digits below. */
export const LEAST: number = 2 ** -1000;

/** log(1/δ), which the conversion costs at α = 2. */
const costOf = (delta: number) => -Math.log(delta);

/** ε at the order 1 + e^u, rounded upwards. */
function guaranteeAt(renyi: Renyi, delta: number, u: number): Guarantee {
  const excess = Math.exp(u);
  const { log, size } = renyi(1 + excess, excess);
  const cost = costOf(delta);
  const epsilon = Math.exp(log) + cost * Math.exp(-u);
  const error = 2 ** -50 * (8 + size + Math.abs(u));
  return { epsilon: Math.max(LEAST, epsilon * (1 + error)), at: { alpha: 1 + excess } };
}

/**
 * The smallest ε over all orders α > 1, to the last digits: where the slope of ε(α) + log(1/δ)/(α − 1) changes sign, by
 * bisection. Every order gives a valid ε, so the result holds even if the sign should change more than once.
 *
 * @param renyi The Rényi differences.
 * @param delta δ.
 * @returns ε and its order, `alpha`.
 * @throws {RangeError} If δ is not above 0 and below 1.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { tightest } from "./renyi.ts";
 *
 * // ε(α) = α: the minimum of α + c/(α − 1) is 1 + 2√c, at 1 + √c.
 * const { epsilon, at } = tightest((order) => ({ log: Math.log(order), elasticity: 1, size: 1 }), Math.exp(-9));
 * assert.ok(Math.abs(epsilon - 7) < 1e-12 && Math.abs(at.alpha - 4) < 1e-12);
 * ```
 */
export function tightest(renyi: Renyi, delta: number): Guarantee {
  assertDelta(delta);
  const logCost = Math.log(costOf(delta));
  const rises = (u: number) => {
    const excess = Math.exp(u);
    const { log, elasticity } = renyi(1 + excess, excess);
    return elasticity > 0 && log + Math.log(elasticity) - Math.log1p(excess) + 2 * u > logCost;
  };
  let [falling, rising] = [-MOST_LOG_EXCESS, MOST_LOG_EXCESS];
  for (;;) {
    const middle = (falling + rising) / 2;
    if (middle === falling || middle === rising) return guaranteeAt(renyi, delta, middle);
    if (rises(middle)) rising = middle;
    else falling = middle;
  }
}

/**
 * The smallest ε with the conversion of Canonne, Kamath and Steinke (2020, Proposition 12), valid at every order:
 * ε(α) + log(1 − 1/α) − (log δ + log α)/(α − 1), 0 if that is negative. It is searched by golden sections and parabolas
 * from the order of {@linkcode tightest}'s side, so it may not be the least, but it holds.
 *
 * @param renyi The Rényi differences.
 * @param delta δ.
 * @returns ε and its order, `alpha`.
 * @throws {RangeError} If δ is not above 0 and below 1.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { tightestCks } from "./renyi.ts";
 *
 * const { epsilon } = tightestCks((order) => ({ log: Math.log(order), elasticity: 1, size: 1 }), Math.exp(-9));
 * assert.ok(epsilon < 7 - 0.5);
 * ```
 */
export function tightestCks(renyi: Renyi, delta: number): Guarantee {
  const classical = tightest(renyi, delta);
  const logDelta = Math.log(delta);
  const epsilonAt = (u: number) => {
    const excess = Math.exp(u);
    const { log, size } = renyi(1 + excess, excess);
    const logOrder = Math.log1p(excess);
    const terms = [Math.exp(log), u - logOrder, -(logDelta + logOrder) / excess];
    const error = 2 ** -50 * ((8 + size) * terms[0] + 8 * (1 + Math.abs(u) + Math.abs(terms[2])));
    return terms.reduce((sum, term) => sum + term) + error;
  };
  const near = Math.log(Math.max(classical.at.alpha - 1, Number.MIN_VALUE));
  const { at, value } = minimizeBounded(epsilonAt, near - 5, near + 5);
  if (!(value < classical.epsilon)) return classical;
  return { epsilon: Math.max(0, value), at: { alpha: 1 + Math.exp(at) } };
}

/**
 * The smallest ε over an interval of orders, as `scipy.optimize.minimize_scalar` with `method="bounded"` finds it.
 *
 * @param renyi The Rényi differences.
 * @param delta δ.
 * @param orders The interval.
 * @returns ε and its order, `alpha`.
 * @throws {RangeError} If δ is not above 0 and below 1, or the interval is not one above 1.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { tightestWithin } from "./renyi.ts";
 *
 * const { at } = tightestWithin((order) => ({ log: Math.log(order), elasticity: 1, size: 1 }), Math.exp(-9), [5, 9]);
 * assert.ok(Math.abs(at.alpha - 5) < 1e-4);
 * ```
 */
export function tightestWithin(renyi: Renyi, delta: number, [lower, upper]: Orders): Guarantee {
  assertDelta(delta);
  if (!(Number.isFinite(lower) && Number.isFinite(upper) && lower >= 1 && lower < upper)) {
    throw new RangeError(`orders must be an interval above 1, got [${lower}, ${upper}]`);
  }
  const cost = costOf(delta);
  const differenceAt = (order: number) => Math.exp(renyi(order, order - 1).log);
  let end = upper;
  while (end / 2 > lower && differenceAt(end / 2) === Infinity) end /= 2;
  const { at } = minimizeBounded((order) => differenceAt(order) + cost / (order - 1), lower, end);
  return { ...guaranteeAt(renyi, delta, Math.log(at - 1)), at: { alpha: at } };
}

/**
 * The smallest ε over all orders for the Rényi guarantee αA: A + 2√(A·log(1/δ)), at α = 1 + √(log(1/δ)/A).
 *
 * @param root √A, which float64 holds where it does not hold A.
 * @param delta δ.
 * @returns ε and its order, `alpha`.
 * @throws {RangeError} If δ is not above 0 and below 1.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { linearGuarantee } from "./renyi.ts";
 *
 * const { epsilon, at } = linearGuarantee(0.1, 1e-5);
 * assert.ok(Math.abs(epsilon - (0.01 * at.alpha + Math.log(1e5) / (at.alpha - 1))) < 1e-12);
 * ```
 */
export function linearGuarantee(root: number, delta: number): Guarantee {
  assertDelta(delta);
  const rootCost = Math.sqrt(costOf(delta));
  const A = Math.max(root, LEAST);
  const epsilon = A * (A + 2 * rootCost) * (1 + 2 ** -48);
  return { epsilon: Math.max(LEAST, epsilon), at: { alpha: Math.min(1 + rootCost / A, Number.MAX_VALUE) } };
}
