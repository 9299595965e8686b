/**
 * The figures of an audit, from its CSVs.
 * @module
 */
import * as Plot from "@observablehq/plot";
import { csvParse } from "d3-dsv";
import { axis, color, curves, epsilonAxis, palette, type Panel, type Series } from "./chart.ts";
import { VALUES } from "./svg.ts";

/** No smaller ε is drawn. */
const LEAST = 1e-3;

const LINES = { certified: "solid", data: "dashed" } as const;

/**
 * ε from above and from below against the steps of unlearning: what accountants certify, what the data have by the
 * Gaussian approximation, and the largest lower bound that was found.
 *
 * @param csv `audit.csv`.
 * @param title What was audited.
 * @returns The panel.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { auditCurves } from "./audit.ts";
 *
 * const csv = "K,kind,name,epsilon\n0,certified,exact,2\n0,found,discriminant,1\n0,found,repeated values,0\n";
 * assert.deepEqual(auditCurves(csv, "MNIST").columns.flat().map(({ label }) => label), ["exact", "found (95 %)"]);
 * ```
 */
export function auditCurves(csv: string, title: string): Panel {
  const rows = csvParse(csv).map(({ K, kind, name, epsilon }) => ({ x: Number(K), kind, name, y: Number(epsilon) }));
  const drawn = rows.filter(({ y }) => y >= LEAST && y < Infinity);
  const curveOf = (name: string, index: number): Series[] => {
    const points = drawn.filter((row) => row.name === name);
    return points.length === 0 ? [] : [{
      label: name,
      color: color(index),
      line: LINES[points[0].kind as keyof typeof LINES],
      points,
    }];
  };
  const names = [...new Set(rows.filter(({ kind }) => kind in LINES).map(({ name }) => name))];
  const above = names.flatMap(curveOf);
  const largest = [...Map.groupBy(drawn.filter(({ kind }) => kind === "found"), ({ x }) => x).values()]
    .map((found) => found.reduce((best, row) => row.y > best.y ? row : best));
  const below: Series = {
    ...{ label: "found (95 %)", color: palette.black, line: "dashed", symbol: "dot" },
    points: largest,
  };
  const series = [...above, ...(largest.length > 0 ? [below] : [])];
  return {
    title,
    ...(largest.length === 0 && { note: "Nothing was found: every lower bound is below 0.001." }),
    columns: [series.slice(0, Math.ceil(series.length / 2)), series.slice(Math.ceil(series.length / 2))],
    layers: [{
      x: axis("unlearning steps K", rows.map(({ x }) => x)),
      y: {
        ...epsilonAxis("~r"),
        ...(drawn.length === 0 && { domain: [LEAST, 1] }),
      },
      marks: curves(series),
    }],
  };
}

/** The scores of models of both sides, and the threshold between them. */
function histogram(csv: string): Panel {
  const bars = csvParse(csv).map(({ side, from, to, count }) => (
    { side, from: Number(from), to: Number(to), count: Number(count) }
  ));
  const [{ test, threshold }] = csvParse(csv);
  const sides = [["unlearned", palette.vermilion], ["retrained", palette.blue]] as const;
  const spread = Math.max(...bars.flatMap(({ from, to }) => [Math.abs(from), Math.abs(to)]));
  const edges = spread > 0 ? [bars[0].from, bars.at(-1)!.to] : [-1, 1];
  return {
    title: test,
    columns: [sides.map(([label, color]) => ({ label, color, line: "solid" as const }))],
    layers: [{
      x: { ...axis("score", edges), tickFormat: "~g" },
      y: axis("models counted", [0, ...bars.map(({ count }) => count)]),
      marks: [
        ...sides.map(([name, fill]) =>
          Plot.rectY(bars.filter(({ side }) => side === name), {
            ...{ x1: "from", x2: "to", y: "count", fill, fillOpacity: 0.5 },
          })
        ),
        Plot.ruleX([Number(threshold)], { strokeDasharray: "3,2" }),
        Plot.rectY(bars.filter(({ count }) => count > 0), {
          ...{ x1: "from", x2: "to", y: "count", ...VALUES },
          title: ({ side, from, to, count }) =>
            `${side}: ${count} of a score from ${from.toPrecision(3)} to ${to.toPrecision(3)}`,
        }),
      ],
    }],
  };
}

/**
 * The panels of an audit: the scores of the test that found most, with its threshold, and ε against K.
 *
 * @param curves `audit.csv`.
 * @param scores `histogram.csv`.
 * @param title What was audited.
 * @returns The panels, the upper one first.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { auditPanels } from "./audit.ts";
 * import { chart } from "./chart.ts";
 *
 * const curves = "K,kind,name,epsilon\n0,certified,exact,2\n5,certified,exact,1\n";
 * const scores = "test,side,from,to,count,threshold\nloss,unlearned,0,1,5,0.5\nloss,retrained,0,1,5,0.5\n";
 * assert.match(chart(...auditPanels(curves, scores, "MNIST")), /<title>loss; MNIST<\/title>/);
 * ```
 */
export function auditPanels(curves: string, scores: string, title: string): readonly Panel[] {
  return [histogram(scores), auditCurves(curves, title)];
}
