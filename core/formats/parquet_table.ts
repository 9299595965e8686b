/**
 * Parquet files as tables.
 * @module
 */
import {
  type AsyncBuffer,
  type ColumnData,
  type FileMetaData,
  parquetMetadataAsync,
  parquetRead,
  parquetSchema,
} from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { free } from "../model/free.ts";
import { printable, quoted } from "../text/messages.ts";
import {
  type Cell,
  checkColumns,
  rowsAtOnce,
  type TableFile,
  type TableReader,
  type TableRow,
} from "./table_reader.ts";

/** Rows that are handed on at once. */
const ROWS_IN_BATCH = 1024;

/** A moment as text: its milliseconds, and so many digits of what is left of its second behind them. */
function moment(milliseconds: number, rest = ""): string {
  const date = new Date(milliseconds);
  if (Number.isNaN(date.getTime())) throw new Error("a date is out of range");
  return date.toISOString().replace("Z", rest);
}

const split = (ticks: bigint, inMillisecond: bigint): [milliseconds: number, rest: string] => {
  const rest = ((ticks % inMillisecond) + inMillisecond) % inMillisecond;
  return [Number((ticks - rest) / inMillisecond), `${rest}`.padStart(`${inMillisecond}`.length - 1, "0")];
};

/** Dates and times are texts, to the last digit. */
const PARSERS = {
  dateFromDays: (days: number) => days === null ? null : moment(days * 86_400_000).slice(0, -"T00:00:00.000".length),
  timestampFromMilliseconds: (ticks: bigint) => ticks === null ? null : moment(Number(ticks)),
  timestampFromMicroseconds: (ticks: bigint) => ticks === null ? null : moment(...split(ticks, 1000n)),
  timestampFromNanoseconds: (ticks: bigint) => ticks === null ? null : moment(...split(ticks, 1_000_000n)),
};

/** A value as a cell. Large integers are texts, which have all digits. */
function cellOf(value: unknown): Cell {
  switch (typeof value) {
    case "number":
      return Number.isNaN(value) ? null : value;
    case "bigint": {
      const number = Number(value);
      return Number.isSafeInteger(number) ? number : `${value}`;
    }
    case "string":
    case "boolean":
      return value;
    default:
      return value === null || value === undefined ? null : undefined;
  }
}

/** The cell that {@linkcode pack} has kept. */
const packed = (value: Cell): Cell => Number.isNaN(value) ? null : value;

/** The values of a column in some rows of a row group. */
type Cells = readonly Cell[] | Float64Array;

/** The column's cells, those of numbers as such alone, NaN where there is none. */
function pack(values: Cell[]): Cells {
  const isNumbers = values.every((value) => typeof value === "number" || value === null);
  return isNumbers ? Float64Array.from(values, (value) => value === null ? NaN : Number(value)) : values;
}

/** Some rows of one row group. */
interface Part {
  readonly start: number;
  readonly end: number;
  /** The first row that is of another group. */
  readonly groupEnd: number;
}

/** The rows of row groups of so many, in parts. */
function* partsOf(counts: readonly number[], columns: number): Generator<Part> {
  let groupEnd = 0;
  for (const count of counts) {
    const first = groupEnd;
    groupEnd += count;
    const most = rowsAtOnce(columns, count);
    for (let start = first; start < groupEnd; start += most) {
      yield { start, end: Math.min(start + most, groupEnd), groupEnd };
    }
  }
}

/** How many rows each row group has. */
function countsOf({ row_groups }: FileMetaData): number[] {
  const counts = row_groups.map(({ num_rows }) => Number(num_rows));
  if (!counts.every((count) => Number.isInteger(count) && count >= 0 && count < 2 ** 31)) throw new Error("no counts");
  return counts;
}

/** Reports what hyparquet refuses; other errors are what damaged bytes made of it. */
async function readable<Result>(place: string, read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (error) {
    const what = error instanceof Error && /^parquet /.test(error.message) ? ` (${printable(error.message)})` : "";
    throw new RangeError(`${place}: the Parquet file is cut, damaged or of a kind that is not read${what}`);
  }
}

