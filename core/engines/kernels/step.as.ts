// @ts-nocheck: AssemblyScript, checked by its own compiler.
// deno-lint-ignore-file prefer-const -- the worker sets the exported variables
/**
 * The two phases of a Langevin step, on memory shared by all workers.
 *
 * Eight chains, an octet, are the eight columns of a panel; a panel holds one output of theirs. A SIMD register holds
 * one number of four chains, so chains never mix and one is advanced alike alone or among hundreds.
 *
 *     weights        octet 0                               octet 1
 *                    output 0      output 1     …          output 0     …
 *                    feature 0: 8 floats, one a chain
 *                    feature 1: 8 floats
 *                    …, zeros up to a multiple of 4 features
 *     gradients      the same, once for every slice of the rows
 *     a block        `blockRows` rows: labels, backgrounds, bands of rows, bands of features; `blocks` is a table of
 *                    the addresses of each block and of its bands of features
 *     outputsBlock   as the weights, a row of the block in place of a feature; one a worker
 *
 * The features are X = c·1ᵀ + S: a row's background, the number that most of its features are, and the rest, which is
 * mostly zero and kept in bands (see `wasm/bands.ts`). So Z = XW = c·(1ᵀW) + SW and XᵀG = 1·(cᵀG) + SᵀG.
 *
 * Phase 1, {@linkcode accumulate}: a slice of the rows and some octets. A block of rows is read once and stays in cache
 * for Z, the clipped residuals G and the slice's sums of cᵀG and SᵀG. Where another library multiplies (see
 * `blas_engine.ts`), the worker calls it for SW and SᵀG, and what it lacks in between: {@linkcode clear},
 * {@linkcode startBlock}, {@linkcode clipBlock} and {@linkcode finishBlock}. S has then only some columns, of which
 * {@linkcode selectWeights} and {@linkcode addSelection} find the weights and the gradient, and for the library's sake
 * some panels lie side by side: a group of them has its rows one after the other.
 * Phase 2, {@linkcode update}: one octet. The gradients of the slices are summed in order, whoever computed them.
 *
 * The constants of a walk are exported variables, which the worker sets by name.
 * @module
 */
import { fillNormals } from "./noise.as.ts";
import { addProduct, addProducts, nextBand } from "./product.as.ts";
import { clipLogistic, clipSoftmax } from "./residual.as.ts";
import { multiplyAdd } from "./simd.as.ts";

export { addProduct, addProducts };

/** A product plus a number as the kernels compute them, by which it shows whether the product is rounded. */
export function productPlus(a: f32, b: f32, c: f32): f32 {
  return f32x4.extract_lane(multiplyAdd(f32x4.splat(a), f32x4.splat(b), f32x4.splat(c)), 0);
}

/** Number of features d, the next multiple of 4, and the number of outputs of a chain. */
export let dimension: usize = 0;
export let paddedDimension: usize = 0;
export let outputs: usize = 0;

/** Number of rows n, address of the table of their blocks, number of blocks, rows of a block. */
export let rowCount: usize = 0;
export let blocks: usize = 0;
export let blockCount: usize = 0;
export let blockRows: usize = 0;

/** Number of octets of chains and of slices of the blocks. */
export let octetCount: usize = 0;
export let sliceCount: usize = 0;

/** Number of panels that lie side by side, and whether the product takes two panels at once. */
export let groupPanels: usize = 1;
export let isWide: bool = false;

/** Addresses of W, 1ᵀW and |W|². */
export let weights: usize = 0;
export let weightSums: usize = 0;
export let squaredNorms: usize = 0;

/** Addresses of SᵀG, cᵀG and Σ f of each slice. */
export let gradients: usize = 0;
export let backgroundSums: usize = 0;
export let factorSums: usize = 0;

/** Addresses of √(2ησ²), trial and cell of every chain. */
export let deviations: usize = 0;
export let trials: usize = 0;
export let cells: usize = 0;

