/**
 * The exact accountant against golden values of 80 digits, quadratics that attain it, and the paper's.
 */
import assert from "node:assert/strict";
import { fewestSteps, fewestStepsEach, mostRows, smallestSigma } from "../core/accountant/calibrate.ts";
import type { Accountant } from "../core/accountant/accountant.ts";
import {
  descentAccountant,
  exactPublishingNoise,
  publishingNoise,
  stateNoise,
} from "../core/accountant/descent_to_delete.ts";
import { exactAccountant, muOf, phasesOf, stepRate } from "../core/accountant/exact.ts";
import { gaussianDelta, gaussianEpsilon, gaussianMu } from "../core/accountant/gaussian.ts";
import { type History, rowsLeft } from "../core/accountant/history.ts";
import { langevinAccountant } from "../core/accountant/langevin.ts";
import { muOfSchedule, type Phase } from "../core/accountant/schedule.ts";
import { noisySgdAccountant } from "../core/accountant/noisy_sgd.ts";
import { makeProblem, type Problem } from "../core/model/problem.ts";
import { muOfTranscript, spendBudget } from "../core/accountant/transcript.ts";
import walks from "./fixtures/discrete-walk.json" with { type: "json" };
import golden from "./fixtures/tight-accountants.json" with { type: "json" };

const exact = exactAccountant();
const paper = langevinAccountant();

type Given = Record<string, number> & { phases: Phase[]; numRemove: number & number[]; changedBatches: number[] };

/** The cases of a kind. */
const casesOf = (kind: string) =>
  golden.cases.filter((entry) => entry.kind === kind) as unknown as ({ given: Given } & Record<string, unknown>)[];

const numberOf = (value: unknown) => value === "Infinity" ? Infinity : Number(value);

function close(actual: number, expected: unknown, relative: number, message: string) {
  const value = numberOf(expected);
  const isClose = actual === value || Math.abs(actual - value) <= Math.max(relative * Math.abs(value), 1e-300);
  assert.ok(isClose, `${message}: ${actual} ≠ ${value}`);
}

Deno.test("all 477 cases are looked at", () => {
  const kinds = ["delta", "epsilon", "mu", "request", "sequence", "schedule", "cyclic"];
  assert.equal(kinds.reduce((sum, kind) => sum + casesOf(kind).length, 0), 477);
  assert.equal(golden.cases.length, 477);
});

Deno.test("the Gaussian mechanism: δ, ε and μ of each other", () => {
  for (const { given: { mu, epsilon }, delta } of casesOf("delta")) {
    close(gaussianDelta(mu, epsilon), delta, 1e-12, `δ(${epsilon}, ${mu})`);
  }
  for (const { given: { mu, delta }, epsilon } of casesOf("epsilon")) {
    const ours = gaussianEpsilon(numberOf(mu), delta);
    close(ours, epsilon, 5e-12, `ε(${mu}, ${delta})`);
    assert.ok(ours >= numberOf(epsilon) * (1 - 1e-16), "ε errs upwards");
  }
  for (const { given: { epsilon, delta }, mu } of casesOf("mu")) {
    const ours = gaussianMu(epsilon, delta);
    close(ours, mu, 2e-12, `μ(${epsilon}, ${delta})`);
    assert.ok(ours <= numberOf(mu), "μ errs downwards");
  }
});

/** Problem and chain of a case. */
function chainOf(given: Given) {
  const { n, strongConvexity: m, smoothness: L, lipschitz: M, stepSize: eta, noiseScale: sigma } = given;
  const problem: Problem = { n, d: 1, classes: 2, lambda: m / n, L, m, M, eta };
  const neighbours = given.rowsShift === 1 ? "null" : "replaced";
  return { problem, sigma, T: numberOf(given.learningSteps), neighbours } as const;
}

Deno.test("one request: rate, μ, ε, the smallest σ and the fewest steps", () => {
  for (const { given, rate, mu, reachedEpsilon, leastSteps, leastNoiseScale } of casesOf("request")) {
    const chain = chainOf(given);
    const { numRemove: S, steps: K, epsilon, delta } = given;
    const target = { epsilon, delta };
    const history = { ...chain, requests: [{ S, K }] };
    const name = JSON.stringify(given);
    close(stepRate(chain.problem), rate, 1e-13, `rate of ${name}`);
    close(muOf(history), mu, 1e-13, `μ of ${name}`);
    close(exact.guarantee(history, delta).epsilon, reachedEpsilon, 5e-12, `ε of ${name}`);
    close(smallestSigma(exact, history, target), leastNoiseScale, 5e-12, `σ of ${name}`);
    const fewest = fewestSteps(exact, { ...chain, requests: [] }, S, target).K;
    assert.equal(fewest, Math.max(1, leastSteps as number), name);
  }
});

Deno.test("sequences: every K and μ", () => {
  for (const { given, steps, mu } of casesOf("sequence")) {
    const chain = chainOf(given);
    const sizes: readonly number[] = given.numRemove;
    const target = { epsilon: given.epsilon, delta: given.delta };
    const ours = fewestStepsEach(exact, chain, sizes, target);
    assert.deepEqual(ours, steps, JSON.stringify(given));
    (mu as string[]).forEach((expected, last) => {
      const requests = sizes.slice(0, last + 1).map((S, i) => ({ S, K: ours[i] }));
      close(muOf({ ...chain, requests }), expected, 1e-13, JSON.stringify(given));
    });
  }
});

