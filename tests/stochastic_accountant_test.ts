import assert from "node:assert/strict";
import type { Guarantee } from "../core/accountant/accountant.ts";
import { minimizeBounded } from "../core/accountant/minimize.ts";
import { makeProblem, type Problem } from "../core/accountant/problem.ts";
import * as accountant from "../core/accountant/stochastic_accountant.ts";
import fixtures from "../data/published/accountant.json" with { type: "json" };

const RADIUS = 100;

function close(actual: number, expected: number, relative: number, message?: string) {
  assert.ok(Math.abs(actual - expected) <= relative * Math.abs(expected), `${message}: ${actual} ≠ ${expected}`);
}

const problemOf = (dataset: string): Problem =>
  makeProblem(fixtures.constants[`SGD/${dataset}` as "SGD/MNIST"].n, 784, 1e-6, 1);

/** b and R, where the fixtures write the full batch as 0. */
const batchesOf = ({ count }: Problem, batchSize: number) => ({ batchSize: batchSize || count, radius: RADIUS });

const sum = (numbers: number[]) => numbers.reduce((total, k) => total + k, 0);

Deno.test("constants, c and Z_B of both datasets and every batch size", () => {
  for (const dataset of ["MNIST", "CIFAR10"]) {
    const problem = problemOf(dataset);
    const expected = fixtures.constants[`SGD/${dataset}` as "SGD/MNIST"];
    assert.equal(problem.smoothness, expected.L);
    assert.equal(problem.strongConvexity, expected.m);
    assert.equal(problem.stepSize, expected.eta);
    close(Math.exp(-accountant.epochRate(problem, problem.count)), expected.c, 1e-12, "c");
    for (const [batchSize, distance] of Object.entries(expected.Z)) {
      const batches = batchesOf(problem, Number(batchSize));
      close(accountant.initialDistance(problem, batches), distance, 1e-12, `Z of ${dataset} b=${batchSize}`);
    }
  }
});

Deno.test("sequential requests: every list of epochs, with the released bounds", () => {
  const entries = fixtures.sgd.filter(({ exp }) => exp !== "compare_baseline_nonconvergent");
  assert.equal(entries.length, 84);
  for (const { dataset, exp, b, sigma, epsilon, k_list } of entries) {
    const problem = problemOf(dataset);
    const chain = { ...batchesOf(problem, b), noiseScale: sigma as number };
    const epochs = accountant.stochasticEpochs(problem, chain, epsilon as number, k_list!.length - 1);
    assert.deepEqual([0, ...epochs], k_list, `${dataset} ${exp} b=${b} σ=${sigma}`);
  }
});

Deno.test("one request without convergence: σ within the bisection's width of every fixture", () => {
  const entries = fixtures.sgd.filter(({ exp }) => exp === "compare_baseline_nonconvergent");
  assert.equal(entries.length, 4);
  for (const { dataset, b, epsilon, sigma } of entries) {
    const problem = problemOf(dataset);
    const batches = batchesOf(problem, b);
    const learningEpochs = b === 128 ? 30 : 3000;
    (epsilon as number[]).forEach((target, index) => {
      const upperEnd = (sigma as number[])[index];
      const smallest = accountant.nonConvergentNoiseScale(problem, batches, target, learningEpochs, 1);
      assert.ok(smallest <= upperEnd && upperEnd <= smallest + 1e-8, `${dataset} b=${b} ε=${target}: ${smallest}`);
    });
  }
});

/** Total epochs of the published sequences of Figure 3b (σ = 0.03) by b. */
const PUBLISHED_SEQUENCES = {
  MNIST: { 32: 100, 64: 100, 128: 100, 256: 200, 512: 300, 0: 886 },
  CIFAR10: { 32: 100, 64: 100, 128: 200, 256: 200, 512: 350, 0: 1183 },
};

/** Total epochs of the published sequences for b = 256 at σ = 0.05, 0.1, 0.2, 0.5, 1, which Figure 3d leaves out. */
const PUBLISHED_BY_NOISE = {
  MNIST: [200, 100, 100, 100, 100],
  CIFAR10: [200, 200, 100, 100, 100],
};

