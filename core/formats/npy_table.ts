/**
 * NumPy's arrays of two dimensions as tables.
 * @module
 */
import { decodeNpy } from "./read_npy.ts";
import type { Cell, TableFile, TableReader, TableRow } from "./table_reader.ts";

/** Rows that are handed on at once. */
const ROWS_IN_BATCH = 1024;

/** A number as a cell; large integers are texts, which have all digits. */
function cellOf(value: number | bigint): Cell {
  const number = Number(value);
  if (typeof value === "bigint" && !Number.isSafeInteger(number)) return `${value}`;
  return Number.isNaN(number) ? null : number;
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
 * const file = { path: "a.npy", size: bytes.length, pieces: () => [bytes], slice: () => bytes };
 * const table = readNpyTable(file);
 * assert.deepEqual(table.columns, ["0", "1"]);
 * const batches = await Array.fromAsync(table.batches());
 * assert.deepEqual(batches.flat().map(({ cells }) => cells), [[1, 2], [3, null]]);
 * ```
 */
export function readNpyTable(file: TableFile): TableReader {
  const { path } = file;
  const { data, shape } = decoded(file);
  const [count, width] = shape;
  if (shape.length !== 2 || data instanceof Map) {
    throw new RangeError(`${path} has an array of shape (${shape}): a table has rows and columns`);
  }
  if (count === 0 || width === 0) throw new RangeError(`${path} has ${count} rows and ${width} columns`);
  const numbers = data as Exclude<typeof data, ReadonlyMap<unknown, unknown>>;

  async function* batches(): AsyncGenerator<readonly TableRow[]> {
    for (let start = 0; start < count; start += ROWS_IN_BATCH) {
      yield Array.from({ length: Math.min(ROWS_IN_BATCH, count - start) }, (_, i) => {
        const line = start + i;
        return { line, cells: Array.from(numbers.subarray(line * width, (line + 1) * width), cellOf) };
      });
    }
  }
  return { path, columns: Array.from({ length: width }, (_, k) => `${k}`), unit: "row", decimalComma: false, batches };
}

function decoded(file: TableFile) {
  try {
    return decodeNpy(file.slice(0, file.size));
  } catch (error) {
    throw new RangeError(`${file.path}: ${error instanceof Error ? error.message : error}`);
  }
}