Deno.test("schedules, and mini-batches in a fixed cycle", () => {
  for (const { given: { phases }, mu } of casesOf("schedule")) {
    close(muOfSchedule(phases), mu, 1e-13, JSON.stringify(phases));
  }
  for (const { given, mu } of casesOf("cyclic")) {
    const { n, batchSize, lipschitz: M, stepSize: eta, noiseScale: sigma, rowsShift } = given;
    const rate = stepRate(chainOf(given).problem);
    const [shift, variance] = [rowsShift * eta * M / batchSize, 2 * eta * sigma ** 2];
    const batches = n / batchSize;
    const learning = Array.from({ length: given.learningEpochs * batches }, (_, i) => (
      { steps: 1, rate, shift: given.changedBatches.includes(i % batches) ? shift : 0, variance }
    ));
    const phases = [...learning, { steps: given.epochs * batches, rate, shift: 0, variance }];
    close(muOfSchedule(phases), mu, 5e-13, JSON.stringify(given));
  }
});

Deno.test("batches in a cycle: wherever the rows are, those in the last batches cost most", () => {
  const n = 24;
  const random = uniforms(11);
  const pick = (least: number, most: number) => least + Math.floor(random() * (most + 1 - least));
  for (let repetition = 0; repetition < 2000; repetition++) {
    const problem = makeProblem({ n, d: 2, lambda: 10 ** (-3 * random()) / n });
    const batchSize = pick(2, 12);
    const batches = Math.ceil(n / batchSize);
    const sizeOf = (batch: number) => Math.min(batchSize, n - batch * batchSize);
    const sigma = 10 ** (random() - 1);
    const requests = Array.from({ length: pick(1, 3) }, () => ({ S: pick(1, 8), K: pick(0, 3) }));
    const T = pick(1, 5);
    const rate = stepRate(problem);
    const [unit, variance] = [2 * problem.eta * problem.M, 2 * problem.eta * sigma ** 2];
    const places = Array.from({ length: n }, (_, i) => Math.floor(i / batchSize)).sort(() => random() - 0.5);
    let removed = 0;
    const total = requests.reduce((sum, { S }) => sum + S, 0);
    const phases = [{ S: 0, K: T }, ...requests].flatMap(({ S, K }) => {
      removed += S;
      const left = places.slice(removed, total);
      return Array.from({ length: K * batches }, (_, step) => {
        const batch = step % batches;
        const share = left.filter((place) => place === batch).length / sizeOf(batch);
        return { steps: 1, rate, shift: unit * share, variance };
      });
    });
    const mu = muOf({ problem, sigma, T, batchSize, requests });
    assert.ok(muOfSchedule(phases) <= mu * (1 + 1e-12), `${muOfSchedule(phases)} ${mu}`);
    const full = { problem, sigma, T, requests };
    close(muOf({ ...full, batchSize: n }), muOf(full), 1e-14, "one batch");
  }
  for (const { given, mu } of casesOf("cyclic")) {
    const { problem, sigma } = chainOf(given);
    const history = { problem, sigma, T: given.learningEpochs, batchSize: given.batchSize };
    const worst = muOf({ ...history, requests: [{ S: given.changedBatches.length, K: given.epochs }] });
    assert.ok(worst >= Number(mu) * (1 - 1e-12), JSON.stringify(given));
  }
});

Deno.test("batches in a cycle: K of the sequel's settings, and what the closed forms guess", () => {
  const problem = makeProblem({ n: 11264, d: 784, lambda: 1e-6 });
  const stepsOf = (epsilon: number, sigma: number, batchSize: number) =>
    fewestSteps(exact, { problem, sigma, batchSize, requests: [] }, 1, { epsilon, delta: 1 / 11264 }).K;
  const rows: [epsilon: number, sigma: number, steps: number[]][] = [
    [0.01, 0.01, [1, 2, 4, 77]],
    [0.01, 0.03, [1, 1, 3, 52]],
    [0.01, 0.1, [1, 1, 2, 25]],
    [0.1, 0.01, [1, 1, 2, 33]],
    [0.1, 0.03, [1, 1, 1, 8]],
  ];
  for (const [epsilon, sigma, steps] of rows) {
    assert.deepEqual([32, 128, 512, 11264].map((b) => stepsOf(epsilon, sigma, b)), steps, `${epsilon} ${sigma}`);
  }
  const { closed: _, ...unaided } = exact;
  for (const S of [1, 40, 600]) {
    const history = { problem, sigma: 0.01, batchSize: 512, requests: [{ S: 3, K: 2 }] };
    const target = { epsilon: 0.5, delta: 1e-5 };
    const { K } = fewestSteps(exact, history, S, target);
    assert.equal(K, fewestSteps(unaided, history, S, target).K);
    assert.equal(mostRows(exact, history, K, target), mostRows(unaided, history, K, target));
    const both = { ...history, requests: [...history.requests, { S, K }] };
    close(smallestSigma(exact, both, target), smallestSigma(unaided, both, target), 1e-8, "σ");
  }
});

/** Deterministic random numbers, uniform in [0, 1) (Park and Miller). */
function uniforms(seed: number): () => number {
  let state = seed;
  return () => (state = state * 48271 % 2147483647) / 2147483647;
}

const random = uniforms(20240611);
const between = (low: number, high: number) => low + (high - low) * random();
const power = (low: number, high: number) => 10 ** between(low, high);
const pick = <Value>(...values: readonly Value[]) => values[Math.floor(random() * values.length)];

