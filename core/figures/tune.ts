/**
 * The figure of a search for λ and K, from its CSV.
 * @module
 */
import * as Plot from "@observablehq/plot";
import { csvParse } from "d3-dsv";
import { axis, chart, color, curves, palette, type Panel, type Series, valueAxis } from "./chart.ts";

const AXES = { K: "steps K of the first request", epsilon: "ε" } as const;

/**
 * Accuracy after the requests against K and against ε, a curve a λ. Dashed, in its color: the optimum without noise; in
 * black: always the commonest class.
 *
 * @param csv `tune.csv`.
 * @param title What was rehearsed.
 * @returns The SVG.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { tuneFigure } from "./tune.ts";
 *
 * const csv = [
 *   "against,lambda,K,epsilon,unlearned,unlearned_std,noiseless,majority",
 *   "K,1e-5,1,1,0.8,0.02,0.93,0.6\nK,1e-5,10,1,0.9,0.01,0.93,0.6",
 *   "epsilon,1e-5,10,1,0.9,0.01,0.93,0.6\nepsilon,1e-5,10,2,0.92,0.01,0.93,0.6",
 * ].join("\n");
 * assert.match(tuneFigure(csv, "wine"), /<title>wine, ε = 1; wine, the best K of each λ<\/title>/);
 * ```
 */
export function tuneFigure(csv: string, title: string): string {
  const rows = csvParse(csv).map(({ against, lambda, ...numbers }) => ({
    ...{ against, lambda, K: Number(numbers.K), epsilon: Number(numbers.epsilon), y: Number(numbers.unlearned) },
    ...{ std: Number(numbers.unlearned_std), noiseless: Number(numbers.noiseless), majority: Number(numbers.majority) },
  }));
  const lambdas = [...new Set(rows.map(({ lambda }) => lambda))];
  const heights = rows.flatMap(({ y, std, noiseless, majority }) => [y - std, y + std, noiseless, majority]);
  const colors = lambdas.map((_, i) => color(i % 6)); // The seventh, black, is the commonest class.
  const key = { label: "commonest class", color: palette.black, line: "dashed" } as const;
  const optimum = { label: "without noise", color: "#888", line: "dashed" } as const;
  const panelOf = (x: keyof typeof AXES, fixed: string): Panel => {
    const drawn = rows.filter(({ against }) => against === x);
    const series = lambdas.map((lambda, i): Series => ({
      ...{ label: `λ = ${Number(lambda).toExponential()}`, color: colors[i], line: "solid", symbol: "dot" },
      points: drawn.filter((row) => row.lambda === lambda).map((row) => ({ x: row[x], y: row.y, std: row.std }))
        .sort((one, other) => one.x - other.x),
    }));
    const half = Math.ceil((lambdas.length + 2) / 2);
    const entries = [...series, optimum, key];
    const values = drawn.map((row) => row[x]);
    return {
      title: `${title}, ${fixed}`,
      columns: [entries.slice(0, half), entries.slice(half)],
      layers: [{
        x: { type: "log", ...(new Set(values).size === 1 && { domain: [values[0] / 2, values[0] * 2] }) },
        y: { ...axis("accuracy", heights), grid: true },
        marks: [
          valueAxis(AXES[x], values),
          Plot.ruleY([rows[0].majority], { stroke: key.color, strokeDasharray: "4,3" }),
          ...lambdas.map((lambda, i) =>
            Plot.ruleY([rows.find((row) => row.lambda === lambda)!.noiseless], {
              ...{ stroke: colors[i], strokeDasharray: "4,3", strokeOpacity: 0.7 },
            })
          ),
          ...curves(series),
        ],
      }],
    };
  };
  const asked = rows.find(({ against }) => against === "K")!.epsilon;
  return chart(panelOf("K", `ε = ${asked}`), panelOf("epsilon", "the best K of each λ"));
}
