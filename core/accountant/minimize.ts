/**
 * One-dimensional minimization.
 * @module
 */

/** Where a function is smallest, and how small. */
export interface Minimum {
  /** The minimizer. */
  readonly at: number;
  /** The minimum. */
  readonly value: number;
}

const GOLDEN = (3 - Math.sqrt(5)) / 2;
const RELATIVE_TOLERANCE = Math.sqrt(2.2e-16);
const ABSOLUTE_TOLERANCE = 1e-5;
const MAX_EVALUATIONS = 500;

/**
 * Minimizes a unimodal function on an interval by Brent's method, as `scipy.optimize.minimize_scalar` does with
 * `method="bounded"` and its defaults: the same evaluations in the same order, so the same minimizer to the last bits.
 *
 * @param f The function.
 * @param lower Left end of the interval, never evaluated.
 * @param upper Right end of the interval, never evaluated.
 * @returns The best point met.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { minimizeBounded } from "./minimize.ts";
 *
 * const { at, value } = minimizeBounded((x) => (x - 2) ** 2 + 1, 0, 10);
 * assert.ok(Math.abs(at - 2) < 1e-5 && Math.abs(value - 1) < 1e-10);
 * ```
 */
export function minimizeBounded(f: (x: number) => number, lower: number, upper: number): Minimum {
  let best = lower + GOLDEN * (upper - lower);
  let second = best, third = best;
  let fBest = f(best);
  let fSecond = fBest, fThird = fBest;
  let step = 0, stepBefore = 0;

  for (let evaluations = 1; evaluations < MAX_EVALUATIONS; evaluations++) {
    const middle = (lower + upper) / 2;
    const tolerance = RELATIVE_TOLERANCE * Math.abs(best) + ABSOLUTE_TOLERANCE / 3;
    if (Math.abs(best - middle) <= 2 * tolerance - (upper - lower) / 2) break;

    let parabolic = false;
    if (Math.abs(stepBefore) > tolerance) {
      const r = (best - second) * (fBest - fThird);
      let q = (best - third) * (fBest - fSecond);
      let p = (best - third) * q - (best - second) * r;
      q = 2 * (q - r);
      if (q > 0) p = -p;
      q = Math.abs(q);
      const limit = Math.abs(q * stepBefore / 2);
      stepBefore = step;
      parabolic = Math.abs(p) < limit && p > q * (lower - best) && p < q * (upper - best);
      if (parabolic) {
        step = p / q;
        const next = best + step;
        if (next - lower < 2 * tolerance || upper - next < 2 * tolerance) {
          step = middle >= best ? tolerance : -tolerance;
        }
      }
    }
    if (!parabolic) {
      stepBefore = (best >= middle ? lower : upper) - best;
      step = GOLDEN * stepBefore;
    }

    const x = best + (step >= 0 ? 1 : -1) * Math.max(Math.abs(step), tolerance);
    const fx = f(x);
    if (fx <= fBest) {
      if (x >= best) lower = best;
      else upper = best;
      [third, fThird, second, fSecond, best, fBest] = [second, fSecond, best, fBest, x, fx];
    } else {
      if (x < best) lower = x;
      else upper = x;
      if (fx <= fSecond || second === best) {
        [third, fThird, second, fSecond] = [second, fSecond, x, fx];
      } else if (fx <= fThird || third === best || third === second) {
        [third, fThird] = [x, fx];
      }
    }
  }
  return { at: best, value: fBest };
}
