/**
 * Tables as people have them, as named columns of cells that come a batch of rows at a time, so that a table needs as
 * much memory as is kept of it.
 * @module
 */
import { hasThousands, parseDecimal } from "../text/decimal.ts";
import { quoted } from "../text/messages.ts";
import { alike, faultOfLabel, faultOfName } from "../text/names.ts";
import type { CsvFile } from "./csv.ts";

/** A file as what reads it needs it. */
export interface TableFile {
  /** Its path, for messages. */
  readonly path: string;
  /** How many bytes it has. */
  readonly size: number;
  /** Its bytes from the first one on, in pieces of any size, as often as it is called. */
  readonly pieces: () => AsyncIterable<Uint8Array<ArrayBuffer>> | Iterable<Uint8Array<ArrayBuffer>>;
  /** A copy of its bytes from a place to before another one. */
  readonly slice: (start: number, end: number) => Uint8Array<ArrayBuffer>;
  /** Is told by a reader of slices which share of the rows it has handed on. */
  readonly onShare?: (share: number) => void;
}

/** What is declared of a table of text. */
export interface TableOptions {
  /** What separates cells; found where it is not given. */
  readonly delimiter?: string | undefined;
  /** Whether numbers have a comma in place of a point. */
  readonly decimalComma?: boolean | undefined;
  /** Names that columns may have; other numbers in the first line are taken for a row's. */
  readonly names?: readonly string[] | undefined;
}

/** A cell as the file has it: text alone in a text, null where there is no value, undefined for what is none of these. */
export type Cell = string | number | boolean | null | undefined;

/** A row of a table. */
export interface TableRow {
  /** The line of a text on which it begins, from 1; else its number, from 0. */
  readonly line: number;
  /** As many cells as the table has columns. */
  readonly cells: readonly Cell[];
}

/** A table with named columns. */
export interface TableReader {
  /** Its path, for messages. */
  readonly path: string;
  /** Names of the columns, which all look different. */
  readonly columns: readonly string[];
  /** What {@linkcode TableRow.line} counts. */
  readonly unit: "line" | "row";
  /** Whether numbers have a comma in place of a point. */
  readonly decimalComma: boolean;
  /** Reads the rows, one at least, in batches; from the first one on each time. */
  readonly batches: () => AsyncIterable<readonly TableRow[]>;
}

/** Cells that are read at once. */
const CELLS_AT_ONCE = 2 ** 20;
/** In so many parts at most is read what is stored column by column: each takes a pass over all columns. */
const MOST_PARTS = 4;

/**
 * How many rows are read at once.
 *
 * @param columns How many columns the table has.
 * @param byColumns How many of its rows are stored column by column, together; 0 if each is stored by itself.
 * @returns The number, 1 at least.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { rowsAtOnce } from "./table_reader.ts";
 *
 * assert.equal(rowsAtOnce(1024), 1024);
 * assert.equal(rowsAtOnce(1024, 1_000_000), 250_000);
 * ```
 */
export function rowsAtOnce(columns: number, byColumns = 0): number {
  return Math.max(1, Math.floor(CELLS_AT_ONCE / columns), Math.ceil(byColumns / MOST_PARTS));
}

/**
 * Checks the names of columns.
 *
 * @param columns The names.
 * @param path The file, for messages.
 * @throws {RangeError} If there are none, one is no name, or two look alike.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { checkColumns } from "./table_reader.ts";
 *
 * checkColumns(["x", "y"], "a.csv");
 * assert.throws(() => checkColumns(["x", "x"], "a.csv"), /a.csv, column 2: "x" is the name of an earlier column too/);
 * ```
 */
export function checkColumns(columns: readonly string[], path: string): void {
  if (columns.length === 0) throw new RangeError(`${path} has no columns`);
  const earlier = new Set<string>();
  columns.forEach((name, index) => {
    const place = `${path}, column ${index + 1}`;
    if (name === "") throw new RangeError(`${place} has no name: name it, or leave it out`);
    const fault = faultOfName(name);
    if (fault !== undefined) throw new RangeError(`${place}: ${fault}`);
    if (earlier.has(alike(name))) {
      throw new RangeError(`${place}: ${quoted(name)} is the name of an earlier column too`);
    }
    earlier.add(alike(name));
  });
}

/**
 * A text as a file.
 *
 * @param file The text.
 * @returns Its bytes in UTF-8.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { textFile } from "./table_reader.ts";
 *
 * assert.equal(textFile({ path: "a.csv", text: "é" }).size, 2);
 * ```
 */
export function textFile({ path, text }: CsvFile): TableFile {
  const bytes = new TextEncoder().encode(text);
  return { path, size: bytes.length, pieces: () => [bytes], slice: (start, end) => bytes.slice(start, end) };
}

/**
 * A cell's place, for messages.
 *
 * @param table Its table.
 * @param row Its row.
 * @param column The number of its column.
 * @returns File, line and column.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { placeOf } from "./table_reader.ts";
 *
 * const table = { path: "a.csv", unit: "line", columns: ["x", "y"] } as const;
 * assert.equal(placeOf(table, { line: 2 }, 1), 'a.csv, line 2, column "y"');
 * ```
 */
export function placeOf(
  { path, unit, columns }: Pick<TableReader, "path" | "unit" | "columns">,
  { line }: Pick<TableRow, "line">,
  column: number,
): string {
  return `${path}, ${unit} ${line}, column ${quoted(columns[column])}`;
}

