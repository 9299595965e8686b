/**
 * Standalone SVG files from Observable Plot, without a browser: drawings that are put together into one file.
 * @module
 */
import * as Plot from "@observablehq/plot";
import { DOMParser } from "linkedom";

const NAMESPACE = "http://www.w3.org/2000/svg";
const FONT = "Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif";

/** An XML document; an HTML document would leave `<` and `&` of attributes unescaped. */
const xml = new DOMParser().parseFromString(`<svg xmlns="${NAMESPACE}"/>`, "image/svg+xml") as unknown as Document;

/** SVG elements and the room they take. */
export interface Drawing {
  /** In pixels. */
  readonly width: number;
  /** In pixels. */
  readonly height: number;
  /** The elements as XML, drawn from (0, 0) on. */
  readonly content: string;
  /** Marks that nobody sees, which say in a page what the elements below them stand for; drawn from (0, 0) on too. */
  readonly values?: string;
}

/** Marks of a plot that nobody sees, with titles that say the values of those below them. */
export const VALUES = { ariaDescription: "values", fill: "transparent" } as const;

/** A line of a legend: a piece of line, a symbol, or both, and what they stand for. */
export interface LegendEntry {
  /** What the key stands for. */
  readonly label: string;
  /** CSS color of the key. */
  readonly color: string;
  /** The piece of line; none if absent. */
  readonly line?: "solid" | "dashed";
  /** The symbol; none if absent. */
  readonly symbol?: "dot" | "ring" | "triangle";
}

/**
 * A plot of Observable Plot. Leave out its title, caption and color legend: they are HTML. Its marks with the options
 * {@linkcode VALUES} are its values.
 *
 * @param options What to plot; marks with `clip` or `marker` would get ids that depend on what was drawn before.
 * @returns The plot.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import * as Plot from "@observablehq/plot";
 * import { plot } from "./svg.ts";
 *
 * assert.equal(plot({ width: 200, height: 100, marks: [Plot.dot([[1, 2]])] }).width, 200);
 * ```
 */
export function plot(options: Plot.PlotOptions): Drawing {
  const svg = Plot.plot({ ...options, document: xml });
  svg.querySelector("style")?.remove();
  for (const attribute of ["class", "font-family", "style"]) svg.removeAttribute(attribute);
  const values = [...svg.querySelectorAll(`[aria-description="${VALUES.ariaDescription}"]`)];
  for (const each of values) each.remove();
  return {
    width: Number(svg.getAttribute("width")),
    height: Number(svg.getAttribute("height")),
    content: svg.outerHTML,
    ...(values.length > 0 && { values: values.map(({ outerHTML }) => outerHTML).join("\n") }),
  };
}

/**
 * A line of bold text.
 *
 * @param text The text.
 * @param width Its room, in pixels.
 * @returns The line.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { heading } from "./svg.ts";
 *
 * assert.match(heading("ε < 1", 200).content, /ε &lt; 1/);
 * ```
 */
export function heading(text: string, width: number): Drawing {
  return { width, height: 22, content: `<text x="8" y="16" font-size="12" font-weight="bold">${escaped(text)}</text>` };
}

/** Letters of a caption's line: as many as a single-column figure holds. */
const CAPTION_LETTERS = 60;

/**
 * Small text, broken into lines.
 *
 * @param text The text.
 * @param width Its room, in pixels.
 * @returns The lines.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { caption } from "./svg.ts";
 *
 * assert.equal(caption("published", 340).height, 16);
 * ```
 */
export function caption(text: string, width: number): Drawing {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const line = [...lines.slice(-1), word].join(" ");
    if (lines.length > 0 && line.length <= CAPTION_LETTERS) lines[lines.length - 1] = line;
    else lines.push(word);
  }
  const content = lines.map((line, i) =>
    `<text x="8" y="${9 + 12 * i}" font-size="9" fill="#555">${escaped(line)}</text>`
  );
  return { width, height: 12 * lines.length + 4, content: content.join("") };
}

/**
 * A legend in columns of equal width.
 *
 * @param columns The entries of every column; empty columns take no room.
 * @param width Width of all columns together, in pixels.
 * @returns The legend.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { legend } from "./svg.ts";
 *
 * assert.match(legend([[{ label: "Noiseless", color: "black", line: "dashed" }]], 200).content, /stroke-dasharray/);
 * ```
 */
export function legend(columns: readonly (readonly LegendEntry[])[], width: number): Drawing {
  const filled = columns.filter((entries) => entries.length > 0);
  return beside(...filled.map((entries) => stacked(...entries.map((entry) => key(entry, width / filled.length)))));
}

/**
 * Drawings from left to right, such as independent panels.
 *
 * @param drawings The drawings.
 * @returns All of them.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { beside, heading } from "./svg.ts";
 *
 * assert.equal(beside(heading("MNIST", 200), heading("CIFAR10", 200)).width, 400);
 * ```
 */
