/**
 * The WebGPU engine on the device of TensorFlow.js's WebGPU backend.
 * @module
 */
import type { Engine } from "./engine.ts";
import { webGpuEngineOn, type WebGpuOptions } from "./webgpu/engine.ts";
import { openDevice } from "./webgpu/tensorflow_device.ts";

export type { TileName, WebGpuOptions } from "./webgpu/engine.ts";

/**
 * Opens the WebGPU engine.
 *
 * @param options What not to choose automatically.
 * @returns The engine.
 * @throws {Error} If there is no WebGPU adapter.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { openWebGpuEngine } from "./webgpu_engine.ts";
 *
 * const engine = await openWebGpuEngine();
 * const trainingSet = engine.load({
 *   features: Float32Array.of(0.6, 0.8, 1, 0),
 *   labels: Float32Array.of(1, -1),
 *   count: 2,
 *   dimension: 2,
 *   outputs: 1,
 * });
 * const weights = await engine.walk({
 *   trainingSet,
 *   start: new Float32Array(2),
 *   chains: [{ sigma: 0.1, cell: 1, trial: 0 }],
 *   dynamics: { stepSize: 1, regularization: 0.1, clip: 1, clipsRegularizer: true },
 *   seed: 0,
 *   steps: 10,
 * });
 * assert.equal(weights.length, 2);
 * engine.dispose();
 * ```
 */
export async function openWebGpuEngine(options: WebGpuOptions = {}): Promise<Engine> {
  return await webGpuEngineOn(await openDevice(), options);
}