/** A random history of up to `most` requests; η up to `largest`/L. */
function randomHistory(most: number, largest: number): History {
  const n = Math.ceil(power(2, 6));
  const of = { n, d: 5, lambda: power(-8, -3), curvature: power(-2, 0) };
  const problem = makeProblem({ ...of, M: power(-1, 1) });
  const requests = Array.from({ length: Math.ceil(random() * most) }, () => (
    { S: Math.min(Math.ceil(power(0, 2)), Math.floor(n / most)), K: Math.floor(power(0, 3)) }
  ));
  return {
    problem: { ...problem, eta: between(0.05, largest) / problem.L },
    sigma: power(-3, 1),
    T: pick(Infinity, Math.ceil(power(0, 4))),
    neighbours: pick("null", "replaced"),
    requests,
  };
}

Deno.test("exact is never above the paper, wherever the paper's theorem speaks", () => {
  for (let i = 0; i < 2000; i++) {
    const history = randomHistory(4, 1);
    const delta = power(-10, -1);
    const [ours, theirs] = [exact, paper].map((accountant) => accountant.guarantee(history, delta).epsilon);
    assert.ok(ours <= theirs, JSON.stringify({ history, delta, ours, theirs }));
  }
});

/**
 * μ of two 1-D quadratics that differ by the shifts, as the laws of both chains give it: Gaussians of one variance,
 * from a start of variance `spread`.
 */
function quadraticMu(phases: readonly Phase[], spread: number): number {
  let [apart, variance] = [0, spread];
  for (const { steps, rate, shift, variance: added } of phases) {
    const c = Math.exp(-rate);
    for (let k = 0; k < steps; k++) [apart, variance] = [c * apart + shift, c * c * variance + added];
  }
  return apart / Math.sqrt(variance);
}

Deno.test("quadratics attain the bound from a fixed start, requests of any sizes, and never exceed it", () => {
  for (let i = 0; i < 2000; i++) {
    const history = randomHistory(4, 1.9);
    const T = Math.ceil(power(0, 3));
    const phases = phasesOf({ ...history, T });
    const mu = muOf({ ...history, T });
    close(quadraticMu(phases, 0), mu, 1e-12, "fixed start");
    assert.ok(quadraticMu(phases, power(-3, 3)) <= mu * (1 + 1e-12), "a random start blurs");
    assert.ok(muOf({ ...history, T: Infinity }) >= mu * (1 - 1e-12), "T = ∞ bounds every T");
  }
});

Deno.test("phases may be split anywhere, and μ scales with shifts and noise", () => {
  for (let i = 0; i < 2000; i++) {
    const phases = Array.from({ length: 1 + Math.floor(random() * 5) }, () => ({
      steps: Math.floor(power(0, 3)),
      ...{ rate: pick(0, power(-4, 0)), shift: pick(0, power(-3, 1)), variance: pick(0, power(-2, 2), power(-2, 2)) },
    }));
    const mu = muOfSchedule(phases);
    const split = phases.flatMap((phase) => {
      const first = Math.floor(random() * (phase.steps + 1));
      return [{ ...phase, steps: first }, { ...phase, steps: phase.steps - first }];
    });
    close(muOfSchedule(split), mu, 1e-12, JSON.stringify(phases));
    const scaled = phases.map(({ shift, variance, ...phase }) => ({
      ...phase,
      shift: 3 * shift,
      variance: 4 * variance,
    }));
    close(muOfSchedule(scaled), 1.5 * mu, 1e-12, JSON.stringify(phases));
  }
});

Deno.test("round trips: μ to ε to μ, and K, S and σ of each other", () => {
  for (let i = 0; i < 2000; i++) {
    const [mu, delta] = [power(-3, 1), power(-12, -2)];
    const epsilon = gaussianEpsilon(mu, delta);
    if (epsilon === 0) continue;
    close(gaussianMu(epsilon, delta), mu, 1e-12, `μ of ε(${mu}, ${delta})`);
  }
  for (let i = 0; i < 2000; i++) {
    const { requests: [{ S }, ...before], ...chain } = randomHistory(4, 1.9);
    const target = { epsilon: power(-2, 1), delta: power(-8, -2) };
    const history = { ...chain, requests: before };
    const epsilonOf = (S: number, K: number) =>
      exact.guarantee({ ...chain, requests: [...before, { S, K }] }, target.delta).epsilon;
    const { K } = fewestSteps(exact, history, S, target);
    assert.ok(epsilonOf(S, K) <= target.epsilon && (K === 1 || epsilonOf(S, K - 1) > target.epsilon), `K = ${K}`);
    const most = mostRows(exact, history, K, target);
    assert.ok(most >= S && epsilonOf(most, K) <= target.epsilon);
    assert.ok(most === rowsLeft(history) || epsilonOf(most + 1, K) > target.epsilon, `S = ${most}`);
    const sigma = smallestSigma(exact, { ...chain, requests: [...before, { S, K }] }, target);
    const at = (sigma: number) =>
      exact.guarantee({ ...chain, sigma, requests: [...before, { S, K }] }, target.delta).epsilon;
    assert.ok(at(sigma) <= target.epsilon && at(sigma * (1 - 1e-9)) > target.epsilon, `σ = ${sigma}`);
  }
});

Deno.test("transcripts: the joint law of all releases of a quadratic attains the bound", () => {
  for (let i = 0; i < 2000; i++) {
    const rate = power(-3, 0);
    const phases = Array.from({ length: 2 + Math.floor(random() * 4) }, (_, j) => (
      {
        steps: Math.ceil(power(0, 2)),
        rate,
        shift: j > 0 ? pick(0, power(-3, 0)) : power(-3, 0),
        variance: power(-1, 1),
      }
    ));
    // Given the model before, a release is Gaussian: its mean is apart by the phase's shifts alone.
    const squares = phases.map((phase) => quadraticMu([phase], 0) ** 2);
    const truth = Math.sqrt(squares.reduce((sum, square) => sum + square));
    close(muOfTranscript(phases), truth, 1e-12, JSON.stringify(phases));
  }
  for (const { c, v, T, K, shifts, added, muTranscript, muPresent } of walks.transcript) {
    const rate = -Math.log(c);
    const suffix = (from: number) => shifts.slice(from).reduce((sum, shift) => sum + shift, 0);
    const phases = [T, ...K].map((steps, j) => ({ steps, rate, shift: suffix(j) + added, variance: v }));
    close(muOfTranscript(phases), muTranscript, 1e-13, "transcript");
    close(muOfSchedule(phases), muPresent, 1e-13, "the present model");
  }
});

