/**
 * The library in a browser: the accountants, the chains, and engines that need neither Deno nor a disk nor
 * TensorFlow.js.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { langevin, langevinStart, makeProblem, openWasmEngine } from "./browser.ts";
 *
 * const engine = await openWasmEngine();
 * const rows = { features: Float32Array.of(1, 0, 0, 1), labels: Float32Array.of(1, -1), count: 2, dimension: 2 };
 * const setting = { engine, problem: makeProblem({ n: 2, d: 2, lambda: 0.1 }), seed: 0, trials: 1 };
 * const start = langevinStart(setting, "learn", 0.01, { mean: 0 });
 * const trainingSet = engine.load({ ...rows, outputs: 1 });
 * const [weights] = await langevin(setting, trainingSet, [{ name: "learn", sigma: 0.01, start, steps: 50 }]);
 * assert.ok(weights[0] > 0 && weights[1] < 0);
 * engine.dispose();
 * ```
 *
 * @module
 */
import type { Engine } from "./engines/engine.ts";
import { wasmEngineOn } from "./engines/wasm/engine.ts";
import { SharedHeap } from "./engines/wasm/heap.ts";
import { compileKernels } from "./engines/wasm/module.ts";
import { ownThread } from "./engines/wasm/own_thread.ts";
import { Device } from "./engines/webgpu/device.ts";
import { webGpuEngineOn } from "./engines/webgpu/engine.ts";

export * from "./accountant/mod.ts";
export { type Adapter, describeAdapter } from "./engines/adapter.ts";
export * from "./learning/anywhere.ts";
export { normalizeRows, type Rows } from "./model/rows.ts";

/** What is asked of an adapter, up to all that it has: a device has the standard's minimum otherwise. */
const LIMITS = [
  ...["maxBufferSize", "maxStorageBufferBindingSize", "maxComputeWorkgroupStorageSize"] as const,
  ...["maxComputeInvocationsPerWorkgroup", "maxComputeWorkgroupSizeX"] as const,
];

/**
 * Opens a device with all that its adapter has to give.
 *
 * @returns The device.
 * @throws {Error} If there is no adapter.
 *
 * @example
 * ```ts
 * import { openGpuDevice, openWebGpuEngine } from "./browser.ts";
 *
 * // Needs a WebGPU adapter.
 * const open = async () => await openWebGpuEngine(await openGpuDevice());
 * ```
 */
export async function openGpuDevice(): Promise<GPUDevice> {
  const adapter = await navigator.gpu?.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter) throw new Error("no WebGPU adapter: take openWasmEngine");
  const requiredLimits = Object.fromEntries(LIMITS.map((name) => [name, adapter.limits[name]]));
  return await adapter.requestDevice({ requiredLimits });
}

/**
 * Starts the WebGPU engine on a device: hand-written kernels, without TensorFlow.js.
 *
 * @param device The device, such as {@linkcode openGpuDevice} opens.
 * @returns The engine.
 * @throws {Error} If the device does not take the kernels.
 *
 * @example
 * ```ts
 * import { openGpuDevice, openWebGpuEngine } from "./browser.ts";
 *
 * // Needs a WebGPU adapter.
 * const describe = async () => (await openWebGpuEngine(await openGpuDevice())).description;
 * ```
 */
export async function openWebGpuEngine(device: GPUDevice): Promise<Engine> {
  return await webGpuEngineOn(new Device(device));
}

/**
 * Starts the WebAssembly engine on the caller's own thread, which is busy while it walks: call it in a worker. Threads
 * that share memory would take a page that is isolated from others, which one from the file system never is. Its weights
 * are bit for bit those of any number of threads.
 *
 * @returns The engine.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { openWasmEngine } from "./browser.ts";
 *
 * const engine = await openWasmEngine();
 * assert.match(engine.description, /WebAssembly .*1 thread/);
 * engine.dispose();
 * ```
 */
export async function openWasmEngine(): Promise<Engine> {
  const heap = new SharedHeap();
  const kernels = await compileKernels(heap);
  return wasmEngineOn(ownThread({ module: kernels.module, memory: heap.memory }), heap, kernels);
}
