/**
 * The certified walk against its formula in 100 digits.
 */
import assert from "node:assert/strict";
import { loadMnist } from "../core/datasets/mnist.ts";
import { makeProblem, outputsOf } from "../core/model/problem.ts";
import type { Rows } from "../core/model/rows.ts";
import { addGradient } from "../core/walk/drift.ts";
import { EXP_ERROR, expMinus } from "../core/walk/exponential.ts";
import { keystream } from "../core/walk/keystream.ts";
import { type Lattice, latticeOf, makeLattice, walkProblem } from "../core/walk/lattice.ts";
import { type Noise, roundedGaussian } from "../core/walk/rounded_gaussian.ts";
import { certainRows, checkCertain } from "../core/walk/rows.ts";
import { type Blocks, stateOf, walk, weightsOf } from "../core/walk/walk.ts";
import { exp, fixed, ONE, over, times, toNumber } from "./helpers/fixed_point.ts";

/** Numbers that are the same in every run. */
function uniforms(seed: number): () => number {
  return () => (seed = (seed * 48271) % 2147483647) / 2147483647;
}

/** Noise for a lattice that is always the same. */
const always = ({ bits }: Lattice, ...draws: readonly number[]): Noise => (
  { bits, fill: (into) => Promise.resolve(into.set(into.map((_, j) => draws[j] ?? 0))) }
);

const noiseOf = async (lattice: Lattice, first = 0) =>
  roundedGaussian(lattice.bits, await keystream(Uint8Array.from({ length: 32 }, (_, i) => first + i)));

/** Random rows of norm 1, about. */
function randomRows(count: number, dimension: number, classes: number, random: () => number): Rows {
  const features = certainRows(Array.from({ length: count * dimension }, () => random() - 0.3), dimension);
  const outputs = outputsOf({ classes });
  const labels = new Float32Array(count * outputs);
  for (let row = 0; row < count; row++) {
    const y = Math.floor(classes * random());
    labels[row * outputs + (outputs === 1 ? 0 : y)] = outputs === 1 ? 2 * y - 1 : 1;
  }
  return { features, labels, count, dimension, outputs };
}

/** Some of the rows. */
const slice = (rows: Rows, from: number, to: number): Rows => ({
  ...rows,
  features: rows.features.subarray(from * rows.dimension, to * rows.dimension),
  labels: rows.labels.subarray(from * rows.outputs, to * rows.outputs),
  count: to - from,
});

/** The sum of the gradients of rows in 100 digits. */
function exactGradient({ features, labels, count, dimension: d, outputs }: Rows, weights: Float64Array): bigint[] {
  const [x, y, w] = [features, labels, weights].map((numbers) => Array.from(numbers, fixed));
  const gradient = w.map(() => 0n);
  for (let row = 0; row < count; row++) {
    const scores = Array.from({ length: outputs }, (_, output) => {
      let score = 0n;
      for (let k = 0; k < d; k++) score += x[row * d + k] * w[output * d + k];
      return score / ONE;
    });
    const most = scores.reduce((most, z) => z > most ? z : most);
    const powers = scores.map((z) => exp(z - most));
    const sum = powers.reduce((sum, power) => sum + power);
    scores.forEach((z, output) => {
      const label = y[row * outputs + output];
      const residual = outputs === 1
        ? -times(label, over(ONE, ONE + exp(times(label, z))))
        : over(powers[output], sum) - label;
      for (let k = 0; k < d; k++) gradient[output * d + k] += times(residual, x[row * d + k]);
    });
  }
  return gradient;
}

/** f(w), in 100 digits. */
function exactDrift({ problem: { n, m, eta } }: Lattice, rows: Rows, weights: Float64Array): bigint[] {
  const keep = ONE - times(fixed(eta), fixed(m));
  return exactGradient(rows, weights).map((g, j) => times(keep, fixed(weights[j])) - times(fixed(eta), g) / BigInt(n));
}

const hashOf = async (numbers: Float64Array) =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", Float64Array.from(numbers))).toHex().slice(0, 16);

const normOf = (differences: readonly number[]) => Math.hypot(...differences);

