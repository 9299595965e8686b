/**
 * Do two samples of trials have the same mean, the same spread, the same distribution, and is that normal? And how many
 * of many answers may be chance?
 * @module
 */
import { incompleteBeta } from "./incomplete_beta.ts";
import { type Moments, moments, squaredError } from "./statistics.ts";

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

/**
 * The F-test of equal variances of two normal samples.
 *
 * @param ours One sample's moments.
 * @param theirs The other's.
 * @returns The two-sided p-value.
 * @throws {RangeError} If a sample has fewer than two values or no spread.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { varianceTest } from "./hypothesis_tests.ts";
 *
 * assert.equal(varianceTest({ n: 10, mean: 0, std: 1 }, { n: 10, mean: 5, std: 1 }), 1);
 * ```
 */
export function varianceTest(ours: Moments, theirs: Moments): number {
  if (ours.n < 2 || theirs.n < 2) throw new RangeError("the F-test takes two values of each sample at least");
  if (ours.std === 0 || theirs.std === 0) throw new RangeError("the F-test takes samples with some spread");
  const [a, b] = [ours, theirs].map(({ n, std }) => n * std ** 2);
  const [ofOurs, ofTheirs] = [(ours.n - 1) / 2, (theirs.n - 1) / 2];
  const tails = [incompleteBeta(a / (a + b), ofOurs, ofTheirs), incompleteBeta(b / (a + b), ofTheirs, ofOurs)];
  return Math.min(1, 2 * Math.min(...tails));
}

/** Fewer values say nothing of skewness and kurtosis. */
const FEWEST_FOR_NORMALITY = 20;

/**
 * The test of normality by skewness and kurtosis of D'Agostino and Pearson (1973), with the approximations of D'Agostino
 * (1970) and of Anscombe and Glynn (1983), as `scipy.stats.normaltest` has it.
 *
 * @param values A sample of 20 values or more.
 * @returns The p-value.
 * @throws {RangeError} If there are fewer, or they have no spread.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { normalityTest } from "./hypothesis_tests.ts";
 *
 * const even = Array.from({ length: 1000 }, (_, i) => i);
 * assert.ok(normalityTest(even) < 1e-9);
 * ```
 */
export function normalityTest(values: readonly number[]): number {
  const { n, mean, std } = moments(values);
  if (n < FEWEST_FOR_NORMALITY) throw new RangeError(`the test of normality takes ${FEWEST_FOR_NORMALITY} values`);
  if (std === 0) throw new RangeError("the test of normality takes a sample with some spread");
  const moment = (power: number) => values.reduce((sum, x) => sum + ((x - mean) / std) ** power, 0) / n;
  const [ofSkewness, ofKurtosis] = [skewnessScore(moment(3), n), kurtosisScore(moment(4), n)];
  return Math.exp(-(ofSkewness ** 2 + ofKurtosis ** 2) / 2);
}

/** The skewness of n normal values, transformed to be standard normal (D'Agostino 1970). */
function skewnessScore(skewness: number, n: number): number {
  const y = skewness * Math.sqrt((n + 1) * (n + 3) / (6 * (n - 2)));
  const kurtosis = 3 * (n ** 2 + 27 * n - 70) * (n + 1) * (n + 3) / ((n - 2) * (n + 5) * (n + 7) * (n + 9));
  const square = Math.sqrt(2 * (kurtosis - 1)) - 1;
  return Math.asinh(y / Math.sqrt(2 / (square - 1))) / Math.sqrt(Math.log(square) / 2);
}

/** The kurtosis of n normal values, transformed to be standard normal (Anscombe and Glynn 1983). */
function kurtosisScore(kurtosis: number, n: number): number {
  const variance = 24 * n * (n - 2) * (n - 3) / ((n + 1) ** 2 * (n + 3) * (n + 5));
  const x = (kurtosis - 3 * (n - 1) / (n + 1)) / Math.sqrt(variance);
  const skewness = 6 * (n ** 2 - 5 * n + 2) / ((n + 7) * (n + 9)) *
    Math.sqrt(6 * (n + 3) * (n + 5) / (n * (n - 2) * (n - 3)));
  const a = 6 + 8 / skewness * (2 / skewness + Math.sqrt(1 + 4 / skewness ** 2));
  const root = Math.cbrt((1 - 2 / a) / (1 + x * Math.sqrt(2 / (a - 4))));
  return (1 - 2 / (9 * a) - root) / Math.sqrt(2 / (9 * a));
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