/** Addresses of this worker's own room: a block's outputs, a row's residuals, a noise, and what a library multiplies. */
export let outputsBlock: usize = 0;
export let residuals: usize = 0;
export let normals: usize = 0;
export let selection: usize = 0;

/** η, λn, M, whether the regularizer is clipped, R (infinite without projection) and the run's seed. */
export let stepSize: f32 = 0;
export let regularization: f32 = 0;
export let clip: f32 = 0;
export let clipsRegularizer: bool = false;
export let radius: f32 = 0;
export let seed: u32 = 0;

/** Bytes of eight chains' floats. */
const OCTET_BYTES: usize = 32;
/** Bytes of a SIMD register: half an octet. */
const HALF_BYTES: usize = 16;
/** Rows of a band and of a tile of the product. */
const TILE: usize = 4;

/** Bytes of a panel that lies alone, of weights and of outputs. */
function panelBytes(): usize {
  return paddedDimension * OCTET_BYTES;
}

function outputsPanelBytes(): usize {
  return blockRows * OCTET_BYTES;
}

/** Bytes from a row of a panel to the next. */
function rowBytes(): usize {
  return groupPanels * OCTET_BYTES;
}

/** Address of a panel of `bytes` bytes, of which the first is at `first`. */
function panelAt(first: usize, panel: usize, bytes: usize): usize {
  const place = panel % groupPanels;
  return first + (panel - place) * bytes + place * OCTET_BYTES;
}

/** Phase 1: adds up f·a⊗x and f over a slice's rows, for octets `first` to `end` − 1. */
export function accumulate(slice: usize, first: usize, end: usize): void {
  clear(slice, first, end);
  const firstPanel = first * outputs;
  const panels = (end - first) * outputs;
  const sliceBackgrounds = backgroundSums + (slice * octetCount * outputs + firstPanel) * OCTET_BYTES;
  const endBlock = blockCount * (slice + 1) / sliceCount;
  for (let block = blockCount * slice / sliceCount; block < endBlock; block++) {
    const entry = blocks + 2 * sizeof<usize>() * block;
    const labels = load<usize>(entry);
    const backgrounds = labels + blockRows * outputs * sizeof<f32>();
    const rowBands = backgrounds + blockRows * sizeof<f32>();
    const featureBands = load<usize>(entry, sizeof<usize>());
    const rows = min(blockRows, rowCount - block * blockRows);
    computeOutputs(backgrounds, rowBands, featureBands, firstPanel, panels);
    clipBlock(slice, first, end, labels, rows);
    addBackgrounds(backgrounds, rows, sliceBackgrounds, panels);
    addGradients(featureBands, gradientOf(slice, firstPanel), panels);
  }
}

/** Address of a slice's gradient, from a panel on. */
function gradientOf(slice: usize, panel: usize): usize {
  return panelAt(gradients + slice * octetCount * outputs * panelBytes(), panel, panelBytes());
}

/** Address of a slice's Σ f, from an octet on. */
function factorsOf(slice: usize, octet: usize): usize {
  return factorSums + (slice * octetCount + octet) * OCTET_BYTES;
}

/** Sets a slice's sums to 0, for octets `first` to `end` − 1, which lie in groups of their own. */
export function clear(slice: usize, first: usize, end: usize): void {
  const firstPanel = first * outputs;
  const panels = (end - first) * outputs;
  const sliceBackgrounds = backgroundSums + (slice * octetCount * outputs + firstPanel) * OCTET_BYTES;
  memory.fill(gradientOf(slice, firstPanel), 0, panels * panelBytes());
  memory.fill(sliceBackgrounds, 0, panels * OCTET_BYTES);
  memory.fill(factorsOf(slice, first), 0, (end - first) * OCTET_BYTES);
}

