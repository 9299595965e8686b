// @ts-nocheck: AssemblyScript, checked by its own compiler.
// deno-lint-ignore-file prefer-const -- the worker sets the exported variables
/**
 * Steps over mini-batches, where every trial takes the rows in an order of its own: only the chains of a trial share
 * rows, and a task is some of them for many steps, so workers do not wait for each other.
 *
 * A SIMD register holds four features of a row. One chain takes eight rows at once, two chains of one output four rows,
 * which are then read once for both. An output is summed a lane a feature, the lanes by {@linkcode laneSums}, and a
 * gradient takes the rows in the batch's order: so a chain's bits are the same alone, in a pair, in any task and on any
 * worker. A batch is filled up to a multiple of eight rows by a row of zeros.
 *
 *     weights, gradients   chain 0                                       chain 1
 *                          output 0: d floats, zeros up to a multiple of 4   …
 *                          output 1                                      …
 *     a task               words: address of its trial's order, its first chain, number of chains, trial
 *     an order             the number of a row a word
 *     rows                 the address of a row's features a word; these as an output's weights
 *     labels               `outputs` floats a row
 *
 * The constants of a step are those of `step.as.ts`.
 * @module
 */
import { fillChainNormals } from "./noise.as.ts";
import { clipLogisticRows, clipSoftmaxRows } from "./residual.as.ts";
import { multiplyAdd } from "./simd.as.ts";
import {
  cells,
  clip,
  deviations,
  dimension,
  gradients,
  normals,
  outputs,
  paddedDimension,
  radius,
  regularization,
  residuals,
  rowCount,
  seed,
  stepSize,
  weights,
} from "./step.as.ts";

/** Address of the tasks, the addresses of the rows, the labels and a row of zeros. */
export let tasks: usize = 0;
export let rows: usize = 0;
export let labels: usize = 0;
export let zeros: usize = 0;

/** b, and the number of batches of a cycle. */
export let batchSize: usize = 0;
export let batchCount: u32 = 0;

/** This worker's own room: the addresses and labels of a batch, an output a vector of them; outputs of eight rows. */
export let batchRows: usize = 0;
export let batchLabels: usize = 0;
export let rowOutputs: usize = 0;

/** Rows that one chain takes at once, and those that two take. */
const OCTET: usize = 8;
const QUAD: usize = 4;
/** Rows that all chains take before the next ones: they stay in a core's cache meanwhile. */
const CACHED_ROWS: usize = 32;
/** Bytes of a SIMD register: of the outputs of a quad of rows. */
const VECTOR: usize = 16;

function panelBytes(): usize {
  return paddedDimension * sizeof<f32>();
}

function paddedRows(count: usize): usize {
  return (count + OCTET - 1) / OCTET * OCTET;
}

/** Moves the chains of a task by `steps` steps, of which `firstStep` is the first. */
export function walkBatches(task: usize, firstStep: u32, steps: u32): void {
  const entry = tasks + 4 * sizeof<usize>() * task;
  const order = load<usize>(entry);
  const firstChain = load<usize>(entry, 4);
  const chains = load<usize>(entry, 8);
  const trial = load<u32>(entry, 12);
  const chainBytes = outputs * panelBytes();
  const taskWeights = weights + firstChain * chainBytes;
  for (let done: u32 = 0; done < steps; done++) {
    const step = firstStep + done;
    const first = <usize> (step % batchCount) * batchSize;
    const count = min(batchSize, rowCount - first);
    const padded = paddedRows(count);
    gatherBatch(order + first * sizeof<u32>(), count);
    memory.fill(gradients, 0, chains * chainBytes);
    for (let row: usize = 0; row < padded; row += CACHED_ROWS) {
      addRows(row, min(row + CACHED_ROWS, padded), taskWeights, chains);
    }
    for (let chain: usize = 0; chain < chains; chain++) {
      const deviation = load<f32>(deviations + (firstChain + chain) * sizeof<f32>());
      const cell = load<u32>(cells + (firstChain + chain) * sizeof<u32>());
      const offset = chain * chainBytes;
      move(taskWeights + offset, gradients + offset, count, deviation, cell, trial, step);
      if (radius < Infinity) project(taskWeights + offset);
    }
  }
}

