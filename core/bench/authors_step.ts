/**
 * The yardstick of the original: the step of `langevin.py`, taken by the user's PyTorch in the user's clone of the
 * authors' repository.
 * @module
 */
import imports from "../original/imports.py" with { type: "text" };
import step from "./authors_step.py" with { type: "text" };
import type { BenchProblem } from "./problems.ts";
import { Python } from "./python.ts";
import type { Contestant, Entry } from "./race.ts";

/**
 * Enters the authors' step of the logistic loss, on the CPU. Their chains run one after the other.
 *
 * @param repository Folder of their `langevin.py`.
 * @param problem Gives the sizes; the rows are random.
 * @param threads Number of threads.
 * @returns The entry.
 *
 * @example
 * ```ts
 * import { enterAuthorsStep } from "./authors_step.ts";
 * import { problems } from "./problems.ts";
 *
 * // Needs python3 with PyTorch, and permission to run it.
 * const enter = async () => await enterAuthorsStep("Langevin_unlearning", await problems.mnist100(), 1).open();
 * ```
 */
export function enterAuthorsStep(repository: string, { rows, chains }: BenchProblem, threads: number): Entry {
  const plural = threads > 1 ? "s" : "";
  return {
    name: `authors, ${threads} thread${plural}`,
    async open(): Promise<Contestant> {
      const args = ["-c", imports + step, repository, ...[rows.count, rows.dimension, threads].map(String)];
      const python = new Python(args);
      return {
        device: `${await python.readLine()}, ${threads} thread${plural}, one chain after the other`,
        walks: chains,
        walk: (steps) => python.takeSteps(steps),
        cpuTime: () => python.cpuTime,
        dispose: () => python.stop(),
      };
    },
  };
}