/** Z = c·(1ᵀW) + SW for a block of rows, whose bands end at `endBands`. */
function computeOutputs(backgrounds: usize, bands: usize, endBands: usize, firstPanel: usize, panels: usize): void {
  let panelWeights = weights + firstPanel * panelBytes();
  let output = outputsBlock;
  let panel: usize = 0;
  for (; isWide && panel + 1 < panels; panel += 2) {
    startOutputs(output, backgrounds, firstPanel + panel);
    startOutputs(output + outputsPanelBytes(), backgrounds, firstPanel + panel + 1);
    let tile = output;
    for (let band = bands; band != endBands; band = nextBand(band)) {
      addProducts(tile, tile + outputsPanelBytes(), band, panelWeights, panelWeights + panelBytes());
      tile += TILE * OCTET_BYTES;
    }
    panelWeights += 2 * panelBytes();
    output += 2 * outputsPanelBytes();
  }
  for (; panel < panels; panel++) {
    startOutputs(output, backgrounds, firstPanel + panel);
    let tile = output;
    for (let band = bands; band != endBands; band = nextBand(band)) {
      addProduct(tile, band, panelWeights);
      tile += TILE * OCTET_BYTES;
    }
    panelWeights += panelBytes();
    output += outputsPanelBytes();
  }
}

/** Z = c·(1ᵀW) for a block of rows and a panel. */
function startOutputs(output: usize, backgrounds: usize, panel: usize): void {
  const sums = weightSums + panel * OCTET_BYTES;
  const left = v128.load(sums);
  const right = v128.load(sums, HALF_BYTES);
  const stride = rowBytes();
  for (const end = output + blockRows * stride; output != end; output += stride) {
    const shift = v128.load32_splat(backgrounds);
    v128.store(output, f32x4.mul(shift, left));
    v128.store(output, f32x4.mul(shift, right), HALF_BYTES);
    backgrounds += sizeof<f32>();
  }
}

/** G from Z for a block of rows; adds Σ f to the slice's. */
export function clipBlock(slice: usize, first: usize, end: usize, labels: usize, rows: usize): void {
  for (let octet = first; octet < end; octet++) {
    const octetOutputs = panelAt(outputsBlock, (octet - first) * outputs, outputsPanelBytes());
    const sums = factorsOf(slice, octet);
    for (let half: usize = 0; half < OCTET_BYTES; half += HALF_BYTES) {
      clipChains(octetOutputs + half, labels, rows, sums + half, squaredNorms + octet * OCTET_BYTES + half);
    }
  }
}

/** G from Z, for four chains. */
function clipChains(first: usize, labels: usize, rows: usize, sums: usize, norms: usize): void {
  const squaredNorm = clipsRegularizer ? v128.load(norms) : f32x4.splat(0);
  const lambda = clipsRegularizer ? regularization : 0;
  const factors = outputs == 1
    ? clipLogistic(first, rowBytes(), labels, rows, squaredNorm, lambda, clip)
    : clipSoftmax(first, rowBytes(), classBytes(), outputs, labels, rows, squaredNorm, residuals, lambda, clip);
  v128.store(sums, f32x4.add(v128.load(sums), factors));
}

/** Bytes from the outputs of one class to those of the next. */
function classBytes(): usize {
  return groupPanels == 1 ? outputsPanelBytes() : OCTET_BYTES;
}

/** Z = c·(1ᵀW) for a block of rows and the octets of a group, to which another library adds SW. */
export function startBlock(first: usize, end: usize, backgrounds: usize): void {
  for (let panel = first * outputs; panel < end * outputs; panel++) {
    startOutputs(panelAt(outputsBlock, panel - first * outputs, outputsPanelBytes()), backgrounds, panel);
  }
}

/** Adds cᵀG to the slice's, for the octets of a group. */
export function finishBlock(slice: usize, first: usize, end: usize, backgrounds: usize, rows: usize): void {
  const sums = backgroundSums + (slice * octetCount + first) * outputs * OCTET_BYTES;
  addBackgrounds(backgrounds, rows, sums, (end - first) * outputs);
}