/** Writes down where the rows of a batch and their labels are, and fills them up. */
function gatherBatch(order: usize, count: usize): void {
  const padded = paddedRows(count);
  for (let i: usize = 0; i < count; i++) {
    const row = load<usize>(order + i * sizeof<u32>());
    store<usize>(batchRows + i * sizeof<usize>(), load<usize>(rows + row * sizeof<usize>()));
    for (let k: usize = 0; k < outputs; k++) {
      store<f32>(labelOf(i, k), load<f32>(labels + (row * outputs + k) * sizeof<f32>()));
    }
  }
  for (let i = count; i < padded; i++) {
    store<usize>(batchRows + i * sizeof<usize>(), zeros);
    for (let k: usize = 0; k < outputs; k++) store<f32>(labelOf(i, k), 0);
  }
}

/** Where the label of a batch's row for an output is. */
function labelOf(row: usize, output: usize): usize {
  return batchLabels + (output * paddedRows(batchSize) + row) * sizeof<f32>();
}

/** Adds f·a⊗x of rows `first` to `end` − 1 of the batch to the gradients of all chains of a task. */
function addRows(first: usize, end: usize, taskWeights: usize, chains: usize): void {
  const chainBytes = outputs * panelBytes();
  let chain: usize = 0;
  if (outputs == 1) {
    for (; chain + 1 < chains; chain += 2) {
      const offset = chain * chainBytes;
      for (let row = first; row < end; row += QUAD) addQuad(row, taskWeights + offset, gradients + offset);
    }
  }
  for (; chain < chains; chain++) {
    const offset = chain * chainBytes;
    for (let row = first; row < end; row += OCTET) addOctet(row, taskWeights + offset, gradients + offset);
  }
}

/** Eight rows, one chain. */
function addOctet(row: usize, chainWeights: usize, gradient: usize): void {
  const addresses = batchRows + row * sizeof<usize>();
  for (let k: usize = 0; k < outputs; k++) {
    computeOutputs(addresses, chainWeights + k * panelBytes(), rowOutputs + 2 * VECTOR * k);
  }
  for (let half: usize = 0; half < 2 * VECTOR; half += VECTOR) {
    const halfLabels = labelOf(row, 0) + half;
    const halfOutputs = rowOutputs + half;
    const none = f32x4.splat(0);
    if (outputs == 1) {
      clipLogisticRows(halfOutputs, v128.load(halfLabels), none, 0, clip);
    } else {
      const labelBytes = labelOf(0, 1) - labelOf(0, 0);
      clipSoftmaxRows(halfOutputs, 2 * VECTOR, outputs, halfLabels, labelBytes, none, residuals, 0, clip);
    }
  }
  for (let k: usize = 0; k < outputs; k++) {
    addGradient(addresses, rowOutputs + 2 * VECTOR * k, gradient + k * panelBytes());
  }
}

/** The outputs of eight rows for one panel of weights. */
function computeOutputs(addresses: usize, panel: usize, target: usize): void {
  const x0 = load<usize>(addresses);
  const x1 = load<usize>(addresses, 4);
  const x2 = load<usize>(addresses, 8);
  const x3 = load<usize>(addresses, 12);
  const x4 = load<usize>(addresses, 16);
  const x5 = load<usize>(addresses, 20);
  const x6 = load<usize>(addresses, 24);
  const x7 = load<usize>(addresses, 28);
  let z0 = f32x4.splat(0);
  let z1 = f32x4.splat(0);
  let z2 = f32x4.splat(0);
  let z3 = f32x4.splat(0);
  let z4 = f32x4.splat(0);
  let z5 = f32x4.splat(0);
  let z6 = f32x4.splat(0);
  let z7 = f32x4.splat(0);
  const bytes = panelBytes();
  for (let k: usize = 0; k < bytes; k += VECTOR) {
    const w = v128.load(panel + k);
    z0 = multiplyAdd(v128.load(x0 + k), w, z0);
    z1 = multiplyAdd(v128.load(x1 + k), w, z1);
    z2 = multiplyAdd(v128.load(x2 + k), w, z2);
    z3 = multiplyAdd(v128.load(x3 + k), w, z3);
    z4 = multiplyAdd(v128.load(x4 + k), w, z4);
    z5 = multiplyAdd(v128.load(x5 + k), w, z5);
    z6 = multiplyAdd(v128.load(x6 + k), w, z6);
    z7 = multiplyAdd(v128.load(x7 + k), w, z7);
  }
  v128.store(target, laneSums(z0, z1, z2, z3));
  v128.store(target, laneSums(z4, z5, z6, z7), VECTOR);
}

