/**
 * Tables as people have them, as named columns of cells that come a batch of rows at a time, so that a table needs as
 * much memory as is kept of it.
 * @module
 */
import { parseDecimal } from "../text/decimal.ts";
import { quoted } from "../text/messages.ts";
import { faultOfName } from "../text/names.ts";
import { type CsvFile, csvSplitter } from "./csv.ts";

/** A file as what reads it needs it. */
export interface TableFile {
  /** Its path, for messages. */
  readonly path: string;
  /** How many bytes it has. */
  readonly size: number;
  /** Its bytes from the first one on, in pieces of any size, as often as it is called. */
  readonly pieces: () => AsyncIterable<Uint8Array<ArrayBuffer>> | Iterable<Uint8Array<ArrayBuffer>>;
  /** Its bytes from a place to before another one. */
  readonly slice: (start: number, end: number) => Uint8Array<ArrayBuffer>;
}

/** What is declared of a table of text. */
export interface TableOptions {
  /** What separates cells; found where it is not given. */
  readonly delimiter?: string | undefined;
  /** Whether numbers have a comma in place of a point. */
  readonly decimalComma?: boolean | undefined;
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
  /** Names of the columns, all different. */
  readonly columns: readonly string[];
  /** What {@linkcode TableRow.line} counts. */
  readonly unit: "line" | "row";
  /** Whether numbers have a comma in place of a point. */
  readonly decimalComma: boolean;
  /** Reads the rows, one at least, in batches; from the first one on each time. */
  readonly batches: () => AsyncIterable<readonly TableRow[]>;
}

/** The text of a file, in pieces; a byte order mark is skipped. */
async function* decoded(pieces: ReturnType<TableFile["pieces"]>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  for await (const bytes of pieces) yield decoder.decode(bytes, { stream: true });
  yield decoder.decode();
}

/** The rows of a text, the header among them. */
async function* splitRows(file: TableFile, delimiter: string): AsyncGenerator<readonly TableRow[]> {
  const splitter = csvSplitter(file.path, delimiter);
  for await (const piece of decoded(file.pieces())) yield splitter.read(piece);
  yield splitter.end();
}

/** Names of columns, from the cells of a header. */
function namesOf(path: string, { line, cells }: TableRow): string[] {
  const places = new Set<string>();
  return cells.map((cell, index) => {
    const name = String(cell);
    const place = `${path}, line ${line}, column ${index + 1}`;
    if (name === "") throw new RangeError(`${place} has no name`);
    const fault = faultOfName(name);
    if (fault !== undefined) throw new RangeError(`${place}: ${fault}`);
    if (places.has(name)) throw new RangeError(`${place}: ${quoted(name)} is the name of an earlier column too`);
    places.add(name);
    return name;
  });
}

/**
 * Opens a table.
 *
 * @param file Its file.
 * @param options What is declared of it.
 * @returns The table; its rows are read by {@linkcode TableReader.batches}.
 * @throws {RangeError} If it is none that can be read: the message says where, as those of its batches do.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { readTable, textFile } from "./table_reader.ts";
 *
 * const table = await readTable(textFile({ path: "a.csv", text: 'x,y\n1,"a,b"\n' }));
 * assert.deepEqual(table.columns, ["x", "y"]);
 * const batches = await Array.fromAsync(table.batches());
 * assert.deepEqual(batches.flat(), [{ line: 2, cells: ["1", "a,b"] }]);
 * ```
 */
export async function readTable(file: TableFile, options: TableOptions = {}): Promise<TableReader> {
  const { path } = file;
  const { delimiter = ",", decimalComma = false } = options;
  let header: TableRow | undefined;
  for await (const rows of splitRows(file, delimiter)) if ((header = rows[0])) break;
  if (!header) throw new RangeError(`${path} is empty`);
  const columns = namesOf(path, header);
  async function* batches(): AsyncGenerator<readonly TableRow[]> {
    let count = -1; // The header is no row.
    for await (const rows of splitRows(file, delimiter)) {
      const wrong = rows.find(({ cells }) => cells.length !== columns.length);
      if (wrong) {
        const { line, cells } = wrong;
        throw new RangeError(`${path}, line ${line}: cells: ${cells.length}; columns in the header: ${columns.length}`);
      }
      if (rows.length > 0) yield count < 0 ? rows.slice(1) : rows;
      count += rows.length;
    }
    if (count === 0) throw new RangeError(`${path} has no rows below its header`);
  }
  return { path, columns, unit: "line", decimalComma, batches };
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
 * import { placeOf, readTable, textFile } from "./table_reader.ts";
 *
 * const table = await readTable(textFile({ path: "a.csv", text: "x,y\n1,2\n" }));
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
 * import { nameAt, readTable, textFile } from "./table_reader.ts";
 *
 * const table = await readTable(textFile({ path: "a.csv", text: "x,y\n1,\n" }));
 * const row = { line: 2, cells: ["1", ""] };
 * assert.equal(nameAt(table, row, 0), "1");
 * assert.throws(() => nameAt(table, row, 1), /a.csv, line 2, column "y": no value/);
 * ```
 */
export function nameAt(table: TableReader, row: TableRow, column: number): string {
  const cell = row.cells[column];
  const text = cell === null ? "" : cell === undefined ? undefined : String(cell);
  const fault = text === undefined ? "neither a number nor a text" : faultOfName(text);
  if (fault !== undefined) throw new RangeError(`${placeOf(table, row, column)}: ${fault}`);
  return ` ${text}`.slice(1); // A slice of its own text: one of a piece of the file would keep all of that.
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
 * import { numberAt, readTable, textFile } from "./table_reader.ts";
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
  const fault = isMissing(cell)
    ? "no value"
    : cell === undefined
    ? "neither a number nor a text"
    : `${quoted(String(cell))} is not a number within ±3.4e38`;
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
