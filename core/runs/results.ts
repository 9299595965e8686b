/**
 * What a run has found: `trials.csv`, `summary.csv` and, on demand, the original's `.npy` files.
 * @module
 */
import { csvFormat, csvFormatBody } from "d3-dsv";
import { encodeNpy } from "../formats/npy.ts";
import type { Problem } from "../model/problem.ts";
import { type Accounted, algorithmOf, type Cell, columnsOf, type Constants, type Summary } from "../results/summary.ts";
import { moments } from "../statistics/statistics.ts";
import { type Journal, once } from "./journal.ts";

/** What a run has found, until it is written. */
export interface Results {
  /** The rows of `summary.csv`. */
  readonly summaries: readonly Summary[];
  /** Adds an array of accuracies, one a trial, which are measured unless the journal has them. */
  add(cell: Cell & Accounted & Constants, measure: () => readonly number[]): void;
  /** Adds a `.npy` file, if such files are wanted. */
  writeNpy(name: string, content: Uint8Array): void;
  /** The files by name: both CSVs and what else was added. */
  files(): Map<string, string | Uint8Array>;
}

/** What results are of. */
export interface ResultsOf {
  /** Name of the dataset. */
  readonly dataset: string;
  /** The variant and the flags that depart from it. */
  readonly variant: string;
  /** The constants. */
  readonly problem: Problem;
  /** Numbers of the trials. */
  readonly trials: readonly number[];
  /**
   * Whether `.npy` files are wanted: every array under the original's name, float32 for two classes and float64 for
   * several, and others.
   */
  readonly saveNpy: boolean;
}

/** Whether something is as many accuracies as there are trials. */
const isAccuracies = (value: unknown, count: number): value is readonly number[] =>
  Array.isArray(value) && value.length === count &&
  value.every((accuracy) => typeof accuracy === "number" && accuracy >= 0 && accuracy <= 1);

/**
 * Collects the results of an experiment.
 *
 * @param of What they are of.
 * @param journal Holds every array so far, under the names `cell0`, `cell1` and so on.
 * @returns The results, empty.
 *
 * @example
 * ```ts
 * import { folderJournal } from "./journal.ts";
 * import { makeProblem } from "../model/problem.ts";
 * import { collectResults } from "./results.ts";
 *
 * const problem = makeProblem({ n: 11982, d: 784, lambda: 1e-6 });
 * const of = { dataset: "MNIST", variant: "released", problem, trials: [0, 1], saveNpy: false };
 * // Needs permission to read and write the folder `result`.
 * const collect = () => collectResults(of, folderJournal("result/example"));
 * ```
 */
export function collectResults(of: ResultsOf, journal: Journal): Results {
  const { dataset, variant, problem, trials, saveNpy } = of;
  const summaries: Summary[] = [];
  const bodies: string[] = [];
  const arrays = new Map<string, Uint8Array>();
  const writeNpy = (name: string, content: Uint8Array) => {
    if (saveNpy) arrays.set(name, content);
  };
  return {
    summaries,
    writeNpy,
    add(cell, measure) {
      const isValue = (value: unknown) => isAccuracies(value, trials.length);
      const accuracies = once(journal, `cell${summaries.length}`, isValue, measure);
      summaries.push({ ...cell, dataset, variant, ...moments(accuracies) });
      const rows = accuracies.map((accuracy, i) => ({ ...cell, trial: trials[i], accuracy }));
      bodies.push(csvFormatBody(rows, columnsOf(algorithmOf([cell])).trials));
      writeNpy(cell.array, encodeNpy((problem.classes === 2 ? Float32Array : Float64Array).from(accuracies)));
    },
    files() {
      const columns = columnsOf(algorithmOf(summaries));
      return new Map<string, string | Uint8Array>([
        ["trials.csv", [columns.trials.join(","), ...bodies, ""].join("\n")],
        ["summary.csv", csvFormat(summaries, columns.summary) + "\n"],
        ...arrays,
      ]);
    },
  };
}
