/**
 * What timings amount to: quartiles, operations a second, and how many times as fast as the yardsticks a contestant is.
 * @module
 */
import { csvFormat, csvParse } from "d3-dsv";
import { quantile } from "../statistics/statistics.ts";
import { inDigits } from "../text/decimal.ts";
import { formatTable } from "../text/table.ts";
import { type BenchProblem, operationsPerStep } from "./problems.ts";
import type { Timing } from "./race.ts";

/** A row of `bench.csv`. Absent values stay empty. */
export interface Measurement {
  /** Title of the problem. */
  readonly problem: string;
  /** n. */
  readonly n: number;
  /** d. */
  readonly d: number;
  /** Number of outputs of the loss. */
  readonly outputs: number;
  /** Number of chains. */
  readonly chains: number;
  /** Who was timed. */
  readonly engine: string;
  /** The fewest milliseconds that a step of all chains took in a turn. */
  readonly ms_min?: number;
  /** Median of the milliseconds that a step of all chains takes. */
  readonly ms?: number;
  /** Their first quartile. */
  readonly ms_q1?: number;
  /** Their third quartile. */
  readonly ms_q3?: number;
  /** Median of the milliseconds of CPU time of a step, of all threads. */
  readonly ms_cpu?: number;
  /** Number of turns behind the quartiles. */
  readonly turns: number;
  /** 10⁹ operations of the two matrix products a second, at the median. */
  readonly gflops?: number;
  /** How many times as fast as the fastest plain operations. */
  readonly vs_plain?: number;
  /** How many times as fast as plain operations on the same backend. */
  readonly vs_own_plain?: number;
  /** How many times as fast as OpenBLAS. */
  readonly vs_openblas?: number;
  /** How many times as fast as whole steps in NumPy. */
  readonly vs_numpy?: number;
  /** How many times as fast as whole steps in PyTorch, on the CPU or a GPU. */
  readonly vs_torch?: number;
  /** How many times as fast as the authors' step. */
  readonly vs_authors?: number;
  /** What computed. */
  readonly device: string;
  /** Why there is no time, or just one. */
  readonly note: string;
}

const SIZE_COLUMNS = ["problem", "n", "d", "outputs", "chains"] as const;
const TIME_COLUMNS = ["ms", "ms_min", "ms_q1", "ms_q3", "ms_cpu", "turns", "gflops"] as const;
const RATIO_COLUMNS = ["vs_plain", "vs_own_plain", "vs_openblas", "vs_numpy", "vs_torch", "vs_authors"] as const;
const COLUMNS = [...SIZE_COLUMNS, "engine", ...TIME_COLUMNS, ...RATIO_COLUMNS, "device", "note"] as const;

const TEXTS: ReadonlySet<string> = new Set(["problem", "engine", "device", "note"]);

type Ratio = typeof RATIO_COLUMNS[number];

/** Which others an engine is compared with; the fastest of them counts. */
const YARDSTICKS: Readonly<Record<Ratio, (other: string, engine: string) => boolean>> = {
  vs_plain: (other) => other.endsWith("-plain"),
  vs_own_plain: (other, engine) => other.endsWith("-plain") && other === engine.replace("-fused", "-plain"),
  vs_openblas: (other) => other === "openblas",
  vs_numpy: (other) => other === "numpy",
  vs_torch: (other) => other.startsWith("torch"),
  vs_authors: (other) => other.startsWith("authors"),
};

/**
 * Evaluates the timings of one problem.
 *
 * @param problem The problem.
 * @param timings Its race.
 * @returns A row a contestant.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { measure } from "./measurements.ts";
 * import { problems } from "./problems.ts";
 *
 * const timing = { device: "", note: "" };
 * const [fused] = measure(await problems.mnist100(), [
 *   { ...timing, name: "wasm-fused", turns: [50, 40, 60], cpuTurns: [90, 70, 80] },
 *   { ...timing, name: "wasm-plain", turns: [150], cpuTurns: [150] },
 * ]);
 * assert.deepEqual([fused.ms, fused.ms_min, fused.ms_cpu, fused.vs_plain], [50, 40, 80, 3]);
 * ```
 */
export function measure(problem: BenchProblem, timings: readonly Timing[]): Measurement[] {
  const { title, rows: { count: n, dimension: d, outputs }, chains } = problem;
  const ran = timings.filter(({ turns }) => turns.length > 0);
  const medians = new Map(ran.map(({ name, turns }) => [name, quantile(turns, 0.5)]));
  return timings.map(({ name: engine, turns, cpuTurns, device, note }) => {
    const shared = { problem: title, n, d, outputs, chains, engine, turns: turns.length, device, note };
    const ms = medians.get(engine);
    if (ms === undefined) return shared;
    const times = {
      ...{ ms, ms_min: Math.min(...turns), ms_q1: quantile(turns, 0.25), ms_q3: quantile(turns, 0.75) },
      ms_cpu: quantile(cpuTurns, 0.5),
    };
    return { ...shared, ...times, gflops: operationsPerStep(problem) / ms / 1e6, ...ratios(engine, medians) };
  });
}