Deno.test("the transcript as an accountant: it is the sum of squares, and never below the present model's", () => {
  const every = exactAccountant({ kept: "every" });
  const problem = makeProblem({ n: 11982, d: 784, lambda: 1e-6 });
  for (const T of [20, 200]) {
    for (const batchSize of [problem.n, 4000]) {
      const history = {
        problem,
        sigma: 0.03,
        T,
        batchSize,
        requests: [{ S: 3, K: 5 }, { S: 1, K: 0 }, { S: 7, K: 9 }],
      };
      const { mu } = every.guarantee(history, 1e-6).at;
      assert.equal(mu, muOf(history, "every"));
      assert.ok(mu > muOf(history), "who kept more knows more");
      const lastAlone = muOf({ ...history, requests: [{ S: 7, K: 0 }] });
      assert.ok(mu > lastAlone, "the learned model was released");
      if (batchSize === problem.n) close(mu, muOfTranscript(phasesOf(history)), 1e-13, "one phase a release");
      const target = { epsilon: every.guarantee(history, 1e-6).epsilon, delta: 1e-6 };
      close(smallestSigma(every, history, target), 0.03, 2e-9, "σ");
    }
  }
  assert.throws(
    () => fewestSteps(every, { problem, sigma: 0.03, T: 200, requests: [] }, 100, { epsilon: 1, delta: 1e-6 }),
    /epsilon 1 is out of reach/,
    "no step takes back what was released",
  );
});

Deno.test("a search beyond the last integer of epochs of batches says that ε is out of reach", () => {
  const target = { epsilon: 1e-300, delta: 1e-6 };
  for (const batchSize of [1000, 100, 7]) {
    for (const [lambda, kept] of [[1e-3, "every"], [0, "every"], [0, "last"]] as const) {
      const chain = {
        problem: makeProblem({ n: 1000, d: 10, lambda }),
        sigma: 1e-3,
        T: 100,
        batchSize,
      };
      const search = () => fewestSteps(exactAccountant({ kept }), { ...chain, requests: [] }, 1, target);
      assert.throws(search, /^RangeError: epsilon 1e-300 is out of reach/, `${batchSize} ${lambda} ${kept}`);
    }
  }
});

Deno.test("no strong convexity: nothing is forgotten, and in a ball no more than its diameter", () => {
  const problem = makeProblem({ n: 500, d: 5, lambda: 0 });
  const [sigma, S, radius] = [0.3, 4, 0.7];
  const shift = 2 * problem.eta * S * problem.M / problem.n;
  const v = 2 * problem.eta * sigma ** 2;
  for (const K of [0, 1, 7, 40, 90, 400]) {
    assert.equal(exact.guarantee({ problem, sigma, requests: [{ S, K }] }, 1e-3).epsilon, Infinity);
    for (const T of [1, 5, 30, 600, Infinity]) {
      let best = T === Infinity ? Infinity : shift * T / Math.sqrt(v * (T + K));
      for (let j = 0; j <= Math.min(T, 3000); j++) {
        const apart = Math.min(2 * radius, shift * (T - j)) + shift * j;
        if (K + j > 0) best = Math.min(best, apart / Math.sqrt(v * (K + j)));
      }
      close(muOf({ problem, sigma, T, radius, requests: [{ S, K }] }), best, 1e-12, `T = ${T}, K = ${K}`);
    }
  }
  const history = { problem, sigma, T: Infinity, radius, requests: [] };
  const { K } = fewestSteps(exact, history, S, { epsilon: 1, delta: 1e-3 });
  const muAt = (K: number) => muOf({ ...history, requests: [{ S, K }] });
  assert.ok(muAt(K) <= gaussianMu(1, 1e-3) && muAt(K - 1) > gaussianMu(1, 1e-3));
  const ask = (accountant: Accountant) => accountant.guarantee({ ...history, requests: [{ S: 1, K: 1 }] }, 1e-3);
  for (const accountant of [paper, descentAccountant()]) {
    assert.throws(() => ask(accountant), /lambda must be positive/, accountant.name);
  }
  assert.ok(ask(noisySgdAccountant()).epsilon > ask(exact).epsilon);
});

Deno.test("programs that round: every shift grows by r, to the end", () => {
  for (const walk of walks.lattice) {
    const { c, shift, added, T, K, sigma, eta, mu, muRealArithmetic } = walk;
    const rate = -Math.log1p(Number(c) - 1);
    const phases = (r: number) =>
      [Number(shift) + r, r].map((shift, i) => (
        { steps: i === 0 ? T : K, rate, shift, variance: 2 * eta * sigma ** 2 }
      ));
    close(muOfSchedule(phases(0)), muRealArithmetic, 1e-12, "real arithmetic");
    close(muOfSchedule(phases(Number(added))), mu, 1e-12, "rounded");
  }
});

