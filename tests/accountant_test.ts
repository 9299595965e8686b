import assert from "node:assert/strict";
import { csvParse } from "d3-dsv";
import type { Accountant } from "../core/accountant/accountant.ts";
import { fewestSteps, fewestStepsEach, mostRows, smallestSigma } from "../core/accountant/calibrate.ts";
import * as descent from "../core/accountant/descent_to_delete.ts";
import type { History } from "../core/accountant/history.ts";
import { noisySgdAccountant } from "../core/accountant/noisy_sgd.ts";
import { initialRenyi, langevinAccountant, TRIANGLES } from "../core/accountant/langevin.ts";
import { makeProblem, type Problem } from "../core/model/problem.ts";
import { loadMnist } from "../core/datasets/mnist.ts";
import { originalOrders } from "../core/original/accountant.ts";
import { problemFor } from "../core/original/problem.ts";
import fixtures from "./fixtures/accountant.json" with { type: "json" };
import { exp, fixed, log, ONE, over, times, toNumber } from "./helpers/fixed_point.ts";
import stepsCsv from "../data/published/steps.csv" with { type: "text" };

/** What the theorem says. */
const paper = langevinAccountant();
/** The accountants of `main_lmc.py`, and of `baseline.py` for one request and for a sequence. */
const mainLmc = langevinAccountant({ orders: originalOrders("paint_utility_s") });
const baseline = langevinAccountant({ orders: originalOrders("baseline") });
const sequential = langevinAccountant({ orders: originalOrders("sequential2"), triangle: "half" });

/** A chain that has met no request. */
const chainOf = (problem: Problem, sigma: number) => ({ problem, sigma, requests: [] });

/** ε at δ = 1/n. */
const targetOf = ({ n }: Problem, epsilon: number) => ({ epsilon, delta: 1 / n });

/** The guarantee of one request at δ = 1/n. */
const guaranteeOf = (accountant: Accountant, problem: Problem, sigma: number, S: number, K: number) =>
  accountant.guarantee({ problem, sigma, requests: [{ S, K }] }, 1 / problem.n);

function close(actual: number, expected: number, relative: number, message?: string) {
  assert.ok(Math.abs(actual - expected) <= relative * Math.abs(expected), `${message}: ${actual} ≠ ${expected}`);
}

const classesOf = (dataset: string) => dataset === "CIFAR10_MULTI" ? 10 : 2;

/** The constants of a dataset, with the smoothness constant of the released code or of January 2024 ("old"). */
function problemOf(dataset: string, smoothness: string): Problem {
  const { n, d, L, m, M } = fixtures.constants[`${dataset}/${smoothness}` as "MNIST/current"];
  const problem = makeProblem({ n, d, classes: classesOf(dataset), lambda: 1e-6, M, curvature: L - m });
  return { ...problem, L, eta: 1 / L };
}

Deno.test("constants of every dataset", () => {
  for (const dataset of ["MNIST", "CIFAR10", "CIFAR10_MULTI", "ADULT"] as const) {
    const expected = fixtures.constants[`${dataset}/current`];
    const outputs = classesOf(dataset) === 2 ? 1 : 10;
    const rows = { features: new Float32Array(), labels: new Float32Array(), outputs };
    const shape = { count: expected.n, dimension: expected.d };
    const problem = problemFor({ ...rows, ...shape }, { lam: 1e-6, smoothness: "bound" });
    const { n, d, L, m, M, eta } = problem;
    const { n: count, d: dimension, L: smoothness, m: convexity, M: lipschitz, eta: step } = expected;
    assert.deepEqual({ n, d, L, m, M, eta }, {
      ...{ n: count, d: dimension, L: smoothness, m: convexity, M: lipschitz, eta: step },
    });
    assert.equal(descent.descentStepSize(problem), expected.d2d_step);
  }
});

Deno.test("one request: K, α and ε of every fixture", () => {
  for (const { dataset, L, sigma, S, epsilon, K_step10, alpha, eps_at_K, K_min } of fixtures.single_shot) {
    const problem = problemOf(dataset, L);
    const name = `${dataset} ${L} σ=${sigma} S=${S} ε=${epsilon}`;
    const plan = fewestSteps(mainLmc, chainOf(problem, sigma), S, targetOf(problem, epsilon), 10);
    assert.equal(plan.K, K_step10, name);
    close(plan.at.alpha, alpha, 1e-9, `α of ${name}`);
    close(plan.epsilon, eps_at_K, 1e-12, `ε of ${name}`);
    for (const accountant of [mainLmc, paper]) {
      assert.equal(fewestSteps(accountant, chainOf(problem, sigma), S, targetOf(problem, epsilon)).K, K_min, name);
    }
  }
});