Deno.test("sequential requests: published totals, with the older bounds and ε = 1", () => {
  for (const dataset of ["MNIST", "CIFAR10"] as const) {
    const problem = problemOf(dataset);
    const total = (b: number, noiseScale: number) =>
      sum(accountant.stochasticEpochs(problem, { ...batchesOf(problem, b), noiseScale }, 1, 100, "older"));
    for (const [b, expected] of Object.entries(PUBLISHED_SEQUENCES[dataset])) {
      assert.equal(total(Number(b), 0.03), expected, `${dataset} b=${b}`);
    }
    assert.deepEqual([0.05, 0.1, 0.2, 0.5, 1].map((sigma) => total(256, sigma)), PUBLISHED_BY_NOISE[dataset]);
  }
});

Deno.test("closed forms agree with a search over the orders", () => {
  for (const dataset of ["MNIST", "CIFAR10"]) {
    const problem = problemOf(dataset);
    const { count, stepSize, strongConvexity } = problem;
    for (const b of [128, 512, 0]) {
      for (const noiseScale of [0.01, 0.1, 1]) {
        const chain = { ...batchesOf(problem, b), noiseScale };
        const renyi = (order: number, distance: number, epochs: number) =>
          order * distance ** 2 / (2 * stepSize * noiseScale ** 2) *
          (1 - stepSize * strongConvexity) ** (2 * epochs * count / chain.batchSize);
        const agree = ({ epsilon, order }: Guarantee, renyiOf: (order: number) => number) => {
          const searched = minimizeBounded((order) => renyiOf(order) + Math.log(count) / (order - 1), 1, 2 * order);
          close(epsilon, searched.value, 1e-9, "ε");
          close(order, searched.at, 1e-4, "α");
        };
        const converged = accountant.initialDistance(problem, chain);
        agree(accountant.stochasticEpsilon(problem, chain, [1]), (order) => renyi(order, converged, 1));

        const [learningEpochs, epochs] = [5, 2];
        const started = accountant.initialDistance(problem, chain, learningEpochs);
        agree(
          accountant.nonConvergentEpsilon(problem, chain, learningEpochs, epochs),
          (order) =>
            (order - 0.5) / (order - 1) *
            (renyi(2 * order, 2 * RADIUS, learningEpochs) + renyi(2 * order, started, epochs)),
        );
      }
    }
  }
});

const grid = {
  batchSizes: [1, 32, 128, 512, 0],
  noiseScales: [1e-4, 1e-2, 1, 100],
  epsilons: [1e-3, 0.1, 1, 30],
};

Deno.test("ε falls with K and σ and grows with b and with every request; Z_B falls with b", () => {
  const problem = problemOf("MNIST");
  for (const version of ["released", "older"] as const) {
    for (const noiseScale of grid.noiseScales) {
      for (const k of [1, 2, 10, 100]) {
        const epsilonOf = (b: number, epochs: number[], scale = noiseScale) =>
          accountant.stochasticEpsilon(problem, { ...batchesOf(problem, b), noiseScale: scale }, epochs, version)
            .epsilon;
        grid.batchSizes.forEach((b, index) => {
          for (const before of [[], [1], [3, 2]]) {
            const epsilon = epsilonOf(b, [...before, k]);
            assert.ok(epsilonOf(b, [...before, k + 1]) <= epsilon);
            assert.ok(epsilonOf(b, [...before, k], 2 * noiseScale) <= epsilon);
          }
          assert.ok(epsilonOf(b, [3, k]) <= epsilonOf(b, [2, k]));
          assert.ok(epsilonOf(b, [2, k, k]) >= epsilonOf(b, [k, k]));
          // The older Z_B grows like 1/b as b falls, which outweighs the faster decay for few epochs.
          if (version === "released" && index > 0) {
            assert.ok(epsilonOf(grid.batchSizes[index - 1], [k]) <= epsilonOf(b, [k]));
          }
        });
      }
    }
    const distances = grid.batchSizes.map((b) =>
      accountant.initialDistance(problem, batchesOf(problem, b), Infinity, version)
    );
    assert.deepEqual(distances, distances.toSorted((a, b) => b - a));
  }
});