/** How many times as fast as each yardstick that was measured an engine is. */
function ratios(engine: string, medians: ReadonlyMap<string, number>): Partial<Record<Ratio, number>> {
  const own = medians.get(engine)!;
  return Object.fromEntries(RATIO_COLUMNS.flatMap((column) => {
    const others = [...medians].filter(([other]) => YARDSTICKS[column](other, engine)).map(([, ms]) => ms);
    return others.length > 0 ? [[column, Math.min(...others) / own]] : [];
  }));
}

/**
 * The text of `bench.csv`.
 *
 * @param measurements Its rows.
 * @returns Comma-separated values, the header first.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { measurementsCsv } from "./measurements.ts";
 *
 * assert.match(measurementsCsv([]), /^problem,n,d,/);
 * ```
 */
export function measurementsCsv(measurements: readonly Measurement[]): string {
  return csvFormat(measurements, COLUMNS) + "\n";
}

/**
 * Reads a `bench.csv`.
 *
 * @param text Its content.
 * @param name How errors name it.
 * @returns Its rows.
 * @throws {Error} If a column is missing, or a value is no number where one belongs.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { measure, measurementsCsv, parseMeasurements } from "./measurements.ts";
 * import { problems } from "./problems.ts";
 *
 * const rows = measure(await problems.mnist100(), [{ name: "wasm-fused", device: "", turns: [50], cpuTurns: [50], note: "" }]);
 * assert.deepEqual(parseMeasurements(measurementsCsv(rows)), rows);
 * ```
 */
export function parseMeasurements(text: string, name = "bench.csv"): Measurement[] {
  const rows = csvParse(text);
  const missing = COLUMNS.find((column) => !rows.columns.includes(column));
  if (missing !== undefined) throw new Error(`${name}: the column ${missing} is missing: run deno task bench again`);
  return rows.map((row, i) => {
    const entries = COLUMNS.flatMap((column): [string, string | number][] => {
      const cell = row[column] ?? "";
      if (TEXTS.has(column)) return [[column, cell]];
      if (cell === "") return [];
      if (!Number.isFinite(Number(cell))) throw new Error(`${name}, row ${i + 1}, column ${column}: no number`);
      return [[column, Number(cell)]];
    });
    return Object.fromEntries(entries) as unknown as Measurement;
  });
}

/**
 * A number as people read it.
 *
 * @param value The number.
 * @returns Its first three digits; all those before the decimal point.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { threeDigits } from "./measurements.ts";
 *
 * assert.deepEqual([0.012345, 12345].map(threeDigits), ["0.0123", "12345"]);
 * ```
 */
export function threeDigits(value: number): string {
  return value < 1000 ? inDigits(value, 3) : value.toFixed(0);
}

const cell = (value: number | undefined) => value === undefined ? "" : threeDigits(value);

/** The table's columns; those of a yardstick that was not measured are left out. */
const TABLE: Readonly<Record<string, (row: Measurement) => string>> = {
  engine: ({ engine }) => engine,
  "ms a step": ({ ms }) => cell(ms),
  least: ({ turns, ms_min }) => turns > 1 ? cell(ms_min) : "",
  quartiles: ({ turns, ms_q1, ms_q3 }) => turns > 1 ? `${cell(ms_q1)} – ${cell(ms_q3)}` : "",
  CPU: ({ ms_cpu }) => cell(ms_cpu),
  "GFLOP/s": ({ gflops }) => cell(gflops),
  "× plain": ({ vs_plain }) => cell(vs_plain),
  "× own plain": ({ vs_own_plain }) => cell(vs_own_plain),
  "× OpenBLAS": ({ vs_openblas }) => cell(vs_openblas),
  "× NumPy": ({ vs_numpy }) => cell(vs_numpy),
  "× PyTorch": ({ vs_torch }) => cell(vs_torch),
  "× authors": ({ vs_authors }) => cell(vs_authors),
};

/**
 * The measurements of one problem for the terminal.
 *
 * @param measurements At least one.
 * @returns A table, then the notes.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { measure, measurementsTable } from "./measurements.ts";
 * import { problems } from "./problems.ts";
 *
 * const timing = { name: "webgpu-fused", device: "", turns: [], cpuTurns: [], note: "no adapter" };
 * assert.match(measurementsTable(measure(await problems.mnist100(), [timing])), /^webgpu-fused: no adapter$/m);
 * ```
 */
export function measurementsTable(measurements: readonly Measurement[]): string {
  const columns = Object.entries(TABLE)
    .filter(([, text]) => measurements.some((row) => text(row) !== ""));
  const table = formatTable(
    columns.map(([title]) => title),
    measurements.map((row) => columns.map(([, text]) => text(row))),
  );
  const notes = measurements.filter(({ note }) => note !== "").map(({ engine, note }) => `${engine}: ${note}`);
  return [table, ...notes].join("\n");
}
