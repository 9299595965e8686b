/**
 * Steps over batches: a workgroup advances one chain, many steps a dispatch.
 *
 * Chains of different trials take different rows, so there is no matrix of chains to multiply by, and no chain waits
 * for another. Within a step, lanes first share the features of rows, then the rows, then the weights:
 *
 * 1. scores: `rowLanes` lanes share four rows of the batch at a time, found by number, and add up their products;
 * 2. residuals: a lane turns the scores of a row into f·a;
 * 3. gradient and update: a lane has four features of an output, for which one Philox block holds the normals, and goes
 *    through the rows of the batch in the trial's order;
 * 4. projection: the squares of what the lanes moved are added up.
 *
 * Sums have one order, whatever the other chains and the number of steps of a dispatch.
 * @module
 */
import { Purpose } from "../../../model/random.ts";
import { type KernelSource, reads, uniform, type Variable, writes } from "../kernel.ts";
import { noise } from "./noise.ts";
import { unroll } from "./product.ts";
import { type Loss, residualFunctions } from "./residuals.ts";
import { BatchChain, BatchWalkConstants, Steps } from "./structs.ts";
import type { Team } from "./tile.ts";

/** Rows that lanes take at once; scores are padded to a multiple of them. */
export const ROWS_AT_ONCE = 4;

/** The most buffers of rows: a kernel surely has eight storage buffers, and needs five for all else. */
export const MOST_ROW_BUFFERS = 3;

/** Workgroups along an axis of the grid that every device has. */
const MOST_GROUPS = 65535;

/** Rows whose gradients are added up before they are added to those of the rows before. */
const PART_ROWS = 256;

/**
 * The grid of chains.
 *
 * @param chains Their number.
 * @returns A workgroup for each, and some more where one axis is too short.
 */
export function chainGrid(chains: number): [x: number, y: number] {
  return [Math.min(chains, MOST_GROUPS), Math.ceil(chains / MOST_GROUPS)];
}

/**
 * Names the variable of a buffer of rows.
 *
 * @param buffer Which one.
 * @returns Its name.
 */
export function rowsName(buffer: number): string {
  return `rows${buffer}`;
}

/** WGSL that reads four features of a row in whichever buffer it is. */
function readRow(buffers: number): string {
  if (buffers === 1) return `return ${rowsName(0)}[row * walk.featureQuads + quad];`;
  const place = "row % walk.bufferRows * walk.featureQuads + quad";
  const others = unroll(buffers - 1, (i) => `case ${i + 1}u: { return ${rowsName(i + 1)}[place]; }`);
  return `let place = ${place};
  switch row / walk.bufferRows {
    ${others}
    default: { return ${rowsName(0)}[place]; }
  }`;
}

/**
 * W ← W − η·(Σ_i f_i a_i⊗x_i / b + λn·W) + √(2ησ²)·N(0, I) over the batches of some steps, each followed by the
 * projection onto the ball.
 *
 * @param loss Whose residuals a_i are.
 * @param team The lanes of a workgroup.
 * @param buffers How many buffers the rows are in, at most {@linkcode MOST_ROW_BUFFERS}.
 * @returns The kernel; its grid is {@linkcode chainGrid}.
 */
