/**
 * The kernels of a step, compiled for a device.
 * @module
 */
import { Kernel, type KernelSource } from "./kernel.ts";
import { batchSteps } from "./kernels/batch_steps.ts";
import { meanFactors, squaredNorms } from "./kernels/chain_sums.ts";
import { gradient } from "./kernels/gradient.ts";
import { type Loss, residuals } from "./kernels/residuals.ts";
import { scores } from "./kernels/scores.ts";
import type { Team, Tile } from "./kernels/tile.ts";
import { projection, update } from "./kernels/update.ts";

/** The kernel compiled from a source. */
export type Compiled<Source> = Source extends KernelSource<infer Name> ? Kernel<Name> : never;

/** The kernels of a step in the order in which they run, see the files in `kernels/`. */
export interface Kernels {
  /** |W|², for the clipping of the regularizer and the projection. */
  readonly squaredNorms: Compiled<typeof squaredNorms>;
  /** Z = XW. */
  readonly scores: Compiled<ReturnType<typeof scores>>;
  /** Z becomes f·a, the logistic loss's. */
  readonly logisticResiduals: Compiled<ReturnType<typeof residuals>>;
  /** Z becomes f·a, the softmax loss's. */
  readonly softmaxResiduals: Compiled<ReturnType<typeof residuals>>;
  /** Partial sums of f·a⊗x. */
  readonly gradient: Compiled<ReturnType<typeof gradient>>;
  /** The mean of f. */
  readonly meanFactors: Compiled<typeof meanFactors>;
  /** The new weights. */
  readonly update: Compiled<typeof update>;
  /** Their projection onto the ball. */
  readonly projection: Compiled<typeof projection>;
}

/**
 * Compiles the kernels.
 *
 * @param gpu The device.
 * @param tile The shape of the matrix products' work.
 * @returns The kernels.
 */
export function compileKernels(gpu: GPUDevice, tile: Tile): Kernels {
  return {
    squaredNorms: new Kernel(gpu, squaredNorms),
    scores: new Kernel(gpu, scores(tile)),
    logisticResiduals: new Kernel(gpu, residuals("logistic")),
    softmaxResiduals: new Kernel(gpu, residuals("softmax")),
    gradient: new Kernel(gpu, gradient(tile)),
    meanFactors: new Kernel(gpu, meanFactors),
    update: new Kernel(gpu, update),
    projection: new Kernel(gpu, projection),
  };
}

/**
 * Compiles the kernels of steps over batches, each when it is first asked for.
 *
 * @param gpu The device.
 * @param team Who advances a chain.
 * @returns The kernel for a loss and a number of buffers of rows.
 */
export function batchKernels(gpu: GPUDevice, team: Team): (loss: Loss, buffers: number) => Kernel {
  const compiled = new Map<string, Kernel>();
  return (loss, buffers) => {
    const name = `${loss} ${buffers}`;
    const kernel = compiled.get(name) ?? new Kernel(gpu, batchSteps(loss, team, buffers));
    compiled.set(name, kernel);
    return kernel;
  };
}
