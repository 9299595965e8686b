import assert from "node:assert/strict";
import { csvParse } from "d3-dsv";
import * as accountant from "../core/accountant/accountant.ts";
import * as descent from "../core/accountant/descent_to_delete.ts";
import { loadMnist } from "../core/datasets/mnist.ts";
import { defaultLipschitz, makeProblem, type Problem, spectralCurvature } from "../core/accountant/problem.ts";
import fixtures from "../data/published/accountant.json" with { type: "json" };
import stepsCsv from "../data/published/steps.csv" with { type: "text" };

const { BASELINE_ORDERS } = accountant;

function close(actual: number, expected: number, relative: number, message?: string) {
  assert.ok(Math.abs(actual - expected) <= relative * Math.abs(expected), `${message}: ${actual} ≠ ${expected}`);
}

const outputsOf = (dataset: string) => dataset === "CIFAR10_MULTI" ? 10 : 1;

/** The constants of a dataset, with the smoothness constant of the released code or of January 2024 ("old"). */
function problemOf(dataset: string, smoothness: string): Problem {
  const constants = fixtures.constants[`${dataset}/${smoothness}` as "MNIST/current"];
  const problem = makeProblem(
    constants.n,
    constants.d,
    1e-6,
    constants.M,
    outputsOf(dataset),
    constants.L - constants.m,
  );
  return { ...problem, smoothness: constants.L, stepSize: 1 / constants.L };
}

Deno.test("constants of every dataset", () => {
  for (const dataset of ["MNIST", "CIFAR10", "CIFAR10_MULTI", "ADULT"] as const) {
    const expected = fixtures.constants[`${dataset}/current`];
    const outputs = outputsOf(dataset);
    const problem = makeProblem(expected.n, expected.d, 1e-6, defaultLipschitz(outputs), outputs);
    assert.equal(problem.lipschitz, expected.M);
    assert.equal(problem.smoothness, expected.L);
    assert.equal(problem.strongConvexity, expected.m);
    assert.equal(problem.stepSize, expected.eta);
    assert.equal(problem.delta, expected.delta);
    assert.equal(descent.descentStepSize(problem), expected.d2d_step);
  }
});

Deno.test("one request: K, α and ε of every fixture", () => {
  for (const { dataset, L, sigma, S, epsilon, K_step10, alpha, eps_at_K, K_min } of fixtures.single_shot) {
    const problem = problemOf(dataset, L);
    const removal = { noiseScale: sigma, numRemove: S };
    const name = `${dataset} ${L} σ=${sigma} S=${S} ε=${epsilon}`;
    const plan = accountant.unlearningSteps(problem, removal, epsilon, 10);
    assert.equal(plan.steps, K_step10, name);
    close(plan.order, alpha, 1e-9, `α of ${name}`);
    close(plan.epsilon, eps_at_K, 1e-12, `ε of ${name}`);
    assert.equal(accountant.unlearningSteps(problem, removal, epsilon).steps, K_min, name);
  }
});

Deno.test("Figure 3c: K, α and ε0 of every fixture", () => {
  for (const fixture of fixtures.paint_unlearning_sigma) {
    const problem = problemOf(fixture.dataset, fixture.L);
    const removal = { noiseScale: fixture.sigma, numRemove: fixture.S };
    const name = `${fixture.dataset} ${fixture.L} σ=${fixture.sigma}`;
    const plan = accountant.unlearningSteps(problem, removal, fixture.epsilon, 10);
    assert.equal(plan.steps, fixture.K_step10, name);
    close(plan.order, fixture.alpha, 1e-9, `α of ${name}`);
    assert.equal(accountant.unlearningSteps(problem, removal, fixture.epsilon).steps, fixture.K_min, name);
    const initial = accountant.initialEpsilon(problem, removal);
    close(initial.epsilon, fixture.epsilon0, 1e-11, `ε0 of ${name}`);
    // The fixture's order is a bounded search's, which stops within 1e-5 of the closed form.
    assert.ok(Math.abs(initial.order - fixture.epsilon0_alpha) < 1e-5 + 1e-7 * initial.order, `α of ε0 of ${name}`);
  }
});

