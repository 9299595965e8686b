/**
 * Tables as text, comma-separated (RFC 4180): what is not such a table is refused with its place, never read otherwise.
 * @module
 */
import { parseDecimal } from "../text/decimal.ts";
import { quoted } from "../text/messages.ts";

/** A file's name and text. */
export interface CsvFile {
  /** Its path, for messages. */
  readonly path: string;
  /** Its text: a header line, then a line a row. */
  readonly text: string;
}

/** A row of a table. */
export interface CsvRow {
  /** The line of the file on which it begins, from 1. */
  readonly line: number;
  /** Its cells, without the blanks around those that are not quoted. */
  readonly cells: readonly string[];
}

/** A table with named columns. */
export interface CsvTable {
  /** Its path, for messages. */
  readonly path: string;
  /** Names of the columns, all different. */
  readonly columns: readonly string[];
  /** The rows below the header, one at least, each with as many cells as there are columns. */
  readonly rows: readonly CsvRow[];
}

/** Control characters but tabs and ends of lines, those that end lines elsewhere, and byte order marks. */
// deno-lint-ignore no-control-regex
const STRANGE = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff]/;
const LINE_BREAK = /\r\n|\r|\n/g;

/** The place behind the closing quote of what opens at `start`, −1 if it is not closed. */
function endOfQuoted(text: string, start: number): number {
  let at = text.indexOf('"', start + 1);
  while (at >= 0 && text[at + 1] === '"') at = text.indexOf('"', at + 2);
  return at < 0 ? -1 : at + 1;
}