Deno.test("K falls with σ and ε, and is the fewest epochs", () => {
  const problem = problemOf("CIFAR10");
  for (const b of grid.batchSizes) {
    for (const noiseScale of grid.noiseScales) {
      for (const epsilon of grid.epsilons) {
        const epochsAt = (target: number, scale: number) =>
          accountant.stochasticEpochs(problem, { ...batchesOf(problem, b), noiseScale: scale }, target, 3);
        const epochs = epochsAt(epsilon, noiseScale);
        assert.ok(epochsAt(2 * epsilon, noiseScale)[0] <= epochs[0]);
        assert.ok(epochsAt(epsilon, 2 * noiseScale)[0] <= epochs[0]);
        epochs.forEach((k, index) => {
          const epsilonWith = (last: number) =>
            accountant.stochasticEpsilon(problem, { ...batchesOf(problem, b), noiseScale }, [
              ...epochs.slice(0, index),
              last,
            ]).epsilon;
          assert.ok(epsilonWith(k) <= epsilon && (k === 1 || epsilonWith(k - 1) > epsilon));
        });
      }
    }
  }
});

Deno.test("without convergence: ε of the smallest σ is ε, and falls with T and K and grows with R", () => {
  const problem = problemOf("MNIST");
  for (const b of grid.batchSizes) {
    const batches = batchesOf(problem, b);
    for (const learningEpochs of [1, 30, 1000, Infinity]) {
      for (const epochs of [1, 5]) {
        for (const epsilon of grid.epsilons) {
          const sigmaOf = (radius: number, learning: number, unlearning: number) =>
            accountant.nonConvergentNoiseScale(problem, { ...batches, radius }, epsilon, learning, unlearning);
          const noiseScale = sigmaOf(RADIUS, learningEpochs, epochs);
          // A row a batch forgets so fast that σ² is below float64.
          if (b === 1 && noiseScale < 1e-140) continue;
          const chain = { ...batches, noiseScale };
          close(accountant.nonConvergentEpsilon(problem, chain, learningEpochs, epochs).epsilon, epsilon, 1e-12, "ε");
          assert.ok(sigmaOf(RADIUS, learningEpochs + 1, epochs) <= noiseScale);
          assert.ok(sigmaOf(RADIUS, learningEpochs, epochs + 1) <= noiseScale);
          assert.ok(sigmaOf(2 * RADIUS, learningEpochs, epochs) >= noiseScale);
        }
      }
    }
  }
});

Deno.test("a small ball bounds every distance", () => {
  const problem = problemOf("MNIST");
  const chain = { batchSize: 32, radius: 1e-3, noiseScale: 0.03 };
  assert.equal(accountant.initialDistance(problem, chain), 2e-3);
  const epsilons = [[1, 1], [1, 1, 1]].map((epochs) => accountant.stochasticEpsilon(problem, chain, epochs).epsilon);
  assert.equal(epsilons[0], epsilons[1]);
});

Deno.test("nonsense is a RangeError that names it", () => {
  const problem = problemOf("MNIST");
  const chain = { batchSize: 128, radius: RADIUS, noiseScale: 0.03 };
  const named = (name: string) => ({ name: "RangeError", message: new RegExp(name) });
  for (const bad of [0, -1, NaN, Infinity, -Infinity, -0]) {
    for (const name of ["batchSize", "radius", "noiseScale"]) {
      assert.throws(() => accountant.stochasticEpsilon(problem, { ...chain, [name]: bad }, [1]), named(name));
      assert.throws(() => accountant.nonConvergentEpsilon(problem, { ...chain, [name]: bad }, 30, 1), named(name));
    }
    assert.throws(() => accountant.initialDistance({ ...problem, count: bad }, chain), named("count"));
    assert.throws(() => accountant.stochasticEpsilon(problem, chain, [1, bad]), named("epochs"));
    assert.throws(() => accountant.stochasticEpochs(problem, chain, bad, 1), named("epsilon"));
    assert.throws(() => accountant.stochasticEpochs(problem, chain, 1, bad), named("numRequests"));
    assert.throws(() => accountant.nonConvergentEpsilon(problem, chain, 30, bad), named("epochs"));
    assert.throws(() => accountant.nonConvergentNoiseScale(problem, chain, bad, 30, 1), named("epsilon"));
    if (bad !== Infinity) {
      assert.throws(() => accountant.initialDistance(problem, chain, bad), named("learningEpochs"));
    }
  }
  assert.throws(() => accountant.stochasticEpsilon(problem, chain, []), /one or more/);
  for (const batchSize of [0.5, 100, 22528]) {
    assert.throws(() => accountant.initialDistance(problem, { ...chain, batchSize }), /must divide 11264/);
  }
  assert.throws(() => accountant.initialDistance({ ...problem, delta: 1 }, chain), /delta must be below 1/);
});
