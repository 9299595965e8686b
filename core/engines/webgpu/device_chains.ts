/**
 * Langevin chains on the device.
 *
 * A step is a fixed list of dispatches. With T chains of C outputs, P = T·C columns and all sizes padded to tiles:
 *
 * | kernel           | reads                  | writes                                                   |
 * | ---------------- | ---------------------- | -------------------------------------------------------- |
 * | squared norms    | weights (d × P)        | squared norms (T)                                        |
 * | scores           | rows (n × d), weights  | scores (n × P)                                           |
 * | residuals        | labels, squared norms  | scores, which become f·a; sums of f over a few rows      |
 * | gradient         | rows, f·a              | Σ f·a⊗x over parts of the rows (parts × d × P)           |
 * | mean factors     | sums of f              | mean factors (T)                                         |
 * | update           | gradient, mean factors | weights                                                  |
 * | squared norms    | weights                | squared norms                                            |
 * | projection       | squared norms          | weights                                                  |
 *
 * The first and the fifth are left out unless the regularizer is clipped, the last two without a radius. Rows too many
 * for one binding or for a modest buffer of scores are cut into slabs: scores, residuals and gradient run for one slab
 * after the other, over the same buffer of scores, and their gradients are added.
 *
 * What a chain computes depends on the rows only, not on the chains beside it, unless these are so many that the limits
 * of the device make the slabs smaller; then sums are rounded differently.
 * @module
 */
import { type Dynamics, stepDeviation, type Walk } from "../engine.ts";
import type { Device } from "./device.ts";
import { Bursts, UNIFORM_STRIDE } from "./bursts.ts";
import type { DeviceMemory } from "./device_memory.ts";
import type { BoundRows, DeviceRows } from "./device_rows.ts";
import type { Dispatch } from "./kernel.ts";
import type { batchKernels, Kernels } from "./kernels.ts";
import { SUMMED_CHAINS } from "./kernels/chain_sums.ts";
import { PART_ROWS } from "./kernels/gradient.ts";
import { PARTIAL_ROWS, RESIDUAL_LANES } from "./kernels/residuals.ts";
import { Chain, Slab, WalkConstants } from "./kernels/structs.ts";
import { type Tile, tileQuads, tileRows } from "./kernels/tile.ts";
import { UPDATE_LANES } from "./kernels/update.ts";
import { type Limits, roundUp } from "./limits.ts";
import { fromDevice, toDevice, type WeightShape } from "./weights.ts";

/** The most rows of a slab: enough to occupy a large GPU. */
const MOST_SLAB_ROWS = 16384;

/** What chains are made with. */
export interface ChainSetup {
  /** Where they live. */
  readonly device: Device;
  /** What the device can bind. */
  readonly limits: Limits;
  /** The compiled kernels. */
  readonly kernels: Kernels;
  /** The kernels of steps over batches. */
  readonly batchKernels: ReturnType<typeof batchKernels>;
  /** The tile they were compiled for. */
  readonly tile: Tile;
}

/** Sizes of the buffers of a walk. */
interface Layout {
  readonly shape: WeightShape;
  /** The rows, cut into slabs. */
  readonly slabs: readonly BoundRows[];
  /** Rows of the largest slab, padded. */
  readonly slabRows: number;
  /** Partial sums of the gradient. */
  readonly parts: number;
  /** Partial sums of the clipping factors. */
  readonly partials: number;
}

function layOut({ limits, tile }: ChainSetup, rows: DeviceRows, chains: number): Layout {
  const { dimension, outputs, featureStride } = rows;
  const unit = 4 * tileQuads(tile);
  const columns = roundUp(chains * outputs, unit);
  const fittingChains = Math.floor(limits.fitting(featureStride * unit) * unit / outputs);
  const remedy = fittingChains > 0 ? `run at most ${fittingChains} trials at once` : "use fewer features";
  limits.require(featureStride * columns, `the weights of ${chains} trials`, remedy);

  const fittingParts = limits.fitting(featureStride * columns);
  const slabs = rows.bind(Math.min(MOST_SLAB_ROWS, fittingParts * PART_ROWS, limits.rows(columns, "rows of scores")));
  const mostRows = Math.max(...slabs.map(({ count }) => count));
  const partials = slabs.reduce((sum, { count }) => sum + Math.ceil(count / PARTIAL_ROWS), 0);
  limits.require(partials * chains, `the clipping factors of ${chains} trials`, "run fewer trials at once");
  return {
    shape: { chains, outputs, dimension, rows: featureStride, columns },
    slabs,
    slabRows: roundUp(mostRows, tileRows(tile)),
    parts: Math.ceil(mostRows / PART_ROWS),
    partials,
  };
}

