/**
 * The Gaussian mechanism: μ, ε and δ from each other, exactly and without overflow or cancellation.
 *
 * A pair of laws is μ-GDP if it is no easier to tell apart than N(0, 1) and N(μ, 1) (Dong, Roth and Su 2022); it is
 * then (ε, δ)-indistinguishable, in both directions, for δ(ε, μ) = Φ(−a) − e^ε·Φ(−b) with a = ε/μ − μ/2 and
 * b = ε/μ + μ/2, and for no smaller δ (Balle and Wang 2018, Theorem 8).
 * @module
 */
import { assertDelta } from "./accountant.ts";
import { assertPositive } from "../model/problem.ts";

/** Half the distance of the nodes of the trapezoidal rule behind {@linkcode erfcx}. */
const HALF_STEP = 0.25;

/**
 * e^(x²)·erfc(x), to 7e-16: the trapezoidal rule with nodes half a step from 0, and its residue near 0 (Hunter and
 * Regan 1972).
 *
 * @param x x ≥ 0.
 * @returns The value.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { erfcx } from "./gaussian.ts";
 *
 * assert.ok(Math.abs(erfcx(1) - 0.427583576155807) < 1e-15);
 * ```
 */
export function erfcx(x: number): number {
  let sum = 0;
  for (let k = 0; k < 13; k++) {
    const square = (HALF_STEP * (2 * k + 1)) ** 2;
    sum += Math.exp(-square) / (x * x + square);
  }
  const value = x / Math.PI * sum;
  return x < 2 * Math.PI ? value + 2 * Math.exp(x * x) / (1 + Math.exp(4 * Math.PI * x)) : value;
}

/** erf(x), x ≥ 0: its series where 1 − erfc(x) loses digits. */
function erf(x: number): number {
  if (x >= 0.5) return 1 - Math.exp(-x * x) * erfcx(x);
  let [term, sum] = [x, x];
  for (let k = 1; k < 20; k++) sum += (term *= -x * x / k) / (2 * k + 1);
  return 2 / Math.sqrt(Math.PI) * sum;
}

/** φ(x), the normal density. */
const density = (x: number) => Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);

/** R(x) = Φ(−x)/φ(x), Mills' ratio, x ≥ 0. */
const mills = (x: number) => Math.sqrt(Math.PI / 2) * erfcx(x / Math.SQRT2);

/** −R′(x) = 1 − x·R(x), beyond 3 by its continued fraction. */
function millsSlope(x: number): number {
  if (x < 3) return 1 - x * mills(x);
  let fraction = 0;
  for (let k = Math.floor(400 / (x * x)) + 20; k > 0; k--) fraction = k / (x + fraction);
  return fraction / (x + fraction);
}

/** Positive nodes and weights of the Gauss–Legendre rule of 8 points. */
const GAUSS = [
  [0.1834346424956498, 0.3626837833783620],
  [0.5255324099163290, 0.3137066458778873],
  [0.7966664774136267, 0.2223810344533745],
  [0.9602898564975363, 0.1012285362903763],
] as const;

/** R(x) − R(x + step), by the integral of the slope where the difference cancels. */
function millsDrop(x: number, step: number): number {
  if (step > 0.05 * (1 + x)) return mills(x) - mills(x + step);
  const sums = GAUSS.map(([node, weight]) =>
    weight * (millsSlope(x + step * (1 + node) / 2) + millsSlope(x + step * (1 - node) / 2))
  );
  return step / 2 * sums.reduce((sum, part) => sum + part);
}

/** From this a on δ is below float64. */
const LARGEST_A = 38.6;

/**
 * δ(ε, μ), to a relative error of 1e-12.
 *
 * @param mu μ ≥ 0, perhaps infinite.
 * @param epsilon ε ≥ 0.
 * @returns δ.
 * @throws {RangeError} If a number is negative or NaN.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { gaussianDelta } from "./gaussian.ts";
 *
 * assert.ok(Math.abs(gaussianDelta(1, 1) - 0.126936738) < 1e-9);
 * ```
 */
export function gaussianDelta(mu: number, epsilon: number): number {
  if (!(mu >= 0)) throw new RangeError(`mu must be 0 or more, got ${mu}`);
  if (!(epsilon >= 0)) throw new RangeError(`epsilon must be 0 or more, got ${epsilon}`);
  if (mu === 0 || epsilon === Infinity) return 0;
  if (mu === Infinity) return 1;
  const a = epsilon / mu - mu / 2;
  const b = epsilon / mu + mu / 2;
  if (a > LARGEST_A) return 0;
  if (a >= 0) return density(a) * millsDrop(a, mu);
  if (epsilon > 1) return 1 - density(a) * (mills(-a) + mills(b));
  return (erf(b / Math.SQRT2) + erf(-a / Math.SQRT2)) / 2 - Math.expm1(epsilon) * density(b) * mills(b);
}

/** Bisects to adjacent numbers; `isLow` is true at the lower end. */
function bisect(low: number, high: number, isLow: (x: number) => boolean): readonly [low: number, high: number] {
  for (;;) {
    const middle = low + (high - low) / 2;
    if (middle === low || middle === high) return [low, high];
    if (isLow(middle)) low = middle;
    else high = middle;
  }
}

/** By how much μ is enlarged so that the rounding of δ(ε, μ) cannot make ε too small. */
const MARGIN = 1 + 1e-12;

/** δ less what {@linkcode gaussianDelta} may lack near 1, where δ hardly moves with μ, and next to 0. */
const lowered = (delta: number) => delta - (delta > 0.5 ? 2 ** -52 : Number.MIN_VALUE);

/**
 * ε of a μ-GDP pair at δ, rounded upwards.
 *
 * @param mu μ ≥ 0, perhaps infinite.
 * @param delta δ.
 * @returns ε; 0 if δ(0, μ) is not above δ already, infinite if μ is.
 * @throws {RangeError} If μ is negative or NaN, or δ not above 0 and below 1.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { gaussianEpsilon } from "./gaussian.ts";
 *
 * assert.ok(Math.abs(gaussianEpsilon(0.309534, 1 / 11982) - 1) < 1e-5);
 * ```
 */
export function gaussianEpsilon(mu: number, delta: number): number {
  assertDelta(delta);
  const [enlarged, bound] = [mu * MARGIN, lowered(delta)];
  if (gaussianDelta(enlarged, 0) <= bound) return 0;
  if (enlarged === Infinity) return Infinity;
  const most = enlarged * (enlarged / 2 + Math.sqrt(-2 * Math.log(delta)));
  const [, high] = bisect(0, most * MARGIN, (epsilon) => gaussianDelta(enlarged, epsilon) > bound);
  return high;
}

/**
 * The largest μ of which a pair may be μ-GDP to be (ε, δ)-indistinguishable, rounded downwards.
 *
 * @param epsilon ε.
 * @param delta δ.
 * @returns μ.
 * @throws {RangeError} If ε is not positive and finite, or δ not above 0 and below 1.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { gaussianMu } from "./gaussian.ts";
 *
 * assert.ok(Math.abs(gaussianMu(1, 1 / 11982) - 0.309534) < 1e-6);
 * ```
 */
export function gaussianMu(epsilon: number, delta: number): number {
  assertPositive({ epsilon });
  assertDelta(delta);
  const bound = lowered(delta);
  let high = 1;
  while (gaussianDelta(high, epsilon) <= bound) high *= 2;
  let low = high / 2;
  while (gaussianDelta(low, epsilon) > bound) low /= 2;
  [low] = bisect(low, 2 * low, (mu) => gaussianDelta(mu, epsilon) <= bound);
  return low / MARGIN;
}
