import assert from "node:assert/strict";
import { csvParse } from "d3-dsv";
import { fewestSteps } from "../core/accountant/calibrate.ts";
import { langevinAccountant } from "../core/accountant/langevin.ts";
import { EPSILONS, hardCodedNoiseScale, intendedNoiseScale, TARGET_STEPS } from "../core/original/noise_scales.ts";
import { makeProblem, type Problem } from "../core/model/problem.ts";
import { originalOrders } from "../core/original/accountant.ts";
import { originalBounds } from "../core/original/problem.ts";
import stepsCsv from "../data/published/steps.csv" with { type: "text" };

const problem = (n: number, d: number, classes = 2) =>
  makeProblem({ n, d, classes, lambda: 1e-6, ...originalBounds(classes) });

const accountant = langevinAccountant({ orders: originalOrders("baseline") });

const PROBLEMS: Readonly<Record<string, Problem>> = {
  MNIST: problem(11982, 784),
  CIFAR10: problem(10000, 512),
  CIFAR10_MULTI: problem(50000, 512, 10),
  ADULT: problem(29304, 6),
};

/** K that the σ in the code, and the σ that was meant, give with the released L: one an ε. */
const STEPS: readonly [dataset: string, k: number, inCode: readonly number[], intended: readonly number[]][] = [
  ["MNIST", 1, [1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 1, 1]],
  ["MNIST", 2, [3, 2, 4896, 2, 3, 3], [3, 2, 3, 2, 3, 3]],
  ["MNIST", 5, [7, 7, 4899, 7, 6, 7], [7, 7, 7, 7, 6, 7]],
  ["CIFAR10", 1, [2, 1, 1, 1, 1, 1], [2, 1, 1, 1, 1, 1]],
  ["CIFAR10", 2, [2, 3, 3, 3000, 3, 3], [2, 3, 3, 3, 3, 3]],
  ["CIFAR10", 5, [6, 7, 7, 3002, 6, 7], [6, 7, 7, 7, 6, 7]],
  ["CIFAR10_MULTI", 1, [1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 1, 1]],
  ["CIFAR10_MULTI", 2, [2, 2, 2, 2, 2, 2], [2, 2, 2, 2, 2, 2]],
  ["CIFAR10_MULTI", 5, [5, 5, 5, 5, 5, 5], [5, 5, 5, 5, 5, 5]],
  ["ADULT", 1, [1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 1, 1]],
  ["ADULT", 2, [2, 2, 2, 2, 2, 2], [2, 2, 2, 2, 2, 2]],
  ["ADULT", 5, [5, 5, 5, 5, 5, 5], [5, 5, 5, 5, 5, 5]],
];

Deno.test("the lists give the K's that the original's functions find for them", () => {
  assert.deepEqual(STEPS.length, Object.keys(PROBLEMS).length * TARGET_STEPS.length);
  for (const [dataset, k, inCode, intended] of STEPS) {
    const stepsOf = (noiseScale: (dataset: string, k: number, epsilon: number) => number | undefined) =>
      EPSILONS.map((epsilon) => {
        const problem = PROBLEMS[dataset];
        const chain = { problem, sigma: noiseScale(dataset, k, epsilon)!, requests: [] };
        return fewestSteps(accountant, chain, 1, { epsilon, delta: 1 / problem.n }).K;
      });
    assert.deepEqual(stepsOf(hardCodedNoiseScale), inCode, `${dataset}, k = ${k}, in the code`);
    assert.deepEqual(stepsOf(intendedNoiseScale), intended, `${dataset}, k = ${k}, as meant`);
  }
});

Deno.test("the lists are those of the original's repository", () => {
  const rows = csvParse(stepsCsv).filter(({ experiment }) => experiment.includes("sigma list"));
  const scales = { sigma_in_code: hardCodedNoiseScale, sigma_corrected: intendedNoiseScale };
  let compared = 0;
  for (const { dataset, quantity, key, value } of rows) {
    if (quantity !== "sigma_in_code" && quantity !== "sigma_corrected") continue;
    const { k, epsilon } = Object.fromEntries(key.split(";").map((part) => part.split("=")));
    assert.equal(scales[quantity](dataset, Number(k), Number(epsilon)), Number(value), `${dataset} ${key} ${quantity}`);
    compared++;
  }
  assert.equal(compared, 2 * 4 * TARGET_STEPS.length * EPSILONS.length);
});
