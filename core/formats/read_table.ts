/**
 * Opens a table of any format that is read.
 * @module
 */
import { kindOfFile } from "./file_kinds.ts";
import { readNpyTable } from "./npy_table.ts";
import type { TableFile, TableOptions, TableReader } from "./table_reader.ts";
import { readTextTable } from "./text_table.ts";

/** Bytes by which a format is known. */
const MARK = 512;

/**
 * Opens a table: text with commas, semicolons or tabs, gzipped or not, Parquet, or `.npy`, by its first bytes.
 *
 * @param file Its file.
 * @param options What is declared of it.
 * @returns The table; its rows are read by {@linkcode TableReader.batches}.
 * @throws {RangeError} If it is none that can be read: the message says where, as those of its batches do.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { readTable } from "./read_table.ts";
 * import { textFile } from "./table_reader.ts";
 *
 * const table = await readTable(textFile({ path: "a.csv", text: 'x,y\n1,"a,b"\n' }));
 * assert.deepEqual(table.columns, ["x", "y"]);
 * const batches = await Array.fromAsync(table.batches());
 * assert.deepEqual(batches.flat(), [{ line: 2, cells: ["1", "a,b"] }]);
 * ```
 */
export async function readTable(file: TableFile, options: TableOptions = {}): Promise<TableReader> {
  const { path, size } = file;
  if (size === 0) throw new RangeError(`${path} is empty`);
  const kind = kindOfFile(path, file.slice(0, Math.min(size, MARK)));
  if (kind === "text" || kind === "gzip") return await readTextTable(file, kind === "gzip", options);
  if (options.delimiter !== undefined || options.decimalComma) {
    throw new RangeError(`${path} is no text: --delimiter and --decimal_comma go with tables of text`);
  }
  if (kind === "npy") return readNpyTable(file);
  const { readParquetTable } = await import("./parquet_table.ts");
  return await readParquetTable(file);
}