Deno.test("sequential requests: every list of steps, its α and ε", () => {
  for (const { dataset, L, S, sigma, epsilon, k_list, alpha, eps } of fixtures.sequential2) {
    const problem = problemOf(dataset, L);
    const removal = { noiseScale: sigma, numRemove: S };
    const steps = accountant.sequentialSteps(problem, removal, epsilon, k_list.length - 1);
    assert.deepEqual([0, ...steps], k_list, `${dataset} ${L} S=${S}`);
    steps.forEach((_, request) => {
      const guarantee = accountant.sequentialEpsilon(problem, removal, steps.slice(0, request + 1));
      close(guarantee.order, alpha[request + 1]!, 1e-9, "α");
      close(guarantee.epsilon, eps[request + 1]!, 1e-12, "ε");
    });
  }
});

Deno.test("sequential requests: totals with the tight triangle inequality", () => {
  const total = (dataset: string) =>
    accountant.sequentialSteps(problemOf(dataset, "old"), { noiseScale: 0.03, numRemove: 10 }, 1, 10, "tight")
      .reduce((sum, k) => sum + k);
  assert.equal(total("MNIST"), 8682);
  assert.equal(total("CIFAR10"), 10428);
});

/** e_s(α) as a sum of terms whose factors are multiplied as logarithms: no order leaves the range of float64. */
function sequentialReference(problem: Problem, noiseScale: number, S: number, steps: readonly number[], order: number) {
  const { strongConvexity: m, stepSize, lipschitz, count } = problem;
  const perOrder = Math.log(4 * S ** 2 * lipschitz ** 2 / (m * noiseScale ** 2 * count ** 2));
  let [sum, factor] = [0, 0];
  for (let request = steps.length, depth = 0; request > 0; request--, depth++) {
    const a = order * 2 ** depth;
    factor -= steps[request - 1] * m * stepSize / a;
    if (request > 1) factor += Math.log1p(0.5 / (a - 1));
    const logOrder = Math.log(order) + (request > 1 ? depth + 1 : depth) * Math.LN2;
    sum += Math.exp(factor + perOrder + logOrder);
  }
  return sum;
}

Deno.test("a thousand requests stay within float64", () => {
  const problem = makeProblem(50_000, 512, 1e-6, 2, 10);
  const rising = Array.from({ length: 1000 }, (_, i) => 200 * (i + 1));
  const cases: [steps: number[], noiseScale: number, S: number][] = [
    [rising, 0.03, 1],
    [rising, 0.03, 10],
    [rising, 1e-6, 1000],
    [Array(1000).fill(1e9), 0.03, 10],
  ];
  for (const [steps, noiseScale, numRemove] of cases) {
    const expected = (order: number) =>
      sequentialReference(problem, noiseScale, numRemove, steps, order) + Math.log(1 / problem.delta) / (order - 1);
    const { epsilon, order } = accountant.sequentialEpsilon(problem, { noiseScale, numRemove }, steps);
    close(epsilon, expected(order), 1e-10, `S=${numRemove}`);
    for (let other = 2.1; other < 1e5; other *= 1.1) {
      assert.ok(epsilon <= expected(other) * (1 + 1e-10), `S=${numRemove}: order ${other} is better than ${order}`);
    }
  }
  const { epsilon } = accountant.sequentialEpsilon(problem, { noiseScale: 0.03, numRemove: 10 }, rising);
  assert.equal(epsilon.toFixed(5), "0.41386");
});

