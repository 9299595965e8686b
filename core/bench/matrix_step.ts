/**
 * The yardstick of a few lines of Python: whole steps of all chains as one matrix, by the user's NumPy or PyTorch.
 * @module
 */
import step from "./matrix_step.py" with { type: "text" };
import type { BenchProblem } from "./problems.ts";
import { Python } from "./python.ts";
import type { Contestant, Entry } from "./race.ts";

/**
 * Enters whole steps by a library of Python.
 *
 * @param library Its name as a module.
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
  library: "numpy" | "torch",
  { rows: { count, dimension, outputs }, chains, dynamics }: BenchProblem,
  threads: number,
): Entry {
  return {
    name: library,
    async open(): Promise<Contestant> {
      const { stepSize, regularization, clip, clipsRegularizer } = dynamics;
      const sizes = [count, dimension, outputs, chains, threads];
      const numbers = [Number(clipsRegularizer), ...sizes, stepSize, regularization, clip];
      const python = new Python(["-c", step, library, ...numbers.map(String)]);
      return {
        device: `${await python.readLine()}, ${threads} thread${threads > 1 ? "s" : ""}, all chains one matrix`,
        walks: 1,
        walk: (steps) => python.takeSteps(steps),
        cpuTime: () => python.cpuTime,
        dispose: () => python.stop(),
      };
    },
  };
}