Deno.test("Figure 3c: K, α and ε0 of every fixture", () => {
  for (const { dataset, L, sigma, S, epsilon, K_step10, K_min, ...fixture } of fixtures.paint_unlearning_sigma) {
    const problem = problemOf(dataset, L);
    const name = `${dataset} ${L} σ=${sigma}`;
    const plan = fewestSteps(mainLmc, chainOf(problem, sigma), S, targetOf(problem, epsilon), 10);
    assert.equal(plan.K, K_step10, name);
    close(plan.at.alpha, fixture.alpha, 1e-9, `α of ${name}`);
    assert.equal(fewestSteps(mainLmc, chainOf(problem, sigma), S, targetOf(problem, epsilon)).K, K_min, name);
    const initial = guaranteeOf(mainLmc, problem, sigma, S, 0);
    close(initial.epsilon, fixture.epsilon0, 1e-11, `ε0 of ${name}`);
    // The fixture's order is a bounded search's, which stops within 1e-5 of the closed form.
    const alpha = fixture.epsilon0_alpha;
    assert.ok(Math.abs(initial.at.alpha - alpha) < 1e-5 + 1e-7 * alpha, `α of ε0 of ${name}`);
  }
});

Deno.test("sequential requests: every list of steps, its α and ε", () => {
  for (const { dataset, L, S, sigma, epsilon, k_list, alpha, eps } of fixtures.sequential2) {
    const problem = problemOf(dataset, L);
    const sizes = Array<number>(k_list.length - 1).fill(S);
    const steps = fewestStepsEach(sequential, { problem, sigma }, sizes, targetOf(problem, epsilon));
    assert.deepEqual([0, ...steps], k_list, `${dataset} ${L} S=${S}`);
    steps.forEach((_, request) => {
      const requests = steps.slice(0, request + 1).map((K) => ({ S, K }));
      const guarantee = sequential.guarantee({ problem, sigma, requests }, 1 / problem.n);
      close(guarantee.at.alpha, alpha[request + 1]!, 1e-9, "α");
      close(guarantee.epsilon, eps[request + 1]!, 1e-12, "ε");
    });
  }
});

Deno.test("sequential requests: totals with the tight triangle inequality", () => {
  const total = (dataset: string) => {
    const problem = problemOf(dataset, "old");
    return fewestStepsEach(paper, { problem, sigma: 0.03 }, Array(10).fill(10), targetOf(problem, 1))
      .reduce((sum, K) => sum + K);
  };
  assert.equal(total("MNIST"), 8682);
  assert.equal(total("CIFAR10"), 10428);
});

/** ε at order α as the theorems write it, of logarithms one after the other: the yardstick. */
function epsilonAt({ problem, sigma, requests, neighbours }: History, delta: number, order: number, triangle: string) {
  const { n, m, M, eta } = problem;
  const changed = neighbours === "null" ? 1 : 2;
  const logInitial = (S: number, a: number) =>
    2 * Math.log(changed * S * M / n) - 2 * Math.log(sigma) - Math.log(m) + Math.log(a);
  const add = (a: number, b: number) => Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b)));
  const after = (request: number, a: number): number => {
    const { S, K } = requests[request];
    const decay = -K * m * eta / a;
    if (request === 0) return decay + logInitial(S, a);
    const weight = Math.log((a - 0.5) / (a - 1));
    const before = after(request - 1, 2 * a);
    return decay +
      (triangle === "half"
        ? weight + add(logInitial(S, 2 * a), before)
        : add(logInitial(S, 2 * a - 1), weight + before));
  };
  return Math.exp(after(requests.length - 1, order)) - Math.log(delta) / (order - 1);
}

/** Deterministic random numbers, uniform in [0, 1) (Park and Miller). */
function uniforms(seed: number): () => number {
  let state = seed;
  return () => (state = state * 48271 % 2147483647) / 2147483647;
}

