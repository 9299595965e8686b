/**
 * The yardstick of a few lines of Python: whole steps of all chains as one matrix, by the user's NumPy or PyTorch.
 * @module
 */
import step from "./matrix_step.py" with { type: "text" };
import { type BenchProblem, dense } from "./problems.ts";
import { Python } from "./python.ts";
import type { Contestant, Entry } from "./race.ts";

/** Whose steps they are, by the names that tables have: module, device, and what of a step is taken. */
const LIBRARIES = {
  numpy: ["numpy", "cpu", "step"],
  torch: ["torch", "cpu", "step"],
  "torch-cuda": ["torch", "cuda", "step"],
  cublas: ["torch", "cuda", "products"],
} as const;

/**
 * Enters whole steps by a library of Python: NumPy, PyTorch on the CPU, or PyTorch on a GPU of CUDA, which multiplies by
 * cuBLAS in float32; or cuBLAS's two matrix products alone.
 *
 * @param library Its name in tables.
 * @param problem Gives the sizes and the constants; the rows are random.
 * @param threads Number of threads.
 * @returns The entry.
 *
 * @example
 * ```ts
 * import { enterMatrixStep } from "./matrix_step.ts";
 * import { problems } from "./problems.ts";
 *
 * // Needs python3 with NumPy, and permission to run it.
 * const enter = async () => await enterMatrixStep("numpy", await problems.mnist100(), 1).open();
 * ```
 */
export function enterMatrixStep(
  library: keyof typeof LIBRARIES,
  { rows: { count, dimension, outputs }, chains, dynamics }: BenchProblem,
  threads: number,
): Entry {
  const [module, device, part] = LIBRARIES[library];
  const what = [
    ...(device === "cpu" ? [`${threads} thread${threads > 1 ? "s" : ""}`] : []),
    part === "step" ? "all chains one matrix" : "the two matrix products alone",
  ];
  return {
    name: library,
    async open(): Promise<Contestant> {
      const { stepSize, regularization, clip, clipsRegularizer } = dynamics;
      const sizes = [count, dimension, outputs, chains, threads];
      const numbers = [Number(clipsRegularizer), ...sizes, stepSize, regularization, clip];
      const python = new Python(["-c", step, module, device, part, ...numbers.map(String)]);
      return {
        device: [await python.readLine(), ...what].join(", "),
        walks: 1,
        walk: (steps) => python.takeSteps(steps),
        cpuTime: () => python.cpuTime,
        dispose: () => python.stop(),
      };
    },
  };
}

/**
 * Looks for a GPU of CUDA.
 *
 * @throws {Error} If there is none that python3's PyTorch finds, or no PyTorch.
 *
 * @example
 * ```ts
 * import { findCuda } from "./matrix_step.ts";
 *
 * // Needs python3 with PyTorch, and permission to run it.
 * const look = async () => await findCuda();
 * ```
 */
export async function findCuda(): Promise<void> {
  try {
    (await enterMatrixStep("torch-cuda", await dense(2, 1, 1, 1), 1).open()).dispose();
  } catch (error) {
    throw new Error(`--torch_device cuda: ${(error as Error).message}`, { cause: error });
  }
}
