/**
 * Langevin steps as the paper writes them: every row's gradient is formed, measured and clipped, in float64.
 * @module
 */
import type { Rows } from "../core/dataset.ts";
import type { ChainNoise, Dynamics, Walk } from "../core/engine.ts";
import { fillNormals, Purpose } from "../core/random.ts";

const norm = (vector: Float64Array) => Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0));

/** The derivative of a row's loss by its scores Wx. */
function residual(scores: Float64Array, labels: Float32Array): Float64Array {
  if (scores.length === 1) return scores.map((z) => -labels[0] / (1 + Math.exp(labels[0] * z)));
  const largest = Math.max(...scores);
  const total = scores.reduce((sum, z) => sum + Math.exp(z - largest), 0);
  return scores.map((z, c) => Math.exp(z - largest) / total - labels[c]);
}

/** The clipped gradient of row i at `weights`. */
function clippedGradient(rows: Rows, i: number, weights: Float64Array, dynamics: Dynamics): Float64Array {
  const { dimension, outputs } = rows;
  const x = rows.features.subarray(i * dimension, (i + 1) * dimension);
  const scores = new Float64Array(outputs);
  weights.forEach((w, index) => scores[Math.floor(index / dimension)] += w * x[index % dimension]);
  const a = residual(scores, rows.labels.subarray(i * outputs, (i + 1) * outputs));
  const regularization = dynamics.clipsRegularizer ? dynamics.regularization : 0;
  const gradient = weights.map((w, index) =>
    a[Math.floor(index / dimension)] * x[index % dimension] + regularization * w
  );
  const factor = Math.min(1, dynamics.clip / norm(gradient));
  return gradient.map((g) => factor * g);
}

/** √(2ησ²)·N(0, I), feature by feature, output by output. */
function noise({ dimension, outputs }: Rows, chain: ChainNoise, { stepSize }: Dynamics, seed: number, step: number) {
  const scale = Math.sqrt(2 * stepSize * chain.noiseScale ** 2);
  const draw = (output: number) =>
    fillNormals(
      new Float64Array(dimension),
      { seed, cell: chain.cell },
      chain.trial,
      step,
      Purpose.step,
      output * Math.ceil(dimension / 4),
    );
  return Float64Array.from(Array.from({ length: outputs }, (_, output) => [...draw(output)]).flat(), (x) => scale * x);
}

/** `weights` on the ball of radius `radius` if they are outside. */
function project(weights: Float64Array, radius = Infinity): Float64Array {
  const length = norm(weights);
  return length > radius ? weights.map((w) => w * radius / length) : weights;
}

/**
 * Advances Langevin chains by the definition.
 *
 * @param rows The training rows.
 * @param walk The chains and how far to advance them.
 * @returns The weights after the last step, shaped like `walk.start`.
 */
export function referenceSteps(rows: Rows, walk: Omit<Walk, "trainingSet">): Float64Array {
  const { chains, dynamics, seed, steps, firstStep = 0 } = walk;
  const { stepSize, regularization, clipsRegularizer, radius } = dynamics;
  const size = rows.outputs * rows.dimension;
  const result = Float64Array.from(walk.start);
  chains.forEach((chain, index) => {
    let weights: Float64Array = result.slice(index * size, (index + 1) * size);
    for (let step = firstStep; step < firstStep + steps; step++) {
      const mean = new Float64Array(size);
      for (let i = 0; i < rows.count; i++) {
        clippedGradient(rows, i, weights, dynamics).forEach((g, k) => mean[k] += g / rows.count);
      }
      const added = clipsRegularizer ? 0 : regularization;
      const normals = noise(rows, chain, dynamics, seed, step);
      weights = project(weights.map((w, k) => w - stepSize * (mean[k] + added * w) + normals[k]), radius);
    }
    result.set(weights, index * size);
  });
  return result;
}