/** Histories of every kind, many of them extreme. */
function randomHistories(count: number): { history: History; delta: number }[] {
  const random = uniforms(20240110);
  const between = (low: number, high: number) => low + (high - low) * random();
  const power = (low: number, high: number) => 10 ** between(low, high);
  return Array.from({ length: count }, (_, i) => {
    const n = Math.ceil(power(0, 9));
    const isExtreme = i % 4 === 0;
    const problem = makeProblem({
      ...{ n, d: 5, lambda: power(isExtreme ? -12 : -7, isExtreme ? 3 : -1) },
      ...{ classes: 2 + i % 3, curvature: power(-4, 1), M: power(-3, 3) },
    });
    const requests = Array.from({ length: 1 + i % 5 }, () => (
      { S: Math.ceil(power(0, Math.log10(n))), K: Math.floor(power(0, isExtreme ? 12 : 4)) }
    ));
    const sigma = isExtreme ? power(-160, 160) : power(-4, 2);
    const isPossible = requests.reduce((sum, { S }) => sum + S, 0) <= n;
    const neighbours = random() < 0.5 && isPossible ? "null" : "replaced";
    return { history: { problem, sigma, requests, neighbours }, delta: power(-12, -0.01) };
  });
}

Deno.test("ε is the minimum over all orders: none is better, and none smaller than the bound", () => {
  for (const triangle of TRIANGLES) {
    const accountant = langevinAccountant({ triangle });
    for (const { history, delta } of randomHistories(400)) {
      const { epsilon, at: { alpha } } = accountant.guarantee(history, delta);
      const name = JSON.stringify({ history, delta, epsilon, alpha });
      assert.ok(epsilon > 0 && alpha >= 1, name);
      if (epsilon === Infinity || alpha - 1 < 1e-6 || alpha > 1e12) continue;
      close(epsilon, epsilonAt(history, delta, alpha, triangle), 1e-7, name);
      for (let excess = 1e-3 * (alpha - 1); excess < 1e3 * (alpha - 1); excess *= 1.37) {
        const other = epsilonAt(history, delta, 1 + excess, triangle);
        assert.ok(!(other < epsilon * (1 - 1e-9)), `order ${1 + excess} gives ${other}: ${name}`);
      }
    }
  }
});

/** ε of one request at order α on 100 digits. */
function exactEpsilon({ problem, sigma, requests, neighbours }: History, delta: number, order: number): bigint {
  const [{ S, K }] = requests;
  const { n, m, M, eta } = problem;
  const a = fixed(order);
  const root = over(times(BigInt(neighbours === "null" ? S : 2 * S) * ONE, fixed(M)), times(fixed(sigma), fixed(n)));
  const decay = exp(-over(times(BigInt(K) * fixed(m), fixed(eta)), a));
  return over(times(a, root, root, decay), fixed(m)) - over(log(fixed(delta)), a - ONE);
}

Deno.test("rounding errs upwards: ε is not below that of its order, nor above it by more than 1e-11", () => {
  let checked = 0;
  for (const { history: { requests: [request], ...chain }, delta } of randomHistories(600)) {
    const history = { ...chain, requests: [request] };
    const { epsilon, at: { alpha } } = paper.guarantee(history, delta);
    // Elsewhere 100 digits or the order's own rounding are too coarse.
    if (!(epsilon > 1e-20 && epsilon < 1e20 && alpha > 1 + 1e-4 && alpha < 1e20 && chain.sigma > 1e-20)) continue;
    const excess = toNumber(over(fixed(epsilon), exactEpsilon(history, delta, alpha)) - ONE);
    // The order is rounded to 1 + 1e-16, which moves its ε by 1e-16/(α − 1) at most.
    assert.ok(excess > -1e-16 / (alpha - 1) && excess < 1e-11, `${excess}: ${JSON.stringify({ history, delta })}`);
    checked++;
  }
  assert.ok(checked > 300, `${checked}`);
});

