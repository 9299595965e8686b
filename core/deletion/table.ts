/**
 * A table by its schema: ids, and rows whose norm is 1 at most for certain.
 * @module
 */
import type { CsvFile } from "../formats/csv.ts";
import { nameAt, numberAt, placeOf, type TableReader, type TableRow } from "../formats/table_reader.ts";
import { oneHot, type Rows } from "../model/rows.ts";
import { byValue } from "../text/decimal.ts";
import { quoted } from "../text/messages.ts";
import { faultOfName } from "../text/names.ts";
import { certainRows } from "../walk/rows.ts";
import { classNamesOf, numbersOf, scaledValue, type Schema, shapeOf } from "./schema.ts";

/** Rows whose labels need not be known. */
export interface UnlabelledTable {
  /** Its path, for messages. */
  readonly path: string;
  /** The id of each row; rows may share one. */
  readonly ids: readonly string[];
  /** The line of the file on which each row begins, from 1. */
  readonly lines: readonly number[];
  /** The numbers as the file has them, row-major, in the order of the schema's columns of numbers. */
  readonly values: Float64Array;
  /** `dimension` numbers a row, row-major: of each row, the vector whose norm is 1 at most for certain. */
  readonly features: Float32Array;
  /** How many values of each column of numbers lay beyond its bounds and were clipped. */
  readonly clipped: readonly number[];
}

/** Rows to learn from. */
export interface Table extends UnlabelledTable {
  /** The class of each row, a place in the schema's list. */
  readonly classes: Int32Array;
  /** The rows as a chain takes them. */
  readonly rows: Rows;
}

/** The places of columns in a table. */
type Places = ReadonlyMap<string, number>;

/** Where the columns are that the schema names; the label's may be missing from a table to predict. */
function placesOf(table: TableReader, schema: Schema, needsLabel: boolean): Places {
  const places = new Map(table.columns.map((name, index) => [name, index]));
  const missing = schema.columns.find(({ name, role }) =>
    !places.has(name) && role !== "dropped" && (role !== "label" || needsLabel)
  );
  if (missing) throw new RangeError(`${table.path} has no column ${quoted(missing.name)}, which the schema has`);
  const names = new Set(schema.columns.map(({ name }) => name));
  const stray = table.columns.find((name) => !names.has(name));
  if (stray !== undefined) {
    throw new RangeError(
      `${table.path} has a column ${quoted(stray)}, which the schema has not: declare it, or drop it`,
    );
  }
  return places;
}

/** Vectors of norm 1 at most from values as the file has them. */
function vectorsOf(values: Float64Array, schema: Schema, placeOfRow: (row: number) => string): Float32Array {
  const { dimension } = shapeOf(schema);
  const columns = numbersOf(schema);
  const count = values.length / columns.length;
  const scaled = new Float64Array(count * dimension).fill(1); // The intercept's stays.
  for (let row = 0; row < count; row++) {
    columns.forEach((column, k) => scaled[row * dimension + k] = scaledValue(column, values[row * columns.length + k]));
  }
  if (schema.scaling === "row") {
    for (let row = 0; row < count; row++) {
      if (scaled.subarray(row * dimension, (row + 1) * dimension).some((x) => Math.abs(x) > 1e-100)) continue;
      throw new RangeError(
        `${placeOfRow(row)}: every value is amid its bounds, so there is nothing to scale: set intercept to true`,
      );
    }
    return certainRows(scaled, dimension);
  }
  const scale = (1 - 2 ** -22) / Math.sqrt(dimension); // A little more than float32 may add.
  return Float32Array.from(scaled, (x) => x * scale);
}

