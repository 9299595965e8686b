// @ts-nocheck: AssemblyScript, checked by its own compiler.
// deno-lint-ignore-file prefer-const -- the worker sets the exported variable
/**
 * The two phases of `step.as.ts` for walks of few chains, of which eight would leave lanes empty: each chain alone.
 *
 * The blocks of rows are the same. A band has four rows of a column side by side, so a SIMD register holds one number of
 * four rows for the outputs, and one of four features for the gradient. Every sum has the terms and the order that it
 * has for eight chains, and a rounding where it has one there: the bits are the same.
 *
 *     weights, gradients   chain 0                                       chain 1
 *                          output 0: d floats, zeros up to a multiple of 4   …
 *                          output 1                                      …
 *     outputsBlock         output 0: a float a row of the block          output 1 …; one chain a worker
 *
 * The constants are those of `step.as.ts`, with a chain in the place of an octet.
 * @module
 */
import { fillChainNormals } from "./noise.as.ts";
import { addVector, addVectors, nextBand } from "./product.as.ts";
import { clipLogisticRows, clipSoftmaxRows } from "./residual.as.ts";
import { multiplyAdd } from "./simd.as.ts";
import {
  backgroundSums,
  blockCount,
  blockRows,
  blocks,
  cells,
  clip,
  clipsRegularizer,
  deviations,
  dimension,
  factorSums,
  gradients,
  normals,
  octetCount as chainCount,
  outputs,
  outputsBlock,
  paddedDimension,
  radius,
  regularization,
  residuals,
  rowCount,
  seed,
  sliceCount,
  squaredNorms,
  stepSize,
  trials,
  weights,
  weightSums,
} from "./step.as.ts";

/** This worker's own room: the labels of four rows, a vector a class. */
export let rowLabels: usize = 0;

/** Bytes of a SIMD register: of the outputs of a band of rows. */
const VECTOR: usize = 16;
/** Rows of a band, and features of one. */
const QUAD: usize = 4;

function panelBytes(): usize {
  return paddedDimension * sizeof<f32>();
}

function outputsBytes(): usize {
  return blockRows * sizeof<f32>();
}

/** Phase 1: adds up f·a⊗x and f over a slice's rows, for chains `first` to `end` − 1, which share a block's reading. */
export function accumulateAlone(slice: usize, first: usize, end: usize): void {
  for (let chain = first; chain < end; chain++) {
    memory.fill(gradients + panelOf(slice, chain) * panelBytes(), 0, outputs * panelBytes());
    memory.fill(backgroundSums + panelOf(slice, chain) * sizeof<f32>(), 0, outputs * sizeof<f32>());
    store<f32>(factorOf(slice, chain), 0);
  }
  const endBlock = blockCount * (slice + 1) / sliceCount;
  for (let block = blockCount * slice / sliceCount; block < endBlock; block++) {
    for (let chain = first; chain < end; chain++) accumulateBlock(slice, chain, block);
  }
}

/** Number of a chain's first panel among those of all slices. */
function panelOf(slice: usize, chain: usize): usize {
  return (slice * chainCount + chain) * outputs;
}

/** Address of a slice's Σ f. */
function factorOf(slice: usize, chain: usize): usize {
  return factorSums + (slice * chainCount + chain) * sizeof<f32>();
}

function accumulateBlock(slice: usize, chain: usize, block: usize): void {
  const entry = blocks + 2 * sizeof<usize>() * block;
  const labels = load<usize>(entry);
  const backgrounds = labels + blockRows * outputs * sizeof<f32>();
  const rowBands = backgrounds + blockRows * sizeof<f32>();
  const featureBands = load<usize>(entry, sizeof<usize>());
  const rows = min(blockRows, rowCount - block * blockRows);
  const hasBackground = startOutputs(backgrounds, chain);
  const panel = weights + chain * outputs * panelBytes();
  const gradient = gradients + panelOf(slice, chain) * panelBytes();
  addBands(outputsBlock, outputsBytes(), rowBands, blockRows / QUAD, panel, panelBytes());
  const factors = factorOf(slice, chain);
  store<f32>(factors, load<f32>(factors) + clipRows(chain, labels, rows));
  if (hasBackground) addBackgrounds(backgrounds, rows, backgroundSums + panelOf(slice, chain) * sizeof<f32>());
  addBands(gradient, panelBytes(), featureBands, paddedDimension / QUAD, outputsBlock, outputsBytes());
}

