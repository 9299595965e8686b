/**
 * What rounding costs: lattices and their accountant against golden values of 60 digits, and against exact laws.
 */
import assert from "node:assert/strict";
import { fewestSteps, fewestStepsEach, mostRows } from "../core/accountant/calibrate.ts";
import { exactAccountant, muOf } from "../core/accountant/exact.ts";
import { gaussianDelta, gaussianMu } from "../core/accountant/gaussian.ts";
import { muOfSchedule } from "../core/accountant/schedule.ts";
import { muOfTranscript } from "../core/accountant/transcript.ts";
import { makeProblem, type Problem } from "../core/model/problem.ts";
import { type Lattice, latticeOf, leastSigma, makeLattice, walkProblem } from "../core/walk/lattice.ts";
import { latticeAccountant, latticePhase, latticePhases, smallestLattice } from "../core/walk/lattice_accountant.ts";
import { walk } from "../core/walk/walk.ts";
import golden from "./fixtures/discrete-walk.json" with { type: "json" };
import { roundedPmf } from "./helpers/rounded_law.ts";

function close(actual: number, expected: number | string, relative: number, message: string) {
  const value = Number(expected);
  assert.ok(Math.abs(actual - value) <= relative * Math.abs(value), `${message}: ${actual} ≠ ${value}`);
}

/** Numbers that are the same in every run. */
function uniforms(seed: number): () => number {
  return () => (seed = (seed * 48271) % 2147483647) / 2147483647;
}

/** How many null rows move a mean as rows that are replaced do. */
const NULL_ROWS: Readonly<Record<string, number>> = { null: 1, replaced: 2 };

const mnist = makeProblem({ n: 11982, d: 784, lambda: 1e-6 });
const STEPS: Readonly<Record<string, Problem>> = {
  "1/L": mnist,
  "2/(m+L)": walkProblem({ n: 11982, d: 784, lambda: 1e-6 }),
};

Deno.test("golden lattices: γ, e, r, and μ with r and without", () => {
  assert.equal(golden.lattice.length, 48);
  for (const values of golden.lattice) {
    const { n, d, lambda, sigma, eta, bits, box, rows, rowsShift, T, K } = values;
    const lattice = latticeOf({ ...makeProblem({ n, d, lambda }), eta }, sigma, bits, box);
    const name = JSON.stringify({ n, d, lambda, sigma, eta, bits });
    close(lattice.gamma, values.gamma, 1e-15, `γ of ${name}`);
    close(lattice.error, values.floatError, 1e-14, `e of ${name}`);
    close(lattice.rounding, values.added, 1e-13, `r of ${name}`);
    assert.ok(lattice.rounding >= Number(values.added), `r of ${name} errs upwards`);
    assert.equal(lattice.reach, Math.floor(box / lattice.gamma));
    const mu = (lattice: Lattice) => muOfSchedule(latticePhases(lattice, T, [{ S: rows * rowsShift, K }]));
    close(mu(lattice), values.mu, 1e-12, `μ of ${name}`);
    assert.ok(mu(lattice) >= Number(values.mu), `μ of ${name} errs upwards`);
    close(mu({ ...lattice, rounding: 0 }), values.muRealArithmetic, 2e-12, `μ in real arithmetic of ${name}`);
    assert.ok(mu(lattice) >= mu({ ...lattice, rounding: 0 }));
  }
});

