/**
 * Langevin steps in plain TensorFlow.js operations: the readable reference, on any of its backends.
 *
 * The noise is drawn on the host and uploaded, so that every backend follows the same path.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { type Batches, batchOf, trialOrder } from "../model/batches.ts";
import { checkReplacement, checkRows, type Rows } from "../model/rows.ts";
import {
  type ChainNoise,
  checkWalk,
  type Dynamics,
  type Engine,
  stepDeviation,
  type TrainingSet,
  type Walk,
} from "./engine.ts";
import { fillNormals, Purpose } from "../model/random.ts";

interface TensorSet extends TrainingSet {
  /** n × d. */
  readonly features: tf.Tensor2D;
  /** d × n: a product with a stored transpose is several times faster than one that transposes. */
  readonly transposed: tf.Tensor2D;
  /** n × outputs × 1. */
  readonly labels: tf.Tensor3D;
}

function tensorSet(features: tf.Tensor2D, transposed: tf.Tensor2D, labels: tf.Tensor3D): TensorSet {
  return {
    count: features.shape[0],
    dimension: features.shape[1],
    outputs: labels.shape[1],
    features,
    transposed,
    labels,
    dispose: () => tf.dispose([features, transposed, labels]),
  };
}

function load(rows: Rows): TensorSet {
  checkRows(rows);
  const [features, labels] = toTensors(rows);
  return tensorSet(features, features.transpose(), labels);
}

function toTensors({ features, labels, count, dimension, outputs }: Rows): [tf.Tensor2D, tf.Tensor3D] {
  return [tf.tensor2d(features, [count, dimension]), tf.tensor3d(labels, [count, outputs, 1])];
}

function replace(set: TensorSet, positions: readonly number[], rows: Rows): TensorSet {
  checkReplacement(set, positions, rows);
  const sources = Int32Array.from({ length: set.count }, (_, row) => row);
  positions.forEach((row, i) => sources[row] = set.count + i);
  const [features, labels] = tf.tidy(() => {
    const [newFeatures, newLabels] = toTensors(rows);
    const order = tf.tensor1d(sources, "int32");
    return [set.features.concat(newFeatures).gather(order), set.labels.concat(newLabels).gather(order)];
  });
  return tensorSet(features, features.transpose(), labels);
}

/** The weights after one step; weights and noise are d × outputs × T, the noise already scaled. */
function step(set: TensorSet, weights: tf.Tensor3D, noise: tf.Tensor3D | undefined, dynamics: Dynamics): tf.Tensor3D {
  const { stepSize, regularization, clip, clipsRegularizer, radius } = dynamics;
  const { count, dimension, outputs } = set;
  const chains = weights.shape[2];
  return tf.tidy(() => {
    const z = tf.matMul(set.features, weights.reshape<tf.Tensor2D>([dimension, -1])).reshape([count, outputs, chains]);
    const residual = outputs === 1
      ? set.labels.mul(z).sigmoid().sub(1).mul(set.labels)
      : tf.softmax(z.transpose([0, 2, 1])).transpose([0, 2, 1]).sub(set.labels);
    const dataNorm = residual.square().sum(1);
    const squaredNorm = clipsRegularizer
      ? dataNorm.add(residual.mul(z).sum(1).mul(2 * regularization))
        .add(weights.square().sum([0, 1]).mul(regularization ** 2))
      : dataNorm;
    const factor = tf.minimum(1, tf.div(clip, squaredNorm.relu().sqrt()));
    const clipped = residual.mul(factor.expandDims(1)).reshape<tf.Tensor2D>([count, -1]);
    const dataGradient = tf.matMul(set.transposed, clipped).div(count).reshape(weights.shape);
    const shrink = clipsRegularizer ? factor.mean(0).mul(stepSize * regularization) : stepSize * regularization;
    let next = weights.sub(weights.mul(shrink)).sub(dataGradient.mul(stepSize));
    if (noise) next = next.add(noise);
    if (radius !== undefined) next = next.mul(tf.minimum(1, tf.div(radius, next.square().sum([0, 1]).sqrt())));
    return next as tf.Tensor3D;
  });
}