/**
 * Opens a Parquet file. Of a row group some rows are read at a time, a column of them after another.
 *
 * @param file The file.
 * @returns The table. Its dates are texts, and so are integers beyond ±2^53; a cell is undefined in a column of lists,
 * records or bytes.
 * @throws {RangeError} If it cannot be read, as its batches do.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { readParquetTable } from "./parquet_table.ts";
 * import { textFile } from "./table_reader.ts";
 *
 * const cut = textFile({ path: "a.parquet", text: "PAR1 and more" });
 * await assert.rejects(readParquetTable(cut), /a.parquet: the Parquet file is cut, damaged or/);
 * ```
 */
export async function readParquetTable(file: TableFile): Promise<TableReader> {
  const { path } = file;
  // hyparquet asks for several slices at once, which are read one after the other.
  const bufferFor = (onSlice: (slice: ArrayBufferView) => void): AsyncBuffer => ({
    byteLength: file.size,
    slice(start, end = file.size) {
      const slice = file.slice(start, end);
      onSlice(slice);
      return slice.buffer;
    },
  });
  const { metadata, children, counts } = await readable(path, async () => {
    const metadata = await parquetMetadataAsync(bufferFor(() => {}), { geoparquet: false });
    const { children } = parquetSchema(metadata);
    if (!children.every(({ element: { name } }) => typeof name === "string")) throw new Error("a column has no name");
    return { metadata, children, counts: countsOf(metadata) };
  });
  const columns = children.map(({ element: { name } }) => name);
  checkColumns(columns, path);

  /** The cells of a column in some rows. */
  async function cellsOf(column: number, { start, end, groupEnd }: Part): Promise<Cells> {
    const { children: parts, element: { repetition_type, name } } = children[column];
    if (parts.length > 0 || repetition_type === "REPEATED") return Array(end - start);
    return await readable(`${path}, column ${quoted(name)}`, async () => {
      const cells: Cell[] = [];
      const used: ArrayBufferView[] = []; // what the cells were read from, and into
      let lastEnd = 0;
      // A page may have rows before and behind these.
      const onChunk = ({ columnData, rowStart, rowEnd }: ColumnData) => {
        lastEnd = rowEnd;
        const behind = Math.min(end, rowEnd) - rowStart;
        for (let i = Math.max(0, start - rowStart); i < behind; i++) cells.push(cellOf(columnData[i]));
        if (ArrayBuffer.isView(columnData)) used.push(columnData);
      };
      await parquetRead({
        ...{ file: bufferFor((slice) => used.push(slice)), metadata, compressors, parsers: PARSERS, geoparquet: false },
        ...{ columns: [name], rowStart: start, rowEnd: end, onChunk },
      });
      if (cells.length !== end - start || lastEnd > groupEnd) throw new Error("more or fewer values than rows");
      used.forEach(free);
      return pack(cells);
    });
  }

  async function* batches(): AsyncGenerator<readonly TableRow[]> {
    const count = counts.reduce((sum, n) => sum + n, 0);
    if (count === 0) throw new RangeError(`${path} has no rows`);
    for (const part of partsOf(counts, columns.length)) {
      const read: Cells[] = [];
      for (const column of columns.keys()) read.push(await cellsOf(column, part));
      for (let start = part.start; start < part.end; start += ROWS_IN_BATCH) {
        yield Array.from({ length: Math.min(ROWS_IN_BATCH, part.end - start) }, (_, i) => ({
          line: start + i,
          cells: read.map((cells) => packed(cells[start - part.start + i])),
        }));
      }
      for (const cells of read) if (cells instanceof Float64Array) free(cells);
      file.onShare?.(part.end / count);
    }
  }
  return { path, columns, unit: "row", decimalComma: false, batches };
}
