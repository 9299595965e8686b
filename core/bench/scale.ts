/**
 * How the time of a step and the memory grow with the sizes of a problem: one size at a time, from a middling problem.
 * @module
 */
import * as Plot from "@observablehq/plot";
import { csvFormat } from "d3-dsv";
import { openWasmEngine } from "../engines/wasm_engine.ts";
import { palette } from "../figures/chart.ts";
import { beside, type Drawing, heading, plot, stacked, svgFile } from "../figures/svg.ts";
import { quantile } from "../statistics/statistics.ts";
import { threeDigits } from "./measurements.ts";
import { dense } from "./problems.ts";
import { race } from "./race.ts";

/** The sizes of a problem: rows, features, classes and chains. */
export interface Sizes {
  /** n. */
  readonly n: number;
  /** d. */
  readonly d: number;
  /** C, 2 for the logistic loss. */
  readonly C: number;
  /** T. */
  readonly T: number;
}

/** A row of `scale.csv`. */
export interface Scaling extends Sizes {
  /** Which size is varied. */
  readonly varied: keyof Sizes;
  /** Median of the milliseconds that a step of all chains takes. */
  readonly ms: number;
  /** MiB of WebAssembly's memory after it. */
  readonly mebibytes: number;
}

/** The sizes from which one at a time is varied. */
const MIDDLING: Sizes = { n: 10_000, d: 50, C: 2, T: 100 };

/** What each size is varied through. */
const VARIED: Readonly<Record<keyof Sizes, readonly number[]>> = {
  n: [1000, 10_000, 100_000, 300_000],
  d: [10, 50, 200, 1000],
  C: [2, 3, 10, 30],
  T: [1, 3, 8, 100, 600],
};

/** What the sizes are called in the figure. */
const TITLES: Readonly<Record<keyof Sizes, string>> = { n: "rows", d: "features", C: "classes", T: "chains" };

/** The problems of the figure, and which of their sizes is varied. */
export const SCALE_GRID: readonly (Sizes & Pick<Scaling, "varied">)[] = (Object.keys(VARIED) as (keyof Sizes)[])
  .flatMap((varied) => VARIED[varied].map((size) => ({ ...MIDDLING, [varied]: size, varied })));

/**
 * Times a step of the fused WebAssembly kernels on random rows, on an engine of its own.
 *
 * @param point The sizes.
 * @param threads Number of threads.
 * @param seconds The time that its steps have.
 * @returns The point with its time and memory.
 * @throws {Error} If it does not run.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { measureScale } from "./scale.ts";
 *
 * const { ms, mebibytes } = await measureScale({ n: 200, d: 5, C: 2, T: 3, varied: "n" }, 1, 0.05);
 * assert.ok(ms > 0 && mebibytes > 0);
 * ```
 */
export async function measureScale(
  point: Sizes & Pick<Scaling, "varied">,
  threads: number,
  seconds: number,
): Promise<Scaling> {
  const { n, d, C, T } = point;
  const { rows, dynamics } = await dense(n, d, C === 2 ? 1 : C, T);
  const engine = await openWasmEngine({ threads });
  const trainingSet = engine.load(rows);
  const walk = {
    trainingSet,
    start: new Float32Array(T * rows.outputs * d),
    chains: Array.from({ length: T }, (_, trial) => ({ sigma: 0.03, cell: 0, trial })),
    dynamics,
    seed: 0,
  };
  const contestant = {
    device: engine.description,
    walks: 1,
    walk: (steps: number) => engine.walk({ ...walk, steps }),
    dispose: () => {},
  };
  const [{ turns, note }] = await race([{ name: "wasm-fused", open: () => Promise.resolve(contestant) }], seconds);
  const mebibytes = engine.reservedBytes / 2 ** 20;
  engine.dispose();
  if (turns.length === 0) throw new Error(`${n} × ${d}, ${C} classes, ${T} chains: ${note}`);
  return { ...point, ms: quantile(turns, 0.5), mebibytes };
}

const COLUMNS = ["varied", "n", "d", "C", "T", "ms", "mebibytes"] as const;

/**
 * The text of `scale.csv`.
 *
 * @param rows Its rows.
 * @returns Comma-separated values, the header first.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { scaleCsv } from "./scale.ts";
 *
 * assert.equal(scaleCsv([]), "varied,n,d,C,T,ms,mebibytes\n");
 * ```
 */
export function scaleCsv(rows: readonly Scaling[]): string {
  return csvFormat(rows, COLUMNS) + "\n";
}

/** How wide the columns of the terminal are: a row is printed before the next is known. */
const WIDTHS = [6, 4, 2, 3, 9, 6] as const;

const scaleLineOf = (cells: readonly string[]) => cells.map((cell, column) => cell.padStart(WIDTHS[column])).join("  ");

/** The columns of the terminal. */
export const SCALE_HEADER = scaleLineOf(["n", "d", "C", "T", "ms a step", "MiB"]);

/**
 * A row of `scale.csv` for the terminal.
 *
 * @param row The row.
 * @returns Its line, below {@linkcode SCALE_HEADER}.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { scaleLine } from "./scale.ts";
 *
 * const line = scaleLine({ varied: "n", n: 9000, d: 2, C: 2, T: 1, ms: 0.5, mebibytes: 1 });
 * assert.equal(line, "  9000     2   2    1        0.5       1");
 * ```
 */
export function scaleLine({ n, d, C, T, ms, mebibytes }: Scaling): string {
  return scaleLineOf([...[n, d, C, T].map(String), ...[ms, mebibytes].map(threeDigits)]);
}

const PANEL = { width: 240, height: 170 } as const;

/**
 * Time and memory against each size, all axes logarithmic.
 *
 * @param rows The rows of `scale.csv`.
 * @returns The text of an SVG file.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { scaleFigure } from "./scale.ts";
 *
 * const point = { varied: "n", d: 2, C: 2, T: 1, mebibytes: 1 } as const;
 * assert.match(scaleFigure([{ ...point, n: 10, ms: 1 }, { ...point, n: 100, ms: 9 }]), />n, rows</);
 * ```
 */
export function scaleFigure(rows: readonly Scaling[]): string {
  const panels = [...Map.groupBy(rows, ({ varied }) => varied)].map(([varied, points]) =>
    stacked(
      heading(middlingWithout(varied), 2 * PANEL.width),
      beside(curve(points, varied, "ms", "ms a step"), curve(points, varied, "mebibytes", "MiB of memory")),
    )
  );
  return svgFile("Time and memory of a Langevin step", stacked(...panels));
}

/** The sizes that stay. */
function middlingWithout(varied: keyof Sizes): string {
  const rest = Object.entries(MIDDLING).filter(([size]) => size !== varied);
  return rest.map(([size, value]) => `${size} = ${value}`).join(", ");
}

function curve(points: readonly Scaling[], x: keyof Sizes, y: "ms" | "mebibytes", label: string): Drawing {
  const axis = { type: "log", labelArrow: "none", labelAnchor: "center", ticks: 4 } as const;
  return plot({
    ...PANEL,
    marginTop: 8,
    marginLeft: 48,
    marginRight: 20,
    marginBottom: 36,
    x: { ...axis, label: `${x}, ${TITLES[x]}`, tickFormat: "~s" },
    y: { ...axis, label, grid: true, nice: true, tickFormat: "~g" },
    marks: [
      Plot.line(points, { x, y, stroke: palette.blue }),
      Plot.dot(points, { x, y, fill: palette.blue, r: 3 }),
    ],
  });
}