/**
 * The text of a cell that holds a name.
 *
 * @param table Its table.
 * @param row Its row.
 * @param column The number of its column.
 * @returns The text.
 * @throws {RangeError} If it is none, see {@linkcode faultOfName}.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { readTable } from "./read_table.ts";
 * import { nameAt, textFile } from "./table_reader.ts";
 *
 * const table = await readTable(textFile({ path: "a.csv", text: "x,y\n1,\n" }));
 * const row = { line: 2, cells: ["1", ""] };
 * assert.equal(nameAt(table, row, 0), "1");
 * assert.throws(() => nameAt(table, row, 1), /a.csv, line 2, column "y": no value/);
 * ```
 */
export function nameAt(table: TableReader, row: TableRow, column: number): string {
  const cell = row.cells[column];
  const text = String(cell ?? "");
  const fault = faultOfCell(cell) ??
    (typeof cell === "number" && Math.abs(cell) > Number.MAX_SAFE_INTEGER
      ? `${text} is too large a number to be told from others: make it a text`
      : faultOfName(text));
  if (fault !== undefined) throw new RangeError(`${placeOf(table, row, column)}: ${fault}`);
  return ` ${text}`.slice(1); // A slice of its own text: one of a piece of the file would keep all of that.
}

/** Why a cell is neither a name nor a number, whatever it says. */
function faultOfCell(cell: Cell): string | undefined {
  if (isMissing(cell)) return "no value";
  if (cell === undefined) return "neither a number nor a text";
}

/**
 * The text of a cell that holds a label.
 *
 * @param table Its table.
 * @param row Its row.
 * @param column The number of its column.
 * @returns The text; of a number with a decimal comma the one with a point.
 * @throws {RangeError} If it is none, see {@linkcode faultOfLabel}.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { readTable } from "./read_table.ts";
 * import { labelAt, textFile } from "./table_reader.ts";
 *
 * const table = await readTable(textFile({ path: "a.csv", text: "x,y\n1,NA\n" }));
 * const row = { line: 2, cells: ["1", "NA"] };
 * assert.equal(labelAt(table, row, 0), "1");
 * assert.throws(() => labelAt(table, row, 1), /a.csv, line 2, column "y": "NA" says that there is no value/);
 * ```
 */
export function labelAt(table: TableReader, row: TableRow, column: number): string {
  const name = nameAt(table, row, column);
  const isNumber = numberOf(name, table) !== undefined;
  const text = table.decimalComma && isNumber ? name.replace(",", ".") : name;
  const fault = parseDecimal(name) !== undefined && !isNumber
    ? `${quoted(name)} has a point, where numbers have a comma`
    : faultOfLabel(text);
  if (fault !== undefined) throw new RangeError(`${placeOf(table, row, column)}: ${fault}`);
  return text;
}

/**
 * The number in a cell.
 *
 * @param table Its table.
 * @param row Its row.
 * @param column The number of its column.
 * @returns The number; 1 and 0 for true and false.
 * @throws {RangeError} If the cell has no value, or not a decimal number that float32 holds.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { readTable } from "./read_table.ts";
 * import { numberAt, textFile } from "./table_reader.ts";
 *
 * const table = await readTable(textFile({ path: "a.csv", text: "x,y\n1.5,0x10\n" }));
 * const row = { line: 2, cells: ["1.5", "0x10"] };
 * assert.equal(numberAt(table, row, 0), 1.5);
 * assert.throws(() => numberAt(table, row, 1), /a.csv, line 2, column "y": "0x10" is not a number/);
 * ```
 */
export function numberAt(table: TableReader, row: TableRow, column: number): number {
  const cell = row.cells[column];
  const value = numberOf(cell, table);
  if (value !== undefined && Number.isFinite(Math.fround(value))) return value;
  const text = String(cell);
  const hint = hasThousands(text)
    ? ": take commas between thousands out"
    : !table.decimalComma && text.includes(",") && numberOf(text, { decimalComma: true }) !== undefined
    ? ": has the table decimal commas (--decimal_comma 1)?"
    : "";
  const fault = faultOfCell(cell) ?? `${quoted(text)} is not a number within ±3.4e38${hint}`;
  throw new RangeError(`${placeOf(table, row, column)}: ${fault}`);
}

/**
 * Whether a cell has no value.
 *
 * @param cell The cell.
 * @returns Whether it is empty.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { isMissing } from "./table_reader.ts";
 *
 * assert.deepEqual([" ", null, 0, "NA"].map(isMissing), [true, true, false, false]);
 * ```
 */
export function isMissing(cell: Cell): boolean {
  return cell === null || (typeof cell === "string" && cell.trim() === "");
}

/**
 * A cell as a number.
 *
 * @param cell The cell.
 * @param table What is declared of its table.
 * @returns The number, 1 and 0 for true and false, undefined if it is none.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { numberOf } from "./table_reader.ts";
 *
 * assert.deepEqual(["1,5", "1.5", true].map((cell) => numberOf(cell, { decimalComma: true })), [1.5, undefined, 1]);
 * ```
 */
export function numberOf(cell: Cell, { decimalComma }: Pick<TableReader, "decimalComma">): number | undefined {
  if (typeof cell === "number") return cell === 0 ? 0 : cell;
  if (typeof cell === "boolean") return cell ? 1 : 0;
  if (typeof cell !== "string") return undefined;
  if (!decimalComma) return parseDecimal(cell);
  return cell.includes(".") ? undefined : parseDecimal(cell.replace(",", "."));
}