Deno.test("Descent-to-Delete, exactly: for one request and for any number, like for like", () => {
  const problem = makeProblem({ n: 11982, d: 784, lambda: 1e-6 });
  const target = { epsilon: 1, delta: 1 / 11982 };
  close(exactPublishingNoise(problem, 1, target), 0.0411, 2e-3, "one request");
  close(exactPublishingNoise(problem, 1, target, { requests: "any" }), 0.4695, 2e-4, "any number");
  const { L, m, M, n } = problem;
  const gamma = (L - m) / (L + m);
  for (const I of [1, 2, 5, 100]) {
    for (const epsilon of [0.05, 1, 5]) {
      const [one, any] = (["one", "any"] as const).map((requests) =>
        exactPublishingNoise(problem, I, { ...target, epsilon }, {
          requests,
          S: 3,
          T: requests === "one" ? 50 : Infinity,
        })
      );
      const apart = 2 * 3 * M / (m * n);
      close(apart * (1 - gamma ** 50) * gamma ** I / gaussianMu(epsilon, target.delta), one, 1e-12, "one");
      close(apart * gamma ** I / (1 - gamma ** I) / gaussianMu(epsilon, target.delta), any, 1e-12, "any");
      assert.ok(any > one && publishingNoise(problem, I, { ...target, epsilon }) > one / 3);
      const nullRows = exactPublishingNoise(problem, I, { ...target, epsilon }, { neighbours: "null" });
      close(2 * nullRows, exactPublishingNoise(problem, I, { ...target, epsilon }), 1e-12, "null rows");
    }
  }
});

Deno.test("Descent-to-Delete as an accountant: any requests, and K, S and σ of each other", () => {
  const descent = descentAccountant();
  const problem = makeProblem({ n: 11982, d: 784, lambda: 1e-6 });
  const target = { epsilon: 1, delta: 1 / 11982 };
  const rate = Math.log((problem.L + problem.m) / (problem.L - problem.m));
  for (const neighbours of ["replaced", "null"] as const) {
    for (const T of [40, Infinity]) {
      const requests = [{ S: 2, K: 3 }, { S: 30, K: 0 }, { S: 1, K: 12 }];
      const history = { problem, sigma: 0.07, T, neighbours, requests };
      // In one dimension the states of a quadratic of curvature m, and of one whose rows pull as much as they can.
      let [apart, steps] = [0, T];
      const pull = (neighbours === "null" ? 1 : 2) * problem.M / (problem.m * problem.n);
      for (const { S, K } of requests) {
        apart = (apart + pull * S * (1 - Math.exp(-rate * steps))) * Math.exp(-rate * K);
        steps += K;
      }
      close(descent.guarantee(history, target.delta).at.mu, apart / 0.07, 1e-12, "μ");
      close(smallestSigma(descent, history, target), apart / gaussianMu(1, target.delta), 2e-9, "σ");
      for (const S of [1, 10, 500]) {
        const { K } = fewestSteps(descent, history, S, target);
        const most = mostRows(descent, history, K, target);
        assert.ok(most >= S && mostRows(descent, history, K - 1, target) < S, `${S} rows, ${K} steps, ${most}`);
      }
    }
    for (const I of [1, 5]) {
      const [one, many] = [1, 4000].map((count) => ({
        problem,
        neighbours,
        requests: Array(count).fill({ S: 1, K: I }),
      }));
      close(smallestSigma(descent, one, target), exactPublishingNoise(problem, I, target, { neighbours }), 2e-9, "one");
      const any = exactPublishingNoise(problem, I, target, { neighbours, requests: "any" });
      close(smallestSigma(descent, many, target), any, 2e-9, "any number");
    }
  }
  for (const odd of [{ radius: 1 }, { batchSize: 10 }, { clipsRegularizer: true }]) {
    const history = { problem, sigma: 1, requests: [{ S: 1, K: 1 }], ...odd };
    assert.throws(() => descent.guarantee(history, 1e-3), /takes full batches/);
  }
});

Deno.test("the paper's bound with the conversion of Canonne, Kamath and Steinke lies between", () => {
  const cks = langevinAccountant({ conversion: "cks" });
  const mnist = { problem: makeProblem({ n: 11982, d: 784, lambda: 1e-6 }), requests: [] };
  const stepsAt = (sigma: number, S: number, epsilon: number) =>
    fewestSteps(cks, { ...mnist, sigma }, S, { epsilon, delta: 1 / 11982 }).K;
  assert.deepEqual([0.01, 0.05, 0.1, 0.2, 0.5, 1].map((sigma) => stepsAt(sigma, 100, 1)), [
    1737,
    1155,
    895,
    624,
    229,
    1,
  ]);
  assert.deepEqual([[0.1, 1], [0.5, 100], [5, 50]].map(([epsilon, S]) => stepsAt(0.03, S, epsilon)), [2268, 2693, 178]);
  for (let i = 0; i < 2000; i++) {
    const history = randomHistory(3, 1);
    const delta = power(-10, -1);
    const [least, middle, most] = [exact, cks, paper].map((accountant) => accountant.guarantee(history, delta).epsilon);
    assert.ok(least <= middle && middle <= most, JSON.stringify({ history, delta, least, middle, most }));
  }
});

/** K of MNIST at σ = 0.03, by step and neighbours. */
const MNIST_STEPS = [
  ["1/L", "replaced", 60, [245, 200, 150]],
  ["2/(m+L)", "replaced", 31, undefined],
  ["1/L", "null", 45, undefined],
  ["2/(m+L)", "null", 23, [70, 60, 50]],
] as const;

