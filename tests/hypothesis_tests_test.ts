import assert from "node:assert/strict";
import { holm, kolmogorovSmirnovTest, welchTest } from "../core/statistics/hypothesis_tests.ts";
import { incompleteBeta } from "../core/statistics/incomplete_beta.ts";

const close = (actual: number, expected: number, what: string) =>
  assert.ok(Math.abs(actual - expected) <= 1e-9 * Math.abs(expected), `${what}: ${actual}, expected ${expected}`);

Deno.test("the incomplete beta function is scipy's betainc", () => {
  const cases: [a: number, b: number, x: number, value: number][] = [
    [0.5, 0.5, 0.3, 0.36901011956554536],
    [50, 0.5, 0.99, 0.3173043978741973],
    [100, 0.5, 0.9999, 0.887673851077562],
    [2.5, 0.5, 0.001, 1.0740735427307232e-08],
    [1000, 0.5, 0.95, 4.182758437066718e-24],
    [1, 1, 0.25, 0.25],
    [30, 40, 0.4, 0.31814380259056413],
    [0.5, 200, 0.01, 0.9549058928629202],
    [49.3, 0.5, 0.2, 3.1049990763039106e-36],
  ];
  for (const [a, b, x, value] of cases) close(incompleteBeta(x, a, b), value, `I_${x}(${a}, ${b})`);
  assert.deepEqual([incompleteBeta(0, 2, 3), incompleteBeta(1, 2, 3)], [0, 1]);
});

Deno.test("Welch's test is scipy's ttest_ind_from_stats(equal_var=False)", () => {
  type Sample = [n: number, mean: number, std: number];
  const cases: [ours: Sample, theirs: Sample, t: number, df: number, p: number][] = [
    [[100, 0.9, 0.0146], [100, 0.8995, 0.0155], 0.23363723316093368, 197.2957068626959, 0.8155088593320856],
    [[20, 0.683, 0.0676], [100, 0.7079, 0.0687], -1.4667696413279279, 27.074552092398385, 0.15395901975122095],
    [[5, 1.5, 2], [7, -3, 0.25], 4.476744030364262, 4.083471971066908, 0.010508293083739644],
    [[2, 0, 1], [2, 5, 0.001], -4.999997500001875, 1.0000019999999998, 0.1256656145551926],
    [[100, 0.9103, 0.0004], [100, 0.908, 0.0098], 2.3332318560251886, 99.32986164174855, 0.02165205693024447],
    [[3, 1, 0], [4, 1.1, 0.2], -0.8660254037844395, 3, 0.45018485575210054],
  ];
  const moments = ([n, mean, std]: Sample) => ({ n, mean, std });
  for (const [ours, theirs, t, df, p] of cases) {
    const test = welchTest(moments(ours), moments(theirs));
    close(test.t, t, "t");
    close(test.df, df, "degrees of freedom");
    close(test.p, p, "p");
  }
  const same = { n: 5, mean: 1, std: 1 };
  assert.equal(welchTest(same, same).p, 1);
  assert.throws(() => welchTest(same, { ...same, n: 1 }), RangeError);
  assert.throws(() => welchTest({ ...same, std: 0 }, { ...same, std: 0 }), RangeError);
});

/** A sample that scipy was given too. */
const wave = (n: number, frequency: number, shift: number) =>
  Array.from({ length: n }, (_, i) => Math.sin((i + 1) * frequency) + shift);

Deno.test("without ties the test of Kolmogorov and Smirnov is scipy's ks_2samp(method='exact')", () => {
  const cases: [m: number, n: number, shift: number, D: number, p: number][] = [
    [5, 4, 0.3, 0.75, 0.14285714285714285],
    [7, 7, 1.1, 0.5714285714285714, 0.21212121212121213],
    [20, 100, 0.25, 0.26, 0.1874416693159138],
    [100, 100, 0.1, 0.16, 0.1548386665118475],
    [100, 100, 1.5, 0.67, 1.3341803223979991e-21],
    [30, 45, 0.9, 0.4666666666666667, 0.0005138521052471992],
    [1, 3, 0, 0.6666666666666666, 1],
  ];
  for (const [m, n, shift, D, p] of cases) {
    const test = kolmogorovSmirnovTest(wave(m, 1, 0), wave(n, 0.7, shift));
    close(test.D, D, "D");
    close(test.p, p, "p");
  }
});

Deno.test("with ties its p-value is the share of all permutations", () => {
  const cases = [
    [[1, 2, 2, 3], [2, 3, 3, 3, 4]],
    [[0, 0, 0], [0, 1, 1, 1]],
    [[5, 5, 5], [5, 5]],
    [[1, 1, 2, 4, 4], [1, 3, 4, 4, 4, 6]],
  ];
  for (const [ours, theirs] of cases) {
    const pooled = [...ours, ...theirs];
    const { D, p } = kolmogorovSmirnovTest(ours, theirs);
    let dealt = 0;
    let asLarge = 0;
    for (let hand = 0; hand < 2 ** pooled.length; hand++) {
      const first = pooled.filter((_, i) => hand >> i & 1);
      if (first.length !== ours.length) continue;
      dealt++;
      const second = pooled.filter((_, i) => !(hand >> i & 1));
      if (largestGap(first, second) >= D - 1e-12) asLarge++;
    }
    close(D, largestGap(ours, theirs), "D");
    close(p, asLarge / dealt, "p");
  }
});

/** max over x of the difference of the two shares of values up to x. */
function largestGap(ours: readonly number[], theirs: readonly number[]): number {
  const upTo = (sample: readonly number[], x: number) => sample.filter((y) => y <= x).length / sample.length;
  return Math.max(...[...ours, ...theirs].map((x) => Math.abs(upTo(ours, x) - upTo(theirs, x))));
}

Deno.test("an empty sample cannot be tested", () => {
  assert.throws(() => kolmogorovSmirnovTest([], [1]), RangeError);
});

Deno.test("Holm's correction", () => {
  assert.deepEqual(holm([]), []);
  // As R's p.adjust(c(0.01, 0.02, 0.03, 0.04), "holm"), in another order.
  assert.deepEqual(holm([0.04, 0.01, 0.03, 0.02]), [0.06, 0.04, 0.06, 0.06]);
  assert.deepEqual(holm([0.9, 0.8]), [1, 1]);
  assert.deepEqual(holm([0.001, 0.001]), [0.002, 0.002]);
});
