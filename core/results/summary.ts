/**
 * The tables that an experiment leaves behind: `trials.csv` and `summary.csv`.
 * @module
 */
import { csvParse } from "d3-dsv";
import { isInnerName } from "../disk/inside.ts";
import type { Algorithm } from "../original/experiments.ts";
import { isCount } from "../text/json.ts";
import { quoted } from "../text/messages.ts";

/** What an array of accuracies was measured for: columns of `trials.csv` and `summary.csv`, empty where absent. */
export interface Cell {
  /** Such as `LMC learn` or `D2D unlearn`. */
  readonly method: Method;
  /** The original's name of the array's file, relative to the experiment's folder. */
  readonly array: string;
  /** Target number of unlearning steps, of Figure 3a. */
  readonly k?: number;
  /** b, the rows of a step where they are counted: of the sequel, 0 for all. */
  readonly b?: number;
  /** T, the epochs of learning that were asked for, where steps have batches. */
  readonly T?: number;
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

const METHODS = [
  "LMC learn",
  "LMC retrain",
  "LMC unlearn",
  "LMC learn noiseless",
  "LMC retrain noiseless",
  "D2D learn",
  "D2D retrain",
  "D2D unlearn",
  "SGD learn",
  "SGD retrain",
  "SGD unlearn",
  "SGD retrain noiseless",
] as const;

/** What was done to get the weights. */
export type Method = typeof METHODS[number];

/**
 * Which of the original's algorithms cells are of.
 *
 * @param cells The cells of an experiment.
 * @returns Its folder.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { algorithmOf } from "./summary.ts";
 *
 * assert.deepEqual([algorithmOf([{ method: "SGD learn" }]), algorithmOf([{ method: "D2D learn" }])], ["SGD", "LMC"]);
 * ```
 */
export function algorithmOf(cells: readonly Pick<Cell, "method">[]): Algorithm {
  return cells.some(({ method }) => method.startsWith("SGD ")) ? "SGD" : "LMC";
}

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

const CELL_COLUMNS = ["method", "k", "b", "T", "epsilon", "sigma", "num_remove", "step", "i_factor"] as const;
/** Columns that tables of Langevin chains do not have. */
const BATCH_COLUMNS: ReadonlySet<string> = new Set(["b", "T"]);
const TRIAL_COLUMNS = [...CELL_COLUMNS, "trial", "accuracy", "array"] as const;
const MOMENT_COLUMNS = ["n", "mean", "std"] as const;
const ACCOUNTED_COLUMNS = ["K", "alpha", "epsilon0", "L", "eta"] as const;
const NAME_COLUMNS = ["dataset", "variant"] as const;
const SUMMARY_COLUMNS = [...NAME_COLUMNS, ...CELL_COLUMNS, ...MOMENT_COLUMNS, ...ACCOUNTED_COLUMNS, "array"] as const;

/**
 * The columns of the two tables of an experiment.
 *
 * @param algorithm Which algorithm it is of: only the sequel's tables have `b` and `T`.
 * @returns Names of the columns of `trials.csv` and of `summary.csv`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { columnsOf } from "./summary.ts";
 *
 * assert.ok(columnsOf("SGD").summary.includes("b") && !columnsOf("LMC").summary.includes("b"));
 * ```
 */
export function columnsOf(algorithm: Algorithm): {
  readonly trials: readonly typeof TRIAL_COLUMNS[number][];
  readonly summary: readonly typeof SUMMARY_COLUMNS[number][];
} {
  const isOfIt = (column: string) => algorithm === "SGD" || !BATCH_COLUMNS.has(column);
  return { trials: TRIAL_COLUMNS.filter(isOfIt), summary: SUMMARY_COLUMNS.filter(isOfIt) };
}
const TEXT_COLUMNS: ReadonlySet<string> = new Set([...NAME_COLUMNS, "method", "array"]);
const REQUIRED_COLUMNS: ReadonlySet<string> = new Set([
  ...["dataset", "method", "array", "trial", "accuracy", "L", "eta"],
  ...MOMENT_COLUMNS,
]);

const REMEDY = "it is of another version: run it again with --fresh 1, or move its folder away";

/** What a value of a column must be, and how messages call that. */
type Kind = readonly [isOne: (value: unknown) => boolean, name: string];
const SHARE: Kind = [(value) => Number(value) >= 0 && Number(value) <= 1, "from 0 to 1"];
const COUNT: Kind = [isCount, "an integer from 0"];

/** The columns that may not hold any number, or any text. */
const KINDS: Readonly<Record<string, Kind>> = {
  ...{ mean: SHARE, accuracy: SHARE, std: SHARE },
  ...{ k: COUNT, b: COUNT, T: COUNT, num_remove: COUNT, step: COUNT, trial: COUNT, n: COUNT, K: COUNT },
  method: [(value) => METHODS.some((method) => method === value), "a method"],
  array: [(value) => isInnerName(value) && value.endsWith(".npy"), "the name of a .npy file in the folder"],
};

/** A decimal number as JavaScript writes it. */
const NUMBER = /^-?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** The rows of a CSV: texts and numbers by column, without the cells that are empty and may be. */
function parseRows(text: string, name: string, columns: readonly string[]): object[] {
  const rows = csvParse(text);
  const missing = columns.find((column) => !BATCH_COLUMNS.has(column) && !rows.columns.includes(column));
  if (missing) throw new Error(`${name}: the column ${missing} is missing: ${REMEDY}`);
  if (rows.length === 0) throw new Error(`${name} has no rows`);
  return rows.map((row, index) => {
    const entries = columns.flatMap((column) => {
      const cell = (row[column] ?? "").trim();
      const fail = (reason: string) => new Error(`${name}, row ${index + 1}, column ${column}: ${reason}`);
      if (cell === "" && REQUIRED_COLUMNS.has(column)) throw fail("no value");
      if (cell === "") return [];
      const value = TEXT_COLUMNS.has(column) ? cell : NUMBER.test(cell) ? Number(cell) : NaN;
      if (typeof value === "number" && !Number.isFinite(value)) throw fail(`${quoted(cell)} is not a number`);
      const [isOne, kind] = KINDS[column] ?? [() => true];
      if (!isOne(value)) throw fail(`${quoted(cell)} is not ${kind}`);
      return [[column, value]];
    });
    return Object.fromEntries(entries);
  });
}

/** A row of `trials.csv`. */
export interface Trial {
  /** Number of the trial. */
  readonly trial: number;
  /** Its accuracy. */
  readonly accuracy: number;
}

/**
 * Reads a `trials.csv`.
 *
 * @param text Its content.
 * @param name How errors name it.
 * @returns The trials by the name of their array, in the order of the rows.
 * @throws {Error} If there is no row, a column or a value is missing, or a value is none of its column.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseTrials } from "./summary.ts";
 *
 * const text = "trial,accuracy,array\n0,0.5,a.npy\n1,0.75,a.npy\n0,1,b.npy\n";
 * assert.deepEqual(parseTrials(text).get("a.npy"), [{ trial: 0, accuracy: 0.5 }, { trial: 1, accuracy: 0.75 }]);
 * ```
 */
export function parseTrials(text: string, name = "trials.csv"): Map<string, Trial[]> {
  const rows = parseRows(text, name, ["trial", "accuracy", "array"]) as (Trial & { readonly array: string })[];
  const arrays = Map.groupBy(rows, ({ array }) => array);
  return new Map([...arrays].map(([array, rows]) => [array, rows.map(({ trial, accuracy }) => ({ trial, accuracy }))]));
}

/**
 * Reads a `summary.csv`.
 *
 * @param text Its content.
 * @param name How errors name it.
 * @returns Its rows, at least one.
 * @throws {Error} If there is no row, a column or a value is missing, or a value is none of its column.
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