Deno.test("a thousand requests, and two thousand, stay within float64", () => {
  const problem = makeProblem({ n: 50_000, d: 512, classes: 10, lambda: 1e-6, M: 2, curvature: 1 });
  const rising = (length: number) => Array.from({ length }, (_, i) => 200 * (i + 1));
  const cases: [steps: number[], sigma: number, S: number][] = [
    [rising(1000), 0.03, 1],
    [rising(1000), 0.03, 10],
    [rising(1000), 1e-6, 1000],
    [Array(1000).fill(1e9), 0.03, 10],
  ];
  for (const [steps, sigma, S] of cases) {
    const history = { problem, sigma, requests: steps.map((K) => ({ S, K })) };
    const { epsilon, at: { alpha } } = langevinAccountant({ triangle: "half" }).guarantee(history, 1 / problem.n);
    close(epsilon, epsilonAt(history, 1 / problem.n, alpha, "half"), 1e-9, `S=${S}`);
    for (let other = 2.1; other < 1e5; other *= 1.1) {
      const worse = epsilonAt(history, 1 / problem.n, other, "half");
      assert.ok(epsilon <= worse * (1 + 1e-9), `S=${S}: order ${other} is better than ${alpha}`);
    }
  }
  const epsilonOf = (length: number) => {
    const requests = rising(length).map((K) => ({ S: 10, K }));
    return sequential.guarantee({ problem, sigma: 0.03, requests }, 1 / problem.n).epsilon;
  };
  assert.equal(epsilonOf(1000).toFixed(5), "0.41386");
  assert.ok(epsilonOf(2000) > 0 && epsilonOf(2000) < Infinity);
});

Deno.test("requests of different sizes: equal sizes are a sequence, a larger one costs more", () => {
  const problem = makeProblem({ n: 11982, d: 784, lambda: 1e-6 });
  const epsilonOf = (...sizes: number[]) =>
    paper.guarantee({ problem, sigma: 0.03, requests: sizes.map((S) => ({ S, K: 900 })) }, 1 / 11982).epsilon;
  assert.ok(epsilonOf(5, 10) > epsilonOf(5, 5) && epsilonOf(10, 10) > epsilonOf(5, 10));
  const steps = fewestStepsEach(paper, { problem, sigma: 0.03 }, [20, 5, 20], targetOf(problem, 1));
  assert.ok(steps[1] < steps[0] && steps[2] > steps[1], `${steps}`);
});

Deno.test("null rows: a quarter of ε0, which is that of half the rows", () => {
  const problem = makeProblem({ n: 11982, d: 784, lambda: 1e-6 });
  const chain = { problem, sigma: 0.03 };
  const requests = [{ S: 10, K: 500 }];
  const half = paper.guarantee({ ...chain, requests: [{ S: 5, K: 500 }] }, 1e-5).epsilon;
  close(paper.guarantee({ ...chain, neighbours: "null", requests }, 1e-5).epsilon, half, 1e-13, "ε");
  close(initialRenyi({ ...chain, neighbours: "null" }, 10, 3), initialRenyi(chain, 10, 3) / 4, 1e-14, "ε0");
});

Deno.test("Descent-to-Delete: every noise scale and list of steps", () => {
  for (const fixture of fixtures.d2d) {
    const problem = problemOf(fixture.dataset, fixture.L);
    if (fixture.sigma_theorem9 !== undefined) {
      const noise = descent.publishingNoise(problem, fixture.I!, targetOf(problem, fixture.epsilon!));
      close(noise, fixture.sigma_theorem9, 1e-12, "Theorem 9");
      continue;
    }
    const { I_factor, k_list, sigma_theorem28 } = fixture as {
      I_factor: number;
      k_list: number[];
      sigma_theorem28: number[];
    };
    const target = targetOf(problem, 1);
    assert.equal(descent.leastIterations(problem, target), fixture.min_I);
    assert.deepEqual(k_list.map((_, i) => descent.requestIterations(problem, target, i + 1, I_factor)), k_list);
    close(descent.stateNoise(problem, k_list[0], target), sigma_theorem28[0], 1e-12, "Theorem 28");
    close(descent.stateNoise(problem, k_list.at(-1)!, target), sigma_theorem28[1], 1e-12, "Theorem 28");
  }
});

/** √x, by Newton's steps from float64. */
function exactRoot(x: bigint): bigint {
  let y = fixed(Math.sqrt(toNumber(x)));
  for (let i = 0; i < 4; i++) y = (y + over(x, y)) / 2n;
  return y;
}