Deno.test("MNIST: what the paper takes 1997 steps for, and 26529, 11756 and 6806", () => {
  const of = makeProblem({ n: 11982, d: 784, lambda: 1e-6 });
  const target = { epsilon: 1, delta: 1 / 11982 };
  for (const [step, neighbours, K, sums] of MNIST_STEPS) {
    const problem = step === "1/L" ? of : { ...of, eta: 2 / (of.m + of.L) };
    const chain = { problem, sigma: 0.03, neighbours };
    assert.equal(fewestSteps(exact, { ...chain, requests: [] }, 100, target).K, K, `${step}, ${neighbours}`);
    if (sums === undefined) continue;
    const totals = [5, 10, 20].map((S) =>
      fewestStepsEach(exact, chain, Array(100 / S).fill(S), target).reduce((sum, K) => sum + K)
    );
    assert.deepEqual(totals, sums, `${step}, ${neighbours}`);
  }
});

Deno.test("what the theorem does not allow is refused with the reason", () => {
  const problem = makeProblem({ n: 100, d: 5, lambda: 1e-3 });
  const history: History = { problem, sigma: 0.1, requests: [{ S: 1, K: 1 }] };
  const softmax = makeProblem({ n: 100, d: 5, lambda: 1e-3, classes: 3, M: 1 });
  const refused: [change: Partial<History>, message: RegExp][] = [
    [{ problem: { ...problem, eta: 2 / problem.L } }, /needs eta below 2\/L/],
    [{ problem: softmax }, /needs M of √2 or more for the softmax loss/],
    [{ clipsRegularizer: true }, /clipped with the regularizer, it expands/],
    [{ requests: [{ S: 101, K: 1 }] }, /S must be at most 100/],
    [
      { batchSize: 50, problem: makeProblem({ n: 100, d: 5, lambda: 1e-9 }) },
      /follows at most 16384 epochs of batches, here \d+: a larger lambda/,
    ],
    [{ batchSize: 1, problem: makeProblem({ n: 100, d: 5, lambda: 1e-3, curvature: 1 / 8 }) }, /needs curvatureBound/],
    [{ requests: [] }, /one request or more/],
  ];
  for (const [change, message] of refused) {
    assert.throws(
      () => exact.guarantee({ ...history, ...change }, 1e-5),
      { name: "RangeError", message },
      `${message}`,
    );
  }
  for (const delta of [0, 1, 2, NaN]) assert.throws(() => exact.guarantee(history, delta), /delta must be/);
  exact.guarantee({ ...history, problem: makeProblem({ n: 100, d: 5, lambda: 1e-3, classes: 3 }) }, 1e-5);
  for (const phase of [{ steps: 1.5 }, { steps: -1 }, { rate: -1 }, { shift: NaN }, { variance: Infinity }]) {
    const phases = [{ steps: 1, rate: 0, shift: 1, variance: 1, ...phase }];
    assert.throws(() => muOfSchedule(phases), { name: "RangeError" });
  }
});

Deno.test("a ball caps what learning can have moved: μ is never larger, and smaller where the ball is small", () => {
  const problem = makeProblem({ n: 1000, d: 5, lambda: 1e-6 });
  const of = (radius?: number) =>
    muOf({ problem, sigma: 0.01, ...(radius && { radius }), requests: [{ S: 5, K: 20 }] });
  close(of(1e6), of(), 1e-14, "a large ball");
  assert.ok(of(0.01) < of() / 2 && of(0.001) < of(0.01));
});

/** c of a step in exact integers, as max(ηL − 1, 1 − ηm): 1 − c times 2^bits. */
function exactGap({ eta, m, L }: Problem, bits: number): bigint {
  const integer = (x: number) => {
    const exponent = Math.floor(Math.log2(x)) - 53;
    return [BigInt(x / 2 ** exponent), exponent] as const;
  };
  const product = (x: number, y: number) => {
    const [[a, i], [b, j]] = [integer(x), integer(y)];
    return (a * b) << BigInt(bits + i + j);
  };
  const [gapOfM, gapOfL] = [product(eta, m), (2n << BigInt(bits)) - product(eta, L)];
  return gapOfM < gapOfL ? gapOfM : gapOfL;
}

Deno.test("the rate is exact to the last places for every step, also 2/(m + L) and next to 2/L", () => {
  for (let i = 0; i < 2000; i++) {
    const problem = makeProblem({ n: 1000, d: 5, lambda: power(-15, -3), curvature: power(-2, 0) });
    const { m, L } = problem;
    for (const eta of [1 / L, 2 / (m + L), (2 - power(-15, -1)) / L, between(0.05, 1.9) / L]) {
      if (!(eta * L < 2)) continue;
      const gap = Number(exactGap({ ...problem, eta }, 300)) / 2 ** 300;
      const rate = -Math.log1p(-gap);
      close(stepRate({ ...problem, eta }), rate, 2 ** -48, JSON.stringify({ m, L, eta }));
    }
  }
});

Deno.test("a rate that hangs on the rounding of L is refused, not trusted", () => {
  const problem = makeProblem({ n: 100, d: 2, lambda: 1e-4 });
  const at = (eta: number) => () =>
    exact.guarantee({ problem: { ...problem, eta }, sigma: 1, requests: [{ S: 1, K: 1 }] }, 1e-5);
  for (const gap of [1e-13, 1e-15]) assert.throws(at((2 - gap) / problem.L), /further below 2\/L/);
  assert.ok(at((2 - 1e-6) / problem.L)().epsilon < Infinity);
  const flat = makeProblem({ n: 100, d: 2, lambda: 2e-14 });
  const history = { sigma: 1e3, requests: [{ S: 1, K: 1e9 }] };
  assert.ok(exact.guarantee({ ...history, problem: flat }, 1e-5).epsilon < Infinity);
  const corrected = { ...flat, eta: 2 / (flat.m + flat.L) };
  assert.throws(() => exact.guarantee({ ...history, problem: corrected }, 1e-5), /does not tell 1 − c/);
});

