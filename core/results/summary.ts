/**
 * What an experiment leaves behind: `trials.csv`, `summary.csv`, `run.json` and, on demand, the original's `.npy`
 * files.
 * @module
 */
import { csvFormat, csvFormatBody, csvParse } from "d3-dsv";
import { type Journal, once } from "../runs/journal.ts";
import { encodeNpy } from "../formats/npy.ts";
import type { Problem } from "../model/problem.ts";
import { quoted } from "../text/messages.ts";
import { moments } from "../statistics/statistics.ts";

/** What an array of accuracies was measured for: columns of `trials.csv` and `summary.csv`, empty where absent. */
export interface Cell {
  /** Such as `LMC learn` or `D2D unlearn`. */
  readonly method: Method;
  /** The original's name of the array's file, relative to the experiment's folder. */
  readonly array: string;
  /** Target number of unlearning steps, of Figure 3a. */
  readonly k?: number;
  /** Target ε. */
  readonly epsilon?: number;
  /** σ of the Langevin steps, or the standard deviation of the noise that Descent-to-Delete adds. */
  readonly sigma?: number;
  /** S, the number of rows removed; of a sequence, by each request. */
  readonly num_remove?: number;
  /** Which request of a sequence, or how many steps were learned. */
  readonly step?: number;
  /** Factor on the iterations of sequential Descent-to-Delete. */
  readonly i_factor?: number;
}

/** What was done to get the weights. */
export type Method =
  | "LMC learn"
  | "LMC retrain"
  | "LMC unlearn"
  | "LMC learn noiseless"
  | "LMC retrain noiseless"
  | "D2D learn"
  | "D2D retrain"
  | "D2D unlearn";

/** The accountant's numbers behind a cell; further columns of `summary.csv`. */
export interface Accounted {
  /** Unlearning steps that the guarantee asks for. */
  readonly K?: number;
  /** α, the Rényi order at which the guarantee is tightest. */
  readonly alpha?: number;
  /** ε0, the guarantee before any unlearning step. */
  readonly epsilon0?: number;
}

/** The constants behind a cell; further columns of `summary.csv`. */
export interface Constants {
  /** Smoothness constant. */
  readonly L: number;
  /** Length of a Langevin step. */
  readonly eta: number;
}

/** A row of `summary.csv`. */
export interface Summary extends Cell, Accounted, Constants {
  /** Name of the dataset. */
  readonly dataset: string;
  /** The variant and the flags that depart from it. */
  readonly variant?: string;
  /** Number of trials. */
  readonly n: number;
  /** Mean accuracy. */
  readonly mean: number;
  /** Population standard deviation of the accuracy. */
  readonly std: number;
}

const CELL_COLUMNS = ["method", "k", "epsilon", "sigma", "num_remove", "step", "i_factor"] as const;
const TRIAL_COLUMNS = [...CELL_COLUMNS, "trial", "accuracy", "array"] as const;
const MOMENT_COLUMNS = ["n", "mean", "std"] as const;
const ACCOUNTED_COLUMNS = ["K", "alpha", "epsilon0", "L", "eta"] as const;
const NAME_COLUMNS = ["dataset", "variant"] as const;
const SUMMARY_COLUMNS = [...NAME_COLUMNS, ...CELL_COLUMNS, ...MOMENT_COLUMNS, ...ACCOUNTED_COLUMNS, "array"] as const;
const TEXT_COLUMNS: ReadonlySet<string> = new Set([...NAME_COLUMNS, "method", "array"]);
const REQUIRED_COLUMNS: ReadonlySet<string> = new Set([
  ...["dataset", "method", "array", "accuracy", "L", "eta"],
  ...MOMENT_COLUMNS,
]);

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
  /** Number of the first trial. */
  readonly firstTrial: number;
  /**
   * Whether `.npy` files are wanted: every array under the original's name, float32 for two classes and float64 for
   * several, and others.
   */
  readonly saveNpy: boolean;
}