/** The constants of every slab: where its sums of factors begin, and how many parts of the gradient begin before it. */
function slabConstants(slabs: readonly BoundRows[]): ArrayBuffer {
  let firstPartial = 0;
  let summedParts = 0;
  return Slab.pack(
    slabs.map(({ count }) => {
      const constants = { count, firstPartial, summedParts };
      firstPartial += Math.ceil(count / PARTIAL_ROWS);
      summedParts = Math.max(summedParts, Math.ceil(count / PART_ROWS));
      return constants;
    }),
    UNIFORM_STRIDE,
  );
}

function walkConstants({ shape, parts, partials }: Layout, { depth }: Tile, walk: Walk): ArrayBuffer {
  const { stepSize, regularization, clip, clipsRegularizer, radius = Infinity } = walk.dynamics;
  return WalkConstants.pack([{
    count: walk.trainingSet.count,
    dimension: shape.dimension,
    outputs: shape.outputs,
    chains: shape.chains,
    seed: walk.seed,
    featureQuads: shape.rows / 4,
    depthQuads: roundUp(shape.dimension, depth) / 4,
    columnQuads: shape.columns / 4,
    parts,
    partials,
    stepSize,
    regularization,
    clippedRegularization: clipsRegularizer ? regularization : 0,
    clip,
    radius,
  }]);
}

function chainConstants({ chains, dynamics }: Walk): ArrayBuffer {
  return Chain.pack(chains.map((chain) => (
    { cell: chain.cell, trial: chain.trial, noise: stepDeviation(dynamics, chain) }
  )));
}

/** The buffers of a walk, named after the kernels' variables. */
interface Buffers {
  readonly walk: GPUBufferBinding;
  /** The constants of every slab. */
  readonly slabs: GPUBuffer;
  readonly steps: GPUBufferBinding;
  readonly chains: GPUBufferBinding;
  readonly weights: GPUBufferBinding;
  readonly squaredNorms: GPUBufferBinding;
  /** The scores of one slab. */
  readonly scores: GPUBufferBinding;
  readonly partials: GPUBufferBinding;
  /** The mean clipping factors, 1 where the regularizer is not clipped. */
  readonly factors: GPUBufferBinding;
  readonly gradients: GPUBufferBinding;
}

/** The dispatches that add the gradient of one slab. */
function planSlab(kernels: Kernels, tile: Tile, layout: Layout, buffers: Buffers, index: number): Dispatch[] {
  const { chains, outputs, rows: paddedFeatures, columns } = layout.shape;
  const { count, features, labels } = layout.slabs[index];
  const { walk, weights, squaredNorms, scores, partials, gradients } = buffers;
  const slab = { buffer: buffers.slabs, offset: index * UNIFORM_STRIDE, size: Slab.bytes };
  const residuals = outputs === 1 ? kernels.logisticResiduals : kernels.softmaxResiduals;
  const columnTiles = columns / (4 * tileQuads(tile));
  return [
    kernels.scores.dispatch(
      { walk, rows: features, weights, scores },
      [columnTiles, Math.ceil(count / tileRows(tile))],
    ),
    residuals.dispatch(
      { walk, slab, labels, squaredNorms, scores, partials },
      [Math.ceil(chains / RESIDUAL_LANES), Math.ceil(count / PARTIAL_ROWS)],
    ),
    kernels.gradient.dispatch(
      { walk, slab, rows: features, residuals: scores, sums: gradients },
      [columnTiles, paddedFeatures / tileRows(tile), Math.ceil(count / PART_ROWS)],
    ),
  ];
}

/** The chains of one walk, their buffers and the dispatches that advance them. */
export class DeviceChains {
  readonly #shape: WeightShape;
  readonly #weights: GPUBuffer;
  readonly #bursts: Bursts;
  readonly #dispatches: readonly Dispatch[];

