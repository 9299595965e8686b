/**
 * The parts that the figures share: curves with bands, axes, and the frame of a single-column figure.
 * @module
 */
import * as Plot from "@observablehq/plot";
import { inDigits } from "../text/decimal.ts";
import {
  beside,
  caption,
  type Drawing,
  heading,
  legend,
  type LegendEntry,
  overlaid,
  plot,
  stacked,
  svgFile,
  svgInPage,
  VALUES,
} from "./svg.ts";

/** Okabe and Ito's colors, which the color-blind can tell apart. */
export const palette = {
  blue: "#0072B2",
  vermilion: "#D55E00",
  green: "#009E73",
  orange: "#E69F00",
  purple: "#CC79A7",
  skyBlue: "#56B4E9",
  black: "#000000",
} as const;

/**
 * The color of a curve.
 *
 * @param i Which curve; the colors repeat after seven.
 * @returns A color of the palette.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { color, palette } from "./chart.ts";
 *
 * assert.equal(color(0), palette.blue);
 * ```
 */
export function color(i: number): string {
  const colors = Object.values(palette);
  return colors[i % colors.length];
}

/** A point of a curve. */
export interface Point {
  /** In the units of the horizontal axis. */
  readonly x: number;
  /** In the units of the vertical axis. */
  readonly y: number;
  /** Half the height of the band around the curve; no band if absent. */
  readonly std?: number;
  /** What the paper's authors got for y. */
  readonly published?: number | undefined;
  /** What {@linkcode endLabels} writes beside it if it is the last of its curve. */
  readonly label?: string;
}

/** A curve and its key in the legend. */
export interface Series extends LegendEntry {
  /** Joins the points. */
  readonly line: "solid" | "dashed";
  /** Marks the points; if absent none, but a single one. */
  readonly symbol?: "dot" | "triangle";
  /** Ascending in x. */
  readonly points: readonly Point[];
}

/**
 * Curves: bands lowest, then lines, their points, a ring around every published value, and in a page what all of these
 * stand for.
 *
 * @param series The curves.
 * @returns The marks, for Observable Plot.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { curves } from "./chart.ts";
 *
 * assert.equal(curves([{ label: "y = x", color: "black", line: "solid", points: [{ x: 1, y: 1 }] }]).length, 5);
 * ```
 */
export function curves(series: readonly Series[]): Plot.Markish[] {
  const opacity = Math.min(0.2, 0.4 / series.length);
  return [
    ...series.map((each) => band(each, opacity)),
    ...[line, points, published].flatMap((mark) => series.map(mark)),
    values(series),
  ];
}

/** What every point stands for, such as `unlearning, at 0.1: 0.802 ± 0.042, published 0.8`. */
function values(series: readonly Series[]): Plot.Markish {
  const all = series.flatMap(({ label, points }) =>
    points.map(({ x, y, std, published }) => {
      const band = std === undefined ? "" : ` ± ${digits(std)}`;
      const theirs = published !== undefined && Number.isFinite(published) ? `, published ${digits(published)}` : "";
      return { x, y, title: `${label}, at ${digits(x)}: ${digits(y)}${band}${theirs}` };
    })
  );
  return Plot.dot(all, { x: "x", y: "y", r: 5, stroke: "none", title: "title", ...VALUES });
}

const digits = (value: number): string => inDigits(value, 6);

function band({ points, color }: Series, opacity: number): Plot.Markish {
  const edges = { x: "x", y1: ({ y, std }: Point) => y - std!, y2: ({ y, std }: Point) => y + std! };
  const wide = points.filter(({ std }) => std !== undefined);
  return wide.length === 1
    ? Plot.ruleX(wide, { ...edges, stroke: color, strokeOpacity: 0.4, strokeWidth: 3 })
    : Plot.areaY(wide, { ...edges, fill: color, fillOpacity: opacity });
}

function line({ points, color, line }: Series): Plot.Markish {
  return Plot.line(points, { x: "x", y: "y", stroke: color, ...(line === "dashed" ? { strokeDasharray: "4,3" } : {}) });
}