const isAccuracies = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.length > 0 &&
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
 * import { folderJournal } from "../runs/journal.ts";
 * import { makeProblem } from "../model/problem.ts";
 * import { collectResults } from "./summary.ts";
 *
 * const problem = makeProblem({ n: 11982, d: 784, lambda: 1e-6 });
 * const of = { dataset: "MNIST", variant: "released", problem, firstTrial: 0, saveNpy: false };
 * // Needs permission to read and write the folder `result`.
 * const collect = () => collectResults(of, folderJournal("result/example"));
 * ```
 */
export function collectResults(of: ResultsOf, journal: Journal): Results {
  const { dataset, variant, problem, firstTrial, saveNpy } = of;
  const summaries: Summary[] = [];
  const trials: string[] = [];
  const arrays = new Map<string, Uint8Array>();
  const writeNpy = (name: string, content: Uint8Array) => {
    if (saveNpy) arrays.set(name, content);
  };
  return {
    summaries,
    writeNpy,
    add(cell, measure) {
      const accuracies = once(journal, `cell${summaries.length}`, isAccuracies, measure);
      summaries.push({ ...cell, dataset, variant, ...moments(accuracies) });
      const rows = accuracies.map((accuracy, i) => ({ ...cell, trial: firstTrial + i, accuracy }));
      trials.push(csvFormatBody(rows, TRIAL_COLUMNS));
      writeNpy(cell.array, encodeNpy((problem.classes === 2 ? Float32Array : Float64Array).from(accuracies)));
    },
    files: () =>
      new Map<string, string | Uint8Array>([
        ["trials.csv", [TRIAL_COLUMNS.join(","), ...trials, ""].join("\n")],
        ["summary.csv", csvFormat(summaries, SUMMARY_COLUMNS) + "\n"],
        ...arrays,
      ]),
  };
}

const REMEDY = "it is of another version: run it again with --fresh 1, or move its folder away";

/** The rows of a CSV: texts and numbers by column, without the cells that are empty and may be. */
function parseRows(text: string, name: string, columns: readonly string[]): object[] {
  const rows = csvParse(text);
  const missing = columns.find((column) => !rows.columns.includes(column));
  if (missing) throw new Error(`${name}: the column ${missing} is missing: ${REMEDY}`);
  if (rows.length === 0) throw new Error(`${name} has no rows`);
  return rows.map((row, index) => {
    const entries = columns.flatMap((column) => {
      const cell = (row[column] ?? "").trim();
      const place = `${name}, row ${index + 1}, column ${column}`;
      if (cell === "" && REQUIRED_COLUMNS.has(column)) throw new Error(`${place}: no value`);
      if (cell === "") return [];
      const value = TEXT_COLUMNS.has(column) ? cell : Number(cell);
      if (typeof value === "number" && !Number.isFinite(value)) {
        throw new Error(`${place}: ${quoted(cell)} is not a number`);
      }
      return [[column, value]];
    });
    return Object.fromEntries(entries);
  });
}

/**
 * Reads a `trials.csv`.
 *
 * @param text Its content.
 * @param name How errors name it.
 * @returns The accuracies by the name of their array, in the order of the rows.
 * @throws {Error} If there is no row, a column or a value is missing, or an accuracy is no number.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseTrials } from "./summary.ts";
 *
 * const text = "trial,accuracy,array\n0,0.5,a.npy\n1,0.75,a.npy\n0,1,b.npy\n";
 * assert.deepEqual(parseTrials(text), new Map([["a.npy", [0.5, 0.75]], ["b.npy", [1]]]));
 * ```
 */
export function parseTrials(text: string, name = "trials.csv"): Map<string, number[]> {
  const rows = parseRows(text, name, ["accuracy", "array"]) as { accuracy: number; array: string }[];
  const arrays = Map.groupBy(rows, ({ array }) => array);
  return new Map([...arrays].map(([array, rows]) => [array, rows.map(({ accuracy }) => accuracy)]));
}

/**
 * Reads a `summary.csv`.
 *
 * @param text Its content.
 * @param name How errors name it.
 * @returns Its rows, at least one.
 * @throws {Error} If there is no row, a column or a value is missing, or a number is none.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseSummary } from "./summary.ts";
 *
 * assert.throws(() => parseSummary("method\nLMC learn\n"), /column/);
 * ```
 */
export function parseSummary(text: string, name = "summary.csv"): Summary[] {
  return parseRows(text, name, SUMMARY_COLUMNS) as Summary[];
}