Deno.test("MNIST: rounding at 2⁻²⁴ of the noise adds no step in any of 48 cases, at 2⁻²⁰ one in three", () => {
  const { single, added, constants: { sigma } } = golden.tables;
  for (const { eta, lattice } of added) {
    // The golden η has no margin.
    const rounded = ({ bits, r }: { bits: number; r: number }) =>
      close(latticeOf(STEPS[eta], sigma, bits).rounding, r, 1e-11, `${eta}, ${bits}`);
    lattice.forEach(rounded);
  }
  assert.equal(single.length, 48);
  let more = 0;
  for (const { eta, rows, S, epsilon, delta, T, columns, K } of single) {
    const history = { problem: STEPS[eta], sigma, T, neighbours: "null", requests: [] } as const;
    const removed = S * NULL_ROWS[rows];
    const target = { epsilon, delta };
    const inReals = fewestSteps(exactAccountant(), history, removed, target).K;
    for (const bits of [20, 24, 30]) {
      const accountant = latticeAccountant(latticeOf(STEPS[eta], sigma, bits));
      const ours = fewestSteps(accountant, history, removed, target).K;
      assert.equal(ours, Math.max(1, K[columns.indexOf(`gdp ${bits}`)]), JSON.stringify({ eta, rows, S, epsilon }));
      if (bits > 20) assert.equal(ours, inReals);
      else more += K[columns.indexOf("gdp 20")] - K[columns.indexOf("gdp real")];
    }
    assert.equal(makeLattice(STEPS[eta], sigma, target).bits, 24);
  }
  assert.equal(more, 3);
});

Deno.test("MNIST: ten requests in a sequence, and what one who kept every model has", () => {
  const { sequence, constants: { sigma } } = golden.tables;
  for (const values of sequence) {
    const { eta, rows, S, epsilon, delta, T } = values;
    const lattice = makeLattice(STEPS[eta], sigma, { epsilon, delta });
    const chain = { problem: STEPS[eta], sigma, T, neighbours: "null" } as const;
    const removed = S * NULL_ROWS[rows];
    const name = JSON.stringify({ eta, rows, S, epsilon });
    const accountant = latticeAccountant(lattice);
    const K = fewestStepsEach(accountant, chain, Array(10).fill(removed), { epsilon, delta });
    assert.deepEqual(K, values.K["gdp 24"], name);
    const phases = latticePhases(lattice, T, K.map((K) => ({ S: removed, K })));
    close(muOfSchedule(phases), values.muPresent, 1e-10, `present, ${name}`);
    close(muOfTranscript(phases), values.muTranscriptAllRows, 1e-10, `all rows, ${name}`);
    const untilRequest = (last: number) =>
      muOfTranscript([T, ...K].map((steps, j) => latticePhase(lattice, steps, j <= last ? removed : 0)));
    close(untilRequest(9), values.muTranscriptLastRows, 1e-10, `last rows, ${name}`);
    close(untilRequest(0), values.muTranscriptFirstRows, 1e-10, `first rows, ${name}`);
  }
});

Deno.test("without rounding it is the exact accountant; a phase in two parts is one", () => {
  const random = uniforms(3);
  for (let i = 0; i < 300; i++) {
    const problem = walkProblem({ n: Math.ceil(10 ** (1 + 4 * random())), d: 7, lambda: 10 ** (-6 + 2 * random()) });
    const lattice = latticeOf(problem, 10 ** (-3 + 3 * random()), 24);
    const [T, K] = [Math.ceil(300 * random()), Math.ceil(60 * random())];
    const requests = [{ S: 1 + Math.floor(9 * random()), K }, { S: 1, K: 5 }];
    const history = { problem, sigma: lattice.sigma, T, neighbours: "null", requests } as const;
    close(muOfSchedule(latticePhases({ ...lattice, rounding: 0 }, T, requests)), muOf(history), 2e-12, "r = 0");
    const [learning, first, second] = latticePhases(lattice, T, requests);
    const cut = Math.floor(K * random());
    const parts = [{ ...first, steps: cut }, { ...first, steps: K - cut }];
    const whole = muOfSchedule([learning, first, second]);
    close(muOfSchedule([learning, ...parts, second]), whole, 1e-13, "in two parts");
    assert.ok(muOfTranscript([learning, first, second]) >= whole * (1 - 1e-14));
  }
});