/** A line of a single point would not be seen. */
function points({ points, color, symbol = points.length === 1 ? "dot" : undefined }: Series): Plot.Markish {
  return symbol ? Plot.dot(points, { x: "x", y: "y", fill: color, r: 2.2, symbol: symbols[symbol] }) : [];
}

const symbols = { dot: "circle", triangle: "triangle" } as const;

function published({ points, color }: Series): Plot.Markish {
  return Plot.dot(points, { x: "x", y: "published", stroke: color, r: 3.5, strokeWidth: 1 });
}

/**
 * The labels of the curves' last points, moved apart where they would overlap.
 *
 * @param series The curves; the frame's right margin must have room for the labels.
 * @returns The mark, for Observable Plot.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { endLabels } from "./chart.ts";
 *
 * assert.ok(endLabels([{ label: "K", color: "black", line: "solid", points: [{ x: 1, y: 9, label: "0.9" }] }]));
 * ```
 */
export function endLabels(series: readonly Series[]): Plot.Markish {
  const ends = series.map(({ points, color }) => ({ ...points.at(-1)!, color })).sort((a, b) => a.y - b.y);
  const heights = series.flatMap(({ points }) => points.flatMap(({ y, published = y }) => [y, published]));
  const gap = 0.055 * Math.max(...heights.filter(Number.isFinite));
  const apart: typeof ends = [];
  for (const end of ends) apart.push({ ...end, y: Math.max(end.y, (apart.at(-1)?.y ?? -Infinity) + gap) });
  return Plot.text(apart, { x: "x", y: "y", text: "label", fill: "color", textAnchor: "start", dx: 12 });
}

/**
 * The key of the rings, if there are any.
 *
 * @param series The curves of the figure.
 * @param label What the rings are.
 * @returns One entry of the legend, or none.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { publishedKey } from "./chart.ts";
 *
 * assert.deepEqual(publishedKey([]), []);
 * ```
 */
export function publishedKey(series: readonly Series[], label = "published"): LegendEntry[] {
  const rings = series.some(({ points }) => points.some(({ published }) => Number.isFinite(published)));
  return rings ? [{ label, color: palette.black, symbol: "ring" }] : [];
}

/**
 * A horizontal axis with a labelled tick at every value; Plot's own leaves out labels of a logarithmic scale.
 *
 * @param label Its title.
 * @param values The values that are drawn, in any order, repeated or not.
 * @param text How a value is written.
 * @returns The mark.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { valueAxis } from "./chart.ts";
 *
 * assert.ok(valueAxis("ε", [5, 0.1, 5]));
 * ```
 */
export function valueAxis(
  label: string,
  values: readonly number[],
  text: (value: number) => string = String,
): Plot.Markish {
  return Plot.axisX([...new Set(values)].sort((a, b) => a - b), { ...titled(label), text });
}

/**
 * An axis with round ends that holds these values, with room around a lone one.
 *
 * @param label Its title.
 * @param values The values.
 * @returns The scale, for Observable Plot.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { axis } from "./chart.ts";
 *
 * assert.deepEqual(axis("K", [1, 251, 171]).domain, [1, 251]);
 * ```
 */
export function axis(label: string, values: readonly number[]): Plot.ScaleOptions {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = low < high ? 0 : Math.abs(low) / 100 || 1;
  return { ...titled(label), domain: [low - room, high + room], nice: true, ticks: 5 };
}

/**
 * The logarithmic scale of ε.
 *
 * @param tickFormat How its ticks are written.
 * @returns The scale.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { epsilonAxis } from "./chart.ts";
 *
 * assert.equal(epsilonAxis("~r").type, "log");
 * ```
 */
export function epsilonAxis(tickFormat: string | ((value: number) => string)): Plot.ScaleOptions {
  return { ...titled("ε"), type: "log", ticks: 5, tickFormat, grid: true };
}

const titled = (label: string) => ({ label, labelAnchor: "center", labelArrow: "none" } as const);

/** A title, a legend, and plots that share a frame. */
export interface Panel {
  /** The title. */
  readonly title: string;
  /** What stands below it, small. */
  readonly note?: string;
  /** The columns of the legend. */
  readonly columns: readonly (readonly LegendEntry[])[];
  /** The plots, the lowest first. */
  readonly layers: readonly Plot.PlotOptions[];
}