/** Copies a group's weights of some features to `selection`. */
export function selectWeights(first: usize, features: usize, count: usize): void {
  const row = rowBytes();
  const from = panelAt(weights, first * outputs, panelBytes());
  let target = selection;
  for (const end = features + count * sizeof<u32>(); features != end; features += sizeof<u32>()) {
    let source = from + row * load<u32>(features);
    for (const endRow = target + row; target != endRow; target += OCTET_BYTES) {
      v128.store(target, v128.load(source));
      v128.store(target, v128.load(source, HALF_BYTES), HALF_BYTES);
      source += OCTET_BYTES;
    }
  }
}

/** Adds `selection`, a group's gradient of some features, to the slice's. */
export function addSelection(slice: usize, first: usize, features: usize, count: usize): void {
  const row = rowBytes();
  const gradient = gradientOf(slice, first * outputs);
  let source = selection;
  for (const end = features + count * sizeof<u32>(); features != end; features += sizeof<u32>()) {
    let target = gradient + row * load<u32>(features);
    for (const endRow = source + row; source != endRow; source += OCTET_BYTES) {
      v128.store(target, f32x4.add(v128.load(target), v128.load(source)));
      v128.store(target, f32x4.add(v128.load(target, HALF_BYTES), v128.load(source, HALF_BYTES)), HALF_BYTES);
      target += OCTET_BYTES;
    }
  }
}

/** sums += cᵀG for a block of rows. */
function addBackgrounds(backgrounds: usize, rows: usize, sums: usize, panels: usize): void {
  for (let panel: usize = 0; panel < panels; panel++) {
    let left = v128.load(sums);
    let right = v128.load(sums, HALF_BYTES);
    let output = panelAt(outputsBlock, panel, outputsPanelBytes());
    for (let row: usize = 0; row < rows; row++) {
      const background = v128.load32_splat(backgrounds + row * sizeof<f32>());
      left = multiplyAdd(background, v128.load(output), left);
      right = multiplyAdd(background, v128.load(output, HALF_BYTES), right);
      output += rowBytes();
    }
    v128.store(sums, left);
    v128.store(sums, right, HALF_BYTES);
    sums += OCTET_BYTES;
  }
}

/** gradient += SᵀG for a block of rows; a band of features stays in cache for all panels. */
function addGradients(band: usize, gradient: usize, panels: usize): void {
  for (let feature: usize = 0; feature < paddedDimension; feature += TILE) {
    let tile = gradient + feature * OCTET_BYTES;
    let outputsPanel = outputsBlock;
    let panel: usize = 0;
    for (; isWide && panel + 1 < panels; panel += 2) {
      addProducts(tile, tile + panelBytes(), band, outputsPanel, outputsPanel + outputsPanelBytes());
      tile += 2 * panelBytes();
      outputsPanel += 2 * outputsPanelBytes();
    }
    for (; panel < panels; panel++) {
      addProduct(tile, band, outputsPanel);
      tile += panelBytes();
      outputsPanel += outputsPanelBytes();
    }
    band = nextBand(band);
  }
}

/** Phase 2: moves an octet of chains by step number `step`. */
export function update(octet: usize, step: u32): void {
  for (let half: usize = 0; half < OCTET_BYTES; half += HALF_BYTES) {
    move(octet, half, step);
    measureHalf(octet, half);
    if (radius < Infinity) project(octet, half);
  }
}

/** 1ᵀW and |W|² of an octet of chains, which a walk needs before its first step. */
export function measure(octet: usize): void {
  for (let half: usize = 0; half < OCTET_BYTES; half += HALF_BYTES) measureHalf(octet, half);
}

