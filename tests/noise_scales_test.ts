import assert from "node:assert/strict";
import { csvParse } from "d3-dsv";
import { BASELINE_ORDERS, unlearningSteps } from "../core/accountant/accountant.ts";
import { EPSILONS, hardCodedNoiseScale, intendedNoiseScale, TARGET_STEPS } from "../core/accountant/noise_scales.ts";
import { defaultLipschitz, makeProblem, type Problem } from "../core/accountant/problem.ts";
import stepsCsv from "../data/published/steps.csv" with { type: "text" };

const problem = (count: number, dimension: number, outputs = 1) =>
  makeProblem(count, dimension, 1e-6, defaultLipschitz(outputs), outputs);

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
        const removal = { noiseScale: noiseScale(dataset, k, epsilon)!, numRemove: 1 };
        return unlearningSteps(PROBLEMS[dataset], removal, epsilon, 1, BASELINE_ORDERS).steps;
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