export function batchSteps(loss: Loss, { lanes, rowLanes }: Team, buffers: number): KernelSource {
  const rows: [string, Variable][] = Array.from({ length: buffers }, (_, i) => [rowsName(i), reads("vec4f")]);
  const eachRow = (code: (r: number) => string) => Array.from({ length: ROWS_AT_ONCE }, (_, r) => code(r));
  return {
    label: `${loss} steps over batches`,
    variables: {
      walk: uniform(BatchWalkConstants),
      steps: uniform(Steps, true),
      chains: reads(BatchChain),
      orders: reads("u32"),
      labels: reads("f32"),
      scores: writes("f32"),
      weights: writes("vec4f"),
      ...Object.fromEntries(rows),
    },
    code: `
${noise}
fn place(first: u32, c: u32) -> u32 { return first + c * walk.batchStride; }
${residualFunctions(loss)}

struct Batch {
  chain: u32,
  order: u32, // where its rows are in the orders
  count: u32,
  step: u32,
}

var<workgroup> sums: array<vec4f, ${lanes}>;

// Sums over lanes, so many (the width) at a time, in the first of them.
fn addUp(lane: u32, width: u32) {
  for (var reach = width / 2u; reach > 0u; reach /= 2u) {
    workgroupBarrier();
    if (lane % width < reach) { sums[lane] += sums[lane + reach]; }
  }
  workgroupBarrier();
}

fn readRow(row: u32, quad: u32) -> vec4f {
  ${readRow(buffers)}
}

// Behind the last row comes the last row again.
fn fourRows(batch: Batch, first: u32) -> vec4u {
  let last = batch.count - 1u;
  return vec4u(${eachRow((r) => `orders[batch.order + min(first + ${r}u, last)]`).join(", ")});
}

fn firstScore(batch: Batch, output: u32, row: u32) -> u32 {
  return (batch.chain * walk.outputs + output) * walk.batchStride + row;
}

fn firstWeight(batch: Batch, output: u32) -> u32 {
  return (batch.chain * walk.outputs + output) * walk.depthQuads;
}

fn findScores(batch: Batch, lane: u32) {
  let own = ${ROWS_AT_ONCE}u * (lane / ${rowLanes}u);
  for (var start = 0u; start < batch.count; start += ${ROWS_AT_ONCE * lanes / rowLanes}u) {
    let first = start + own;
    let rows = fourRows(batch, first);
    for (var output = 0u; output < walk.outputs; output++) {
      let weight = firstWeight(batch, output);
      var sum = vec4f();
      for (var quad = lane % ${rowLanes}u; quad < walk.depthQuads; quad += ${rowLanes}u) {
        let features = weights[weight + quad];
        sum += vec4f(${eachRow((r) => `dot(features, readRow(rows[${r}], quad))`).join(", ")});
      }
      sums[lane] = sum;
      addUp(lane, ${rowLanes}u);
      if (lane % ${rowLanes}u == 0u && first < batch.count) {
        let score = firstScore(batch, output, first);
        ${eachRow((r) => `scores[score + ${r}u] = sums[lane][${r}];`).join("\n")}
      }
    }
  }
}

// Rows behind the last one get zeros, so that no gradient counts them.
fn findResiduals(batch: Batch, lane: u32) {
  for (var row = lane; row < batch.count + ${ROWS_AT_ONCE - 1}u; row += ${lanes}u) {
    let first = firstScore(batch, 0u, row);
    if (row < batch.count) {
      let products = formResidual(orders[batch.order + row], first);
      scaleResidual(first, clippingFactor(products.square));
    } else if (row < walk.batchStride) {
      eraseScores(first);
    }
  }
}

fn gradientOf(batch: Batch, output: u32, quad: u32) -> vec4f {
  var gradient = vec4f();
  for (var part = 0u; part < batch.count; part += ${PART_ROWS}u) {
    var sum = vec4f();
    for (var first = part; first < min(part + ${PART_ROWS}u, batch.count); first += ${ROWS_AT_ONCE}u) {
      let rows = fourRows(batch, first);
      let score = firstScore(batch, output, first);
      ${eachRow((r) => `sum = fma(vec4f(scores[score + ${r}u]), readRow(rows[${r}], quad), sum);`).join("\n")}
    }
    gradient += sum;
  }
  return gradient;
}

// Moves a lane's weights; returns their square.
fn moveWeights(batch: Batch, lane: u32) -> f32 {
  let chain = chains[batch.chain];
  var square = 0.0;
  for (var block = lane; block < walk.outputs * walk.depthQuads; block += ${lanes}u) {
    let output = block / walk.depthQuads;
    let quad = block % walk.depthQuads;
    let counter = vec4u(chain.trial, block, batch.step, ${Purpose.step}u);
    let drawn = standardNormals(counter, vec2u(walk.seed, chain.cell));
    let normals = select(vec4f(), drawn, 4u * quad + vec4u(0u, 1u, 2u, 3u) < vec4u(walk.dimension));
    let index = firstWeight(batch, output) + quad;
    let weight = weights[index];
    let slope = gradientOf(batch, output, quad) / f32(batch.count) + walk.regularization * weight;
    let moved = weight - walk.stepSize * slope + chain.noise * normals;
    weights[index] = moved;
    square += dot(moved, moved);
  }
  return square;
}

// Scales a lane's weights by R/|W| where |W| is above R.
fn project(batch: Batch, lane: u32, square: f32) {
  sums[lane] = vec4f(square, 0.0, 0.0, 0.0);
  addUp(lane, ${lanes}u);
  let norm = sqrt(sums[0].x);
  workgroupBarrier(); // until all have read it
  if (norm > walk.radius) {
    for (var block = lane; block < walk.outputs * walk.depthQuads; block += ${lanes}u) {
      weights[firstWeight(batch, 0u) + block] *= walk.radius / norm;
    }
  }
}

@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let chain = group.y * ${MOST_GROUPS}u + group.x;
  if (chain >= arrayLength(&chains)) { return; }
  for (var i = 0u; i < steps.count; i++) {
    let step = steps.first + i;
    let first = step % walk.batchCount * walk.batchSize;
    let batch = Batch(chain, chains[chain].order + first, min(walk.batchSize, walk.count - first), step);
    findScores(batch, lane);
    storageBarrier();
    findResiduals(batch, lane);
    storageBarrier();
    let square = moveWeights(batch, lane);
    if (walk.radius > 0.0) { project(batch, lane, square); }
    storageBarrier();
  }
}`,
  };
}
