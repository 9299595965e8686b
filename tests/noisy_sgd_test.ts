import assert from "node:assert/strict";
import { csvParse } from "d3-dsv";
import type { Accountant } from "../core/accountant/accountant.ts";
import { fewestSteps, fewestStepsEach, smallestSigma } from "../core/accountant/calibrate.ts";
import type { Chain, History } from "../core/accountant/history.ts";
import { minimizeBounded } from "../core/accountant/minimize.ts";
import { exactAccountant } from "../core/accountant/exact.ts";
import {
  BOUND_VERSIONS,
  type BoundVersion,
  epochRate,
  initialDistance,
  noisySgdAccountant,
} from "../core/accountant/noisy_sgd.ts";
import { bisectedNoiseScale } from "../core/original/noise_scales.ts";
import { makeProblem, type Problem } from "../core/model/problem.ts";
import { exp, fixed, log, ONE, over, times, toNumber } from "./helpers/fixed_point.ts";
import fixtures from "./fixtures/accountant.json" with { type: "json" };
import published from "../data/published/sgd_steps.csv" with { type: "text" };

const RADIUS = 100;
const released = noisySgdAccountant();

function close(actual: number, expected: number, relative: number, message?: string) {
  assert.ok(Math.abs(actual - expected) <= relative * Math.abs(expected), `${message}: ${actual} ≠ ${expected}`);
}

const problemOf = (dataset: string): Problem =>
  makeProblem({ n: fixtures.constants[`SGD/${dataset}` as "SGD/MNIST"].n, d: 784, lambda: 1e-6 });

/** A converged chain; the fixtures write the full batch as 0. */
const chainOf = (problem: Problem, b: number, sigma = 1): Chain => (
  { problem, sigma, T: Infinity, batchSize: b || problem.n, radius: RADIUS }
);

/** Requests of one row each. */
const requestsOf = (epochs: readonly number[]) => epochs.map((K) => ({ S: 1, K }));

/** ε at δ = 1/n after requests of one row each. */
const epsilonOf = (accountant: Accountant, chain: Chain, epochs: readonly number[]) =>
  accountant.guarantee({ ...chain, requests: requestsOf(epochs) }, 1 / chain.problem.n).epsilon;

/** The fewest epochs of requests of one row each, at δ = 1/n. */
const epochsOf = (accountant: Accountant, chain: Chain, epsilon: number, requests: number) =>
  fewestStepsEach(accountant, chain, Array(requests).fill(1), { epsilon, delta: 1 / chain.problem.n });

Deno.test("constants, c and Z_B of both datasets and every batch size", () => {
  for (const dataset of ["MNIST", "CIFAR10"]) {
    const problem = problemOf(dataset);
    const expected = fixtures.constants[`SGD/${dataset}` as "SGD/MNIST"];
    assert.equal(problem.L, expected.L);
    assert.equal(problem.m, expected.m);
    assert.equal(problem.eta, expected.eta);
    close(Math.exp(-epochRate(problem, problem.n)), expected.c, 1e-12, "c");
    for (const [batchSize, distance] of Object.entries(expected.Z)) {
      close(initialDistance(chainOf(problem, Number(batchSize))), distance, 1e-12, `Z of ${dataset} b=${batchSize}`);
    }
  }
});

Deno.test("sequential requests: every list of epochs, with the released bounds", () => {
  const entries = fixtures.sgd.filter(({ exp }) => exp !== "compare_baseline_nonconvergent");
  assert.equal(entries.length, 84);
  for (const { dataset, exp, b, sigma, epsilon, k_list } of entries) {
    const chain = chainOf(problemOf(dataset), b, sigma as number);
    const epochs = epochsOf(released, chain, epsilon as number, k_list!.length - 1);
    assert.deepEqual([0, ...epochs], k_list, `${dataset} ${exp} b=${b} σ=${sigma}`);
  }
});

/** The smallest σ of one request, at δ = 1/n. */
const sigmaOf = (chain: Chain, epsilon: number, K: number) =>
  smallestSigma(released, { ...chain, requests: requestsOf([K]) }, { epsilon, delta: 1 / chain.problem.n });

