/**
 * The choice of a device for the ResNet-18.
 * @module
 */
import type { TensorFlowBackend } from "../../engines/backends.ts";
import { fastestBackend } from "../../engines/open_engine.ts";
import { setBackend } from "../../engines/tensorflow.ts";
import { openDevice } from "../../engines/webgpu/tensorflow_device.ts";
import { type Extractor, makeExtractor } from "./extractor.ts";
import { openExtractorPool } from "./extractor_pool.ts";
import type { StateDict } from "./weights.ts";

/** Images that a thread takes at a time: more are not faster. */
const THREAD_BATCH = 8;
/** Images that a GPU takes at a time. */
const GPU_BATCH = 32;

/** Which device. */
export interface ExtractorChoice {
  /** A backend; `auto`, the default, is webgpu if there is a hardware adapter, else wasm. */
  readonly backend?: "auto" | TensorFlowBackend;
  /** Number of threads on a CPU; all the machine's by default. */
  readonly threads?: number | undefined;
}

/** An extractor on a device. */
export interface OpenedExtractor extends Extractor {
  /** The device, for the user to read. */
  readonly description: string;
  /** How many images it should get at a time. */
  readonly batch: number;
}

/**
 * Opens an extractor.
 *
 * @param weights The tensors of `selectWeights` or `randomWeights`.
 * @param choice Where.
 * @returns The extractor; one call at a time.
 * @throws {Error} If the backend does not work here.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { openExtractor } from "./open_extractor.ts";
 * import { randomWeights } from "./weights.ts";
 *
 * const extractor = await openExtractor(randomWeights(0), { backend: "wasm", threads: 1 });
 * assert.match(extractor.description, /WebAssembly/);
 * extractor.dispose();
 * ```
 */
export async function openExtractor(
  weights: StateDict,
  { backend = "auto", threads = navigator.hardwareConcurrency }: ExtractorChoice,
): Promise<OpenedExtractor> {
  const name = backend === "auto" ? await fastestBackend() : backend;
  if (name === "wasm" && threads > 1) {
    const description = `CPU through WebAssembly SIMD, ${threads} threads`;
    return { ...openExtractorPool(weights, threads), description, batch: threads * THREAD_BATCH };
  }
  const description = await setBackend(name);
  const extractor = makeExtractor(weights);
  if (name !== "webgpu") return { ...extractor, description, batch: THREAD_BATCH };
  const device = await openDevice();
  // TensorFlow.js does not ask for the device's verdict, and would return zeros.
  const extract = (images: Uint8Array) => device.check(() => extractor.extract(images));
  return { ...extractor, extract, description, batch: GPU_BATCH };
}
