/**
 * Tables as text (RFC 4180): what is not such a table is refused with its place, never read otherwise.
 * @module
 */
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

/** Splits a text that comes in pieces. The rows before a fault are returned before it is thrown. */
export interface CsvSplitter {
  /** Takes the next piece, and returns the rows that end in it. */
  read(piece: string): CsvRow[];
  /** Returns the row that ends with the text, if there is one; throws a fault that is left. */
  end(): CsvRow[];
  /** The line at hand, from 1. */
  line(): number;
}

const [TAB, LF, CR, QUOTE, DELETE, LAST_CONTROL] = [9, 10, 13, 34, 0x7f, 0x9f];
/** What a decoder puts where bytes are not UTF-8. */
const REPLACEMENT = 0xfffd;
/** Characters that end lines elsewhere, and the byte order mark. */
const STRANGE = [0x2028, 0x2029, 0xfeff, REPLACEMENT];
/** A longer cell is a quote that is not closed, or no cell of a table. */
const LONGEST_CELL = 2 ** 20;
/** More cells in a row are no table. */
const MOST_CELLS = 2 ** 20;

/**
 * A reader of rows, all of as many cells: cells are separated by a character, quotes go around whole cells, line ends are
 * of any kind, and blank lines are no rows. It finds the same rows, and the same first fault, whatever the pieces, and
 * holds no more than the rows that end in one.
 *
 * @param path The file, for messages.
 * @param delimiter What separates cells.
 * @returns The reader, which throws a `RangeError` with line and column where the text is no table.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { csvSplitter } from "./csv.ts";
 *
 * const splitter = csvSplitter("a.csv", ",");
 * assert.deepEqual(splitter.read('x,y\n1,"a'), [{ line: 1, cells: ["x", "y"] }]);
 * assert.deepEqual([...splitter.read(',b"'), ...splitter.end()], [{ line: 2, cells: ["1", "a,b"] }]);
 * const wrong = csvSplitter("a.csv", ",");
 * assert.equal(wrong.read('x,y\n1,"a"24\n').length, 1);
 * assert.throws(() => wrong.end(), /a.csv, line 2, column 2: text behind/);
 * ```
 */
export function csvSplitter(path: string, delimiter: string): CsvSplitter {
  const separator = delimiter.charCodeAt(0);
  let state: "start" | "plain" | "quoted" | "closed" = "start"; // closed: behind a quote that may end the cell
  let held = ""; // what earlier pieces have of the cell at hand
  let cells: string[] = [];
  let line = 1;
  let firstLine = 1; // of the row at hand
  let openedOn = 1; // the line of the cell's opening quote
  let afterCr = false;
  let rows: CsvRow[] = [];
  let header: CsvRow | undefined;
  let count = 0;
  let fault: unknown;

  /** Refuses the cell at hand, of which the piece at hand has so many characters. */
  const fail = (what: string, length: number, on = line): never => {
    const isQuoted = state === "quoted" || state === "closed";
    const isLong = held.length + length > LONGEST_CELL;
    const place = `${path}, line ${isLong && isQuoted ? openedOn : on}, column ${cells.length + 1}`;
    if (!isLong) throw new RangeError(`${place}: ${what}`);
    const remedy = isQuoted ? "is its quote not closed?" : "is this a table?";
    throw new RangeError(`${place}: a cell of more than ${LONGEST_CELL} characters: ${remedy}`);
  };
  const endCell = (rest: string): void => {
    if (held.length + rest.length > LONGEST_CELL) fail("", rest.length);
    if (cells.length === MOST_CELLS) throw new RangeError(`${path}, line ${line}: more than ${MOST_CELLS} cells`);
    cells.push(state === "closed" ? held : (held + rest).trim());
    held = "";
  };
  const endRow = (): void => {
    const row = { line: firstLine, cells };
    const isBlank = cells.length === 1 && cells[0] === "" && state !== "closed";
    cells = [];
    if (isBlank) return;
    header ??= row;
    if (row.cells.length !== header.cells.length) {
      const hint = count === 1 ? `: is line ${header.line} a line of names?` : "";
      throw new RangeError(
        `${path}, line ${row.line}: cells: ${row.cells.length}; columns in the header: ${header.cells.length}${hint}`,
      );
    }
    count++;
    rows.push(row);
  };
  /** Returns the rows that an operation finds, and keeps its fault for the next one. */
  const found = (operation: () => void): CsvRow[] => {
    if (fault) throw fault;
    try {
      operation();
    } catch (error) {
      if (rows.length === 0) throw error;
      fault = error;
    }
    const complete = rows;
    rows = [];
    return complete;
  };

  const scan = (piece: string): void => {
    let start = 0; // of what the piece has of the cell at hand
    for (let at = 0; at < piece.length; at++) {
      const code = piece.charCodeAt(at);
      const endsCrLf = afterCr && code === LF;
      afterCr = code === CR;
      if (code < 0x20 || code >= DELETE) {
        const isStrange = code <= LAST_CONTROL ? code !== TAB && code !== LF && code !== CR : STRANGE.includes(code);
        if (isStrange && code === REPLACEMENT) fail("no text in UTF-8: save the table as that", at - start);
        if (isStrange) fail(`${quoted(piece[at])} in a cell: is this a text file?`, at - start);
      }
      if (state === "quoted") {
        if (code === QUOTE) {
          held += piece.slice(start, at);
          state = "closed";
        } else if (code === CR || (code === LF && !endsCrLf)) line++;
      } else if (endsCrLf) start = at + 1;
      else if (code === separator) {
        endCell(state === "closed" ? "" : piece.slice(start, at));
        [state, start] = ["start", at + 1];
      } else if (code === LF || code === CR) {
        endCell(state === "closed" ? "" : piece.slice(start, at));
        endRow();
        firstLine = ++line;
        [state, start] = ["start", at + 1];
      } else if (code === QUOTE) {
        if (state === "plain") {
          fail("a quote inside a cell: quote the whole cell, and write each quote in it twice", at - start);
        }
        if (state === "start") openedOn = line;
        start = state === "start" ? at + 1 : at; // Of two quotes in a quoted cell the second is the cell's.
        state = "quoted";
      } else if (state === "closed") fail("text behind the closing quote of a cell", 0);
      else state = "plain";
    }
    if (state === "plain" || state === "quoted") held += piece.slice(start);
    if (held.length > LONGEST_CELL) fail("", 0);
  };
  const close = (): void => {
    if (state === "quoted") fail("this quote is not closed", 0, openedOn);
    if (state === "start" && cells.length === 0) return;
    endCell("");
    endRow();
  };
  return { read: (piece) => found(() => scan(piece)), end: () => found(close), line: () => line };
}