Deno.test("in a ball the best number of learning steps is found at once", () => {
  for (let i = 0; i < 300; i++) {
    const problem = makeProblem({ n: 100, d: 2, lambda: power(-6, -3) });
    const [S, K, T, radius, sigma] = [1, Math.floor(power(0, 2)), Math.ceil(power(0, 3)), power(-3, 2), 0.1];
    const [{ rate, shift, variance }] = phasesOf({ problem, sigma, T, requests: [{ S, K }] });
    const c = Math.exp(-rate);
    // Followed one by one: as many last steps of learning as there are, from a ball's diameter at most.
    const apart = [0];
    for (let j = 0; j < T; j++) apart.push(Math.min(2 * radius, c * apart[j] + shift));
    let least = Infinity;
    for (let j = 0; j <= T; j++) {
      if (K + j === 0) continue;
      const sum = (ratio: number, steps: number) => ratio === 1 ? steps : (1 - ratio ** steps) / (1 - ratio);
      const rise = c ** (K + j) * apart[T - j] + c ** K * shift * sum(c, j);
      least = Math.min(least, rise / Math.sqrt(variance * sum(c * c, K + j)));
    }
    close(
      muOf({ problem, sigma, T, radius, requests: [{ S, K }] }),
      least,
      1e-9,
      JSON.stringify({ T, K, radius, rate }),
    );
  }
  const flat = makeProblem({ n: 100, d: 2, lambda: 1e-9 });
  const start = performance.now();
  assert.ok(muOf({ problem: flat, sigma: 0.1, radius: 1, requests: [{ S: 1, K: 1 }] }) < Infinity);
  assert.ok(performance.now() - start < 1000);
});

Deno.test("every σ and M has its ε, and closed forms that are wrong do not mislead", () => {
  const problem = makeProblem({ n: 11982, d: 784, lambda: 1e-6 });
  const requests = [{ S: 1, K: 2 }];
  const target = { epsilon: 1, delta: 1 / 11982 };
  const at = (sigma: number, M = 1) =>
    exact.guarantee({ problem: { ...problem, M }, sigma, requests }, target.delta).epsilon;
  for (const sigma of [5e-324, 2 ** -1022, 1e-170, 1e170, 2 ** 1023]) assert.equal(at(sigma), sigma < 1 ? Infinity : 0);
  close(at(0.03e-150, 1e-150), at(0.03), 1e-12, "M and σ scaled");
  close(at(0.03e150, 1e150), at(0.03), 1e-12, "M and σ scaled");
  assert.ok(at(1e-300, 1e-200) < Infinity && at(1, 1e308) === Infinity);
  // μ is e^{−rate·K} times 1e600.
  const far = { problem: { ...problem, M: 1e300 }, sigma: 1e-300, requests: [{ S: 1, K: 20_000 }] };
  assert.equal(exact.guarantee(far, target.delta).epsilon, Infinity);
  assert.equal(muOf({ ...far, T: 0, requests: [{ S: 1, K: 1 }] }), 0);
  const alone = makeProblem({ n: 1, d: 1, lambda: 1e-3, M: 1e308 });
  assert.equal(exact.guarantee({ problem: alone, sigma: 1, requests }, 0.1).epsilon, Infinity);
  assert.throws(() => phasesOf({ problem: alone, sigma: 1, requests }), /M = 1e\+308 or sigma = 1 is too large/);
  const sigma = smallestSigma(exact, { problem, requests }, target);
  const { closed, ...open } = exact;
  close(smallestSigma(open, { problem, requests }, target), sigma, 2e-9, "by bisection");
  for (const hint of [NaN, Infinity, -Infinity, 0, -5, 5e-324, 1e300, 3.7, sigma / 2, sigma * 1.001]) {
    const misled = { ...exact, closed: { ...closed!, sigma: () => hint } };
    close(smallestSigma(misled, { problem, requests }, target), sigma, 2e-9, `hint ${hint}`);
  }
});

Deno.test("no more rows are removed than there are", () => {
  const one = makeProblem({ n: 1, d: 1, lambda: 1e-3 });
  for (const accountant of [exact, paper]) {
    assert.equal(mostRows(accountant, { problem: one, sigma: 1e3, requests: [] }, 10, { epsilon: 5, delta: 0.1 }), 1);
  }
  const problem = makeProblem({ n: 10, d: 2, lambda: 1e-3 });
  const target = { epsilon: 5, delta: 0.1 };
  assert.throws(() => exactPublishingNoise(problem, 1, target, { S: 11 }), /S must be at most 10/);
  const twice = { problem, sigma: 100, requests: [{ S: 6, K: 1 }, { S: 6, K: 1 }] };
  exact.guarantee(twice, 0.1);
  assert.throws(() => exact.guarantee({ ...twice, neighbours: "null" }, 0.1), /null rows cannot be removed twice/);
  const [S, chain] = [6, { problem, sigma: 100, neighbours: "null" } as const];
  for (const [removed, left] of [[S, 4], [9, 1], [10, 0]]) {
    assert.equal(mostRows(exact, { ...chain, requests: [{ S: removed, K: 1 }] }, 10, target), left);
  }
});

Deno.test("μ of a schedule scales with its shifts however small or large they are", () => {
  const mu = (scale: number) =>
    muOfSchedule([1, 10].map((shift) => ({ steps: 1, rate: 0, shift: shift * scale, variance: scale * scale })));
  close(mu(1), Math.sqrt(101), 1e-15, "as it is");
  for (const scale of [1e-120, 1e-150, 1e120, 1e150]) close(mu(scale), mu(1), 1e-14, `times ${scale}`);
});