/** W ← (1 − ηλn·f)·W − (η/n)·gradient + √(2ησ²)·noise, for four chains. */
function move(octet: usize, half: usize, step: u32): void {
  const chains = octet * OCTET_BYTES + half;
  const deviation = v128.load(deviations + chains);
  const isNoisy = v128.any_true(deviation);
  const keep = keptShare(chains);
  const rate = f32x4.splat(-stepSize / <f32> rowCount);
  const normalBlocks = paddedDimension / 4;
  const panelCount = octetCount * outputs;
  for (let output: usize = 0; output < outputs; output++) {
    if (isNoisy) {
      const firstBlock = output * normalBlocks;
      fillNormals(normals, seed, v128.load(cells + chains), v128.load(trials + chains), step, firstBlock, normalBlocks);
    }
    const panel = octet * outputs + output;
    const background = sumOverSlices(backgroundSums + panel * OCTET_BYTES + half, panelCount * OCTET_BYTES);
    const stride = rowBytes();
    let position = panelAt(0, panel, panelBytes()) + half;
    for (let feature: usize = 0; feature < dimension; feature++) {
      const gradient = f32x4.add(sumOverSlices(gradients + position, panelCount * panelBytes()), background);
      let weight = multiplyAdd(rate, gradient, f32x4.mul(keep, v128.load(weights + position)));
      if (isNoisy) weight = multiplyAdd(deviation, v128.load(normals + feature * HALF_BYTES), weight);
      v128.store(weights + position, weight);
      position += stride;
    }
  }
}

/** 1 − ηλn·f with f the mean clip factor of a chain's rows, 1 where the regularizer is not clipped. */
function keptShare(chains: usize): v128 {
  const factor = clipsRegularizer
    ? f32x4.div(sumOverSlices(factorSums + chains, octetCount * OCTET_BYTES), f32x4.splat(<f32> rowCount))
    : f32x4.splat(1);
  return multiplyAdd(f32x4.splat(-stepSize * regularization), factor, f32x4.splat(1));
}

function sumOverSlices(first: usize, stride: usize): v128 {
  let sum = v128.load(first);
  for (let slice: usize = 1; slice < sliceCount; slice++) {
    first += stride;
    sum = f32x4.add(sum, v128.load(first));
  }
  return sum;
}

/** 1ᵀW and |W|² of four chains, summed in double precision. */
function measureHalf(octet: usize, half: usize): void {
  let lowNorm = f64x2.splat(0);
  let highNorm = f64x2.splat(0);
  for (let output: usize = 0; output < outputs; output++) {
    const panel = octet * outputs + output;
    let lowSum = f64x2.splat(0);
    let highSum = f64x2.splat(0);
    const stride = rowBytes();
    let position = panelAt(weights, panel, panelBytes()) + half;
    for (const end = position + paddedDimension * stride; position != end; position += stride) {
      const weight = v128.load(position);
      const low = f64x2.promote_low_f32x4(weight);
      const high = f64x2.promote_low_f32x4(v128.shuffle<i64>(weight, weight, 1, 1));
      lowSum = f64x2.add(lowSum, low);
      highSum = f64x2.add(highSum, high);
      lowNorm = f64x2.add(lowNorm, f64x2.mul(low, low));
      highNorm = f64x2.add(highNorm, f64x2.mul(high, high));
    }
    v128.store(weightSums + panel * OCTET_BYTES + half, toFloats(lowSum, highSum));
  }
  v128.store(squaredNorms + octet * OCTET_BYTES + half, toFloats(lowNorm, highNorm));
}

/** Four doubles rounded to floats. */
function toFloats(low: v128, high: v128): v128 {
  return v128.shuffle<i64>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 2);
}

/** Scales those of four chains whose norm is above R to norm R. */
function project(octet: usize, half: usize): void {
  const norm = f32x4.sqrt(v128.load(squaredNorms + octet * OCTET_BYTES + half));
  const isOutside = f32x4.gt(norm, f32x4.splat(radius));
  if (!v128.any_true(isOutside)) return;
  const scale = v128.bitselect(f32x4.div(f32x4.splat(radius), norm), f32x4.splat(1), isOutside);
  const stride = rowBytes();
  for (let output: usize = 0; output < outputs; output++) {
    let position = panelAt(weights, octet * outputs + output, panelBytes()) + half;
    for (const end = position + paddedDimension * stride; position != end; position += stride) {
      v128.store(position, f32x4.mul(v128.load(position), scale));
    }
  }
  measureHalf(octet, half);
}