/**
 * The text of a figure: panels from top to bottom, with one legend if all have the same.
 *
 * @param panels The panels, at least one.
 * @returns An SVG file.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { chart } from "./chart.ts";
 *
 * assert.match(chart({ title: "MNIST", columns: [[]], layers: [{ marks: [] }] }), /<svg/);
 * ```
 */
export function chart(...panels: readonly Panel[]): string {
  return svgFile(titleOf(panels), drawingOf(panels));
}

/**
 * The same figure as an element of a page, where its marks say their values.
 *
 * @param panels The panels, at least one.
 * @returns HTML.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { chartInPage, curves } from "./chart.ts";
 *
 * const series = [{ label: "learned", color: "black", line: "solid", points: [{ x: 1, y: 0.9, std: 0.1 }] } as const];
 * const html = chartInPage({ title: "MNIST", columns: [series], layers: [{ marks: curves(series) }] });
 * assert.match(html, /<title>learned, at 1: 0\.9 ± 0\.1<\/title>/);
 * ```
 */
export function chartInPage(...panels: readonly Panel[]): string {
  return svgInPage(titleOf(panels), drawingOf(panels));
}

function drawingOf(panels: readonly Panel[]): Drawing {
  const drawn = panels.map(partsOf);
  const shared = drawn.every(({ legend }) => legend.content === drawn[0].legend.content);
  const parts = drawn.flatMap(({ heading, note, legend, plot }, i) => [
    heading,
    ...(note === undefined ? [] : [note]),
    ...(shared && i > 0 ? [] : [legend]),
    plot,
  ]);
  return stacked(...parts);
}

/**
 * An SVG file with panels side by side, of plots that have the heights of one axis in common.
 *
 * @param panels The panels, the leftmost first; with numbers of one unit upwards.
 * @returns The SVG text.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { axis, chartBeside, curves, palette } from "./chart.ts";
 *
 * const panel = (title: string, y: number) => {
 *   const points = [{ x: 1, y }, { x: 2, y: 2 * y }];
 *   const series = [{ label: "learned", color: palette.blue, line: "solid", points } as const];
 *   return { title, columns: [series], layers: [{ y: axis("accuracy", [y, 2 * y]), marks: curves(series) }] };
 * };
 * const svg = chartBeside(panel("before", 1), panel("after", 3));
 * assert.match(svg, /<title>before; after<\/title>/);
 * ```
 */
export function chartBeside(...panels: readonly Panel[]): string {
  const heights = panels.flatMap(({ layers }) => layers.flatMap(({ y }) => [...(y?.domain ?? [])] as number[]));
  const domain = [Math.min(...heights), Math.max(...heights)];
  const drawn = panels
    .map((panel) => ({ ...panel, layers: panel.layers.map((layer) => ({ ...layer, y: { ...layer.y, domain } })) }))
    .map(partsOf);
  const rows = [
    drawn.map(({ heading }) => heading),
    drawn.map(({ note }) => note ?? caption("", frame.width)),
    drawn.map(({ legend }) => legend),
    drawn.map(({ plot }) => plot),
  ];
  return svgFile(titleOf(panels), stacked(...rows.map((row) => beside(...row))));
}

const titleOf = (panels: readonly Panel[]) => panels.map(({ title }) => title).join("; ");

function partsOf({ title, note, columns, layers }: Panel) {
  return {
    heading: heading(title, frame.width),
    ...(note !== undefined && { note: caption(note, frame.width) }),
    legend: legend(columns, frame.width),
    plot: overlaid(
      ...layers.map((layer) => plot({ ...frame, ...layer, marks: [Plot.frame({ stroke: "#bbb" }), layer.marks] })),
    ),
  };
}

/** In pixels; the width is a column's in print, 90 mm. */
const frame = {
  width: 340,
  height: 220,
  marginTop: 10,
  marginRight: 12,
  marginBottom: 36,
  marginLeft: 56,
  insetLeft: 8,
  insetRight: 8,
  insetBottom: 4,
};
