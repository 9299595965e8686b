/**
 * Do two samples of trials have the same mean, and the same distribution? And how many of many answers may be chance?
 * @module
 */
import { incompleteBeta } from "./incomplete_beta.ts";
import { type Moments, squaredError } from "./statistics.ts";

/** Welch's t-test. */
export interface Welch {
  /** The difference of the means in units of its standard error. */
  readonly t: number;
  /** Degrees of freedom (Welch and Satterthwaite). */
  readonly df: number;
  /** Two-sided p-value. */
  readonly p: number;
}

/**
 * Welch's t-test of equal means, from the samples' moments alone.
 *
 * @param ours One sample.
 * @param theirs The other.
 * @returns The test.
 * @throws {RangeError} If a sample has fewer than two values, or neither has any spread: then there is no such test.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { welchTest } from "./hypothesis_tests.ts";
 *
 * const { t, df } = welchTest({ n: 10, mean: 1, std: 3 }, { n: 10, mean: 0, std: 3 });
 * assert.ok(Math.abs(t - 1 / Math.sqrt(2)) < 1e-12 && Math.abs(df - 18) < 1e-12);
 * ```
 */
export function welchTest(ours: Moments, theirs: Moments): Welch {
  if (ours.n < 2 || theirs.n < 2) throw new RangeError("Welch's test takes two values of each sample at least");
  if (ours.std === 0 && theirs.std === 0) throw new RangeError("Welch's test takes a sample with some spread");
  const [a, b] = [ours, theirs].map(squaredError);
  const t = (ours.mean - theirs.mean) / Math.sqrt(a + b);
  const df = (a + b) ** 2 / (a ** 2 / (ours.n - 1) + b ** 2 / (theirs.n - 1));
  return { t, df, p: incompleteBeta(df / (df + t ** 2), df / 2, 1 / 2) };
}

/** The two-sample test of Kolmogorov and Smirnov. */
export interface KolmogorovSmirnov {
  /** The largest difference of the two empirical distribution functions. */
  readonly D: number;
  /** Its exact p-value. */
  readonly p: number;
}

/**
 * The two-sample test of Kolmogorov and Smirnov of equal distributions, with the exact p-value of a permutation test:
 * the share of all ways to deal the pooled values into samples of these sizes that give at least this D. With ties,
 * such as accuracies have, this is the law given the ties (Schröer and Trenkler 1995, and R's `psmirnov`); without,
 * the usual one.
 *
 * @param ours One sample, in any order.
 * @param theirs The other.
 * @returns The test.
 * @throws {RangeError} If a sample is empty.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { kolmogorovSmirnovTest } from "./hypothesis_tests.ts";
 *
 * // Two of the six ways to deal four values into two and two separate them.
 * assert.deepEqual(kolmogorovSmirnovTest([1, 2], [3, 4]), { D: 1, p: 1 / 3 });
 * ```
 */
export function kolmogorovSmirnovTest(ours: readonly number[], theirs: readonly number[]): KolmogorovSmirnov {
  const [m, n] = [ours.length, theirs.length];
  if (m === 0 || n === 0) throw new RangeError("the test of Kolmogorov and Smirnov takes a value of each sample");
  const pooled = [...ours.map((x) => [x, n]), ...theirs.map((x) => [x, -m])].sort(([x], [y]) => x - y);
  /** Whether the distribution functions step at once here and after: between equal values they are not compared. */
  const tied = pooled.map(([x], i) => x === pooled[i + 1]?.[0]);
  let gap = 0;
  let largest = 0;
  for (const [i, [, step]] of pooled.entries()) {
    gap += step;
    if (!tied[i]) largest = Math.max(largest, Math.abs(gap));
  }

  /** Share of the ways from (0, 0) to (i, j), i of ours and j of theirs, on which the gap reaches `largest`. */
  const reached = new Float64Array(n + 1);
  for (let i = 0; i <= m; i++) {
    for (let j = 0; j <= n; j++) {
      if (i + j === 0) continue;
      const wide = !tied[i + j - 1] && Math.abs(i * n - j * m) >= largest;
      reached[j] = wide ? 1 : (i * reached[j] + (j > 0 ? j * reached[j - 1] : 0)) / (i + j);
    }
  }
  return { D: largest / (m * n), p: largest === 0 ? 1 : reached[n] };
}

/**
 * Holm's correction for many tests: at a level of 1 %, the chance that any true hypothesis has a corrected p-value
 * below it is at most 1 %, however the tests depend on each other.
 *
 * @param pValues The tests' p-values.
 * @returns The corrected ones, in the same order.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { holm } from "./hypothesis_tests.ts";
 *
 * assert.deepEqual(holm([0.5, 0.01, 0.25]), [0.5, 0.03, 0.5]);
 * ```
 */
export function holm(pValues: readonly number[]): number[] {
  const corrected = new Array<number>(pValues.length);
  const ascending = [...pValues.keys()].sort((a, b) => pValues[a] - pValues[b]);
  let least = 0;
  for (const [rank, index] of ascending.entries()) {
    least = Math.max(least, Math.min(1, (pValues.length - rank) * pValues[index]));
    corrected[index] = least;
  }
  return corrected;
}