Deno.test("Descent-to-Delete: every noise scale and list of steps", () => {
  for (const fixture of fixtures.d2d) {
    const problem = problemOf(fixture.dataset, fixture.L);
    if (fixture.sigma_theorem9 !== undefined) {
      close(descent.publishingNoise(problem, fixture.I!, fixture.epsilon!), fixture.sigma_theorem9, 1e-12, "Theorem 9");
      continue;
    }
    const { I_factor, k_list, sigma_theorem28 } = fixture as {
      I_factor: number;
      k_list: number[];
      sigma_theorem28: number[];
    };
    assert.equal(descent.leastIterations(problem, 1), fixture.min_I);
    assert.deepEqual(k_list.map((_, i) => descent.requestIterations(problem, 1, i + 1, I_factor)), k_list);
    close(descent.stateNoise(problem, k_list[0], 1), sigma_theorem28[0], 1e-12, "Theorem 28");
    close(descent.stateNoise(problem, k_list.at(-1)!, 1), sigma_theorem28[1], 1e-12, "Theorem 28");
  }
});

/** The original's `search_k`: the first bisection midpoint with K = k, or undefined where the bracket misses it. */
function firstMidpoint(stepsAt: (noiseScale: number) => number, k: number): number | undefined {
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
      const stepsAt = (noiseScale: number) =>
        accountant.unlearningSteps(problem, { noiseScale, numRemove: 1 }, epsilon, 1, BASELINE_ORDERS).steps;
      assert.equal(stepsAt(fixture.sigma_corrected), fixture[`K_of_corrected_sigma_${L}_L`], name);
      close(
        accountant.smallestNoiseScale(problem, 1, epsilon, k, BASELINE_ORDERS),
        fixture[`sigma_infimum_${L}`]!,
        2e-9,
        name,
      );
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
  const bound = makeProblem(train.count, train.dimension, 1e-6, 1);
  const spectral = makeProblem(train.count, train.dimension, 1e-6, 1, 1, spectralCurvature(train));
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
    const removal = { noiseScale: sigma, numRemove: S };
    const published = Number(value);
    checked++;
    if (quantity === "baseline_k") {
      assert.equal(descent.requestIterations(problem, epsilon, request, I_factor), published, `${dataset} ${key}`);
    } else if (quantity === "k_list") {
      if (!lists.has(source_file)) {
        lists.set(source_file, [0, ...accountant.sequentialSteps(problem, removal, epsilon, 100 / S)]);
      }
      assert.equal(lists.get(source_file)![index], published, `${dataset} ${key}`);
    } else if (quantity === "epsilon0") {
      // CIFAR10's file has the older definition: ε0(α) at the α of alpha_dict, without log(1/δ)/(α − 1).
      const expected = dataset === "CIFAR10"
        ? accountant.initialRenyi(problem, removal, accountant.unlearningSteps(problem, removal, 1, 10).order)
        : accountant.initialEpsilon(problem, removal).epsilon;
      close(expected, published, 1e-9, `${dataset} ${key}`);
    } else {
      const plan = accountant.unlearningSteps(problem, removal, epsilon, 10);
      if (quantity === "K") assert.equal(plan.steps, published, `${dataset} ${experiment} ${key}`);
      else close(plan.order, published, 1e-9, `${dataset} ${key}`);
    }
  }
  return checked;
}

const grid = {
  counts: [10, 1000, 1e6, 1e9],
  noiseScales: [1e-4, 1e-2, 1, 100],
  epsilons: [0.01, 1, 30],
};

Deno.test("ε falls with K and σ and grows with S; K falls with σ and ε", () => {
  for (const count of grid.counts) {
    const problem = makeProblem(count, 10, 1e-6, 1);
    for (const noiseScale of grid.noiseScales) {
      // The minimizer stops within 1e-5 of the best order, so ε is exact only to second order in that.
      const slack = 1 + 1e-9;
      const epsilonAt = (steps: number, numRemove: number, scale = noiseScale) =>
        accountant.unlearningEpsilon(problem, { noiseScale: scale, numRemove }, steps).epsilon;
      for (const steps of [1, 10, 1e3, 1e6]) {
        assert.ok(epsilonAt(2 * steps, 1) <= epsilonAt(steps, 1) * slack);
        assert.ok(epsilonAt(steps, 1, 2 * noiseScale) <= epsilonAt(steps, 1) * slack);
        assert.ok(epsilonAt(steps, 5) >= epsilonAt(steps, 1) / slack);
      }
      for (const epsilon of grid.epsilons) {
        const stepsAt = (target: number, scale: number) =>
          accountant.unlearningSteps(problem, { noiseScale: scale, numRemove: 1 }, target).steps;
        assert.ok(stepsAt(2 * epsilon, noiseScale) <= stepsAt(epsilon, noiseScale));
        assert.ok(stepsAt(epsilon, 2 * noiseScale) <= stepsAt(epsilon, noiseScale));
      }
    }
  }
});