Deno.test("one request without convergence: σ within the bisection's width of every fixture", () => {
  const entries = fixtures.sgd.filter(({ exp }) => exp === "compare_baseline_nonconvergent");
  assert.equal(entries.length, 4);
  for (const { dataset, b, epsilon, sigma } of entries) {
    const chain = { ...chainOf(problemOf(dataset), b), T: b === 128 ? 30 : 3000 };
    (epsilon as number[]).forEach((target, index) => {
      const upperEnd = (sigma as number[])[index];
      const smallest = sigmaOf(chain, target, 1);
      assert.ok(smallest <= upperEnd && upperEnd <= smallest + 1e-8, `${dataset} b=${b} ε=${target}: ${smallest}`);
    });
  }
});

/** The lists of epochs and of σ that the authors published or logged, with the version of the bounds behind each. */
const lists = csvParse(published).map((
  { dataset, experiment, list, b, sigma, epsilon, formula, values, source_file },
) => (
  {
    ...{ dataset, experiment, list, sigma, epsilon, source_file },
    b: Number(b),
    version: formula as BoundVersion,
    values: values.split(" ").map(Number),
  }
));

Deno.test("all 82 published lists of epochs, and the 32 that were overwritten, with the bounds of their date", () => {
  const ofEpochs = lists.filter(({ list }) => list === "K");
  const overwritten = ofEpochs.filter(({ source_file }) => source_file.startsWith("history@"));
  assert.deepEqual([ofEpochs.length, overwritten.length], [82 + 32, 32]);
  for (const { dataset, b, sigma, epsilon, version, values, source_file } of ofEpochs) {
    const chain = chainOf(problemOf(dataset), b, Number(sigma));
    const epochs = epochsOf(noisySgdAccountant({ version }), chain, Number(epsilon), values.length - 1);
    assert.deepEqual([0, ...epochs], values, source_file);
  }
});

/** Epochs of learning with which σ was searched; the first runs took the chain for converged. */
function accountedEpochs(experiment: string, b: number): number {
  if (experiment === "baseline") return Infinity;
  return b === 0 ? 3000 : b === 128 ? 30 : 100;
}

Deno.test("all 96 logged σ to their last digit", () => {
  const ofSigma = lists.filter(({ list }) => list === "sigma");
  assert.equal(ofSigma.flatMap(({ values }) => values).length, 96);
  for (const { dataset, experiment, b, epsilon, version, values } of ofSigma) {
    const multi = { n: 48640, d: 512, classes: 10, lambda: 1e-6, curvature: 1, M: 1 };
    const problem = dataset === "CIFAR10_MULTI" ? makeProblem(multi) : problemOf(dataset);
    const history = { ...chainOf(problem, b), T: accountedEpochs(experiment, b), requests: requestsOf([1]) };
    const accountant = noisySgdAccountant({ version });
    const found = epsilon.split(" ").map((epsilon) =>
      bisectedNoiseScale(accountant, history, { epsilon: Number(epsilon), delta: 1 / problem.n })
    );
    assert.deepEqual(found, values, `${dataset} ${experiment} b=${b}`);
  }
  const tiny = { epsilon: 1e-6, delta: 1e-5 };
  const history = { ...chainOf(problemOf("MNIST"), 0), requests: requestsOf([1]) };
  assert.throws(() => bisectedNoiseScale(released, history, tiny), /^RangeError: ε = 0.000001 takes more than σ = 10:/);
  const strong = makeProblem({ n: 11264, d: 784, lambda: 1e-3 });
  const easy = { ...chainOf(strong, 128), requests: requestsOf([1]) };
  assert.throws(
    () => bisectedNoiseScale(released, easy, { epsilon: 1, delta: 1e-5 }),
    /^RangeError: ε = 1 takes no noise to speak of, less than σ = 1e-15: take a smaller ε or λ/,
  );
});

Deno.test("closed forms agree with a search over the orders", () => {
  for (const dataset of ["MNIST", "CIFAR10"]) {
    const problem = problemOf(dataset);
    const { n, eta, m } = problem;
    for (const b of [128, 512, 0]) {
      for (const sigma of [0.01, 0.1, 1]) {
        const chain = chainOf(problem, b, sigma);
        const renyi = (order: number, distance: number, epochs: number) =>
          order * distance ** 2 / (2 * eta * sigma ** 2) * (1 - eta * m) ** (2 * epochs * n / chain.batchSize!);
        const agree = (chain: Chain, K: number, renyiOf: (order: number) => number) => {
          const { epsilon, at } = released.guarantee({ ...chain, requests: requestsOf([K]) }, 1 / n);
          const searched = minimizeBounded((order) => renyiOf(order) + Math.log(n) / (order - 1), 1, 2 * at.alpha);
          close(epsilon, searched.value, 1e-9, "ε");
          close(at.alpha, searched.at, 1e-4, "α");
        };
        const converged = initialDistance(chain);
        agree(chain, 1, (order) => renyi(order, converged, 1));

        const [T, K] = [5, 2];
        const started = initialDistance({ ...chain, T });
        agree(
          { ...chain, T },
          K,
          (order) => (order - 0.5) / (order - 1) * (renyi(2 * order, 2 * RADIUS, T) + renyi(2 * order, started, K)),
        );
      }
    }
  }
});