export function beside(...drawings: readonly Drawing[]): Drawing {
  const widths = drawings.map((drawing) => drawing.width);
  return {
    width: sum(widths),
    height: Math.max(...drawings.map((drawing) => drawing.height)),
    ...together(drawings, (content, i) => moved(content, sum(widths.slice(0, i)), 0)),
  };
}

/**
 * Drawings from top to bottom.
 *
 * @param drawings The drawings.
 * @returns All of them.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { heading, stacked } from "./svg.ts";
 *
 * assert.equal(stacked(heading("MNIST", 200), heading("CIFAR10", 200)).height, 44);
 * ```
 */
export function stacked(...drawings: readonly Drawing[]): Drawing {
  const heights = drawings.map((drawing) => drawing.height);
  return {
    width: Math.max(...drawings.map((drawing) => drawing.width)),
    height: sum(heights),
    ...together(drawings, (content, i) => moved(content, 0, sum(heights.slice(0, i)))),
  };
}

/**
 * Drawings one over the other, such as plots that share a frame but not their scales.
 *
 * @param drawings The drawings, the lowest first.
 * @returns All of them.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { heading, overlaid } from "./svg.ts";
 *
 * assert.equal(overlaid(heading("left", 200), heading("right", 300)).width, 300);
 * ```
 */
export function overlaid(...drawings: readonly Drawing[]): Drawing {
  return {
    width: Math.max(...drawings.map((drawing) => drawing.width)),
    height: Math.max(...drawings.map((drawing) => drawing.height)),
    ...together(drawings, (content) => content),
  };
}

/** What drawings hold, each put in its place. */
function together(
  drawings: readonly Drawing[],
  place: (content: string, index: number) => string,
): Pick<Drawing, "content" | "values"> {
  const values = drawings.flatMap(({ values }, i) => values === undefined ? [] : [place(values, i)]);
  return {
    content: drawings.map(({ content }, i) => place(content, i)).join("\n"),
    ...(values.length > 0 && { values: values.join("\n") }),
  };
}

/**
 * The text of an SVG file: the drawing in black on white.
 *
 * @param title What the file shows, for screen readers and tooltips.
 * @param drawing The drawing.
 * @returns Well-formed XML.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { heading, svgFile } from "./svg.ts";
 *
 * assert.match(svgFile("Empty", heading("MNIST", 200)), /^<\?xml .*<title>Empty<\/title>.*<\/svg>\n$/s);
 * ```
 */
export function svgFile(title: string, { width, height, content }: Drawing): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<svg xmlns="${NAMESPACE}" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"
  font-family="${FONT}" font-size="10" color="black">
<title>${escaped(title)}</title>
<rect width="100%" height="100%" fill="white"/>
${content}
</svg>
`;
}

/**
 * A drawing as an element of a page, whose style sheet may give it other colors. Pointing at a mark says its value, and
 * a screen reader finds the values one by one, in place of the elements.
 *
 * @param title What it shows.
 * @param drawing The drawing.
 * @returns HTML, without any id.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { heading, svgInPage } from "./svg.ts";
 *
 * assert.match(svgInPage("Empty", heading("MNIST", 200)), /^<svg class="chart" role="group" aria-label="Empty"/);
 * ```
 */
export function svgInPage(title: string, { width, height, content, values = "" }: Drawing): string {
  const label = escaped(title).replaceAll('"', "&quot;");
  const marks = values.replaceAll(/<g ([^>]*aria-description=)/g, '<g role="group" $1')
    .replaceAll(/<(circle|rect|path) /g, '<$1 role="img" ');
  return `<svg class="chart" role="group" aria-label="${label}" width="${width}" height="${height}" ` +
    `viewBox="0 0 ${width} ${height}" font-family="${FONT}" font-size="10" color="black">
<g aria-hidden="true"><rect width="100%" height="100%" fill="white"/>
${content}
</g>
${marks}
</svg>`;
}

const symbols = {
  dot: (color: string) => `<circle cx="9" r="2.5" fill="${color}"/>`,
  ring: (color: string) => `<circle cx="9" r="3.5" fill="none" stroke="${color}"/>`,
  triangle: (color: string) => `<path d="M9,-4l3.5,6h-7z" fill="${color}"/>`,
};

function key({ label, color, line, symbol }: LegendEntry, width: number): Drawing {
  const dash = line === "dashed" ? ` stroke-dasharray="4,3"` : "";
  const stroke = line ? `<line x2="18" stroke="${color}" stroke-width="1.5"${dash}/>` : "";
  const mark = symbol ? symbols[symbol](color) : "";
  const content = moved(`${stroke}${mark}<text x="23" dy="0.32em">${escaped(label)}</text>`, 8, 7);
  return { width, height: 14, content };
}

const moved = (content: string, x: number, y: number): string => `<g transform="translate(${x},${y})">${content}</g>`;

const sum = (numbers: readonly number[]): number => numbers.reduce((total, value) => total + value, 0);

const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