Deno.test("a lattice takes at most a hundredth of μ*, whatever the steps and the rows; the least σ is the least", () => {
  const random = uniforms(5);
  const shares: number[] = [];
  const bitsSeen = new Set<number>();
  for (let i = 0; i < 400; i++) {
    const classes = random() < 0.5 ? 2 : 3 + Math.floor(7 * random());
    const [n, d] = [Math.ceil(10 ** (1 + 4 * random())), Math.ceil(10 ** (3 * random()))];
    const problem = walkProblem({ n, d, classes, lambda: 10 ** (-6 + 3 * random()) });
    const target = { epsilon: 10 ** (-2 + 3 * random()), delta: 10 ** (-4 - 4 * random()) };
    const box = 10 ** (-2 + 4 * random());
    const least = leastSigma(problem, target, box);
    assert.throws(
      () => makeLattice(problem, least * (1 - 2 ** -29), target, box),
      (error) => error instanceof RangeError && error.message.endsWith(`the least that would do is ${least}`),
    );
    const lattice = makeLattice(problem, least * (random() < 0.5 ? 1 : 10 ** (3 * random())), target, box);
    bitsSeen.add(lattice.bits);
    const [T, K, S] = [10 ** (1 + 4 * random()), 10 ** (5 * random()), n * random()].map(Math.ceil);
    const mu = (lattice: Lattice) => muOfSchedule(latticePhases(lattice, T, [{ S, K }]));
    const most = gaussianMu(target.epsilon, target.delta);
    const share = (mu(lattice) - mu({ ...lattice, rounding: 0 })) / most;
    assert.ok(share <= 0.01 + 1e-13 * mu(lattice) / most, `${share}`); // μ is known to 1e-13.
    if (lattice.sigma === least && lattice.box / lattice.gamma < 2 ** 49) shares.push(share);
  }
  assert.ok(shares.length > 10 && Math.max(...shares) > 0.0099, `${Math.max(...shares)} of ${shares.length}`);
  assert.deepEqual([...bitsSeen].sort(), [24, 28, 30]);
});

Deno.test("known least σ; the σ of a model without noise is refused", () => {
  const least = (n: number, d: number, lambda: number, epsilon: number) =>
    leastSigma(walkProblem({ n, d, lambda }), { epsilon, delta: 1e-6 }).toExponential(1);
  assert.equal(least(500, 5, 4e-5, 1), "2.6e-7", "the box binds: at 2⁻²⁰ it would be a sixteenth");
  assert.deepEqual([0.1, 1].map((epsilon) => least(11982, 784, 1e-6, epsilon)), ["2.8e-6", "3.1e-7"]);
  assert.deepEqual([0.1, 1].map((epsilon) => least(10000, 3072, 1e-6, epsilon)), ["2.2e-5", "2.6e-6"]);
  const target = { epsilon: 1, delta: 1e-6 };
  for (const [n, d, lambda] of [[500, 5, 4e-5], [11982, 784, 1e-6]]) {
    const problem = walkProblem({ n, d, lambda });
    assert.throws(() => makeLattice(problem, 1.5e-11, target), /sigma 1.5e-11 is too small for float64/);
  }
  for (const lambda of [1e-18, 0]) {
    const weak = walkProblem({ n: 10, d: 100, lambda });
    assert.throws(() => makeLattice(weak, 1, target), /no sigma is enough in float64: .* at lambda \S+:/);
    const requests = [{ S: 1, K: 1 }];
    assert.throws(
      () => smallestLattice({ problem: weak, T: 9, requests }, target),
      /no sigma is enough in float64: .* at lambda \S+:/,
    );
  }
});