Deno.test("where δ is next to 1 or to 0, ε errs upwards and μ downwards", () => {
  // ε at which δ(ε, 26.93) is 1 − 2⁻⁵³, on 60 digits.
  const delta = 1 - 2 ** -53;
  assert.ok(gaussianEpsilon(26.93, delta) >= 140.33799695945215);
  assert.ok(gaussianMu(140.33799695945215, delta) <= 26.93);
  // ε at which δ(ε, μ) is 2⁻¹⁰⁷⁴.
  for (
    const [mu, epsilon] of [
      [0.001, 0.03819280373137391],
      [0.1, 3.836246161459579],
      [0.5, 19.302060535217304],
      [1.0, 38.87183283249431],
      [3.0, 119.69738782097026],
      [10.0, 434.2637874673965],
    ]
  ) {
    assert.ok(gaussianEpsilon(mu, 5e-324) >= epsilon, `ε(${mu}, 5e-324)`);
    assert.ok(gaussianMu(epsilon, 5e-324) <= mu, `μ(${epsilon}, 5e-324)`);
  }
});

Deno.test("a budget: what is released never exceeds it, and all of it can be spent", () => {
  for (let i = 0; i < 300; i++) {
    const budget = power(-2, 1);
    const released: Phase[] = [];
    for (let left = budget; released.length < 50;) {
      const phase = { steps: Math.ceil(power(0, 2)), rate: power(-3, 0), variance: power(-1, 1) };
      const mu = pick(0.2, 0.5, 1.001) * left;
      const next = { ...phase, shift: mu / muOfSchedule([{ ...phase, shift: 1 }]) };
      if (mu > left) {
        assert.throws(() => spendBudget(budget, released, next), { name: "RangeError", message: /exceeds the budget/ });
        break;
      }
      left = spendBudget(budget, released, next);
      released.push(next);
      const spent = muOfTranscript(released);
      assert.ok(spent <= budget && Math.hypot(spent, left) <= budget);
      close(Math.hypot(spent, left), budget, 1e-11, "nothing is lost");
    }
  }
  const last = { steps: 1, rate: 0, shift: 1, variance: 1 };
  assert.throws(() => spendBudget(1, [], last), /exceeds the budget of mu = 1/, "rounding is on the safe side");
  assert.throws(() => spendBudget(9, [], { ...last, variance: 0 }), /exceeds the budget/);
  for (const budget of [0, -1, NaN, Infinity]) assert.throws(() => spendBudget(budget, [], last), /budget must be/);
});

Deno.test("Descent-to-Delete: requests of growing numbers of steps, as a sequence of Figure 3b has them", () => {
  for (let i = 0; i < 500; i++) {
    const n = Math.ceil(power(1, 4));
    const problem = makeProblem({ n, d: 1, lambda: power(-3, 0) / n });
    const target = { epsilon: power(-1, 1), delta: power(-6, -0.5) };
    const gamma = (problem.L - problem.m) / (problem.L + problem.m);
    const unit = 2 * problem.M / (problem.m * n);
    let [I, apart] = [Math.ceil(power(0, 1.5)), 0];
    const leastI = I;
    for (let request = 1; request <= 10; request++) {
      apart = gamma ** I * (apart + unit);
      const noise = exactPublishingNoise(problem, I, target, { requests: "any", leastI });
      assert.ok(apart / gaussianMu(target.epsilon, target.delta) <= noise, JSON.stringify({ problem, I, request }));
      I += Math.floor(power(-1, 0.5));
    }
  }
});

Deno.test("no number that is none: a quadratic, endless shifts, schedules that float64 does not hold", () => {
  const quadratic = { ...makeProblem({ n: 100, d: 5, lambda: 1e-3 }), L: 0.1, eta: 10 };
  const target = { epsilon: 1, delta: 0.01 };
  for (const noise of [exactPublishingNoise, publishingNoise, stateNoise]) {
    assert.ok(noise(quadratic, 1, target) > 0, noise.name);
  }
  const last = { steps: 1, rate: 0.1, shift: 0, variance: 1 };
  assert.equal(muOfSchedule([{ steps: Infinity, rate: 0, shift: 1, variance: 1 }]), Infinity);
  assert.equal(muOfSchedule([{ steps: Infinity, rate: 0, shift: 1, variance: 1 }, { ...last, steps: 9e3 }]), Infinity);
  const large = { steps: 3, rate: 0.1, shift: 1e308, variance: 1e308 };
  for (const phases of [[large], [large, last]]) assert.ok(muOfSchedule(phases) > 1e153, JSON.stringify(phases));
  const noisy = { ...large, shift: 1 };
  assert.ok(muOfSchedule([noisy]) >= 1e-154, "too much noise is not counted");
  const releases = Array(300_000).fill({ steps: 1, rate: 0, shift: 1e-3, variance: 1 });
  close(muOfTranscript(releases), 1e-3 * Math.sqrt(300_000), 1e-9, "many releases");
});

Deno.test("Descent-to-Delete's exact noise is refused where the theorem does not speak", () => {
  const target = { epsilon: 1, delta: 1e-3 };
  const of = (classes: number, M: number, history: object) =>
    exactPublishingNoise(makeProblem({ n: 100, d: 5, lambda: 1e-3, classes, M }), 1, target, history);
  assert.throws(() => of(10, 1, {}), /M must be √2 or more/);
  assert.throws(() => of(2, 1, { neighbours: "Replaced" }), /neighbours must be one of replaced, null, got Replaced/);
  assert.throws(() => of(2, 1, { leastI: 0 }), /leastI must be/);
  assert.ok(of(2, 0.5, {}) > 0);
});
