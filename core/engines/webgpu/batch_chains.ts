/**
 * Langevin chains over batches on the device, a workgroup each (`kernels/batch_steps.ts`): one dispatch takes several
 * steps of all of them.
 *
 * | buffer  | content                                                                                          |
 * | ------- | ------------------------------------------------------------------------------------------------ |
 * | rows    | those of the training set as they are stored, in a few buffers                                   |
 * | orders  | an order a trial, the number of a row a word                                                     |
 * | weights | chain by chain and output by output, d floats and zeros up to a multiple of 4                    |
 * | scores  | chain by chain and output by output, those of a batch, then f·a; zeros up to a multiple of 4     |
 *
 * What a chain computes depends on nothing but the rows and itself, to the bit.
 * @module
 */
import { batchCount, type Batches, trialOrder } from "../../model/batches.ts";
import { CapacityError, stepDeviation, type Walk } from "../engine.ts";
import { Bursts } from "./bursts.ts";
import type { ChainSetup } from "./device_chains.ts";
import type { DeviceMemory } from "./device_memory.ts";
import type { DeviceRows } from "./device_rows.ts";
import type { Dispatch } from "./kernel.ts";
import { chainGrid, MOST_ROW_BUFFERS, ROWS_AT_ONCE, rowsName } from "./kernels/batch_steps.ts";
import { BatchChain, BatchWalkConstants } from "./kernels/structs.ts";
import { type Limits, roundUp } from "./limits.ts";

/** The most steps of a dispatch: enough to make little of its start, few enough to leave the device to others. */
const STEPS_TOGETHER = 16;

/** A walk that has batches. */
type BatchWalk = Walk & { readonly batches: Batches };

/** The chains of one walk over batches, their buffers and the dispatch that advances them. */
export class BatchChains {
  readonly #walk: BatchWalk;
  readonly #rows: DeviceRows;
  readonly #bursts: Bursts;
  readonly #dispatch: Dispatch;

  /**
   * Puts chains on the device at their start.
   *
   * @param setup The device and the kernels.
   * @param memory Where the chains' buffers go; the chains end with it.
   * @param rows The rows whose loss the chains descend.
   * @param walk The chains.
   * @throws {RangeError} If an order is none.
   * @throws {CapacityError} If a buffer would be too large to bind, or the rows are in too many.
   */
  constructor(setup: ChainSetup, memory: DeviceMemory, rows: DeviceRows, walk: BatchWalk) {
    this.#walk = walk;
    this.#rows = rows;
    const trials = [...new Set(walk.chains.map(({ trial }) => trial))];
    requireRoom(setup.limits, rows, walk, trials.length);
    const filled = (content: ArrayBuffer) => ({ buffer: memory.upload(content, GPUBufferUsage.STORAGE) });
    const weights = memory.upload(this.#toDevice(walk.start).buffer, GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC);
    this.#bursts = new Bursts(setup.device, memory, weights, STEPS_TOGETHER);
    const { length } = walk.chains;
    const scores = 4 * length * rows.outputs * batchStride(walk.batches);
    const kernel = setup.batchKernels(rows.outputs === 1 ? "logistic" : "softmax", rows.blocks.length);
    this.#dispatch = kernel.dispatch({
      walk: { buffer: memory.upload(walkConstants(rows, walk), GPUBufferUsage.UNIFORM) },
      steps: this.#bursts.steps,
      chains: filled(chainConstants(walk, trials, rows.count)),
      orders: filled(ordersOf(trials, rows.count, walk.batches).buffer),
      labels: { buffer: allLabels(setup, memory, rows) },
      scores: { buffer: memory.create(scores, GPUBufferUsage.STORAGE) },
      weights: { buffer: weights },
      ...Object.fromEntries(rows.blocks.map(({ features }, i) => [rowsName(i), { buffer: features }])),
    }, chainGrid(length));
  }

  /**
   * Advances the chains in one submission.
   *
   * @param first Number of the first step.
   * @param count How many steps, at most `MOST_STEPS`.
   * @returns The weights after them, as the device has them (see {@linkcode BatchChains.toWeights}).
   * @throws {Error} If the device is lost.
   */
  async advance(first: number, count: number): Promise<Float32Array> {
    return await this.#bursts.run([this.#dispatch], first, count);
  }

  /**
   * Lays out a snapshot for the caller.
   *
   * @param snapshot Weights from {@linkcode BatchChains.advance}.
   * @returns The weights shaped like the walk's `start`.
   */
  toWeights(snapshot: Float32Array): Float32Array {
    const weights = new Float32Array(this.#walk.start.length);
    this.#eachVector((place, devicePlace, dimension) => {
      weights.set(snapshot.subarray(devicePlace, devicePlace + dimension), place);
    });
    return weights;
  }

  /** The weights as the device has them. */
  #toDevice(weights: Float32Array): Float32Array<ArrayBuffer> {
    const { dimension } = this.#rows;
    const target = new Float32Array(weights.length / dimension * weightStride(dimension));
    this.#eachVector((place, devicePlace, dimension) => {
      target.set(weights.subarray(place, place + dimension), devicePlace);
    });
    return target;
  }

  /** Calls `visit` with the places of every vector of weights in the caller's and in the device's array. */
  #eachVector(visit: (place: number, devicePlace: number, dimension: number) => void): void {
    const { dimension } = this.#rows;
    for (let vector = 0; vector < this.#walk.start.length / dimension; vector++) {
      visit(vector * dimension, vector * weightStride(dimension), dimension);
    }
  }
}

