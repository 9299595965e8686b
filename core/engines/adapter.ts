/**
 * The WebGPU adapter: whether there is one, and what it is called.
 * @module
 */

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
 * import { adapterOf } from "./adapter.ts";
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
 * import { nameAdapter } from "./adapter.ts";
 *
 * assert.equal(nameAdapter({ name: "Apple M4", software: false }), "WebGPU on Apple M4");
 * ```
 */
export function nameAdapter({ name, software }: Adapter): string {
  return `WebGPU on ${name}${software ? " (a software adapter: slow)" : ""}`;
}

/** What was found, by what was asked: a look takes a while, and may make libraries of the system complain. */
const found = new WeakMap<GPU["requestAdapter"], Promise<Adapter | undefined>>();

/**
 * The WebGPU adapter that would run, so that a caller can choose another backend where there is none or a slow one. The
 * system is asked once.
 *
 * @returns The adapter, or undefined where there is none.
 *
 * @example
 * ```ts
 * import { describeAdapter } from "./adapter.ts";
 *
 * const adapter = await describeAdapter();
 * const backend = adapter === undefined || adapter.software ? "wasm" : "webgpu";
 * ```
 */
export async function describeAdapter(): Promise<Adapter | undefined> {
  if (!navigator.gpu) return undefined;
  const { requestAdapter } = navigator.gpu;
  const adapter = found.get(requestAdapter) ?? findAdapter();
  found.set(requestAdapter, adapter);
  return await adapter;
}

async function findAdapter(): Promise<Adapter | undefined> {
  const adapter = await navigator.gpu.requestAdapter({ powerPreference: "high-performance" });
  return adapter ? adapterOf(adapter.info) : undefined;
}