Deno.test("Descent-to-Delete: the noise of every ε, however small, is not too small", () => {
  for (let exponent = -15; exponent <= 3; exponent += 0.5) {
    for (const lambda of [1e-13, 1e-6, 1e-4, 1e-1]) {
      for (const I of lambda < 1e-3 ? [1, 50] : [1]) {
        const problem = makeProblem({ n: 11982, d: 784, lambda });
        const [epsilon, delta] = [10 ** exponent, 1 / 11982];
        const { n, L, m, M } = problem;
        const power = exp(BigInt(I) * log(over(fixed(L) - fixed(m), fixed(L) + fixed(m))));
        const factor = over(over(times(power, fixed(M)), times(fixed(m), fixed(n))), ONE - power);
        const gap = (low: bigint) => exactRoot(low + fixed(epsilon)) - exactRoot(low);
        const cost = -log(fixed(delta));
        const doubled = 2n * (cost + log(2n * ONE));
        const published = over(times(exactRoot(32n * ONE), factor), gap(cost));
        const kept = over(8n * factor, gap(doubled + 2n * fixed(epsilon)));
        const ratios = [
          over(fixed(descent.publishingNoise(problem, I, { epsilon, delta })), published),
          over(fixed(descent.stateNoise(problem, I, { epsilon, delta })), kept),
        ].map((ratio) => toNumber(ratio - ONE));
        for (const ratio of ratios) assert.ok(ratio >= 0 && ratio < 1e-12, `ε=${epsilon} λ=${lambda} I=${I}: ${ratio}`);
      }
    }
  }
});

/** The original's `search_k`: the first bisection midpoint with K = k, or undefined where the bracket misses it. */
function firstMidpoint(stepsAt: (sigma: number) => number, k: number): number | undefined {
  let [lower, upper] = [1e-5, 0.3];
  if (stepsAt(lower) < k || stepsAt(upper) > k) return undefined;
  for (;;) {
    const middle = (lower + upper) / 2;
    const steps = stepsAt(middle);
    if (steps === k) return middle;
    if (steps < k) upper = middle;
    else lower = middle;
  }
}

Deno.test("find_k: K of the original's σ, its search, and the smallest σ", () => {
  for (const fixture of fixtures.search_k) {
    const { dataset, k, epsilon } = fixture;
    const name = `${dataset} k=${k} ε=${epsilon}`;
    for (const L of ["current", "old"] as const) {
      if (fixture[`sigma_infimum_${L}`] === null) continue;
      const problem = problemOf(dataset, L);
      const target = targetOf(problem, epsilon);
      const stepsAt = (sigma: number) => fewestSteps(baseline, chainOf(problem, sigma), 1, target).K;
      assert.equal(stepsAt(fixture.sigma_corrected), fixture[`K_of_corrected_sigma_${L}_L`], name);
      const smallest = smallestSigma(baseline, { problem, requests: [{ S: 1, K: k }] }, target);
      close(smallest, fixture[`sigma_infimum_${L}`]!, 2e-9, name);
      if (L === "old") continue;
      assert.equal(stepsAt(fixture.sigma_in_code), fixture.K_of_code_sigma_current_L, name);
      assert.equal(firstMidpoint(stepsAt, k), fixture.search_k_current, name);
    }
  }
});

/** `S=1;epsilon=2` as an object. */
const parseKey = (key: string) =>
  Object.fromEntries(key.split(";").map((part) => part.split("=")).map(([k, v]) => [k, Number(v)]));

Deno.test("every published K, list, α and ε0", () => assert.equal(checkPublished(problemOf), 1147));

Deno.test("every published K and list of MNIST follows from the data", async () => {
  const { train } = await loadMnist();
  const bound = problemFor(train, { lam: 1e-6, smoothness: "bound" });
  const spectral = problemFor(train, { lam: 1e-6, smoothness: "spectral" });
  assert.equal(checkPublished((_, smoothness) => smoothness === "old" ? spectral : bound, "MNIST"), 388);
});

