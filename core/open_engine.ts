/**
 * The choice of an engine.
 * @module
 */
import type { Engine } from "./engine.ts";
import { openPlainEngine } from "./plain_engine.ts";
import { type BackendName, describeAdapter, setBackend } from "./tensorflow.ts";

/**
 * Opens the engine that the user asked for.
 *
 * @param backend Where to compute; `auto` is webgpu if there is a hardware adapter, else wasm.
 * @returns The engine.
 * @throws {Error} If the backend does not work here.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { openEngine } from "./open_engine.ts";
 *
 * const engine = await openEngine("cpu");
 * assert.match(engine.description, /CPU/);
 * engine.dispose();
 * ```
 */
export async function openEngine(backend: "auto" | BackendName): Promise<Engine> {
  return openPlainEngine(await setBackend(backend === "auto" ? await fastestBackend() : backend));
}

async function fastestBackend(): Promise<BackendName> {
  const adapter = await describeAdapter();
  return adapter && !adapter.software ? "webgpu" : "wasm";
}
