/**
 * Tables and paragraphs on the terminal, tables in Markdown.
 * @module
 */

/** Columns of a terminal. */
export const WIDTH = 80;

/**
 * A paragraph beside its label, no line longer than 80 characters.
 *
 * @param label What stands at the left of its first line.
 * @param text Its words.
 * @returns The lines.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { formatParagraph } from "./table.ts";
 *
 * assert.equal(formatParagraph("effect  ", "x ".repeat(40)), `effect  ${"x ".repeat(35)}x\n        x x x x`);
 * ```
 */
export function formatParagraph(label: string, text: string): string {
  const [first, ...words] = text.trim().split(" ");
  const lines = [label + first];
  for (const word of words) {
    const longer = `${lines.at(-1)} ${word}`;
    if (longer.length <= WIDTH) lines[lines.length - 1] = longer;
    else lines.push(" ".repeat(label.length) + word);
  }
  return lines.join("\n");
}

/**
 * A table of aligned columns: the first to the left, the others to the right.
 *
 * @param header Titles of the columns.
 * @param rows Their cells, as many as there are titles.
 * @returns One line a row, the titles first.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { formatTable } from "./table.ts";
 *
 * assert.equal(formatTable(["k", "sigma"], [["1", "0.5"]]), "k  sigma\n1    0.5");
 * ```
 */
export function formatTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...lines.map((cells) => cells[column].length)));
  const align = (cell: string, column: number) =>
    column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]);
  return lines.map((cells) => cells.map(align).join("  ").trimEnd()).join("\n");
}

/**
 * A table of Markdown.
 *
 * @param header Titles of the columns.
 * @param rows Their cells, as many as there are titles.
 * @returns One line a row, the titles first.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { markdownTable } from "./table.ts";
 *
 * assert.equal(markdownTable(["k", "σ"], [["1", "0.5"]]), "| k | σ |\n| --- | --- |\n| 1 | 0.5 |");
 * ```
 */
export function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [header, header.map(() => "---"), ...rows];
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