/** Z = c·(1ᵀW) for a block of rows; whether any c is not 0. */
function startOutputs(backgrounds: usize, chain: usize): bool {
  let any = f32x4.splat(0);
  for (let row: usize = 0; row < outputsBytes(); row += VECTOR) any = v128.or(any, v128.load(backgrounds + row));
  const hasBackground = v128.any_true(v128.and(any, i32x4.splat(0x7fffffff)));
  for (let k: usize = 0; k < outputs; k++) {
    const sum = v128.load32_splat(weightSums + (chain * outputs + k) * sizeof<f32>());
    const target = outputsBlock + k * outputsBytes();
    for (let row: usize = 0; row < outputsBytes(); row += VECTOR) {
      v128.store(target + row, f32x4.mul(v128.load(backgrounds + row), sum));
    }
  }
  return hasBackground;
}

/**
 * tiles += A·b for bands of A and a vector b an output.
 * @param tileStride Bytes from the tiles of one output to those of the next.
 * @param vectorStride Bytes from the vector of one output to that of the next.
 */
function addBands(
  tiles: usize,
  tileStride: usize,
  band: usize,
  bands: usize,
  vector: usize,
  vectorStride: usize,
): void {
  for (; bands >= QUAD; bands -= QUAD) {
    const second = nextBand(band);
    const third = nextBand(second);
    const fourth = nextBand(third);
    for (let k: usize = 0; k < outputs; k++) {
      addVectors(tiles + k * tileStride, band, second, third, fourth, vector + k * vectorStride);
    }
    band = nextBand(fourth);
    tiles += QUAD * VECTOR;
  }
  for (; bands > 0; bands--) {
    for (let k: usize = 0; k < outputs; k++) addVector(tiles + k * tileStride, band, vector + k * vectorStride);
    band = nextBand(band);
    tiles += VECTOR;
  }
}

/** G from Z for a block of rows, 0 behind them; returns Σ f. */
function clipRows(chain: usize, labels: usize, rows: usize): f32 {
  const squaredNorm = clipsRegularizer ? v128.load32_splat(squaredNorms + chain * sizeof<f32>()) : f32x4.splat(0);
  const lambda = clipsRegularizer ? regularization : 0;
  let sum: f32 = 0;
  for (let row: usize = 0; row < rows; row += QUAD) {
    const z = outputsBlock + row * sizeof<f32>();
    let factors: v128;
    if (outputs == 1) {
      factors = clipLogisticRows(z, v128.load(labels + row * sizeof<f32>()), squaredNorm, lambda, clip);
    } else {
      gatherLabels(labels + row * outputs * sizeof<f32>());
      const classBytes = outputsBytes();
      factors = clipSoftmaxRows(z, classBytes, outputs, rowLabels, VECTOR, squaredNorm, residuals, lambda, clip);
    }
    sum += f32x4.extract_lane(factors, 0);
    if (row + 1 < rows) sum += f32x4.extract_lane(factors, 1);
    if (row + 2 < rows) sum += f32x4.extract_lane(factors, 2);
    if (row + 3 < rows) sum += f32x4.extract_lane(factors, 3);
  }
  const used = rows * sizeof<f32>();
  if (rows < blockRows) {
    for (let k: usize = 0; k < outputs; k++) {
      memory.fill(outputsBlock + k * outputsBytes() + used, 0, outputsBytes() - used);
    }
  }
  return sum;
}

/** Puts the labels of four rows for a class side by side. */
function gatherLabels(labels: usize): void {
  for (let k: usize = 0; k < outputs; k++) {
    for (let row: usize = 0; row < QUAD; row++) {
      const label = load<f32>(labels + (row * outputs + k) * sizeof<f32>());
      store<f32>(rowLabels + k * VECTOR + row * sizeof<f32>(), label);
    }
  }
}

/** sums += cᵀG for a block of rows. */
function addBackgrounds(backgrounds: usize, rows: usize, sums: usize): void {
  for (let k: usize = 0; k < outputs; k++) {
    let sum = v128.load32_splat(sums);
    const g = outputsBlock + k * outputsBytes();
    for (let at: usize = 0; at < rows * sizeof<f32>(); at += sizeof<f32>()) {
      sum = multiplyAdd(v128.load32_splat(backgrounds + at), v128.load32_splat(g + at), sum);
    }
    store<f32>(sums, f32x4.extract_lane(sum, 0));
    sums += sizeof<f32>();
  }
}