Deno.test("what no lattice is made for is refused", () => {
  const problem = walkProblem({ n: 100, d: 5, lambda: 1e-3 });
  const bad: [Partial<Problem>, RegExp][] = [
    [{ M: 0.5 }, /m, L and M as makeProblem/],
    [{ L: 0.2 }, /m, L and M as makeProblem/],
    [{ m: 0.2 }, /m, L and M as makeProblem/],
    [{ eta: 2 / (problem.m + problem.L) }, /2\/\(m \+ L\) at most for certain/],
    [{ d: 2 ** 24 + 1 }, /d must be at most/],
  ];
  for (const [part, message] of bad) assert.throws(() => latticeOf({ ...problem, ...part }, 0.1, 24), message);
  for (const box of [0, -1, NaN, Infinity, 1e-12]) assert.throws(() => latticeOf(problem, 0.1, 24, box), /box must be/);
  for (const sigma of [0, NaN, Infinity]) assert.throws(() => latticeOf(problem, sigma, 24), /sigma must be/);
  assert.throws(() => latticeOf(problem, 1e-12, 24), /does not fit a box of 64/);
  assert.throws(() => latticeOf(problem, 1e12, 24), /does not fit a box of 64/);
  for (const bits of [-1, 32, 2.5]) assert.throws(() => latticeOf(problem, 0.1, bits), /bits must be/);

  const accountant = latticeAccountant(latticeOf(problem, 0.1, 24));
  const history = { problem, sigma: 0.1, T: 9, neighbours: "null", requests: [{ S: 1, K: 1 }] } as const;
  assert.ok(accountant.guarantee(history, 1e-6).epsilon > 0);
  for (const part of [{ sigma: 0.2 }, { problem: { ...problem, eta: 1 } }]) {
    assert.throws(() => accountant.guarantee({ ...history, ...part }, 1e-6), /that of another chain/);
  }
  for (
    const part of [{ neighbours: "replaced" }, { batchSize: 10 }, { radius: 1 }, { clipsRegularizer: true }] as const
  ) {
    assert.throws(() => accountant.guarantee({ ...history, ...part }, 1e-6), /null rows, with all rows in a step/);
  }
});

Deno.test("the smallest lattice, the most rows, and the fewest steps", () => {
  const target = { epsilon: 1, delta: 1e-6 };
  for (const [n, d, lambda, T, S, K] of [[500, 5, 1e-4, 60, 3, 2], [11982, 784, 1e-6, 115, 10, 1]]) {
    const problem = walkProblem({ n, d, lambda });
    const requests = [{ S, K }];
    const lattice = smallestLattice({ problem, T, requests }, target);
    const history = { problem, T, neighbours: "null" as const, requests };
    const at = (sigma: number) =>
      latticeAccountant(makeLattice(problem, sigma, target)).guarantee({ ...history, sigma }, target.delta).epsilon;
    assert.ok(at(lattice.sigma) <= target.epsilon && at(lattice.sigma * (1 - 2 ** -28)) > target.epsilon);
    const before = { ...history, sigma: lattice.sigma, requests: [] };
    assert.equal(mostRows(latticeAccountant(lattice), before, K, target), S);
  }
  // The fewest steps, one by one; and out of reach of a lattice that is too coarse.
  const random = uniforms(7);
  for (let i = 0; i < 100; i++) {
    const problem = walkProblem({ n: 500, d: 5, lambda: 10 ** (-5 + 2 * random()) });
    const lattice = makeLattice(problem, 10 ** (-2 + 2 * random()), target);
    const history = { problem, sigma: lattice.sigma, T: 50, neighbours: "null", requests: [] } as const;
    const S = 1 + Math.floor(60 * random());
    let K = 1;
    const enough = gaussianMu(target.epsilon, target.delta);
    while (muOfSchedule(latticePhases(lattice, 50, [{ S, K }])) > enough) K++;
    assert.equal(fewestSteps(latticeAccountant(lattice), history, S, target).K, K);
  }
  const coarse = latticeOf(walkProblem({ n: 500, d: 5, lambda: 1e-3 }), 0.01, 2);
  const history = { problem: coarse.problem, sigma: 0.01, T: 50, neighbours: "null", requests: [] } as const;
  assert.throws(() => fewestSteps(latticeAccountant(coarse), history, 10, target), /out of reach/);
  // A shift so small that less noise would do than float64 can certify.
  const problem = walkProblem({ n: 11982, d: 784, lambda: 1e-6 });
  const { sigma } = smallestLattice({ problem, T: 115, requests: [{ S: 1, K: 500 }] }, target);
  assert.equal(sigma, leastSigma(problem, target));
});

/** The larger of the two hockey-stick differences of two laws, at e^ε. */
function hockeyStick(one: Float64Array, other: Float64Array, epsilon: number): number {
  const factor = Math.exp(epsilon);
  const from = (p: Float64Array, q: Float64Array) =>
    p.reduce((sum, mass, i) => sum + Math.max(0, mass - factor * q[i]), 0);
  return Math.max(from(one, other), from(other, one));
}