const grid = {
  batchSizes: [1, 32, 128, 512, 0],
  sigmas: [1e-4, 1e-2, 1, 100],
  epsilons: [1e-3, 0.1, 1, 30],
};

Deno.test("ε falls with K and σ and grows with b and with every request; Z_B falls with b", () => {
  const problem = problemOf("MNIST");
  for (const version of BOUND_VERSIONS) {
    const accountant = noisySgdAccountant({ version });
    for (const sigma of grid.sigmas) {
      for (const k of [1, 2, 10, 100]) {
        const after = (b: number, epochs: number[], scale = sigma) =>
          epsilonOf(accountant, chainOf(problem, b, scale), epochs);
        grid.batchSizes.forEach((b, index) => {
          for (const before of [[], [1], [3, 2]]) {
            const epsilon = after(b, [...before, k]);
            assert.ok(after(b, [...before, k + 1]) <= epsilon);
            assert.ok(after(b, [...before, k], 2 * sigma) <= epsilon);
          }
          assert.ok(after(b, [3, k]) <= after(b, [2, k]));
          assert.ok(after(b, [2, k, k]) >= after(b, [k, k]));
          // The jan25 Z_B grows like 1/b as b falls, which outweighs the faster decay for few epochs.
          if (version !== "jan25" && index > 0) {
            assert.ok(after(grid.batchSizes[index - 1], [k]) <= after(b, [k]));
          }
        });
      }
    }
    const distances = grid.batchSizes.map((b) => initialDistance(chainOf(problem, b), version));
    assert.deepEqual(distances, distances.toSorted((a, b) => b - a));
  }
});

Deno.test("K falls with σ and ε, and is the fewest epochs", () => {
  const problem = problemOf("CIFAR10");
  for (const b of grid.batchSizes) {
    for (const sigma of grid.sigmas) {
      for (const epsilon of grid.epsilons) {
        const epochsAt = (epsilon: number, sigma: number) => epochsOf(released, chainOf(problem, b, sigma), epsilon, 3);
        const epochs = epochsAt(epsilon, sigma);
        assert.ok(epochsAt(2 * epsilon, sigma)[0] <= epochs[0]);
        assert.ok(epochsAt(epsilon, 2 * sigma)[0] <= epochs[0]);
        epochs.forEach((k, index) => {
          const epsilonWith = (last: number) =>
            epsilonOf(released, chainOf(problem, b, sigma), [...epochs.slice(0, index), last]);
          assert.ok(epsilonWith(k) <= epsilon && (k === 1 || epsilonWith(k - 1) > epsilon));
        });
      }
    }
  }
});

Deno.test("without convergence: ε of the smallest σ is ε, and falls with T and K and grows with R", () => {
  const problem = problemOf("MNIST");
  for (const b of grid.batchSizes) {
    for (const T of [1, 30, 1000]) {
      for (const K of [1, 5]) {
        for (const epsilon of grid.epsilons) {
          const chain = { ...chainOf(problem, b), T };
          const sigma = sigmaOf(chain, epsilon, K);
          // A row a batch forgets so fast that σ is below float64.
          if (b === 1 && sigma === 2 ** -1022) continue;
          const attained = epsilonOf(released, { ...chain, sigma }, [K]);
          assert.ok(attained <= epsilon && attained > epsilon * (1 - 1e-8), `${attained}`);
          assert.ok(sigmaOf({ ...chain, T: T + 1 }, epsilon, K) <= sigma);
          assert.ok(sigmaOf(chain, epsilon, K + 1) <= sigma);
          assert.ok(sigmaOf({ ...chain, radius: 2 * RADIUS }, epsilon, K) >= sigma);
        }
      }
    }
  }
});

