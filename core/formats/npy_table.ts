/**
 * NumPy's arrays of two dimensions as tables.
 * @module
 */
import { free } from "../model/free.ts";
import { NPY_BEGINNING, type NpyArray, openNpy } from "./read_npy.ts";
import { type Cell, rowsAtOnce, type TableFile, type TableReader, type TableRow } from "./table_reader.ts";

/** Rows that are handed on at once. */
const ROWS_IN_BATCH = 1024;

/** A number as a cell; large integers are texts, which have all digits. */
function cellOf(value: number | bigint): Cell {
  const number = Number(value);
  if (typeof value === "bigint" && !Number.isSafeInteger(number)) return `${value}`;
  return Number.isNaN(number) ? null : number;
}

/** The array of a file. */
function arrayOf(file: TableFile): NpyArray {
  try {
    return openNpy(file.slice(0, Math.min(file.size, NPY_BEGINNING)), file.size);
  } catch (error) {
    throw new RangeError(`${file.path}: ${error instanceof Error ? error.message : error}`);
  }
}

/** Some rows. */
interface Block {
  readonly cellAt: (row: number, column: number) => Cell;
  /** Gives their memory back. */
  readonly dispose: () => void;
}

/** Reads rows: at once, or, where they are stored column by column, each column's part of them. */
function blockReader(
  file: TableFile,
  { shape: [count, columns], fortranOrder, bodyAt, width, decode }: NpyArray,
): (first: number, length: number) => Block {
  const read = (from: number, length: number) =>
    decode(file.slice(bodyAt + from * width, bodyAt + (from + length) * width));
  return (first, length) => {
    if (!fortranOrder) {
      const numbers = read(first * columns, length * columns);
      return { cellAt: (row, column) => cellOf(numbers[row * columns + column]), dispose: () => free(numbers) };
    }
    const parts = Array.from({ length: columns }, (_, column) => read(column * count + first, length));
    return { cellAt: (row, column) => cellOf(parts[column][row]), dispose: () => parts.forEach(free) };
  };
}

/**
 * Opens a `.npy` file of a row a row.
 *
 * @param file The file.
 * @returns The table. Its columns have the names 0, 1, 2, …; a number that is none has no value.
 * @throws {RangeError} If it cannot be read, or has not two dimensions.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { encodeNpy } from "./npy.ts";
 * import { readNpyTable } from "./npy_table.ts";
 *
 * const bytes = Uint8Array.from(encodeNpy(Float32Array.of(1, 2, 3, NaN), [2, 2]));
 * const slice = (start: number, end: number) => bytes.slice(start, end);
 * const file = { path: "a.npy", size: bytes.length, pieces: () => [bytes], slice };
 * const table = readNpyTable(file);
 * assert.deepEqual(table.columns, ["0", "1"]);
 * const batches = await Array.fromAsync(table.batches());
 * assert.deepEqual(batches.flat().map(({ cells }) => cells), [[1, 2], [3, null]]);
 * ```
 */
export function readNpyTable(file: TableFile): TableReader {
  const { path } = file;
  const array = arrayOf(file);
  const { shape, shape: [count, width] } = array;
  if (shape.length !== 2) {
    throw new RangeError(`${path} has an array of shape (${shape}): a table has rows and columns`);
  }
  if (count === 0 || width === 0) throw new RangeError(`${path} has ${count} rows and ${width} columns`);
  const most = rowsAtOnce(width, array.fortranOrder ? count : 0);
  const read = blockReader(file, array);

  async function* batches(): AsyncGenerator<readonly TableRow[]> {
    for (let first = 0; first < count; first += most) {
      const held = Math.min(most, count - first);
      const { cellAt, dispose } = read(first, held);
      for (let start = 0; start < held; start += ROWS_IN_BATCH) {
        yield Array.from({ length: Math.min(ROWS_IN_BATCH, held - start) }, (_, i) => ({
          line: first + start + i,
          cells: Array.from({ length: width }, (_, column) => cellAt(start + i, column)),
        }));
      }
      dispose();
      file.onShare?.((first + held) / count);
    }
  }
  return { path, columns: Array.from({ length: width }, (_, k) => `${k}`), unit: "row", decimalComma: false, batches };
}