/** gradient += Σ a·x over eight rows. */
function addGradient(addresses: usize, residuals: usize, gradient: usize): void {
  const x0 = load<usize>(addresses);
  const x1 = load<usize>(addresses, 4);
  const x2 = load<usize>(addresses, 8);
  const x3 = load<usize>(addresses, 12);
  const x4 = load<usize>(addresses, 16);
  const x5 = load<usize>(addresses, 20);
  const x6 = load<usize>(addresses, 24);
  const x7 = load<usize>(addresses, 28);
  const a0 = v128.load32_splat(residuals);
  const a1 = v128.load32_splat(residuals, 4);
  const a2 = v128.load32_splat(residuals, 8);
  const a3 = v128.load32_splat(residuals, 12);
  const a4 = v128.load32_splat(residuals, 16);
  const a5 = v128.load32_splat(residuals, 20);
  const a6 = v128.load32_splat(residuals, 24);
  const a7 = v128.load32_splat(residuals, 28);
  const bytes = panelBytes();
  for (let k: usize = 0; k < bytes; k += VECTOR) {
    let g = v128.load(gradient + k);
    g = multiplyAdd(a0, v128.load(x0 + k), g);
    g = multiplyAdd(a1, v128.load(x1 + k), g);
    g = multiplyAdd(a2, v128.load(x2 + k), g);
    g = multiplyAdd(a3, v128.load(x3 + k), g);
    g = multiplyAdd(a4, v128.load(x4 + k), g);
    g = multiplyAdd(a5, v128.load(x5 + k), g);
    g = multiplyAdd(a6, v128.load(x6 + k), g);
    g = multiplyAdd(a7, v128.load(x7 + k), g);
    v128.store(gradient + k, g);
  }
}

/** Four rows, two chains of one output, the weights and gradients of the second after those of the first. */
function addQuad(row: usize, pairWeights: usize, gradient: usize): void {
  const addresses = batchRows + row * sizeof<usize>();
  const x0 = load<usize>(addresses);
  const x1 = load<usize>(addresses, 4);
  const x2 = load<usize>(addresses, 8);
  const x3 = load<usize>(addresses, 12);
  const bytes = panelBytes();
  const otherWeights = pairWeights + bytes;
  const otherGradient = gradient + bytes;

  let y0 = f32x4.splat(0);
  let y1 = f32x4.splat(0);
  let y2 = f32x4.splat(0);
  let y3 = f32x4.splat(0);
  let z0 = f32x4.splat(0);
  let z1 = f32x4.splat(0);
  let z2 = f32x4.splat(0);
  let z3 = f32x4.splat(0);
  for (let k: usize = 0; k < bytes; k += VECTOR) {
    const v = v128.load(pairWeights + k);
    const w = v128.load(otherWeights + k);
    const f0 = v128.load(x0 + k);
    y0 = multiplyAdd(f0, v, y0);
    z0 = multiplyAdd(f0, w, z0);
    const f1 = v128.load(x1 + k);
    y1 = multiplyAdd(f1, v, y1);
    z1 = multiplyAdd(f1, w, z1);
    const f2 = v128.load(x2 + k);
    y2 = multiplyAdd(f2, v, y2);
    z2 = multiplyAdd(f2, w, z2);
    const f3 = v128.load(x3 + k);
    y3 = multiplyAdd(f3, v, y3);
    z3 = multiplyAdd(f3, w, z3);
  }

  const quadLabels = v128.load(labelOf(row, 0));
  const a = clippedResiduals(quadLabels, laneSums(y0, y1, y2, y3));
  const b = clippedResiduals(quadLabels, laneSums(z0, z1, z2, z3));
  const a0 = v128.shuffle<f32>(a, a, 0, 0, 0, 0);
  const a1 = v128.shuffle<f32>(a, a, 1, 1, 1, 1);
  const a2 = v128.shuffle<f32>(a, a, 2, 2, 2, 2);
  const a3 = v128.shuffle<f32>(a, a, 3, 3, 3, 3);
  const b0 = v128.shuffle<f32>(b, b, 0, 0, 0, 0);
  const b1 = v128.shuffle<f32>(b, b, 1, 1, 1, 1);
  const b2 = v128.shuffle<f32>(b, b, 2, 2, 2, 2);
  const b3 = v128.shuffle<f32>(b, b, 3, 3, 3, 3);
  for (let k: usize = 0; k < bytes; k += VECTOR) {
    let g = v128.load(gradient + k);
    let h = v128.load(otherGradient + k);
    const f0 = v128.load(x0 + k);
    g = multiplyAdd(a0, f0, g);
    h = multiplyAdd(b0, f0, h);
    const f1 = v128.load(x1 + k);
    g = multiplyAdd(a1, f1, g);
    h = multiplyAdd(b1, f1, h);
    const f2 = v128.load(x2 + k);
    g = multiplyAdd(a2, f2, g);
    h = multiplyAdd(b2, f2, h);
    const f3 = v128.load(x3 + k);
    g = multiplyAdd(a3, f3, g);
    h = multiplyAdd(b3, f3, h);
    v128.store(gradient + k, g);
    v128.store(otherGradient + k, h);
  }
}