Deno.test("e^{−t} by + − · / alone: its error, and the same bits everywhere", async () => {
  let worst = 0;
  for (let i = 0; i < 4000; i++) {
    const t = i < 3000 ? i * 0.0173 : 52 + (i - 3000) * 0.647;
    const k = Math.round(t / Math.LN2);
    const one = times(fixed(expMinus(t) * 2 ** k), exp(fixed(t))) >> BigInt(k);
    worst = Math.max(worst, Math.abs(toNumber(one - ONE)));
  }
  assert.ok(worst <= EXP_ERROR / 2, `${worst * 2 ** 53} roundings`);
  assert.deepEqual([700.1, 1e9, Infinity].map(expMinus), [0, 0, 0]);
  const values = Float64Array.from({ length: 50_000 }, (_, i) => expMinus(i / 64));
  assert.equal(await hashOf(values), "138d7816edcaf249");
});

Deno.test("what a step and its noise use of Math is exact by the standard", () => {
  const names = ["drift", "exponential", "keystream", "rounded_gaussian", "walk"].flatMap((name) => {
    const code = Deno.readTextFileSync(`core/walk/${name}.ts`).replaceAll(/\/\*\*.*?\*\//gs, "");
    return [...code.matchAll(/\bMath\.(\w+)/g)].map(([, name]) => name);
  });
  assert.deepEqual([...new Set(names)].sort(), ["abs", "ceil", "clz32", "floor", "max", "min", "round"]);
});

Deno.test("rows are no longer than 1 in exact arithmetic, whatever they are made of", () => {
  const random = uniforms(1);
  const makers: (() => number)[] = [
    () => random() - 0.5,
    () => 1,
    () => (random() - 0.5) * 1e-139,
    () => (random() - 0.5) * 1e140,
    () => 10 ** (-100 * random()),
    () => random() < 0.9 ? 0 : random(),
    () => Math.fround(random()),
  ];
  for (const make of makers) {
    for (const d of [1, 2, 3, 30, 784, 20_000]) {
      const values = Array.from({ length: d }, make);
      values[0] ||= 1e-139;
      const features = certainRows(values, d);
      const square = features.reduce((sum, x) => sum + fixed(x) ** 2n, 0n);
      assert.ok(square <= ONE ** 2n && square > ONE ** 2n * 999_999n / 1_000_000n, `${make}, ${d}`);
      checkCertain({ features, labels: Float32Array.of(1), count: 1, dimension: d, outputs: 1 }, {
        dimension: d,
        outputs: 1,
      });
      const largest = values.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
      const scaled = values.map((x) => x / largest);
      const norm = Math.sqrt(scaled.reduce((sum, x) => sum + x * x, 0));
      scaled.forEach((x, k) =>
        assert.ok(Math.abs(features[k] - x / norm) <= 2 ** -22 * Math.abs(x / norm) + 2 ** -149, `${make}, ${d}`)
      );
    }
  }
  const refused = [[0, 0], [1e-161, 1e-161], [1e-158, 0], [1e160, 1], [NaN, 1], [1, NaN], [Infinity, 1], [
    1,
    -Infinity,
  ]];
  for (const values of refused) {
    assert.throws(() => certainRows([3, 4, ...values], 2), /row 1 cannot be scaled to norm 1: its largest entry is/);
  }
  assert.throws(() => certainRows([1, 2, 3], 2), /3 numbers are not rows of 2/);
});

Deno.test("rows that may be longer than 1, of another shape or with strange labels are not walked with", async () => {
  const { train } = await loadMnist();
  assert.throws(() => checkCertain(train, train), /row \d+ may be longer than 1: see certainRows/);
  const features = certainRows(train.features, train.dimension);
  checkCertain({ ...train, features }, train);

  const rows = randomRows(20, 3, 2, uniforms(2));
  const problem = walkProblem({ n: 20, d: 3, lambda: 0.01 });
  const lattice = latticeOf(problem, 0.1, 24);
  const walkWith = (rows: Rows) => walk(lattice, () => [rows], new Float64Array(3), 1, always(lattice));
  await walkWith(rows);
  const changed = (index: number, to: number) => ({ ...rows, features: rows.features.with(index, to) });
  const labelled = (to: number) => ({ ...rows, labels: rows.labels.with(7, to) });
  const refused: [Rows, RegExp][] = [
    [changed(31, 1), /row 10 may be longer than 1/],
    [changed(31, NaN), /row 10 may be longer than 1/],
    [changed(59, Infinity), /row 19 may be longer than 1/],
    ...[0, 0.5, 2, NaN].map((y): [Rows, RegExp] => [labelled(y), /row 7 has a label that is neither/]),
    [{ ...rows, count: 19 }, /19 rows have 60 features and 20 labels/],
    [randomRows(20, 4, 2, uniforms(2)), /rows have 4 features and 1 labels, not 3 and 1/],
    [randomRows(20, 3, 5, uniforms(2)), /rows have 3 features and 5 labels, not 3 and 1/],
    [randomRows(21, 3, 2, uniforms(2)), /the lattice is for 20 rows at most, got 21/],
  ];
  for (const [rows, message] of refused) await assert.rejects(walkWith(rows), { name: "RangeError", message });
  const several = randomRows(4, 3, 3, uniforms(2));
  for (const labels of [[1, 1, 0], [0, 0, 0], [0.5, 0.5, 0], [2, -1, 0]]) {
    const strange = { ...several, labels: Float32Array.of(...labels, ...several.labels.subarray(3)) };
    assert.throws(() => checkCertain(strange, several), /row 0 has a label/);
  }
});

Deno.test("a step is that of the formula to within e, anywhere in the box, for any number of rows", async () => {
  const random = uniforms(3);
  for (const [classes, box, spread] of [[2, 64, 64], [2, 64, 1], [3, 64, 64], [5, 8, 8], [4, 64, 0.1], [7, 64, 30]]) {
    let worst = 0;
    for (const [n, d] of [[1, 1], [7, 2], [8, 5], [13, 9], [19, 3], [40, 30]]) {
      const problem = walkProblem({ n, d, classes, lambda: 0.02 / n });
      // As fine as a lattice can be in this box, so that e is not hidden by its cells.
      const lattice = latticeOf(problem, box * 2 ** -19.9 / Math.sqrt(2 * problem.eta), 30, box);
      const { gamma, reach, error } = lattice;
      const size = outputsOf(problem) * d;
      const rows = randomRows(n - Math.floor(n / 4), d, classes, random);
      const start = Float64Array.from({ length: size }, () => Math.round((2 * random() - 1) * spread / gamma));
      const weights = weightsOf(lattice, start);
      const state = await walk(lattice, () => [rows], start, 1, always(lattice));
      const end = BigInt(reach) * fixed(gamma);
      const apart = normOf(
        exactDrift(lattice, rows, weights).map((w, j) => {
          const clamped = w > end ? end : w < -end ? -end : w;
          return toNumber(BigInt(state[j]) * fixed(gamma) - clamped);
        }),
      );
      const cells = Math.sqrt(size) * gamma / 2;
      assert.ok(apart <= error + cells, `${classes} classes, n = ${n}, d = ${d}: ${apart}, e = ${error}`);
      assert.ok(cells < 1.5 * error);

      const gradient = new Float64Array(size);
      addGradient(rows, weights, gradient);
      const ofGradient = normOf(exactGradient(rows, weights).map((g, j) => toNumber(fixed(gradient[j]) - g)));
      worst = Math.max(worst, ofGradient * problem.eta / n / error);
    }
    assert.ok(worst < 0.25, `${classes} classes: the sum of gradients alone is off by ${worst} of e`);
  }
});

Deno.test("the whole walk: the formula's state where no rounding is near a tie, known weights, in any blocks", async () => {
  const random = uniforms(4);
  for (const classes of [2, 4]) {
    const [n, d] = [50, 6];
    const lattice = makeLattice(walkProblem({ n, d, classes, lambda: 1e-3 }), 0.05, { epsilon: 1, delta: 1e-6 });
    const rows = slice(randomRows(n, d, classes, random), 0, 45); // Five are null rows.
    const size = outputsOf({ classes }) * d;
    const steps = 12;
    const walked = await walk(lattice, () => [rows], new Float64Array(size), steps, await noiseOf(lattice));

    const noise = await noiseOf(lattice);
    const draws = new Float64Array(size);
    let state = new Float64Array(size);
    for (let step = 0; step < steps; step++) {
      const drift = exactDrift(lattice, rows, weightsOf(lattice, state));
      await noise.fill(draws);
      state = Float64Array.from(drift, (w, j) => {
        const inCells = toNumber(over(w, fixed(lattice.gamma)));
        assert.ok(Math.abs(inCells - Math.floor(inCells) - 0.5) > lattice.error / lattice.gamma, "no tie is near");
        return Math.floor(inCells + 0.5) + draws[j];
      });
    }
    assert.deepEqual(walked, state);

    const cuts: Blocks[] = [
      () => [slice(rows, 0, 1), slice(rows, 1, 17), slice(rows, 17, 45)],
      async function* () {
        for (let i = 0; i < 45; i += 5) yield await Promise.resolve(slice(rows, i, i + 5));
      },
    ];
    for (const blocks of cuts) {
      assert.deepEqual(await walk(lattice, blocks, new Float64Array(size), steps, await noiseOf(lattice)), walked);
    }
    const onward = await noiseOf(lattice);
    const taken: number[] = [];
    const half = await walk(lattice, () => [rows], new Float64Array(size), 5, onward, (step) => void taken.push(step));
    assert.deepEqual(await walk(lattice, () => [rows], half, steps - 5, onward), walked, "in two parts");
    assert.deepEqual(taken, [1, 2, 3, 4, 5]);
    assert.deepEqual(await walk(lattice, () => [rows], half, 0, always(lattice)), half);

    assert.equal(await hashOf(weightsOf(lattice, walked)), classes === 2 ? "055007c9b01292d4" : "88fe8b6b56bca21b");
  }
});

Deno.test("no rows are left: the regularizer pulls to 0", async () => {
  const lattice = latticeOf(walkProblem({ n: 10, d: 2, lambda: 0.01 }), 0.1, 24);
  const state = await walk(lattice, () => [], Float64Array.of(1e7, -5e6), 1, always(lattice));
  const { eta, m } = lattice.problem;
  assert.deepEqual(state, Float64Array.of(1e7, -5e6).map((N) => Math.floor(N * (1 - eta * m) + 0.5)));
});

Deno.test("the clamp comes after the noise", async () => {
  const lattice = latticeOf(walkProblem({ n: 10, d: 2, lambda: 0.01 }), 0.1, 24, 1);
  const { reach } = lattice;
  const noise = always(lattice, 3 * reach, -3 * reach);
  const rows = randomRows(10, 2, 2, uniforms(5));
  assert.deepEqual(await walk(lattice, () => [rows], new Float64Array(2), 1, noise), Float64Array.of(reach, -reach));
  const strong = { ...rows, features: certainRows(Array(20).fill(1), 2), labels: new Float32Array(10).fill(1) };
  const back = always(lattice, -2 * reach, -2 * reach);
  const pushed = await walk(lattice, () => [strong], new Float64Array(2), 1, always(lattice));
  const together = await walk(lattice, () => [strong], new Float64Array(2), 1, back);
  assert.deepEqual(pushed, Float64Array.of(reach, reach));
  assert.ok(together[0] > -reach, "the drift alone was beyond the box");
});

Deno.test("released weights are the state, and nothing else is", async () => {
  const lattice = makeLattice(walkProblem({ n: 50, d: 6, lambda: 1e-3 }), 0.05, { epsilon: 1, delta: 1e-6 });
  const rows = randomRows(50, 6, 2, uniforms(6));
  const state = await walk(lattice, () => [rows], new Float64Array(6), 3, await noiseOf(lattice));
  const weights = weightsOf(lattice, state);
  assert.deepEqual(stateOf(lattice, weights), state);
  assert.throws(() => stateOf(lattice, Float64Array.from(Float32Array.from(weights))), /is not on the lattice/);
  assert.throws(() => stateOf(lattice, weights.with(2, weights[2] * (1 + 2 ** -52))), /weight 2 is not on the lattice/);
  for (const stray of [NaN, Infinity, 65, -1e300]) {
    assert.throws(() => stateOf(lattice, weights.with(5, stray)), /weight 5 is not on the lattice, or outside its box/);
  }
  assert.throws(() => stateOf(lattice, weights.subarray(1)), /6 weights are needed, got 5/);
  const start = (state: Float64Array) => walk(lattice, () => [rows], state, 1, always(lattice));
  await assert.rejects(start(state.with(0, 0.5)), /weight 0 is not on the lattice/);
  await assert.rejects(start(state.with(0, lattice.reach + 1)), /outside its box/);
  const coarse = always({ ...lattice, bits: 20 });
  await assert.rejects(
    walk(lattice, () => [rows], state, 1, coarse),
    /noise of 2\^24 lattice steps is needed, got 2\^20/,
  );
  const random = uniforms(7);
  for (let i = 0; i < 2000; i++) {
    const fine = latticeOf(makeProblem({ n: 10, d: 1, lambda: 0.01 }), 10 ** (-4 + 3 * random()), 30);
    const N = Float64Array.of(Math.round((2 * random() - 1) * fine.reach), fine.reach, -fine.reach);
    for (const one of N) assert.deepEqual([...stateOf(fine, weightsOf(fine, Float64Array.of(one)))], [one + 0]);
  }
});
