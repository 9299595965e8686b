/**
 * The choice of an engine.
 * @module
 */
import { describeAdapter } from "./adapter.ts";
import type { Rows } from "../model/rows.ts";
import type { BackendName, Kernels, TensorFlowBackend } from "./backends.ts";
import { CapacityError, type Engine, NO_BATCHES, withWalk } from "./engine.ts";

/** Which engine. */
export interface EngineChoice {
  /**
   * Where to compute; `auto`, the default, is webgpu if there is a hardware adapter and no batches, else wasm; `blas`
   * needs the permission `ffi`.
   */
  readonly backend?: "auto" | BackendName;
  /** How: by fused kernels, where the backend has them, or by plain TensorFlow.js operations. */
  readonly kernels?: Kernels;
  /** Number of threads of the fused kernels on a CPU; all the machine's by default. */
  readonly threads?: number;
  /** Whether walks will take the rows in batches: blas refuses them, and `auto` takes no fused kernels of webgpu. */
  readonly batches?: boolean;
}

/**
 * Opens an engine.
 *
 * @param choice Which one.
 * @returns The engine.
 * @throws {RangeError} If there will be batches, which the engine refuses, or plain operations of blas.
 * @throws {Error} If the backend does not work here; `auto` then warns and falls back to wasm.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { openEngine } from "./open_engine.ts";
 *
 * const engine = await openEngine({ backend: "wasm", threads: 1 });
 * assert.match(engine.description, /WebAssembly/);
 * engine.dispose();
 * ```
 */
export async function openEngine(choice: EngineChoice = {}): Promise<Engine> {
  return withAllocations(await chooseEngine(choice));
}

async function chooseEngine({ backend = "auto", kernels = "fused", threads, batches }: EngineChoice): Promise<Engine> {
  if (backend === "blas" && batches) throw new RangeError(NO_BATCHES);
  if (backend !== "auto") return await openBackend(backend, kernels, threads);
  const mayTakeGpu = kernels === "plain" || !batches;
  if (mayTakeGpu && await fastestBackend() === "webgpu") {
    try {
      return await openBackend("webgpu", kernels, threads);
    } catch (error) {
      console.error(`warning: the GPU does not start (${(error as Error).message}); the CPU computes instead`);
    }
  }
  return await openBackend("wasm", kernels, threads);
}

/** What V8 says where it has no memory for an array. */
const ALLOCATION_FAILURE = /^(Array buffer allocation failed|Invalid (typed )?array (buffer )?length)/;

/** Tells arrays for which JavaScript has no memory from wrong arguments: both are of type `RangeError`. */
function withAllocations(engine: Engine): Engine {
  const explain = (cause: unknown, what: string): unknown => {
    if (!(cause instanceof RangeError && ALLOCATION_FAILURE.test(cause.message))) return cause;
    return new CapacityError(`JavaScript has no memory for ${what} (${cause.message})`, { cause });
  };
  const rowsOf = <Result>({ count }: Rows, hold: () => Result): Result => {
    try {
      return hold();
    } catch (error) {
      throw explain(error, `${count} rows: learn fewer`);
    }
  };
  const walking = withWalk(engine, async (walk) => {
    try {
      return await engine.walk(walk);
    } catch (error) {
      throw explain(error, `a walk of ${walk.chains.length} chains: advance fewer trials at once`);
    }
  });
  return {
    ...walking,
    load: (rows) => rowsOf(rows, () => engine.load(rows)),
    replace: (set, positions, rows) => rowsOf(rows, () => engine.replace(set, positions, rows)),
  };
}

/** Opens an engine, of which alone the modules are loaded. */
async function openBackend(
  name: BackendName,
  kernels: Kernels,
  threads: number | undefined,
): Promise<Engine> {
  if (name === "wasm" && kernels === "fused") {
    const { openWasmEngine } = await import("./wasm_engine.ts");
    return await openWasmEngine(threads === undefined ? {} : { threads });
  }
  if (name === "blas") {
    if (kernels === "plain") throw new RangeError("--backend blas has no plain operations: leave out --kernels plain");
    const { openBlasEngine } = await import("./blas_engine.ts");
    return await openBlasEngine(threads === undefined ? {} : { threads });
  }
  if (name === "webgpu" && kernels === "fused") {
    const { openWebGpuEngine } = await import("./webgpu_engine.ts");
    return await openWebGpuEngine();
  }
  const { openPlainEngine } = await import("./plain_engine.ts");
  const { setBackend } = await import("./tensorflow.ts");
  const engine = openPlainEngine(await setBackend(name));
  return name === "webgpu" ? await withVerdict(engine) : engine;
}

/**
 * The backend that `auto` stands for.
 *
 * @returns `webgpu` if there is a hardware adapter, else `wasm`.
 *
 * @example
 * ```ts
 * import { fastestBackend, openEngine } from "./open_engine.ts";
 *
 * const engine = await openEngine({ backend: await fastestBackend(), kernels: "plain" });
 * engine.dispose();
 * ```
 */
export async function fastestBackend(): Promise<TensorFlowBackend> {
  const adapter = await describeAdapter();
  return adapter && !adapter.software ? "webgpu" : "wasm";
}

/** Lets a walk fail whose first step the device refuses; TensorFlow.js does not ask, and would return zeros. */
async function withVerdict(engine: Engine): Promise<Engine> {
  const { openDevice } = await import("./webgpu/tensorflow_device.ts");
  const device = await openDevice();
  return withWalk(engine, async (walk) => await device.check(() => engine.walk(walk)));
}
