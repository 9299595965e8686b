/**
 * All ten digits, from the data to the accuracy, on every tenth training row; λ is ten times as large, so that λn is
 * that of the whole training set.
 */
import assert from "node:assert/strict";
import { parseOptions, scriptCommand } from "../core/command_line/mod.ts";
import type { Rows } from "../core/model/rows.ts";
import { loadMnistMulti } from "../core/datasets/mnist.ts";
import { makeLab } from "../core/runs/lab.ts";
import { problemFor } from "../core/original/problem.ts";
import type { Results } from "../core/runs/results.ts";
import { openWasmEngine } from "../core/engines/wasm_engine.ts";
import { relativeError } from "./helpers/scenarios.ts";

const LAM = 1e-5;

function everyTenth({ features, labels, count, dimension, outputs }: Rows): Rows {
  const pick = (values: Float32Array, size: number) => values.filter((_, index) => Math.floor(index / size) % 10 === 0);
  return { features: pick(features, dimension), labels: pick(labels, outputs), count: count / 10, dimension, outputs };
}

/** Outputs of a row. */
function outputsOf({ features, dimension, outputs }: Rows, row: number, weights: Float64Array): number[] {
  return Array.from({ length: outputs }, (_, c) => {
    let product = 0;
    for (let k = 0; k < dimension; k++) product += features[row * dimension + k] * weights[c * dimension + k];
    return product;
  });
}

/** Gradient of λn|w|²/2 plus the mean cross-entropy, in float64. */
function gradientOf(rows: Rows, regularization: number, weights: Float64Array): Float64Array {
  const { features, labels, count, dimension, outputs } = rows;
  const gradient = weights.map((w) => regularization * w);
  for (let row = 0; row < count; row++) {
    const z = outputsOf(rows, row, weights);
    const largest = Math.max(...z);
    const powers = z.map((value) => Math.exp(value - largest));
    const total = powers.reduce((sum, power) => sum + power);
    for (let c = 0; c < outputs; c++) {
      const residual = (powers[c] / total - labels[row * outputs + c]) / count;
      for (let k = 0; k < dimension; k++) gradient[c * dimension + k] += residual * features[row * dimension + k];
    }
  }
  return gradient;
}

/** The minimum, by Nesterov's method until it is nearer than `tolerance`. */
function minimumOf(rows: Rows, regularization: number, tolerance: number): Float64Array {
  const smoothness = 1 / 2 + regularization;
  const root = Math.sqrt(regularization / smoothness);
  let weights = new Float64Array(rows.dimension * rows.outputs);
  let ahead = weights;
  for (;;) {
    const gradient = gradientOf(rows, regularization, ahead);
    if (Math.hypot(...gradient) < tolerance * regularization) return ahead;
    const next = ahead.map((w, i) => w - gradient[i] / smoothness);
    ahead = next.map((w, i) => w + (1 - root) / (1 + root) * (w - weights[i]));
    weights = next;
  }
}

/** Share of the rows whose largest output is that of their class. */
function accuracyOf(test: Rows, weights: Float64Array): number {
  let right = 0;
  for (let row = 0; row < test.count; row++) {
    const z = outputsOf(test, row, weights);
    right += test.labels[row * test.outputs + z.indexOf(Math.max(...z))];
  }
  return right / test.count;
}

Deno.test("learning without noise ends at the float64 minimum, with its accuracy", async () => {
  const { name, train: all, test } = await loadMnistMulti();
  const train = everyTenth(all);
  const problem = problemFor(train, { lam: LAM, smoothness: "bound" });
  const options = parseOptions(scriptCommand("example", "An example."), ["--burn_in", "250", "--num_trial", "1"]);
  const accuracies: number[] = [];
  const results: Results = {
    summaries: [],
    add: (_, measure) => accuracies.push(...measure()),
    writeNpy: () => {},
    files: () => new Map(),
  };
  const subject = { experiment: "example", options, dataset: { name, train, test }, problem };
  const lab = makeLab(subject, await openWasmEngine(), results);
  const [weights] = await lab.learn(lab.trainingSet, [{ method: "LMC learn noiseless", array: "learn.npy", sigma: 0 }]);
  lab.engine.dispose();

  const minimum = minimumOf(train, problem.m, 1e-6);
  assert.ok(relativeError(weights, minimum) < 5e-6);
  assert.ok(Math.abs(accuracies[0] - accuracyOf(test, minimum)) < 0.005);
});