/** The rows of a file that are not blank lines, the header among them. */
function* readRows({ path, text }: CsvFile): Generator<CsvRow> {
  const plainEnd = /[,"\r\n]|$/g;
  let [at, line] = [0, 1];
  while (at < text.length) {
    const first = line;
    const cells: string[] = [];
    const start = at;
    for (;;) {
      const fail = (what: string): never => {
        throw new RangeError(`${path}, line ${line}, column ${cells.length + 1}: ${what}`);
      };
      const from = at;
      const isQuoted = text[at] === '"';
      if (isQuoted) {
        at = endOfQuoted(text, from);
        if (at < 0) fail("this quote is not closed");
      } else {
        plainEnd.lastIndex = at;
        at = plainEnd.exec(text)!.index;
        if (text[at] === '"') fail("a quote inside a cell: quote the whole cell, and write each quote in it twice");
      }
      const cell = isQuoted ? text.slice(from + 1, at - 1).replaceAll('""', '"') : text.slice(from, at);
      const strange = STRANGE.exec(cell);
      if (strange) fail(`${quoted(strange[0])} in a cell: is this a text file?`);
      line += isQuoted ? cell.match(LINE_BREAK)?.length ?? 0 : 0;
      if (at < text.length && !/[,\r\n]/.test(text[at])) fail("text behind the closing quote of a cell");
      cells.push(isQuoted ? cell : cell.trim());
      if (text[at] !== ",") break;
      at++;
    }
    const isBlank = text.slice(start, at).trim() === "";
    at += text[at] === "\r" && text[at + 1] === "\n" ? 2 : 1;
    line++;
    if (!isBlank) yield { line: first, cells };
  }
}

/**
 * Why a text is no name, which ids and labels are too.
 *
 * @param text The text.
 * @returns What is wrong with it, undefined if nothing is.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { faultOfName } from "./csv.ts";
 *
 * assert.equal(faultOfName("mean radius"), undefined);
 * assert.equal(faultOfName(" radius"), '" radius" has blanks around it');
 * ```
 */
export function faultOfName(text: string): string | undefined {
  if (text.trim() === "") return "no value";
  if (text.trim() !== text) return `${quoted(text)} has blanks around it`;
  if (/[\t\r\n]/.test(text) || STRANGE.test(text)) return `${quoted(text)} is more than a line of text`;
}

/**
 * Reads a table: a header of different names, and rows of as many cells. Cells are separated by commas, quotes go around
 * whole cells, line ends are of any kind, and blank lines are no rows.
 *
 * @param file The table.
 * @returns What it holds.
 * @throws {RangeError} If it is not so: the message says where.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseTable } from "./csv.ts";
 *
 * const { columns, rows } = parseTable({ path: "a.csv", text: 'x,y\n1,"a,b"\n' });
 * assert.deepEqual(columns, ["x", "y"]);
 * assert.deepEqual(rows, [{ line: 2, cells: ["1", "a,b"] }]);
 * assert.throws(() => parseTable({ path: "a.csv", text: 'x,y\n1,"a"24\n' }), /a.csv, line 2, column 2: text behind/);
 * ```
 */
export function parseTable(file: CsvFile): CsvTable {
  const { path } = file;
  const [header, ...rows] = Array.from(readRows(file));
  if (!header) throw new RangeError(`${path} is empty`);
  const columns = header.cells;
  const places = new Map<string, number>();
  columns.forEach((name, index) => {
    const place = `${path}, line ${header.line}, column ${index + 1}`;
    if (name === "") throw new RangeError(`${place} has no name`);
    const fault = faultOfName(name);
    if (fault !== undefined) throw new RangeError(`${place}: ${fault}`);
    if (places.has(name)) throw new RangeError(`${place}: ${quoted(name)} is the name of an earlier column too`);
    places.set(name, index);
  });
  if (rows.length === 0) throw new RangeError(`${path} has no rows below its header`);
  for (const { line, cells } of rows) {
    if (cells.length !== columns.length) {
      throw new RangeError(`${path}, line ${line}: cells: ${cells.length}; columns in the header: ${columns.length}`);
    }
  }
  return { path, columns, rows };
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
 * import { parseTable, placeOf } from "./csv.ts";
 *
 * const table = parseTable({ path: "a.csv", text: "x,y\n1,2\n" });
 * assert.equal(placeOf(table, table.rows[0], 1), 'a.csv, line 2, column "y"');
 * ```
 */
export function placeOf({ path, columns }: CsvTable, { line }: CsvRow, column: number): string {
  return `${path}, line ${line}, column ${quoted(columns[column])}`;
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
 * import { nameAt, parseTable } from "./csv.ts";
 *
 * const table = parseTable({ path: "a.csv", text: "x,y\n1,\n" });
 * assert.equal(nameAt(table, table.rows[0], 0), "1");
 * assert.throws(() => nameAt(table, table.rows[0], 1), /a.csv, line 2, column "y": no value/);
 * ```
 */
export function nameAt(table: CsvTable, row: CsvRow, column: number): string {
  const fault = faultOfName(row.cells[column]);
  if (fault !== undefined) throw new RangeError(`${placeOf(table, row, column)}: ${fault}`);
  return row.cells[column];
}

/**
 * The number in a cell.
 *
 * @param table Its table.
 * @param row Its row.
 * @param column The number of its column.
 * @returns The number.
 * @throws {RangeError} If the cell is empty, or not a decimal number that float32 holds.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { numberAt, parseTable } from "./csv.ts";
 *
 * const table = parseTable({ path: "a.csv", text: "x,y\n1.5,0x10\n" });
 * assert.equal(numberAt(table, table.rows[0], 0), 1.5);
 * assert.throws(() => numberAt(table, table.rows[0], 1), /a.csv, line 2, column "y": "0x10" is not a number/);
 * ```
 */
export function numberAt(table: CsvTable, row: CsvRow, column: number): number {
  const text = row.cells[column];
  const value = parseDecimal(text);
  if (value !== undefined && Number.isFinite(Math.fround(value))) return value;
  const fault = text.trim() === "" ? "no value" : `${quoted(text)} is not a number within ±3.4e38`;
  throw new RangeError(`${placeOf(table, row, column)}: ${fault}`);
}