/** The noise of step `index`, scaled by √(2ησ²), as d × outputs × T; undefined if no chain has any. */
function drawNoise(
  { dimension, outputs }: TrainingSet,
  chains: readonly ChainNoise[],
  seed: number,
  dynamics: Dynamics,
  index: number,
): tf.Tensor3D | undefined {
  if (chains.every(({ sigma }) => sigma === 0)) return undefined;
  const noise = new Float32Array(dimension * outputs * chains.length);
  const normals = new Float32Array(dimension);
  chains.forEach((chain, column) => {
    const { sigma, cell, trial } = chain;
    if (sigma === 0) return;
    const scale = stepDeviation(dynamics, chain);
    for (let output = 0; output < outputs; output++) {
      fillNormals(normals, { seed, cell }, trial, index, Purpose.step, output * Math.ceil(dimension / 4));
      for (let k = 0; k < dimension; k++) {
        noise[(k * outputs + output) * chains.length + column] = scale * normals[k];
      }
    }
  });
  return tf.tensor3d(noise, [dimension, outputs, chains.length]);
}

/** Waits until the device has computed the weights. */
async function settle(weights: tf.Tensor3D): Promise<void> {
  const probe = weights.slice([0, 0, 0], [1, 1, 1]);
  await probe.data();
  probe.dispose();
}

/** Steps between two looks at the clock; the device may lag behind the queued operations by as many. */
const STEPS_IN_FLIGHT = 8;

/** The rows of one step for the chains of a trial. */
function takeBatch(set: TensorSet, batches: Batches, order: Uint32Array, index: number): TensorSet {
  const rows = tf.tensor1d(Int32Array.from(order.subarray(...batchOf(set.count, batches, index))), "int32");
  const features = set.features.gather(rows);
  return tensorSet(features, features.transpose(), set.labels.gather(rows));
}

/** Advances chains that take the same rows in every step. */
async function walkTogether(walk: Walk, rowsOf: (index: number) => TensorSet): Promise<Float32Array> {
  const { trainingSet, start, chains, dynamics, seed, steps, firstStep = 0, onSteps } = walk;
  const shape: [number, number, number] = [chains.length, trainingSet.outputs, trainingSet.dimension];
  let weights = tf.tidy(() => tf.tensor3d(start, shape).transpose<tf.Tensor3D>([2, 1, 0]));
  try {
    for (let done = 0; done < steps; done++) {
      const previous = weights;
      weights = tf.tidy(() => {
        const noise = drawNoise(trainingSet, chains, seed, dynamics, firstStep + done);
        return step(rowsOf(firstStep + done), previous, noise, dynamics);
      });
      previous.dispose();
      if ((done + 1) % STEPS_IN_FLIGHT === 0 || done + 1 === steps) {
        await settle(weights);
        onSteps?.(done % STEPS_IN_FLIGHT + 1);
      }
    }
    const rows = tf.tidy(() => weights.transpose([2, 1, 0]));
    return await rows.data<"float32">().finally(() => rows.dispose());
  } finally {
    weights.dispose();
  }
}

async function walk(walk: Walk): Promise<Float32Array> {
  const { trainingSet, start, chains, batches, steps, onSteps } = walk;
  checkWalk(walk);
  if (start.length === 0 || steps === 0) return start.slice();
  const set = trainingSet as TensorSet;
  if (batches === undefined) return await walkTogether(walk, () => set);

  const size = set.outputs * set.dimension;
  const weights = new Float32Array(start.length);
  for (const [trial, members] of Map.groupBy(chains.keys(), (i) => chains[i].trial)) {
    const order = trialOrder(set.count, batches, trial);
    const own = {
      ...walk,
      start: Float32Array.from(members.flatMap((i) => [...start.subarray(i * size, (i + 1) * size)])),
      chains: members.map((i) => chains[i]),
      onSteps: (done: number) => onSteps?.(done * members.length / chains.length),
    };
    const rows = await walkTogether(own, (index) => takeBatch(set, batches, order, index));
    members.forEach((i, place) => weights.set(rows.subarray(place * size, (place + 1) * size), i * size));
  }
  return weights;
}

/**
 * An engine of plain TensorFlow.js operations on the backend that is set.
 *
 * @param device The backend's device, for the user to read.
 * @returns The engine.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { openPlainEngine } from "./plain_engine.ts";
 *
 * await tf.setBackend("cpu");
 * const engine = openPlainEngine("CPU");
 * engine.dispose();
 * ```
 */
export function openPlainEngine(device: string): Engine {
  const live = new Set<TensorSet>();
  const keep = (set: TensorSet): TensorSet => {
    const kept = { ...set, dispose: () => live.delete(kept) && set.dispose() };
    live.add(kept);
    return kept;
  };
  const kind = `${device}, plain TensorFlow.js operations`;
  return {
    description: kind,
    kind,
    load: (rows) => keep(load(rows)),
    replace: (set, positions, rows) => keep(replace(set as TensorSet, positions, rows)),
    walk,
    dispose: () => live.forEach((set) => set.dispose()),
  };
}
