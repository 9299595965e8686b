/**
 * Thrown by a walk whose device is gone: a driver reset, an unplugged GPU.
 *
 * @example
 * ```ts
 * import type { Rows } from "../../model/rows.ts";
 * import type { Engine, Walk } from "../engine.ts";
 * import { openWebGpuEngine } from "../webgpu_engine.ts";
 * import { DeviceLostError } from "./device_lost_error.ts";
 *
 * async function persist(engine: Engine, rows: Rows, walk: Omit<Walk, "trainingSet">): Promise<Float32Array> {
 *   try {
 *     return await engine.walk({ ...walk, trainingSet: engine.load(rows) });
 *   } catch (error) {
 *     if (!(error instanceof DeviceLostError)) throw error;
 *     const firstStep = (walk.firstStep ?? 0) + error.steps;
 *     const rest = { ...walk, start: error.weights, steps: walk.steps - error.steps, firstStep };
 *     return await persist(await openWebGpuEngine(), rows, rest);
 *   }
 * }
 * ```
 */
export class DeviceLostError extends Error {
  /** Tells the error from others in messages. */
  override readonly name = "DeviceLostError";

  /**
   * Reports a loss.
   *
   * @param weights The chains' last known weights, shaped like the walk's `start`; none outside of a walk.
   * @param steps How many of the walk's steps led to them. Another engine goes on from there with `firstStep`.
   * @param reason What the device said.
   */
  constructor(readonly weights: Float32Array, readonly steps: number, reason: string) {
    super(`the WebGPU device was lost; the weights are known after ${steps} steps (${reason})`);
  }
}
