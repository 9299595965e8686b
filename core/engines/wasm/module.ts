/**
 * The compiled kernels that suit the machine.
 * @module
 */
import type { SharedHeap } from "./heap.ts";

/** Kernels. */
export interface CompiledKernels {
  readonly module: WebAssembly.Module;
  /** Which instructions they have, for the user to read; they decide bits. */
  readonly simd: string;
}

/**
 * Compiles the kernels: with relaxed SIMD, whose fused multiply-add is faster, wherever the machine fuses it.
 *
 * @param heap A memory to try them on.
 * @param relaxedSimd Whether to use relaxed SIMD all the same, or never.
 * @returns The kernels.
 * @throws {Error} If there should be relaxed SIMD and is none.
 */
export async function compileKernels(heap: SharedHeap, relaxedSimd?: boolean): Promise<CompiledKernels> {
  const { default: relaxed } = await import("../kernels/step.wasm", { with: { type: "bytes" } });
  const { default: plain } = await import("../kernels/step_plain.wasm", { with: { type: "bytes" } });
  const module = relaxedSimd !== false && WebAssembly.validate(relaxed) && await WebAssembly.compile(relaxed);
  if (relaxedSimd && !module) throw new Error("this runtime has no relaxed SIMD");
  const isFused = module && fuses(module, heap);
  if (module && (relaxedSimd || isFused)) return { module, simd: `relaxed SIMD${isFused ? "" : " that is not fused"}` };
  return { module: await WebAssembly.compile(plain), simd: "SIMD" };
}

/** Whether a module adds to a product that was not rounded. Relaxed SIMD leaves that to the machine. */
function fuses(module: WebAssembly.Module, { memory }: SharedHeap): boolean {
  const { productPlus } = new WebAssembly.Instance(module, { env: { memory } }).exports;
  return (productPlus as (a: number, b: number, c: number) => number)(1 + 2 ** -13, 1 - 2 ** -13, -1) !== 0;
}
