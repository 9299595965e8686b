/**
 * The backends of TensorFlow.js.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import "@tensorflow/tfjs-backend-webgpu";
import { describeAdapter, nameAdapter } from "./adapter.ts";
import type { TensorFlowBackend } from "./backends.ts";

let wasmProvided: Promise<void> | undefined;

/** Lets the wasm backend take its module from the module graph, which needs no permission. */
async function provideWasm(): Promise<void> {
  const { default: bytes } = await import("@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm", {
    with: { type: "bytes" },
  });
  const url = URL.createObjectURL(new Blob([bytes], { type: "application/wasm" }));
  const variants = ["tfjs-backend-wasm.wasm", "tfjs-backend-wasm-simd.wasm", "tfjs-backend-wasm-threaded-simd.wasm"];
  setWasmPaths(Object.fromEntries(variants.map((file) => [file, url])), true);
}

/**
 * Sets the backend of TensorFlow.js.
 *
 * @param name Which.
 * @returns What it runs on, for the user to read.
 * @throws {Error} If the backend does not work here.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { setBackend } from "./tensorflow.ts";
 *
 * assert.match(await setBackend("cpu"), /CPU/);
 * ```
 */
export async function setBackend(name: TensorFlowBackend): Promise<string> {
  tf.enableProdMode();
  const adapter = name === "webgpu" ? await describeAdapter() : undefined;
  if (name === "webgpu" && !adapter) {
    throw new Error(
      "no WebGPU adapter: install a Vulkan driver (mesa-vulkan-drivers computes on the CPU), or choose --backend wasm",
    );
  }
  if (name === "wasm") await (wasmProvided ??= provideWasm());
  if (!await tf.setBackend(name)) {
    throw new Error(`TensorFlow.js could not start its ${name} backend: choose another --backend`);
  }
  if (adapter) return nameAdapter(adapter);
  return name === "wasm" ? "CPU through WebAssembly SIMD, 1 thread" : "CPU through JavaScript, 1 thread";
}