/** Reads a table, and hands each row to `also`. */
async function unlabelled(
  table: TableReader,
  schema: Schema,
  places: Places,
  also: (row: TableRow) => void = () => {},
): Promise<UnlabelledTable> {
  const columns = numbersOf(schema);
  const numberColumns = columns.map(({ name }) => places.get(name)!);
  const idColumn = places.get(schema.columns.find(({ role }) => role === "id")!.name)!;
  const [ids, lines, clipped]: [string[], number[], number[]] = [[], [], columns.map(() => 0)];
  const read: number[] = [];
  for await (const rows of table.batches()) {
    for (const row of rows) {
      columns.forEach(({ lowest, highest }, k) => {
        const value = numberAt(table, row, numberColumns[k]);
        read.push(value);
        if (value < lowest || value > highest) clipped[k]++;
      });
      ids.push(nameAt(table, row, idColumn));
      lines.push(row.line);
      also(row);
    }
  }
  const values = Float64Array.from(read);
  return {
    ...{ path: table.path, ids, lines, values, clipped },
    features: vectorsOf(values, schema, (row) => `${table.path}, ${table.unit} ${lines[row]}`),
  };
}

/**
 * Reads a table whose labels are not looked at, as one to predict.
 *
 * @param table The table; its columns in any order. The label's may be missing.
 * @param schema What the columns are.
 * @returns The rows.
 * @throws {RangeError} If the table is not as the schema says: the message has file, line and column.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { readTable } from "../formats/read_table.ts";
 * import { textFile } from "../formats/table_reader.ts";
 * import { readUnlabelled } from "./table.ts";
 *
 * const columns = [
 *   { name: "person", role: "id" },
 *   { name: "sick", role: "label", classes: ["no", "yes"] },
 *   { name: "age", role: "number", lowest: 0, highest: 100 },
 * ] as const;
 * const file = textFile({ path: "a.csv", text: "person,age\nA-7,120\n" });
 * const { ids, clipped } = await readUnlabelled(await readTable(file), { columns, intercept: true, scaling: "row" });
 * assert.deepEqual([ids, clipped], [["A-7"], [1]]);
 * ```
 */
export async function readUnlabelled(table: TableReader, schema: Schema): Promise<UnlabelledTable> {
  return await unlabelled(table, schema, placesOf(table, schema, false));
}

/**
 * Reads a table.
 *
 * @param table The table; its columns in any order.
 * @param schema What the columns are.
 * @returns The rows.
 * @throws {RangeError} If the table is not as the schema says: the message has file, line and column.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { readTable } from "../formats/read_table.ts";
 * import { textFile } from "../formats/table_reader.ts";
 * import { readLabelled } from "./table.ts";
 *
 * const columns = [
 *   { name: "person", role: "id" },
 *   { name: "sick", role: "label", classes: ["no", "yes"] },
 *   { name: "age", role: "number", lowest: 0, highest: 100 },
 * ] as const;
 * const file = textFile({ path: "a.csv", text: "person,sick,age\nA-7,yes,75\nA-8,no,50\n" });
 * const { rows } = await readLabelled(await readTable(file), { columns, intercept: true, scaling: "bounds" });
 * assert.deepEqual(rows.labels, Float32Array.of(1, -1));
 * assert.ok(Math.abs(rows.features[0] - 0.5 / Math.SQRT2) < 1e-6);
 * ```
 */
export async function readLabelled(table: TableReader, schema: Schema): Promise<Table> {
  const places = placesOf(table, schema, true);
  const classOf = new Map(classNamesOf(schema).map((name, index) => [byValue(name), index]));
  const column = places.get(schema.columns.find(({ role }) => role === "label")!.name)!;
  const classes: number[] = [];
  const read = await unlabelled(table, schema, places, (row) => {
    const name = nameAt(table, row, column);
    const index = classOf.get(byValue(name));
    if (index === undefined) {
      throw new RangeError(`${placeOf(table, row, column)}: ${quoted(name)} is none of the schema's classes`);
    }
    classes.push(index);
  });
  const shape = shapeOf(schema);
  const labels = shape.outputs === 1
    ? Float32Array.from(classes, (index) => 2 * index - 1)
    : oneHot(classes, shape.outputs);
  const rows = { ...shape, features: read.features, labels, count: classes.length };
  return { ...read, classes: Int32Array.from(classes), rows };
}

