/**
 * Elements of pages as HTML.
 * @module
 */
import { csvParse } from "d3-dsv";
import { inDigits } from "../text/decimal.ts";
import { escapeHtml } from "./page.ts";

/** A table. */
export interface HtmlTable {
  /** What it is, for those who do not see what stands above it. */
  readonly caption: string;
  /** Titles of the columns. */
  readonly header: readonly string[];
  /** Cells of the rows, as many as there are titles. */
  readonly rows: readonly (readonly string[])[];
  /** Columns of words, by their titles; the others have numbers. */
  readonly words?: readonly string[];
}

/**
 * A table, of which the script of a report makes one that its reader sorts.
 *
 * @param table The table.
 * @returns The HTML, without columns that are empty; nothing of a table without rows.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { tableHtml } from "./html.ts";
 *
 * const html = tableHtml({ caption: "Steps", header: ["<K>"], rows: [["9"]] });
 * assert.match(html, /<th scope="col">&lt;K&gt;<\/th>/);
 * ```
 */
export function tableHtml({ caption, header, rows, words = [] }: HtmlTable): string {
  if (rows.length === 0) return "";
  const kinds = header.map((title) => words.includes(title) ? ` class="text"` : "");
  const shown = header.map((_, column) => rows.some((cells) => cells[column] !== ""));
  const line = (cells: readonly string[], element: (cell: string, kind: string) => string) =>
    `<tr>${cells.map((cell, i) => shown[i] ? element(escapeHtml(cell), kinds[i]) : "").join("")}</tr>`;
  const head = line(header, (title, kind) => `<th scope="col"${kind}>${title}</th>`);
  const body = rows.map((cells) => line(cells, (cell, kind) => `<td${kind}>${cell}</td>`)).join("\n");
  return `<div class="scroll" tabindex="0" role="region" aria-label="${escapeHtml(caption)}">
<table class="sortable"><caption>${escapeHtml(caption)}</caption>
<thead>${head}</thead>
<tbody>
${body}
</tbody></table></div>`;
}

/**
 * A file of comma-separated values as a table, long numbers with six digits.
 *
 * @param path The file's name, the caption.
 * @param csv Its content.
 * @returns The HTML.
 * @throws {Error} If it has no rows.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { csvHtml } from "./html.ts";
 *
 * assert.match(csvHtml("find_k.csv", "k,sigma\n1,0.0095343997\n"), /<td>1<\/td><td>0.0095344<\/td>/);
 * ```
 */
export function csvHtml(path: string, csv: string): string {
  const { columns, ...lines } = csvParse(csv);
  const rows = Object.values(lines) as Record<string, string | undefined>[];
  if (rows.length === 0) throw new Error(`${path} has no rows`);
  const cellsOf = (column: string) => rows.map((row) => row[column] ?? "");
  return tableHtml({
    caption: path,
    header: columns,
    words: columns.filter((column) => cellsOf(column).some((cell) => Number.isNaN(Number(cell)))),
    rows: rows.map((row) => columns.map((column) => shortened(row[column] ?? ""))),
  });
}

/** A number with six digits, any other text as it is. */
const shortened = (cell: string) => cell.length > 8 && Number.isFinite(Number(cell)) ? inDigits(Number(cell), 6) : cell;

/**
 * Names and what they stand for.
 *
 * @param entries The names and texts.
 * @returns The HTML.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { definitionsHtml } from "./html.ts";
 *
 * assert.equal(definitionsHtml([["K", "<9"]]), "<dl>\n<dt>K</dt><dd>&lt;9</dd>\n</dl>");
 * ```
 */
export function definitionsHtml(entries: readonly (readonly [name: string, text: string])[]): string {
  const lines = entries.map(([name, text]) => `<dt>${escapeHtml(name)}</dt><dd>${escapeHtml(text)}</dd>`);
  return `<dl>\n${lines.join("\n")}\n</dl>`;
}

/**
 * A list.
 *
 * @param items Its texts.
 * @returns The HTML.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { listHtml } from "./html.ts";
 *
 * assert.equal(listHtml(["K & σ"]), "<ul>\n<li>K &amp; σ</li>\n</ul>");
 * ```
 */
export function listHtml(items: readonly string[]): string {
  return `<ul>\n${items.map((item) => `<li>${escapeHtml(item)}</li>`).join("\n")}\n</ul>`;
}

/**
 * A paragraph.
 *
 * @param text Its text.
 * @param kind A class of the style sheet.
 * @returns The HTML.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { paragraphHtml } from "./html.ts";
 *
 * assert.equal(paragraphHtml("K < 9"), "<p>K &lt; 9</p>");
 * ```
 */
export function paragraphHtml(text: string, kind?: "faint" | "good" | "bad"): string {
  return `<p${kind === undefined ? "" : ` class="${kind}"`}>${escapeHtml(text)}</p>`;
}

/**
 * A heading.
 *
 * @param level Its level.
 * @param text Its text.
 * @returns The HTML.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { headingHtml } from "./html.ts";
 *
 * assert.equal(headingHtml(3, "K < 9"), "<h3>K &lt; 9</h3>");
 * ```
 */
export function headingHtml(level: 3 | 4, text: string): string {
  return `<h${level}>${escapeHtml(text)}</h${level}>`;
}

/**
 * Text as it is, such as a command line, whose options do not break.
 *
 * @param label What it is.
 * @param text The text.
 * @returns The HTML.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { preHtml } from "./html.ts";
 *
 * assert.equal(preHtml("To check", "a > b"), "<pre tabindex=\"0\" aria-label=\"To check\">a &gt; b</pre>");
 * ```
 */
export function preHtml(label: string, text: string): string {
  return `<pre tabindex="0" aria-label="${escapeHtml(label)}">${
    escapeHtml(text).replaceAll(/(?<= )--\w[\w-]*/g, `<span class="option">$&</span>`)
  }</pre>`;
}

/**
 * A figure.
 *
 * @param svg The element.
 * @param caption What stands below it.
 * @returns The HTML.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { figureHtml } from "./html.ts";
 *
 * assert.match(figureHtml("<svg></svg>", "K & σ"), /<figcaption>K &amp; σ</);
 * ```
 */
export function figureHtml(svg: string, caption: string): string {
  return `<figure>${svg}<figcaption>${escapeHtml(caption)}</figcaption></figure>`;
}

/** A part of a page: what a heading stands above. */
export interface Section {
  /** Its heading. */
  readonly title: string;
  /** What stands below it, as HTML. */
  readonly content: readonly string[];
}

/**
 * The sections of a page below a table of contents.
 *
 * @param sections The sections.
 * @returns The HTML.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { sectionsHtml } from "./html.ts";
 *
 * assert.match(sectionsHtml([{ title: "Runs", content: [] }]), /<a href="#section-1">Runs<\/a>/);
 * ```
 */
export function sectionsHtml(sections: readonly Section[]): string {
  const name = (i: number) => `section-${i + 1}`;
  const links = sections.map(({ title }, i) => `<li><a href="#${name(i)}">${escapeHtml(title)}</a></li>`);
  const parts = sections.map(({ title, content }, i) =>
    `<section aria-labelledby="${name(i)}">\n<h2 id="${name(i)}">${escapeHtml(title)}</h2>\n` +
    `${content.filter((part) => part !== "").join("\n")}\n</section>`
  );
  return [`<nav class="screen" aria-label="Contents"><ul>\n${links.join("\n")}\n</ul></nav>`, ...parts].join("\n");
}