/** f·a of the logistic loss for four rows of one chain. */
function clippedResiduals(quadLabels: v128, z: v128): v128 {
  v128.store(rowOutputs, z);
  clipLogisticRows(rowOutputs, quadLabels, f32x4.splat(0), 0, clip);
  return v128.load(rowOutputs);
}

/** The sums of four vectors' lanes: of lanes 0 and 2, of 1 and 3, and of the two. */
function laneSums(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = f32x4.add(v128.shuffle<f32>(a, b, 0, 4, 1, 5), v128.shuffle<f32>(a, b, 2, 6, 3, 7));
  const cd = f32x4.add(v128.shuffle<f32>(c, d, 0, 4, 1, 5), v128.shuffle<f32>(c, d, 2, 6, 3, 7));
  return f32x4.add(v128.shuffle<f32>(ab, cd, 0, 1, 4, 5), v128.shuffle<f32>(ab, cd, 2, 3, 6, 7));
}

/** W ← (1 − ηλn)·W − (η/|B|)·gradient + √(2ησ²)·noise, for one chain. */
function move(
  chainWeights: usize,
  gradient: usize,
  count: usize,
  deviation: f32,
  cell: u32,
  trial: u32,
  step: u32,
): void {
  const keep = multiplyAdd(f32x4.splat(-stepSize * regularization), f32x4.splat(1), f32x4.splat(1));
  const rate = f32x4.splat(-stepSize / <f32> count);
  const scale = f32x4.splat(deviation);
  const blocks = <u32> paddedDimension / 4;
  const bytes = panelBytes();
  for (let k: usize = 0; k < outputs; k++) {
    if (deviation != 0) {
      fillChainNormals(normals, seed, cell, trial, step, <u32> k * blocks, blocks);
      const drawn = dimension * sizeof<f32>();
      memory.fill(normals + drawn, 0, bytes - drawn);
    }
    for (let place: usize = 0; place < bytes; place += VECTOR) {
      let w = f32x4.mul(keep, v128.load(chainWeights + place));
      w = multiplyAdd(rate, v128.load(gradient + place), w);
      if (deviation != 0) w = multiplyAdd(scale, v128.load(normals + place), w);
      v128.store(chainWeights + place, w);
    }
    chainWeights += bytes;
    gradient += bytes;
  }
}

/** Scales a chain whose norm, summed in double precision, is above R to norm R. */
function project(chainWeights: usize): void {
  const end = chainWeights + outputs * panelBytes();
  let sums = f64x2.splat(0);
  for (let place = chainWeights; place != end; place += VECTOR) {
    const w = v128.load(place);
    const low = f64x2.promote_low_f32x4(w);
    const high = f64x2.promote_low_f32x4(v128.shuffle<i64>(w, w, 1, 1));
    sums = f64x2.add(sums, f64x2.add(f64x2.mul(low, low), f64x2.mul(high, high)));
  }
  const norm = Mathf.sqrt(<f32> (f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1)));
  if (!(norm > radius)) return;
  const scale = f32x4.splat(radius / norm);
  for (let place = chainWeights; place != end; place += VECTOR) {
    v128.store(place, f32x4.mul(v128.load(place), scale));
  }
}