/** Compares the accountant with every published number of the datasets; returns how many there are. */
function checkPublished(problemFor: (dataset: string, smoothness: string) => Problem, only?: string): number {
  const rows = csvParse(stepsCsv).filter(({ quantity }) =>
    ["K", "alpha", "epsilon0", "k_list", "baseline_k"].includes(quantity)
  );
  const lists = new Map<string, number[]>();
  let checked = 0;
  for (const { dataset, experiment, quantity, key, value, smoothness, source_file } of rows) {
    if (only && dataset !== only) continue;
    const problem = problemFor(dataset, smoothness === "spectral" ? "old" : "current");
    const { S, epsilon = 1, sigma, request, index, I_factor } = parseKey(key);
    const target = targetOf(problem, epsilon);
    const published = Number(value);
    checked++;
    if (quantity === "baseline_k") {
      assert.equal(descent.requestIterations(problem, target, request, I_factor), published, `${dataset} ${key}`);
    } else if (quantity === "k_list") {
      if (!lists.has(source_file)) {
        const sizes = Array<number>(100 / S).fill(S);
        lists.set(source_file, [0, ...fewestStepsEach(sequential, { problem, sigma }, sizes, target)]);
      }
      assert.equal(lists.get(source_file)![index], published, `${dataset} ${key}`);
    } else if (quantity === "epsilon0") {
      // CIFAR10's file has the older definition: ε0(α) at the α of alpha_dict, without log(1/δ)/(α − 1).
      const older = () => {
        const { at: { alpha } } = fewestSteps(mainLmc, chainOf(problem, sigma), S, targetOf(problem, 1), 10);
        return initialRenyi({ problem, sigma }, S, alpha);
      };
      const epsilon0 = dataset === "CIFAR10" ? older() : guaranteeOf(mainLmc, problem, sigma, S, 0).epsilon;
      close(epsilon0, published, 1e-9, `${dataset} ${key}`);
    } else {
      const plan = fewestSteps(mainLmc, chainOf(problem, sigma), S, target, 10);
      if (quantity === "K") assert.equal(plan.K, published, `${dataset} ${experiment} ${key}`);
      else close(plan.at.alpha, published, 1e-9, `${dataset} ${key}`);
    }
  }
  return checked;
}

const grid = {
  counts: [10, 1000, 1e6, 1e9],
  sigmas: [1e-4, 1e-2, 1, 100],
  epsilons: [0.01, 1, 30],
};

Deno.test("ε falls with K and σ and grows with S; K falls with σ and ε", () => {
  for (const n of grid.counts) {
    const problem = makeProblem({ n, d: 10, lambda: 1e-6 });
    for (const sigma of grid.sigmas) {
      const slack = 1 + 1e-12;
      const epsilonAt = (K: number, S: number, scale = sigma) => guaranteeOf(paper, problem, scale, S, K).epsilon;
      for (const K of [1, 10, 1e3, 1e6]) {
        assert.ok(epsilonAt(2 * K, 1) <= epsilonAt(K, 1) * slack);
        assert.ok(epsilonAt(K, 1, 2 * sigma) <= epsilonAt(K, 1) * slack);
        assert.ok(epsilonAt(K, 5) >= epsilonAt(K, 1) / slack);
      }
      for (const epsilon of grid.epsilons) {
        const stepsAt = (epsilon: number, sigma: number) =>
          fewestSteps(paper, chainOf(problem, sigma), 1, targetOf(problem, epsilon)).K;
        assert.ok(stepsAt(2 * epsilon, sigma) <= stepsAt(epsilon, sigma));
        assert.ok(stepsAt(epsilon, 2 * sigma) <= stepsAt(epsilon, sigma));
      }
    }
  }
});

Deno.test("K is the fewest steps, S the most rows, and ε of the smallest σ is ε", () => {
  for (const n of grid.counts) {
    const problem = makeProblem({ n, d: 10, lambda: 1e-6 });
    for (const epsilon of grid.epsilons) {
      const target = targetOf(problem, epsilon);
      for (const K of [1, 2, 5, 100, 10_000]) {
        const sigma = smallestSigma(paper, { problem, requests: [{ S: 1, K }] }, target);
        if (sigma === 2 ** -1022) {
          const forgetting = problem.m * problem.eta * K;
          assert.ok(forgetting > 1200, `exp(−${forgetting}) is not beyond float64`);
          continue;
        }
        const attained = guaranteeOf(paper, problem, sigma, 1, K).epsilon;
        assert.ok(attained <= epsilon && attained >= epsilon * (1 - 1e-8), `ε(σ(${epsilon})) = ${attained}`);
        assert.equal(fewestSteps(paper, chainOf(problem, sigma), 1, target).K, K);
        assert.equal(mostRows(paper, chainOf(problem, sigma), K, target), 1);
        const S = mostRows(paper, chainOf(problem, 3.3 * sigma), K, target);
        assert.ok(S === Math.min(3, n), `${S} rows`);
        assert.equal(mostRows(paper, chainOf(problem, sigma / 2), K, target), 0);
      }
    }
  }
});

