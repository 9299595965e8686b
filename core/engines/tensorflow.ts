/**
 * The backends of TensorFlow.js: which one runs, and what it is called.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import "@tensorflow/tfjs-backend-webgpu";
import type { BackendName } from "./backends.ts";

/** A WebGPU adapter. */
export interface Adapter {
  /** The name that its driver gives. */
  readonly name: string;
  /** Whether it computes on the CPU. */
  readonly software: boolean;
}

/**
 * Name and kind of an adapter.
 *
 * @param info What the adapter says of itself.
 * @returns Its description.
 *
 * @example
 * ```ts
 * import { adapterOf } from "./tensorflow.ts";
 *
 * const adapter = await navigator.gpu?.requestAdapter();
 * console.log(adapter ? adapterOf(adapter.info).name : "no WebGPU adapter");
 * ```
 */
export function adapterOf(info: GPUAdapterInfo): Adapter {
  const name = info.description || [info.vendor, info.architecture, info.device].filter(Boolean).join(" ") || "unnamed";
  return { name, software: info.isFallbackAdapter || /llvmpipe|lavapipe|swiftshader/i.test(`${name} ${info.vendor}`) };
}

/**
 * An adapter as the user reads of it.
 *
 * @param adapter The adapter.
 * @returns Its name, and whether it is slow.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { nameAdapter } from "./tensorflow.ts";
 *
 * assert.equal(nameAdapter({ name: "Apple M4", software: false }), "WebGPU on Apple M4");
 * ```
 */
export function nameAdapter({ name, software }: Adapter): string {
  return `WebGPU on ${name}${software ? " (a software adapter: slow)" : ""}`;
}

/**
 * The WebGPU adapter that would run, so that a caller can choose another backend where there is none or a slow one.
 *
 * @returns The adapter, or undefined where there is none.
 *
 * @example
 * ```ts
 * import { describeAdapter } from "./tensorflow.ts";
 *
 * const adapter = await describeAdapter();
 * const backend = adapter === undefined || adapter.software ? "wasm" : "webgpu";
 * ```
 */
export async function describeAdapter(): Promise<Adapter | undefined> {
  const adapter = await navigator.gpu?.requestAdapter({ powerPreference: "high-performance" });
  return adapter ? adapterOf(adapter.info) : undefined;
}

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
export async function setBackend(name: BackendName): Promise<string> {
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