  /**
   * Puts chains on the device at their start.
   *
   * @param setup The device and the kernels.
   * @param memory Where the chains' buffers go; the chains end with it.
   * @param rows The rows whose loss the chains descend.
   * @param walk The chains.
   * @throws {CapacityError} If a buffer would be too large to bind.
   */
  constructor(setup: ChainSetup, memory: DeviceMemory, rows: DeviceRows, walk: Walk) {
    const layout = layOut(setup, rows, walk.chains.length);
    this.#shape = layout.shape;
    this.#weights = memory.upload(
      toDevice(walk.start, layout.shape).buffer,
      GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC,
    );
    this.#bursts = new Bursts(setup.device, memory, this.#weights);
    this.#dispatches = this.#plan(setup, layout, this.#allocate(setup, memory, layout, walk), walk.dynamics);
  }

  /**
   * Advances the chains in one submission.
   *
   * @param first Number of the first step.
   * @param count How many steps, at most `MOST_STEPS`.
   * @returns The weights after them, as the device has them (see {@linkcode DeviceChains.toWeights}).
   * @throws {Error} If the device is lost.
   */
  async advance(first: number, count: number): Promise<Float32Array> {
    return await this.#bursts.run(this.#dispatches, first, count);
  }

  /**
   * Lays out a snapshot for the caller.
   *
   * @param snapshot Weights from {@linkcode DeviceChains.advance}.
   * @returns The weights shaped like the walk's `start`.
   */
  toWeights(snapshot: Float32Array): Float32Array {
    return fromDevice(snapshot, this.#shape);
  }

  #allocate({ tile }: ChainSetup, memory: DeviceMemory, layout: Layout, walk: Walk): Buffers {
    const { shape: { chains, rows, columns }, slabs, slabRows, parts, partials } = layout;
    const constants = (content: ArrayBuffer) => memory.upload(content, GPUBufferUsage.UNIFORM);
    const filled = (content: ArrayBuffer) => ({ buffer: memory.upload(content, GPUBufferUsage.STORAGE) });
    const empty = (numbers: number) => ({ buffer: memory.create(4 * numbers, GPUBufferUsage.STORAGE) });
    return {
      walk: { buffer: constants(walkConstants(layout, tile, walk)) },
      slabs: constants(slabConstants(slabs)),
      steps: this.#bursts.steps,
      chains: filled(chainConstants(walk)),
      weights: { buffer: this.#weights },
      squaredNorms: empty(chains),
      scores: empty(slabRows * columns),
      partials: empty(partials * chains),
      factors: filled(new Float32Array(chains).fill(1).buffer),
      gradients: empty(parts * rows * columns),
    };
  }

  /** The dispatches of a step, in order. */
  #plan({ kernels, tile }: ChainSetup, layout: Layout, buffers: Buffers, { clipsRegularizer, radius }: Dynamics) {
    const { chains, outputs, dimension } = layout.shape;
    const { walk, steps, weights, squaredNorms, partials, factors, gradients } = buffers;
    const chainGroups = Math.ceil(chains / SUMMED_CHAINS);
    const columnGroups = Math.ceil(chains * outputs / UPDATE_LANES[0]);
    const featureGroups = Math.ceil(dimension / UPDATE_LANES[1]);
    const quadGroups = Math.ceil(dimension / 4 / UPDATE_LANES[1]);

    const norms = kernels.squaredNorms.dispatch({ walk, weights, sums: squaredNorms }, [chainGroups]);
    const means = kernels.meanFactors.dispatch({ walk, partials, sums: factors }, [chainGroups]);
    const update = kernels.update.dispatch(
      { walk, steps, chains: buffers.chains, gradients, factors, weights },
      [columnGroups, quadGroups],
    );
    const projection = kernels.projection.dispatch({ walk, squaredNorms, weights }, [columnGroups, featureGroups]);
    return [
      ...(clipsRegularizer ? [norms] : []),
      ...layout.slabs.flatMap((_, index) => planSlab(kernels, tile, layout, buffers, index)),
      ...(clipsRegularizer ? [means] : []),
      update,
      ...(radius === undefined ? [] : [norms, projection]),
    ];
  }
}
