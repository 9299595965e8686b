/**
 * The figure of the benchmark.
 * @module
 */
import * as Plot from "@observablehq/plot";
import { palette } from "../figures/chart.ts";
import { type Drawing, heading, plot, stacked, VALUES } from "../figures/svg.ts";
import { type Measurement, threeDigits } from "./measurements.ts";

/** The title of the figure. */
export const BENCH_TITLE = "Speed of a Langevin step";

const WIDTH = 480;

/**
 * Bars of the operations a second, a panel a problem, with the quartiles as a line on each bar.
 *
 * @param measurements The rows of `bench.csv`.
 * @returns The drawing.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { benchDrawing } from "./figure.ts";
 * import { measure } from "./measurements.ts";
 * import { problems } from "./problems.ts";
 *
 * const timing = { name: "wasm-fused", device: "", turns: [40, 50, 60], cpuTurns: [80, 99, 120], note: "" };
 * assert.match(benchDrawing(measure(await problems.mnist100(), [timing])).content, />wasm-fused</);
 * ```
 */
export function benchDrawing(measurements: readonly Measurement[]): Drawing {
  const panels = Map.groupBy(measurements, ({ problem }) => problem);
  return stacked(...[...panels].map(([problem, rows]) => panel(problem, rows)));
}

function panel(problem: string, rows: readonly Measurement[]): Drawing {
  const speed = (quantity: "ms" | "ms_q1" | "ms_q3") => (row: Measurement) => row.gflops! * row.ms! / row[quantity]!;
  const measured = rows.filter(({ ms }) => ms !== undefined);
  const bars = { y: "engine", x: "gflops" };
  const label = { y: "engine", textAnchor: "start", dx: 5, fill: "black", stroke: "white" } as const;
  const content = plot({
    width: WIDTH,
    height: 44 + 18 * rows.length,
    marginTop: 4,
    marginLeft: 110,
    marginRight: 90,
    marginBottom: 36,
    x: { label: "GFLOP/s of the two matrix products", labelAnchor: "center", labelArrow: "none", grid: true, ticks: 5 },
    y: { label: null, domain: rows.map(({ engine }) => engine) },
    marks: [
      Plot.barX(measured, { ...bars, fill: ({ engine }) => color(engine), insetTop: 2, insetBottom: 2 }),
      Plot.ruleY(measured, { y: "engine", x1: speed("ms_q3"), x2: speed("ms_q1") }),
      Plot.text(measured, { ...label, x: speed("ms_q1"), text: ({ ms }) => `${threeDigits(ms!)} ms a step` }),
      Plot.text(rows.filter(({ ms }) => ms === undefined), { ...label, x: 0, text: () => "did not run" }),
      Plot.ruleX([0]),
      Plot.barX(measured, {
        ...{ ...bars, ...VALUES },
        title: ({ engine, ms, gflops }) => `${engine}: ${threeDigits(ms!)} ms a step, ${threeDigits(gflops!)} GFLOP/s`,
      }),
    ],
  });
  return stacked(heading(problem, WIDTH), content);
}

const color = (engine: string): string =>
  engine.endsWith("-fused") ? palette.blue : engine.endsWith("-plain") ? palette.skyBlue : "#aaa";