Deno.test("without strong convexity, Corollary 3.10: ε falls with K alone, and the exact accountant asks for less", () => {
  const convex = makeProblem({ n: 1000, d: 5, lambda: 0 });
  const { eta, M } = convex;
  for (const batchSize of [10, 100, 1000]) {
    for (const T of [1, 7, 1000, Infinity]) {
      for (const radius of [0.1, 100]) {
        const chain = { problem: convex, sigma: 0.5, T, batchSize, radius };
        const distance = Math.min(2 * eta * M * T / batchSize, 2 * radius);
        close(initialDistance(chain), distance, 1e-14, `b=${batchSize} T=${T}`);
        const epsilons = [1, 3, 50].map((K) => {
          // αA + log(1/δ)/(α − 1) is least at A + 2√(A·log(1/δ)).
          const A = distance ** 2 * batchSize / (2 * eta * 0.5 ** 2 * K * 1000);
          const epsilon = epsilonOf(released, chain, [K]);
          close(epsilon, A + 2 * Math.sqrt(A * Math.log(1000)), 1e-11, `b=${batchSize} T=${T} K=${K}`);
          if (batchSize === 1000) assert.ok(epsilonOf(exactAccountant(), chain, [K]) < epsilon);
          return epsilon;
        });
        assert.deepEqual(epsilons, epsilons.toSorted((a, b) => b - a));
      }
    }
  }
  const { radius: _, ...unprojected } = { ...chainOf(convex, 0), T: 10 };
  assert.throws(
    () => epsilonOf(released, unprojected, [1]),
    /for chains that are projected to a ball: there is no radius/,
  );
});

Deno.test("the bounds are twice what Lemma 2.6 gives for the noise of a step, N(0, 2ησ²·I)", () => {
  const problem = problemOf("MNIST");
  const { eta, m } = problem;
  const c = 1 - eta * m;
  for (const sigma of [0.01, 0.3]) {
    for (const K of [1, 3, 10]) {
      const chain = chainOf(problem, 0, sigma);
      // x ← cx + noise from two points Z apart: Gaussians whose means are c^K·Z apart, variance 2ησ²(1 − c^{2K})/(1 − c²).
      const variance = 2 * eta * sigma ** 2 * (1 - c ** (2 * K)) / (1 - c ** 2);
      const exact = (c ** K * initialDistance(chain)) ** 2 / (2 * variance);
      const root = Math.sqrt(Math.log(problem.n));
      const claimed = (Math.sqrt(epsilonOf(noisySgdAccountant({ version: "jan29" }), chain, [K]) + root ** 2) - root) **
        2;
      close(claimed, 2 * exact, 1e-9, `σ=${sigma} K=${K}`);
    }
  }
  // Half of a bound is the bound of a σ that is √2 times as large.
  const totals = ["MNIST", "CIFAR10"].map((dataset) => {
    const chain = chainOf(problemOf(dataset), 0, 0.03 * Math.SQRT2);
    return epochsOf(noisySgdAccountant({ version: "jan29" }), chain, 1, 100).reduce((sum, K) => sum + K);
  });
  assert.deepEqual(totals, [687, 933]);
});

Deno.test("a small ball bounds every distance", () => {
  const chain = { ...chainOf(problemOf("MNIST"), 32, 0.03), radius: 1e-3 };
  assert.equal(initialDistance(chain), 2e-3);
  assert.equal(epsilonOf(released, chain, [1, 1]), epsilonOf(released, chain, [1, 1, 1]));
});

Deno.test("rounding errs upwards, also where 1 − ηm cancels", () => {
  for (const lambda of [1e-6, 1e-3, 1e-2, 0.1, 0.2, 1]) {
    for (const n of [1000, 11264, 60_000]) {
      const problem = makeProblem({ n, d: 784, lambda });
      const { eta, m, M } = problem;
      const pull = times(fixed(eta), fixed(m));
      const c = ONE - pull;
      for (const sigma of [0.01, 0.1]) {
        for (const [T, K] of [[1, 1], [3, 2]]) {
          const power = (exponent: number) => exp(BigInt(exponent) * log(c));
          const cost = -log(fixed(1 / n));
          const apart = times(over(ONE - power(T), ONE - c), over(times(2n * fixed(eta), fixed(M)), fixed(n)));
          const untrained = 2n * power(T);
          const Z = untrained + (apart < 2n * ONE ? apart : 2n * ONE);
          const squares = times(untrained, untrained) + times(Z, Z, power(2 * K));
          const A = over(squares, times(fixed(eta), fixed(sigma), fixed(sigma)));
          const root = over(times(A, A / 2n + cost), ONE);
          let value = fixed(Math.sqrt(toNumber(root)));
          for (let i = 0; i < 4; i++) value = (value + over(root, value)) / 2n;
          const exact = 3n * A / 2n + 2n * value;
          const chain = { ...chainOf(problem, 0, sigma), T, radius: 1 };
          const excess = toNumber(over(fixed(epsilonOf(released, chain, [K])), exact) - ONE);
          assert.ok(
            excess >= 0 && excess < 1e-12 / (1 - eta * m),
            `n=${n} λ=${lambda} σ=${sigma} T=${T} K=${K}: ${excess}`,
          );
        }
      }
    }
  }
});