Deno.test("orders that the original does not search: ε is as small as it can be, and any ε is in reach", () => {
  const problem = makeProblem({ n: 1e6, d: 10, lambda: 1e-3 });
  const after = (accountant: Accountant) => guaranteeOf(accountant, problem, 0.03, 1, 1).epsilon;
  assert.ok(after(mainLmc) > 80 * after(paper), "the box of main_lmc.py");
  const { epsilon } = guaranteeOf(paper, problem, 0.03, 1, 0);
  assert.ok(epsilon < 1.6e-5 && after(paper) < epsilon);
  assert.ok(fewestSteps(paper, chainOf(problem, 0.03), 1, targetOf(problem, 1e-7)).epsilon <= 1e-7);
  const unreachable = () => fewestSteps(mainLmc, chainOf(problem, 0.03), 1, targetOf(problem, 1e-7));
  assert.throws(unreachable, /^RangeError: epsilon 1e-7 is out of reach for 1 row and sigma = 0.03: no K up to 2⁵³/);
});

Deno.test("no σ is too small or too large: ε is never NaN, 0 or negative", () => {
  for (const lambda of [1e-12, 1e-6, 1]) {
    const problem = makeProblem({ n: 1000, d: 10, lambda });
    for (let exponent = -320; exponent <= 308; exponent += 4) {
      for (const K of [0, 1, 1e6, 1e15]) {
        const requests = [{ S: 1, K: 5 }, { S: 3, K }];
        const sequence = paper.guarantee({ problem, sigma: 10 ** exponent, requests }, 1e-3);
        assert.ok(sequence.epsilon > 0, `σ=1e${exponent} K=${K}: ε = ${sequence.epsilon}`);
        const { epsilon, at: { alpha } } = guaranteeOf(paper, problem, 10 ** exponent, 3, K);
        assert.ok(epsilon > 0 && alpha >= 1, `σ=1e${exponent} K=${K}: ε = ${epsilon}, α = ${alpha}`);
      }
    }
  }
});

Deno.test("K and S are found up to the largest integers", () => {
  const problem = makeProblem({ n: 1000, d: 5, lambda: 1e-18 });
  const target = { epsilon: 10, delta: 1e-3 };
  for (const stride of [1, 10]) {
    const { K, epsilon } = fewestSteps(paper, chainOf(problem, 1000), 10, target, stride);
    assert.ok(K > 2 ** 52 && epsilon <= 10, `${K}`);
  }
  const largest = makeProblem({ n: Number.MAX_SAFE_INTEGER, d: 5, lambda: 1e-12 });
  assert.equal(mostRows(paper, chainOf(largest, 1e100), 1, target), Number.MAX_SAFE_INTEGER);
  const sgd = { ...chainOf(makeProblem({ n: 11264, d: 784, lambda: 1e-6 }), 0.03), T: Infinity, radius: 100 };
  assert.equal(mostRows(noisySgdAccountant(), sgd, 10, { epsilon: 1, delta: 1e-4 }), 1);
  assert.equal(mostRows(noisySgdAccountant(), { ...sgd, sigma: 1e-3 }, 1, { epsilon: 1, delta: 1e-4 }), 0);
});

