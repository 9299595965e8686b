/**
 * The Langevin step as the paper writes it, in double precision: the yardstick of every engine.
 * @module
 */
import type { Rows } from "../../core/model/rows.ts";
import type { ChainNoise, Walk } from "../../core/engines/engine.ts";
import { fillNormals, Purpose } from "../../core/model/random.ts";

/**
 * Advances chains by forming every row's gradient, clipping it and taking the mean.
 *
 * @param rows The training set.
 * @param walk As for `Engine.walk`, with `rows` in place of `trainingSet`.
 * @returns The weights after the last step: `outputs` rows of d weights a chain.
 */
export function referenceSteps(rows: Rows, walk: Omit<Walk, "trainingSet" | "onSteps">): Float64Array {
  const { start, chains, firstStep = 0, steps } = walk;
  const size = rows.outputs * rows.dimension;
  const weights = Float64Array.from(start);
  chains.forEach((chain, i) => {
    const chainWeights = weights.subarray(i * size, (i + 1) * size);
    for (let step = firstStep; step < firstStep + steps; step++) {
      advance(chainWeights, rows, rowsOfStep(rows, walk, chain.trial, step), walk, chain, step);
    }
  });
  return weights;
}

/** The numbers of the rows that a step takes: all, or those after the ones that the steps of its cycle took before. */
function rowsOfStep(
  { count }: Rows,
  { batches }: Pick<Walk, "batches">,
  trial: number,
  step: number,
): readonly number[] {
  if (!batches) return [...Array(count).keys()];
  const { batchSize, dropsRest, orderOf } = batches;
  const order = [...orderOf(trial)];
  const cycle: number[][] = [];
  while (order.length > 0) cycle.push(order.splice(0, batchSize));
  if (dropsRest && cycle.at(-1)!.length < batchSize) cycle.pop();
  return cycle[step % cycle.length];
}

function advance(
  weights: Float64Array,
  rows: Rows,
  batch: readonly number[],
  { dynamics, seed }: Pick<Walk, "dynamics" | "seed">,
  { sigma, cell, trial }: ChainNoise,
  step: number,
): void {
  const { stepSize, regularization, clip, clipsRegularizer, radius = Infinity } = dynamics;
  const mean = new Float64Array(weights.length);
  for (const row of batch) {
    const gradient = lossGradient(weights, rows, row);
    if (clipsRegularizer) addMultiple(gradient, regularization, weights);
    addMultiple(mean, Math.min(1, clip / norm(gradient)) / batch.length, gradient);
  }
  if (!clipsRegularizer) addMultiple(mean, regularization, weights);
  addMultiple(weights, -stepSize, mean);

  const blocks = Math.ceil(rows.dimension / 4);
  for (let output = 0; output < rows.outputs; output++) {
    const normals = new Float64Array(rows.dimension);
    fillNormals(normals, { seed, cell }, trial, step, Purpose.step, output * blocks);
    const target = weights.subarray(output * rows.dimension, (output + 1) * rows.dimension);
    addMultiple(target, Math.sqrt(2 * stepSize * sigma ** 2), normals);
  }

  const length = norm(weights);
  if (length > radius) weights.forEach((weight, k) => weights[k] = weight * radius / length);
}

/** Gradient of one row's loss: logistic for a sign, softmax cross-entropy for a one-hot label. */
function lossGradient(
  weights: Float64Array,
  { features, labels, dimension, outputs }: Rows,
  row: number,
): Float64Array {
  const x = features.subarray(row * dimension, (row + 1) * dimension);
  const y = labels.subarray(row * outputs, (row + 1) * outputs);
  const z = Array.from(y, (_, k) => dot(weights.subarray(k * dimension, (k + 1) * dimension), x));
  const residuals = outputs === 1
    ? [(1 / (1 + Math.exp(-y[0] * z[0])) - 1) * y[0]]
    : softmax(z).map((p, k) => p - y[k]);
  const gradient = new Float64Array(weights.length);
  residuals.forEach((residual, k) => addMultiple(gradient.subarray(k * dimension, (k + 1) * dimension), residual, x));
  return gradient;
}

function softmax(z: number[]): number[] {
  const largest = Math.max(...z);
  const powers = z.map((value) => Math.exp(value - largest));
  const total = powers.reduce((sum, power) => sum + power);
  return powers.map((power) => power / total);
}

// Loops, not callbacks: on MNIST a step goes through millions of numbers.

function dot(a: Float64Array, b: Float32Array): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += a[k] * b[k];
  return sum;
}

function norm(vector: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < vector.length; k++) sum += vector[k] * vector[k];
  return Math.sqrt(sum);
}

function addMultiple(target: Float64Array, factor: number, vector: Float64Array | Float32Array): void {
  for (let k = 0; k < target.length; k++) target[k] += factor * vector[k];
}