Deno.test("null rows halve what a removed row does", () => {
  const chain = { ...chainOf(problemOf("MNIST"), 128, 0.03), neighbours: "null" } as const;
  assert.equal(initialDistance(chain), initialDistance({ ...chain, neighbours: "replaced" }) / 2);
});

Deno.test("before any epoch of unlearning there is no guarantee; no σ is too small or too large", () => {
  const problem = problemOf("MNIST");
  assert.equal(epsilonOf(released, chainOf(problem, 128), [0]), Infinity);
  assert.equal(epsilonOf(released, chainOf(problem, 128), [3, 0]), Infinity);
  for (let exponent = -320; exponent <= 308; exponent += 4) {
    for (const T of [1, 1e6, Infinity]) {
      for (const b of [1, 512, 0]) {
        for (const K of [1, 1000, 1e15]) {
          const chain = { ...chainOf(problem, b, 10 ** exponent), T };
          const { epsilon, at: { alpha } } = released.guarantee({ ...chain, requests: requestsOf([K]) }, 1e-5);
          assert.ok(epsilon > 0 && alpha >= 1 && alpha < Infinity, `${JSON.stringify(chain)}: ${epsilon} at ${alpha}`);
        }
      }
    }
  }
});

Deno.test("nonsense is a RangeError that names it", () => {
  const problem = problemOf("MNIST");
  const history: History = { ...chainOf(problem, 128, 0.03), requests: requestsOf([1]) };
  const named = (name: string) => ({ name: "RangeError", message: new RegExp(`^${name} must `) });
  const change = (changes: Partial<History>) => () => released.guarantee({ ...history, ...changes }, 1e-5);
  for (const bad of [0, -1, NaN, -Infinity, -0, 1.5]) {
    assert.throws(change({ batchSize: bad }), named("batchSize"));
    if (bad !== 0) assert.throws(change({ T: bad }), named("T"));
    assert.throws(change({ problem: { ...problem, n: bad } }), named("n"));
    assert.throws(() =>
      epochsOf(released, history, 1, 2).concat(
        fewestSteps(released, history, bad, {
          ...{ epsilon: 1, delta: 1e-5 },
        }).K,
      ), named("S"));
    if (bad === 1.5) continue;
    assert.throws(change({ radius: bad }), named("radius"));
    assert.throws(change({ sigma: bad }), named("sigma"));
    assert.throws(() => epochsOf(released, history, bad, 1), named("epsilon"));
    assert.throws(() => released.guarantee(history, bad), named("delta"));
  }
  assert.throws(change({ batchSize: 100 }), /batchSize must divide 11264/);
  assert.throws(change({ batchSize: 22528 }), /batchSize must be at most 11264/);
  assert.throws(change({ requests: [] }), /one request or more/);
});

Deno.test("what the theorems do not cover is refused with the reason", () => {
  const { radius, T, ...chain } = chainOf(problemOf("MNIST"), 128, 0.03);
  const of = (changes: Partial<History>) => () =>
    released.guarantee({ ...chain, radius: radius!, T: T!, requests: requestsOf([1]), ...changes }, 1e-5);
  assert.throws(() => released.guarantee({ ...chain, T: T!, requests: requestsOf([1]) }, 1e-5), /there is no radius/);
  assert.throws(() => released.guarantee({ ...chain, radius: radius!, requests: requestsOf([1]) }, 1e-5), /needs T/);
  assert.throws(of({ T: 30, requests: requestsOf([1, 1]) }), /takes several requests only after T = Infinity/);
  assert.throws(of({ requests: [{ S: 2, K: 1 }] }), /is for one row a request, not 2/);
});