const weightStride = (dimension: number) => roundUp(dimension, 4);

const batchStride = ({ batchSize }: Pick<Batches, "batchSize">) => roundUp(batchSize, ROWS_AT_ONCE);

function requireRoom(limits: Limits, rows: DeviceRows, { chains, batches }: BatchWalk, trials: number): void {
  const { count, dimension, outputs, blocks } = rows;
  if (blocks.length > MOST_ROW_BUFFERS) {
    throw new CapacityError(
      `the WebGPU kernels take batches from at most ${MOST_ROW_BUFFERS} buffers of rows, and ${count} rows of ` +
        `${dimension} features need ${blocks.length}: choose --backend wasm, or learn fewer rows`,
    );
  }
  const require = (numbers: number, pieces: number, what: string, otherwise: string) => {
    const most = limits.fitting(numbers);
    limits.require(numbers * pieces, what, most > 0 ? `run at most ${most} trials at once` : otherwise);
  };
  const { length } = chains;
  require(outputs * weightStride(dimension), length, `the weights of ${length} trials`, "use fewer features");
  require(outputs * batchStride(batches), length, `the batches' scores of ${length} trials`, "take smaller batches");
  require(count, trials, `the orders of ${trials} trials`, "learn fewer rows");
  limits.require(count * outputs, `the labels of ${count} rows`, "learn fewer rows");
}

function walkConstants(rows: DeviceRows, { dynamics, batches, seed }: BatchWalk): ArrayBuffer {
  const { count, dimension, outputs, featureStride, blocks } = rows;
  const { stepSize, regularization, clip, radius = 0 } = dynamics;
  return BatchWalkConstants.pack([{
    ...{ count, dimension, outputs, seed },
    featureQuads: featureStride / 4,
    depthQuads: weightStride(dimension) / 4,
    bufferRows: blocks[0].count,
    batchSize: batches.batchSize,
    batchCount: batchCount(count, batches),
    batchStride: batchStride(batches),
    ...{ stepSize, regularization, clip, radius },
  }]);
}

function chainConstants({ chains, dynamics }: Walk, trials: readonly number[], count: number): ArrayBuffer {
  const orders = new Map(trials.map((trial, i) => [trial, i * count]));
  return BatchChain.pack(chains.map((chain) => ({
    ...{ cell: chain.cell, trial: chain.trial },
    ...{ noise: stepDeviation(dynamics, chain), order: orders.get(chain.trial)! },
  })));
}

function ordersOf(trials: readonly number[], count: number, batches: Batches): Uint32Array<ArrayBuffer> {
  const orders = new Uint32Array(trials.length * count);
  trials.forEach((trial, i) => orders.set(trialOrder(count, batches, trial), i * count));
  return orders;
}

/** The labels of all rows in one buffer: the one they are in, or a copy of several. */
function allLabels({ device: { gpu } }: ChainSetup, memory: DeviceMemory, { blocks, count, outputs }: DeviceRows) {
  if (blocks.length === 1) return blocks[0].labels;
  const labels = memory.create(4 * count * outputs, GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST);
  const encoder = gpu.createCommandEncoder();
  let first = 0;
  for (const block of blocks) {
    encoder.copyBufferToBuffer(block.labels, 0, labels, 4 * first * outputs, 4 * block.count * outputs);
    first += block.count;
  }
  gpu.queue.submit([encoder.finish()]);
  return labels;
}