Deno.test("nonsense is a RangeError that names it", () => {
  const of = { n: 11982, d: 784, lambda: 1e-6 };
  const mnist = makeProblem(of);
  const history = { problem: mnist, sigma: 0.03, requests: [{ S: 1, K: 1 }] };
  const chain = chainOf(mnist, 0.03);
  const target = { epsilon: 1, delta: 1e-5 };
  const named = (name: string) => ({ name: "RangeError", message: new RegExp(`^${name} must `) });
  const change = (changes: Partial<History>) => () => paper.guarantee({ ...history, ...changes }, 1e-5);
  for (const bad of [0, -1, NaN, Infinity, -Infinity, -0]) {
    assert.throws(() => makeProblem({ ...of, n: bad }), named("n"));
    assert.throws(() => makeProblem({ ...of, d: bad }), named("d"));
    assert.throws(() => makeProblem({ ...of, classes: bad }), named("classes"));
    // λ = 0 is a problem, and one of which the paper does not speak.
    const convex = () => paper.guarantee({ ...history, problem: makeProblem({ ...of, lambda: bad }) }, 1e-5);
    assert.throws(convex, named("lambda"));
    assert.throws(() => makeProblem({ ...of, M: bad }), named("M"));
    assert.throws(() => makeProblem({ ...of, curvature: bad }), named("curvature"));
    assert.throws(change({ sigma: bad }), named("sigma"));
    assert.throws(change({ requests: [{ S: bad, K: 1 }] }), named("S"));
    assert.throws(change({ radius: bad }), named("radius"));
    assert.throws(change({ batchSize: bad }), named("batchSize"));
    assert.throws(() => paper.guarantee(history, bad), named("delta"));
    assert.throws(() => fewestSteps(paper, chain, bad, target), named("S"));
    assert.throws(() => fewestSteps(paper, chain, 1, { ...target, epsilon: bad }), named("epsilon"));
    assert.throws(() => fewestSteps(paper, chain, 1, { ...target, delta: bad }), named("delta"));
    assert.throws(() => fewestSteps(paper, chain, 1, target, bad), named("stride"));
    assert.throws(() => fewestStepsEach(paper, chain, [1, bad], target), named("S"));
    assert.throws(() => smallestSigma(paper, history, { ...target, epsilon: bad }), named("epsilon"));
    assert.throws(() => mostRows(paper, chain, 1, { ...target, delta: bad }), named("delta"));
    assert.throws(() => initialRenyi(chain, bad, 2), named("S"));
    assert.throws(() => descent.publishingNoise(mnist, bad, target), named("I"));
    assert.throws(() => descent.stateNoise(mnist, 1, { ...target, epsilon: bad }), named("epsilon"));
    assert.throws(() => descent.leastIterations(mnist, { ...target, delta: bad }), named("delta"));
    assert.throws(() => descent.requestIterations(mnist, target, bad, 1), named("request"));
    assert.throws(() => descent.requestIterations(mnist, target, 1, bad), named("factor"));
  }
  for (const fraction of [0.5, 2.5, 2 ** 53]) {
    assert.throws(() => makeProblem({ ...of, n: fraction }), named("n"));
    assert.throws(() => makeProblem({ ...of, classes: fraction }), named("classes"));
    assert.throws(change({ requests: [{ S: fraction, K: 1 }] }), named("S"));
    assert.throws(change({ requests: [{ S: 1, K: fraction }] }), named("K"));
    assert.throws(change({ T: fraction }), named("T"));
    assert.throws(() => fewestSteps(paper, chain, 1, target, fraction), named("stride"));
    assert.throws(() => mostRows(paper, chain, fraction, target), named("K"));
    assert.throws(() => descent.publishingNoise(mnist, fraction, target), named("I"));
  }
  for (const text of ["5", [3], true]) {
    const curvature = text as unknown as number;
    assert.throws(() => makeProblem({ ...of, curvature }), named("curvature"));
  }
  assert.throws(
    () => langevinAccountant({ triangle: "loose" as "half" }),
    /^RangeError: triangle must be one of half, tight/,
  );
  assert.throws(() => descent.requestIterations(mnist, target, 1, 1e300), /^RangeError: epsilon 1 is out of reach/);
  assert.throws(
    () => descent.leastIterations(mnist, { ...target, epsilon: 5e-324 }),
    /^RangeError: epsilon 5e-324 is out of reach/,
  );
  for (
    const orders of [["3", 10] as unknown as [number, number], [0.5, 10_000], [0, 2], [3, 3], [5, 2], [2, Infinity], [
      NaN,
      2,
    ], [2, NaN]] as const
  ) {
    const boxed = () => langevinAccountant({ orders }).guarantee(history, 1e-5);
    assert.throws(boxed, { name: "RangeError", message: /^orders must be an interval/ });
  }
  assert.throws(change({ requests: [] }), /one request or more/);
  assert.throws(change({ requests: [{ S: 11983, K: 1 }] }), /S must be at most 11982/);
  assert.throws(change({ requests: [{ S: 1, K: -1 }] }), named("K"));
  assert.throws(change({ batchSize: 12_000 }), /batchSize must be at most 11982/);
  assert.throws(change({ batchSize: 5991 }), /full batch/);
  assert.throws(change({ problem: { ...mnist, eta: 2 / (mnist.L + mnist.m) } }), /needs eta ≤ 1\/L/);
  assert.throws(change({ problem: { ...mnist, L: mnist.m / 2 } }), /m must be at most L/);
  assert.throws(change({ neighbours: "removed" as "null" }), /neighbours must be one of replaced, null/);
  assert.throws(() => makeProblem({ ...of, lambda: 1e20 }), /lambda 10{20} is too large/);
  for (const delta of [1, 1.5]) assert.throws(() => paper.guarantee(history, delta), named("delta"));
  for (const order of [1, 0.5, Infinity, NaN]) assert.throws(() => initialRenyi(chain, 1, order), named("order"));
  assert.throws(() => smallestSigma(mainLmc, history, { epsilon: 1e-9, delta: 1e-5 }), /out of reach: no sigma/);
});
