/**
 * Tables of text, gzipped or not: a header line, then a line a row.
 * @module
 */
import { parseDecimal } from "../text/decimal.ts";
import { quoted } from "../text/messages.ts";
import { type CsvRow, csvSplitter } from "./csv.ts";
import { refuseOthers } from "./file_kinds.ts";
import { checkColumns, type TableFile, type TableOptions, type TableReader } from "./table_reader.ts";

/** How a table of text is written. */
interface Spelling {
  readonly gzipped: boolean;
  readonly delimiter: string;
}

const DELIMITERS = [",", ";", "\t"];
/** Characters that no table of text has. */
// deno-lint-ignore no-control-regex
const BINARY = /[\0-\x08\x0e-\x1f\ufffd]/;
/** Characters of a table's beginning by which its delimiter is found. */
const LONGEST_BEGINNING = 2 ** 20;

/** The text of a file, in pieces; a byte order mark is skipped. */
async function* textOf(file: TableFile, gzipped: boolean): AsyncGenerator<string> {
  const decoder = new TextDecoder(); // What is not UTF-8 becomes a character that the splitter refuses.
  const bytes = gzipped
    ? ReadableStream.from(file.pieces()).pipeThrough(new DecompressionStream("gzip"))
    : file.pieces();
  for await (const piece of bytes) yield decoder.decode(piece, { stream: true });
  yield decoder.decode();
}

/** The rows of a text, the header among them. */
async function* splitRows(file: TableFile, { gzipped, delimiter }: Spelling): AsyncGenerator<readonly CsvRow[]> {
  const splitter = csvSplitter(file.path, delimiter);
  try {
    for await (const piece of textOf(file, gzipped)) yield splitter.read(piece);
  } catch (error) {
    throw gzipped && error instanceof TypeError ? unzipFault(file.path, splitter.line()) : error;
  }
  yield splitter.end();
}

/** What a `DecompressionStream` refuses. */
const unzipFault = (path: string, line: number) =>
  new RangeError(`${path}, line ${line}: here the gzip file is cut, damaged, or followed by another one`);

/** How a text begins. */
interface Beginning {
  readonly text: string;
  /** Whether that is all of it. */
  readonly isWhole: boolean;
}

async function beginningOf(file: TableFile, gzipped: boolean): Promise<Beginning> {
  let text = "";
  try {
    for await (const piece of textOf(file, gzipped)) {
      text += piece;
      if (text.length >= LONGEST_BEGINNING) return { text, isWhole: false };
    }
  } catch (error) {
    throw gzipped && error instanceof TypeError ? unzipFault(file.path, text.split(/\r\n|\r|\n/).length) : error;
  }
  return { text, isWhole: true };
}

/** Whether a text is a table of two columns or more if a character separates them. */
function fits(delimiter: string, { text, isWhole }: Beginning): boolean {
  const splitter = csvSplitter("", delimiter);
  try {
    const [header] = [...splitter.read(text), ...isWhole ? splitter.end() : splitter.read("")];
    return header?.cells.length > 1;
  } catch {
    return false;
  }
}

/** The character that separates cells: the one that gives all rows as many, else the one that the first line has. */
function findDelimiter(path: string, beginning: Beginning): string {
  const [header] = beginning.text.trimStart().split(/[\r\n]/, 1);
  const fitting = DELIMITERS.filter((delimiter) => fits(delimiter, beginning));
  const possible = fitting.length > 0 ? fitting : DELIMITERS.filter((delimiter) => header.includes(delimiter));
  if (possible.length === 1) return possible[0];
  if (possible.length === 0 && BINARY.test(beginning.text)) return DELIMITERS[0]; // Its reader says where that is.
  const found = possible.length === 0
    ? "its first line has no comma, semicolon or tab"
    : `${possible.map(quoted).join(" and ")} may separate its columns`;
  throw new RangeError(`${path}: ${found}: say what separates columns (--delimiter)`);
}

/** Throws if a first line has numbers where names should be, but for known names and numbers that count the columns. */
function checkHeader(path: string, { line, cells }: CsvRow, known: readonly string[]): void {
  const numbers = cells.filter((cell) => parseDecimal(cell.replace(",", ".")) !== undefined && !known.includes(cell));
  const doCount = [0, 1].some((first) => numbers.every((cell, k) => cell === String(first + k)));
  if (numbers.length === 0 || (doCount && numbers.length < cells.length)) return;
  throw new RangeError(
    `${path}, line ${line}: ${quoted(numbers[0])} is no name of a column: put a line of names before the rows`,
  );
}

/**
 * Opens a table of text.
 *
 * @param file Its file.
 * @param gzipped Whether it is gzipped.
 * @param options What is declared of it.
 * @returns The table.
 * @throws {RangeError} If it is none: the message says where, as those of its batches do.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { textFile } from "./table_reader.ts";
 * import { readTextTable } from "./text_table.ts";
 *
 * const table = await readTextTable(textFile({ path: "a.csv", text: "x;y\n1,5;2\n" }), false, {});
 * const batches = await Array.fromAsync(table.batches());
 * assert.deepEqual(batches.flat(), [{ line: 2, cells: ["1,5", "2"] }]);
 * ```
 */
export async function readTextTable(
  file: TableFile,
  gzipped: boolean,
  { delimiter, decimalComma = false, names = [] }: TableOptions,
): Promise<TableReader> {
  const { path } = file;
  const beginning = await beginningOf(file, gzipped);
  if (beginning.isWhole && beginning.text.trim() === "") throw new RangeError(`${path} is empty`);
  refuseOthers(path, beginning.text);
  const spelling = { gzipped, delimiter: delimiter ?? findDelimiter(path, beginning) };
  let header: CsvRow | undefined;
  for await (const rows of splitRows(file, spelling)) if ((header = rows[0])) break;
  if (!header) throw new RangeError(`${path} is empty`);
  const columns = header.cells;
  checkHeader(path, header, names);
  checkColumns(columns, `${path}, line ${header.line}`);

  async function* batches(): AsyncGenerator<readonly CsvRow[]> {
    let count = -1; // The header is no row.
    for await (const rows of splitRows(file, spelling)) {
      if (rows.length > 0) yield count < 0 ? rows.slice(1) : rows;
      count += rows.length;
    }
    if (count === 0) throw new RangeError(`${path} has no rows below its header`);
  }
  return { path, columns, unit: "line", decimalComma, batches };
}