/** Phase 2: moves a chain by step number `step`. */
export function updateAlone(chain: usize, step: u32): void {
  moveChain(chain, step);
  measureAlone(chain);
  if (radius < Infinity) projectChain(chain);
}

/** W ← (1 − ηλn·f)·W − (η/n)·gradient + √(2ησ²)·noise, for one chain. */
function moveChain(chain: usize, step: u32): void {
  const deviation = load<f32>(deviations + chain * sizeof<f32>());
  const cell = load<u32>(cells + chain * sizeof<u32>());
  const trial = load<u32>(trials + chain * sizeof<u32>());
  const keep = keptShare(chain);
  const rate = f32x4.splat(-stepSize / <f32> rowCount);
  const scale = f32x4.splat(deviation);
  const normalBlocks = <u32> paddedDimension / 4;
  const bytes = panelBytes();
  for (let k: usize = 0; k < outputs; k++) {
    if (deviation != 0) fillChainNormals(normals, seed, cell, trial, step, <u32> k * normalBlocks, normalBlocks);
    const panel = chain * outputs + k;
    const background = f32x4.splat(sumOverSlices(backgroundSums + panel * sizeof<f32>(), chainCount * outputs));
    const gradient = gradients + panel * bytes;
    const panelWeights = weights + panel * bytes;
    for (let place: usize = 0; place < bytes; place += VECTOR) {
      let sum = v128.load(gradient + place);
      let at = gradient + place;
      for (let slice: usize = 1; slice < sliceCount; slice++) {
        at += chainCount * outputs * bytes;
        sum = f32x4.add(sum, v128.load(at));
      }
      const whole = f32x4.add(sum, background);
      let weight = multiplyAdd(rate, whole, f32x4.mul(keep, v128.load(panelWeights + place)));
      if (deviation != 0) weight = multiplyAdd(scale, v128.load(normals + place), weight);
      v128.store(panelWeights + place, weight);
    }
    const drawn = dimension * sizeof<f32>();
    memory.fill(panelWeights + drawn, 0, bytes - drawn);
  }
}

/** 1 − ηλn·f with f the mean clip factor of a chain's rows, 1 where the regularizer is not clipped. */
function keptShare(chain: usize): v128 {
  const factor = clipsRegularizer
    ? sumOverSlices(factorSums + chain * sizeof<f32>(), chainCount) / <f32> rowCount
    : <f32> 1;
  return multiplyAdd(f32x4.splat(-stepSize * regularization), f32x4.splat(factor), f32x4.splat(1));
}

/** The sum of a slice's float and those of the others, `stride` floats apart. */
function sumOverSlices(first: usize, stride: usize): f32 {
  let sum = load<f32>(first);
  for (let slice: usize = 1; slice < sliceCount; slice++) {
    first += stride * sizeof<f32>();
    sum += load<f32>(first);
  }
  return sum;
}

/** 1ᵀW and |W|² of a chain, summed in double precision. */
export function measureAlone(chain: usize): void {
  let norm: f64 = 0;
  for (let panel = chain * outputs; panel < (chain + 1) * outputs; panel++) {
    let sum: f64 = 0;
    const end = weights + (panel + 1) * panelBytes();
    for (let place = weights + panel * panelBytes(); place != end; place += sizeof<f32>()) {
      const weight = <f64> load<f32>(place);
      sum += weight;
      norm += weight * weight;
    }
    store<f32>(weightSums + panel * sizeof<f32>(), <f32> sum);
  }
  store<f32>(squaredNorms + chain * sizeof<f32>(), <f32> norm);
}

/** Scales a chain whose norm is above R to norm R. */
function projectChain(chain: usize): void {
  const norm = Mathf.sqrt(load<f32>(squaredNorms + chain * sizeof<f32>()));
  if (!(norm > radius)) return;
  const scale = f32x4.splat(radius / norm);
  const end = weights + (chain + 1) * outputs * panelBytes();
  for (let place = weights + chain * outputs * panelBytes(); place != end; place += VECTOR) {
    v128.store(place, f32x4.mul(v128.load(place), scale));
  }
  measureAlone(chain);
}
