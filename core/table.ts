/**
 * Tables on the terminal and in Markdown.
 * @module
 */

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
