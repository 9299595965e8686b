/**
 * What a schedule of noisy steps costs, exactly: two chains from one start that differ by a shift in every step.
 *
 * X_{k+1} = P(f_k(X_k) + N(0, v_k·I)) and X'_{k+1} = P(f'_k(X'_k) + N(0, v_k·I)), where f'_k is c_k-Lipschitz with
 * c_k ≤ 1 and |f_k − f'_k| ≤ s_k everywhere, P projects to a convex set or does nothing, and the noise is independent
 * of the schedule, which is fixed beforehand. The pair of last iterates is μ-GDP for the least energy ∫g′(t)²dt = μ² of
 * a convex g below the points (t_i, A_i), A_i = Σ_{k≤i} C_k·s_k, t_i = Σ_{k≤i} C_k²·v_k, C_k = Π_{j>k} c_j, which ends
 * at the last of them (shifted interpolation: Bok, Su and Altschuler 2024). Quadratics from a fixed start attain it.
 * @module
 */

/** Steps of one kind. */
export interface Phase {
  /** How many; infinitely many in the first phase alone. */
  readonly steps: number;
  /** −log c, by which every step brings chains closer; 0 or more. */
  readonly rate: number;
  /** s. */
  readonly shift: number;
  /** v. */
  readonly variance: number;
}

/**
 * 1 + e^{−rate} + … + e^{−rate·(steps − 1)}.
 *
 * @param rate The rate, 0 or more.
 * @param steps The number of terms, perhaps infinite.
 * @returns The sum.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { geometric } from "./schedule.ts";
 *
 * assert.deepEqual([geometric(0, 3), geometric(Math.LN2, Infinity)], [3, 2]);
 * ```
 */
export function geometric(rate: number, steps: number): number {
  if (steps === 0) return 0;
  if (rate === 0) return steps;
  return (steps === Infinity ? 1 : -Math.expm1(-rate * steps)) / -Math.expm1(-rate);
}

function assertPhases(phases: readonly Phase[]): void {
  phases.forEach(({ steps, rate, shift, variance }, i) => {
    if (!(Number.isInteger(steps) && steps >= 0) && !(steps === Infinity && i === 0)) {
      throw new RangeError(`steps must be an integer, 0 or more, infinite in the first phase alone, got ${steps}`);
    }
    for (const [name, value] of Object.entries({ rate, shift, variance })) {
      if (!(value >= 0 && value < Infinity)) throw new RangeError(`${name} must be 0 or more and finite, got ${value}`);
    }
  });
}

/** The logarithm of rise/time, which neither underflows nor overflows. */
const slopeOf = ([rise, time]: readonly [rise: number, time: number]) => Math.log(rise) - Math.log(time);

/** e^{−later}·sum, infinite where the sum is. */
const weight = (later: number, sum: number) => sum === Infinity ? Infinity : Math.exp(-later) * sum;

/**
 * μ of a schedule: within a phase the points are concave, so the greatest convex minorant touches ends of phases alone,
 * and is found by pooling those that violate convexity.
 *
 * @param phases The phases from the first to the last.
 * @returns μ; infinite where a shift meets no noise after it.
 * @throws {RangeError} If a number of a phase is out of range.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { muOfSchedule } from "./schedule.ts";
 *
 * // The Gaussian mechanism: a shift of 1, a deviation of 2.
 * assert.equal(muOfSchedule([{ steps: 1, rate: 0, shift: 1, variance: 4 }]), 0.5);
 * ```
 */
export function muOfSchedule(phases: readonly Phase[]): number {
  assertPhases(phases);
  const segments: (readonly [rise: number, time: number])[] = [];
  let later = 0;
  for (const { steps, rate, shift, variance } of phases.toReversed()) {
    if (steps === 0) continue;
    const rise = shift === 0 ? 0 : shift * weight(later, geometric(rate, steps));
    const time = variance === 0 ? 0 : variance * weight(2 * later, geometric(2 * rate, steps));
    if (rise > 0 || time > 0) segments.push([rise, Math.min(time, Number.MAX_VALUE)]);
    later += rate === 0 ? 0 : rate * steps;
  }
  const pools: (readonly [rise: number, time: number])[] = [];
  for (const segment of segments.reverse()) {
    let pool = segment;
    for (let last = pools.at(-1); last && slopeOf(last) >= slopeOf(pool); last = pools.at(-1)) {
      pool = [pool[0] + last[0], Math.min(pool[1] + last[1], Number.MAX_VALUE)];
      pools.pop();
    }
    pools.push(pool);
  }
  return pools.reduce((mu, [rise, time]) => rise === 0 ? mu : Math.hypot(mu, rise / Math.sqrt(time)), 0);
}
