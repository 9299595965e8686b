/**
 * The regularized incomplete beta function, from which the tails of Student's t follow.
 * @module
 */

/** Lanczos' coefficients for g = 7 (Godfrey's). */
const LANCZOS = [
  0.99999999999980993,
  676.5203681218851,
  -1259.1392167224028,
  771.32342877765313,
  -176.61502916214059,
  12.507343278686905,
  -0.13857109526572012,
  9.9843695780195716e-6,
  1.5056327351493116e-7,
];

/** log Γ(x) for x ≥ 1/2. */
function logGamma(x: number): number {
  const [constant, ...others] = LANCZOS;
  const series = others.reduce((sum, coefficient, i) => sum + coefficient / (x + i), constant);
  const t = x + 6.5;
  return (x - 0.5) * Math.log(t) - t + Math.log(Math.sqrt(2 * Math.PI) * series);
}

const PRECISION = 1e-16;
const MAX_TERMS = 10_000;

/** The continued fraction of I_x(a, b), which converges fast for x < (a + 1)/(a + b + 2), by Lentz's method. */
function continuedFraction(x: number, a: number, b: number): number {
  let c = 1;
  let d = 1 / (1 - (a + b) * x / (a + 1));
  let value = d;
  for (let m = 1; m < MAX_TERMS; m++) {
    const even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / (1 + even * d);
    c = 1 + even / c;
    value *= c * d;
    const odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / (1 + odd * d);
    c = 1 + odd / c;
    value *= c * d;
    if (Math.abs(c * d - 1) < PRECISION) break;
  }
  return value;
}

/**
 * I_x(a, b), the distribution function of the beta distribution.
 *
 * @param x From 0 to 1.
 * @param a At least 1/2.
 * @param b At least 1/2.
 * @returns A number from 0 to 1.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { incompleteBeta } from "./incomplete_beta.ts";
 *
 * assert.ok(Math.abs(incompleteBeta(0.3, 2, 1) - 0.3 ** 2) < 1e-15);
 * ```
 */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const logFactor = a * Math.log(x) + b * Math.log1p(-x) + logGamma(a + b) - logGamma(a) - logGamma(b);
  return Math.exp(logFactor) * continuedFraction(x, a, b) / a;
}
