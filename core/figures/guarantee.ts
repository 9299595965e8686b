/**
 * The figure of a curve of guarantees, from its CSV.
 * @module
 */
import { csvParse } from "d3-dsv";
import { color, curves, epsilonAxis, type Panel, type Series } from "./chart.ts";

/** The share of the largest ε below which nothing is drawn. */
const LEAST_SHARE = 1e-5;

const AXES = { delta: "δ", K: "unlearning steps K" } as const;

/**
 * ε against δ and against K, by every accountant, on logarithmic axes.
 *
 * @param csv The columns `against`, `accountant`, `K`, `delta` and `epsilon`.
 * @param title What the run is.
 * @returns The panels, the upper one first.
 * @throws {RangeError} If there is nothing to draw.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { chart } from "./chart.ts";
 * import { guaranteePanels } from "./guarantee.ts";
 *
 * const rows = ["delta,exact,60,1e-5,1.2", "delta,exact,60,1e-4,1", "K,exact,59,1e-4,1.1", "K,exact,60,1e-4,1"];
 * const csv = ["against,accountant,K,delta,epsilon", ...rows].join("\n");
 * assert.match(chart(...guaranteePanels(csv, "MNIST")), /<title>MNIST, K = 60; MNIST, δ = 1e-4<\/title>/);
 * ```
 */
export function guaranteePanels(csv: string, title: string): readonly Panel[] {
  const points = csvParse(csv).map(({ against, accountant, ...numbers }) => (
    { against, accountant, K: Number(numbers.K), delta: Number(numbers.delta), epsilon: Number(numbers.epsilon) }
  ));
  const finite = points.filter(({ epsilon }) => epsilon < Infinity);
  const least = LEAST_SHARE * Math.max(...finite.map(({ epsilon }) => epsilon));
  const panelOf = (x: keyof typeof AXES, fixed: string): Panel => {
    const drawn = finite.filter(({ against, epsilon, [x]: at }) => against === x && at > 0 && epsilon > least);
    if (drawn.length === 0) throw new RangeError("there is no curve to draw: every ε is 0 or infinite");
    const series = [...new Set(points.map(({ accountant }) => accountant))].map((name, i): Series => ({
      label: name,
      color: color(i),
      line: "solid",
      points: drawn.filter(({ accountant }) => accountant === name).map((point) => ({ x: point[x], y: point.epsilon })),
    }));
    return {
      title: `${title}, ${fixed}`,
      columns: series.map((each) => [each]),
      layers: [{
        x: { type: "log", label: AXES[x], labelAnchor: "center", labelArrow: "none", ticks: 5, tickFormat: tick },
        y: epsilonAxis(tick),
        marks: curves(series),
      }],
    };
  };
  const [{ K }] = points.filter(({ against }) => against === "delta");
  const [{ delta }] = points.filter(({ against }) => against === "K");
  return [panelOf("delta", `K = ${K}`), panelOf("K", `δ = ${short(Number(delta.toPrecision(3)))}`)];
}

/** A number as it is short. */
const short = (value: number): string =>
  value < 1e-3 || value >= 1e5 ? value.toExponential().replace("+", "") : String(value);

/** Powers of ten; between them ticks have no label. */
const tick = (value: number): string =>
  /^1(e.*)?$/.test(value.toExponential(9).replace(/\.0+e/, "e")) ? short(value) : "";