/**
 * Says how many values were clipped, and of which column the most.
 *
 * @param table The table.
 * @param schema Its schema.
 * @returns A line, undefined if none was.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { readTable } from "../formats/read_table.ts";
 * import { textFile } from "../formats/table_reader.ts";
 * import { describeClipped, readUnlabelled } from "./table.ts";
 *
 * const columns = [
 *   { name: "person", role: "id" },
 *   { name: "sick", role: "label", classes: ["no", "yes"] },
 *   { name: "age", role: "number", lowest: 0, highest: 100 },
 * ] as const;
 * const schema = { columns, intercept: true, scaling: "row" } as const;
 * const file = textFile({ path: "a.csv", text: "person,age\nA-7,120\nA-8,9\n" });
 * const table = await readUnlabelled(await readTable(file), schema);
 * assert.equal(describeClipped(table, schema), 'a.csv: values clipped to the schema\'s bounds: 1, most of "age": 1 of 2 rows');
 * ```
 */
export function describeClipped({ path, ids, clipped }: UnlabelledTable, schema: Schema): string | undefined {
  const most = Math.max(...clipped);
  if (most === 0) return undefined;
  const total = clipped.reduce((sum, count) => sum + count, 0);
  const { name } = numbersOf(schema)[clipped.indexOf(most)];
  return `${path}: values clipped to the schema's bounds: ${total}, most of ${
    quoted(name)
  }: ${most} of ${ids.length} rows`;
}

/**
 * A row's content, by which it is known again: its id in UTF-8, a zero byte, which no id has, its class as a
 * little-endian int32, and its numbers as the file has them, little-endian float64 in the order of the schema's columns.
 * Numbers count by value, 1 and 1.0 being one, as classes do; dropped columns do not count. Rows of equal bytes are
 * equal, and are learned alike.
 *
 * @param table The table.
 * @param row The row's number, from 0.
 * @returns Its content.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { readTable } from "../formats/read_table.ts";
 * import { textFile } from "../formats/table_reader.ts";
 * import { contentOf, readLabelled } from "./table.ts";
 *
 * const columns = [
 *   { name: "person", role: "id" },
 *   { name: "sick", role: "label", classes: ["no", "yes"] },
 *   { name: "age", role: "number", lowest: 0, highest: 100 },
 * ] as const;
 * const file = textFile({ path: "a.csv", text: "person,sick,age\nA-7,yes,75\n" });
 * const table = await readLabelled(await readTable(file), { columns, intercept: true, scaling: "row" });
 * assert.equal(contentOf(table, 0).toHex(), "412d3700" + "01000000" + "0000000000c05240");
 * ```
 */
export function contentOf({ ids, classes, values }: Table, row: number): Uint8Array<ArrayBuffer> {
  const id = new TextEncoder().encode(ids[row]);
  const width = values.length / ids.length;
  const content = new Uint8Array(id.length + 5 + 8 * width);
  content.set(id);
  const view = new DataView(content.buffer, id.length + 1);
  view.setInt32(0, classes[row], true);
  for (let k = 0; k < width; k++) view.setFloat64(4 + 8 * k, values[row * width + k], true);
  return content;
}

/** An id in a list of them. */
export interface ListedId {
  /** The line of the list that it is on, from 1. */
  readonly line: number;
  /** The id. */
  readonly id: string;
}

/**
 * Reads a list of ids, one a line. Blank lines and blanks around ids do not count.
 *
 * @param file The list.
 * @returns The ids in the list's order, one as often as it is there.
 * @throws {RangeError} If a line is no id: the message says which.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseIds } from "./table.ts";
 *
 * const ids = parseIds({ path: "ids.txt", text: "A-7\n\nA-9\n" });
 * assert.deepEqual(ids, [{ line: 1, id: "A-7" }, { line: 3, id: "A-9" }]);
 * ```
 */
export function parseIds({ path, text }: CsvFile): ListedId[] {
  return text.split(/\r\n|\r|\n/)
    .map((content, index) => ({ line: index + 1, id: content.trim() }))
    .filter(({ id }) => id !== "")
    .map((listed) => {
      const fault = faultOfName(listed.id);
      if (fault !== undefined) throw new RangeError(`${path}, line ${listed.line}: ${fault}`);
      return listed;
    });
}
