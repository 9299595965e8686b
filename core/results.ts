/**
 * What an experiment leaves behind: `trials.csv`, `summary.csv`, `run.json` and, on demand, the original's `.npy`
 * files.
 * @module
 */
import { csvFormat, csvFormatBody, csvParse } from "d3-dsv";
import { dirname } from "node:path";
import { encodeNpy } from "./npy.ts";
import type { Problem } from "./problem.ts";
import { quoted } from "./quoted.ts";
import { moments } from "./statistics.ts";

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
export interface Certificate {
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
export interface Summary extends Cell, Certificate, Constants {
  /** Name of the dataset. */
  readonly dataset: string;
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
const CERTIFICATE_COLUMNS = ["K", "alpha", "epsilon0", "L", "eta"] as const;
const SUMMARY_COLUMNS = ["dataset", ...CELL_COLUMNS, ...MOMENT_COLUMNS, ...CERTIFICATE_COLUMNS, "array"] as const;
const TEXT_COLUMNS: ReadonlySet<string> = new Set(["dataset", "method", "array"]);
const REQUIRED_COLUMNS: ReadonlySet<string> = new Set([...TEXT_COLUMNS, ...MOMENT_COLUMNS, "L", "eta"]);

/** Makes a folder and those above it, unless they are there. */
function makeFolder(path: string): void {
  Deno.mkdirSync(path, { recursive: true });
}

/**
 * Writes a file whole or not at all: to a temporary file beside it, then renamed. Missing folders are made.
 *
 * @param path The file.
 * @param content Its content.
 * @throws {Error} If the path cannot be written.
 *
 * @example
 * ```ts
 * import { writeWhole } from "./results.ts";
 *
 * // Needs permission to read and write the folder `result`.
 * const save = () => writeWhole("result/note.txt", "K = 1\n");
 * ```
 */
export function writeWhole(path: string, content: string | Uint8Array): void {
  makeFolder(dirname(path));
  const temporary = `${path}.tmp`;
  try {
    if (typeof content === "string") Deno.writeTextFileSync(temporary, content);
    else Deno.writeFileSync(temporary, content);
    Deno.renameSync(temporary, path);
  } catch (error) {
    removeFile(temporary);
    throw error;
  }
}

/** Removes a file, if it is there. */
function removeFile(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** The result folder of one experiment, `<result-dir>/LMC/<dataset>/<experiment>`. */
export interface Results {
  /** The folder. */
  readonly folder: string;
  /** The rows of `summary.csv` so far. */
  readonly summaries: readonly Summary[];
  /** Adds an array of accuracies, one a trial, and writes both CSVs. */
  add(cell: Cell & Certificate & Constants, accuracies: readonly number[]): void;
  /** Writes a further file. */
  write(name: string, content: string): void;
  /** Writes a `.npy` file, if such files are wanted. */
  writeNpy(name: string, content: Uint8Array): void;
}

/**
 * Starts the results of an experiment: makes the folder, so that a missing permission shows before hours of computing,
 * and removes the `run.json` of an earlier run, which only a run that is over has.
 *
 * @param folder The experiment's folder.
 * @param dataset Name of the dataset.
 * @param problem The constants.
 * @param saveNpy Whether `.npy` files are wanted: every array under the original's name, float32 for two classes and
 * float64 for several, and others.
 * @returns The results.
 * @throws {Error} If the folder cannot be made.
 *
 * @example
 * ```ts
 * import { makeProblem } from "./problem.ts";
 * import { openResults } from "./results.ts";
 *
 * // Needs permission to read and write the folder `result`.
 * const open = () => openResults("result/example", "MNIST", makeProblem(11982, 784, 1e-6, 1), false);
 * ```
 */
export function openResults(folder: string, dataset: string, problem: Problem, saveNpy: boolean): Results {
  const summaries: Summary[] = [];
  const trials: string[] = [];
  makeFolder(folder);
  removeFile(`${folder}/run.json`);
  const write = (name: string, content: string | Uint8Array) => writeWhole(`${folder}/${name}`, content);
  const writeNpy = (name: string, content: Uint8Array) => {
    if (saveNpy) write(name, content);
  };
  return {
    folder,
    summaries,
    write,
    writeNpy,
    add(cell, accuracies) {
      summaries.push({ ...cell, dataset, ...moments(accuracies) });
      const rows = accuracies.map((accuracy, trial) => ({ ...cell, trial, accuracy }));
      trials.push(csvFormatBody(rows, TRIAL_COLUMNS));
      write("trials.csv", [TRIAL_COLUMNS.join(","), ...trials, ""].join("\n"));
      write("summary.csv", csvFormat(summaries, SUMMARY_COLUMNS) + "\n");
      writeNpy(cell.array, encodeNpy((problem.outputs === 1 ? Float32Array : Float64Array).from(accuracies)));
    },
  };
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
 * import { parseSummary } from "./results.ts";
 *
 * assert.throws(() => parseSummary("method\nLMC learn\n"), /column/);
 * ```
 */
export function parseSummary(text: string, name = "summary.csv"): Summary[] {
  const rows = csvParse(text);
  const missing = SUMMARY_COLUMNS.find((column) => !rows.columns.includes(column));
  if (missing) throw new Error(`${name}: the column ${missing} is missing`);
  if (rows.length === 0) throw new Error(`${name} has no rows`);
  return rows.map((row, index) => {
    const entries = SUMMARY_COLUMNS.flatMap((column) => {
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
    return Object.fromEntries(entries) as Summary;
  });
}