Deno.test("K is the fewest steps, and ε of the smallest σ is ε", () => {
  for (const count of grid.counts) {
    const problem = makeProblem(count, 10, 1e-6, 1);
    for (const epsilon of grid.epsilons) {
      for (const steps of [1, 2, 5, 100, 10_000]) {
        const noiseScale = accountant.smallestNoiseScale(problem, 1, epsilon, steps);
        if (noiseScale <= 1e-140) {
          const forgetting = problem.strongConvexity * problem.stepSize * steps;
          assert.ok(forgetting > 600, `exp(−${forgetting}) is not beyond float64`);
          continue;
        }
        const removal = { noiseScale, numRemove: 1 };
        const attained = accountant.unlearningEpsilon(problem, removal, steps).epsilon;
        assert.ok(attained <= epsilon && attained >= epsilon * (1 - 1e-8), `ε(σ(${epsilon})) = ${attained}`);
        assert.equal(accountant.unlearningSteps(problem, removal, epsilon).steps, steps);
      }
    }
  }
});

Deno.test("nonsense is a RangeError that names it", () => {
  const mnist = makeProblem(11982, 784, 1e-6, 1);
  const removal = { noiseScale: 0.03, numRemove: 1 };
  for (const bad of [0, -1, NaN, Infinity, -Infinity, -0]) {
    const named = (name: string) => ({ name: "RangeError", message: new RegExp(name) });
    assert.throws(() => makeProblem(bad, 784, 1e-6, 1), named("count"));
    assert.throws(() => makeProblem(11982, 784, bad, 1), named("lam"));
    assert.throws(() => makeProblem(11982, 784, 1e-6, bad), named("lipschitz"));
    assert.throws(() => makeProblem(11982, 784, 1e-6, 1, bad), named("outputs"));
    assert.throws(() => accountant.unlearningEpsilon(mnist, { ...removal, noiseScale: bad }, 1), named("noiseScale"));
    assert.throws(() => accountant.unlearningEpsilon(mnist, { ...removal, numRemove: bad }, 1), named("numRemove"));
    assert.throws(() => accountant.initialEpsilon(mnist, { ...removal, noiseScale: bad }), named("noiseScale"));
    assert.throws(() => accountant.unlearningSteps(mnist, removal, bad), named("epsilon"));
    assert.throws(() => accountant.unlearningSteps(mnist, removal, 1, bad), named("stride"));
    assert.throws(() => accountant.smallestNoiseScale(mnist, 1, bad, 1), named("epsilon"));
    assert.throws(() => accountant.sequentialSteps(mnist, removal, bad, 1), named("epsilon"));
    assert.throws(() => descent.publishingNoise(mnist, bad, 1), named("steps"));
    assert.throws(() => descent.leastIterations(mnist, bad), named("epsilon"));
    assert.throws(() => descent.requestIterations(mnist, 1, bad, 1), named("request"));
  }
  assert.throws(() => makeProblem(11982, 784, 1e-6, 1, 0.25), /outputs must be an integer/);
  assert.throws(() => accountant.unlearningEpsilon(mnist, removal, -1), /steps must be 0 or more/);
  assert.throws(() => accountant.unlearningEpsilon(mnist, { ...removal, numRemove: 11983 }, 1), /at most 11982/);
  assert.throws(() => accountant.sequentialEpsilon(mnist, removal, []), /one or more/);
  assert.throws(() => accountant.unlearningSteps(mnist, removal, 9e-4), /out of reach/);
  assert.throws(() => accountant.initialEpsilon({ ...mnist, delta: 1 }, removal), /delta must be below 1/);
});