/** Whether two laws are not μ-GDP, at some ε. */
const exceeds = (one: Float64Array, other: Float64Array, mu: number) =>
  [0, 0.05, 0.2, 0.5, 1, 2, 4].some((epsilon) =>
    hockeyStick(one, other, epsilon) > gaussianDelta(mu, epsilon) * (1 + 1e-9) + 1e-13
  );

Deno.test("two drifts at 0.49γ and 0.51γ: γ/2 is too small an addition by far, γ is enough", () => {
  const tau = 16;
  const law = (mean: number) => Float64Array.from({ length: 401 }, (_, i) => roundedPmf(tau, i - 200 - mean));
  const [down, up] = [law(Math.round(0.49)), law(Math.round(0.51))];
  const bound = (addition: number) => (0.02 + addition) / tau;
  assert.ok(exceeds(down, up, bound(0.5)));
  assert.ok(!exceeds(down, up, bound(1)));
  // Of a lattice, with c: e is nothing here.
  const { rounding, gamma, bits } = latticeOf(walkProblem({ n: 1, d: 1, lambda: 0.1 }), 0.1, 4);
  assert.ok(!exceeds(down, up, (0.02 * gamma + rounding) / (gamma * 2 ** bits)));
});

/** The law of a 1-D walk's state after some steps on rows (1), by their labels, from a law. */
async function lawAfter(lattice: Lattice, labels: Float32Array, start: Float64Array, steps: number) {
  const { reach, bits } = lattice;
  const rows = { features: labels.map(() => 1 - 2 ** -23), labels, count: labels.length, dimension: 1, outputs: 1 };
  const silence = { bits, fill: (into: Float64Array) => Promise.resolve(void into.fill(0)) };
  const drifts: number[] = [];
  for (let N = -reach; N <= reach; N++) {
    const [drift] = await walk(lattice, () => [rows], Float64Array.of(N), 1, silence);
    assert.ok(Math.abs(drift) < reach, "silence is not clamped");
    drifts.push(drift);
  }
  const noise = Array.from({ length: 4 * reach + 1 }, (_, i) => roundedPmf(2 ** bits, i - 2 * reach));
  let law = start;
  for (let step = 0; step < steps; step++) {
    const next = new Float64Array(law.length);
    drifts.forEach((drift, from) => {
      let outside = law[from];
      for (let N = -reach; N <= reach; N++) {
        const mass = law[from] * noise[N - drift + 2 * reach];
        next[N + reach] += mass;
        outside -= mass;
      }
      next[drift > 0 ? 2 * reach : 0] += Math.max(0, outside); // The farther end has next to nothing of it.
    });
    law = next;
  }
  return law;
}

Deno.test("exact laws of small chains, coarsely rounded, stay within the bound; without r they would not", async () => {
  const problem = walkProblem({ n: 400, d: 1, lambda: 1e-3 });
  const labels = Float32Array.from({ length: problem.n }, (_, i) => i % 3 === 0 ? -1 : 1);
  const S = 20;
  const remaining = labels.filter((_, i) => i % 3 !== 1 || i >= 3 * S);
  assert.equal(remaining.length, labels.length - S);
  let [violations, cases] = [0, 0];
  for (let i = 0; i < 12; i++) {
    const lattice = latticeOf(problem, 0.3 + i / 40, 2, 12);
    const start = new Float64Array(2 * lattice.reach + 1);
    start[lattice.reach] = 1;
    for (const [T, K] of [[1, 0], [1, 1], [3, 0], [3, 2]]) {
      const learned = await lawAfter(lattice, labels, start, T);
      const unlearned = await lawAfter(lattice, remaining, learned, K);
      const retrained = await lawAfter(lattice, remaining, start, T + K);
      const mu = (lattice: Lattice) => muOfSchedule(latticePhases(lattice, T, [{ S, K }]));
      assert.ok(!exceeds(unlearned, retrained, mu(lattice)), `σ = ${lattice.sigma}, T = ${T}, K = ${K}`);
      if (exceeds(unlearned, retrained, mu({ ...lattice, rounding: 0 }))) violations++;
      cases++;
    }
  }
  assert.ok(violations > 5, `the rounding shows in ${violations} of ${cases}`);
});
