/**
 * A table by its schema: ids, and rows whose norm is 1 at most for certain.
 * @module
 */
import type { CsvFile } from "../formats/csv.ts";
import { nameAt, placeOf, type TableReader, type TableRow } from "../formats/table_reader.ts";
import { collector } from "../model/collector.ts";
import { oneHot, type Rows } from "../model/rows.ts";
import { quoted } from "../text/messages.ts";
import { faultOfName } from "../text/names.ts";
import { certainRows } from "../walk/rows.ts";
import { classReader, featureReader, type Oddities } from "./cells.ts";
import { type FeatureColumn, featuresOf, scaledValue, type Schema, shapeOf } from "./schema.ts";

/** Rows whose labels need not be known. */
export interface UnlabelledTable {
  /** Its path, for messages. */
  readonly path: string;
  /** The id of each row; rows may share one. */
  readonly ids: readonly string[];
  /** The line of the file on which each row begins, from 1. */
  readonly lines: readonly number[];
  /**
   * What the file has, row-major, in the order of the schema's numbers and categories: numbers, NaN where one is
   * missing, and the places of levels, −1 where it is none of them.
   */
  readonly values: Float64Array;
  /** `dimension` numbers a row, row-major: of each row, the vector whose norm is 1 at most for certain. */
  readonly features: Float32Array;
  /** What of each of these columns was not as the schema has it, and was read all the same. */
  readonly oddities: readonly Oddities[];
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

/** Writes the features of a row, each column's within 1, into a vector whose last entry is the intercept's. */
function encode(columns: readonly FeatureColumn[], values: Float64Array, vector: Float64Array): void {
  let at = 0;
  columns.forEach((column, k) => {
    if (column.role === "number") return vector[at++] = scaledValue(column, values[k]);
    vector.fill(0, at, at + column.levels.length);
    if (values[k] >= 0) vector[at + values[k]] = 1;
    at += column.levels.length;
  });
}

/** What makes vectors of norm 1 at most from values as the file has them; throws where a row has no length. */
function scaler(schema: Schema): (values: Float64Array) => Float32Array {
  const columns = featuresOf(schema);
  const vector = new Float64Array(shapeOf(schema).dimension).fill(1); // The intercept's stays.
  // Bounds let no column be longer than 1. A little less, as float32 may add to it.
  const scale = (1 - 2 ** -22) / Math.sqrt(columns.length + (schema.intercept ? 1 : 0));
  return (values) => {
    encode(columns, values, vector);
    if (schema.scaling === "bounds") return Float32Array.from(vector, (x) => x * scale);
    if (vector.some((x) => Math.abs(x) > 1e-100)) return certainRows(vector, vector.length);
    throw new RangeError("every value is amid its bounds, so there is nothing to scale: set intercept to true");
  };
}

/** What is read, or the message of why it cannot be, with the place before it. */
function at<Result>(place: () => string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError) throw new RangeError(`${place()}: ${error.message}`);
    throw error;
  }
}

/** Reads a table, and hands each row to `also`. */
async function unlabelled(
  table: TableReader,
  schema: Schema,
  places: Places,
  also: (row: TableRow) => void = () => {},
): Promise<UnlabelledTable> {
  const columns = featuresOf(schema);
  const readers = columns.map((column) => featureReader(column, schema));
  const featurePlaces = columns.map(({ name }) => places.get(name)!);
  const idPlace = places.get(schema.columns.find(({ role }) => role === "id")!.name)!;
  const scale = scaler(schema);
  const [ids, lines]: [string[], number[]] = [[], []];
  const values = collector(Float64Array, columns.length);
  const features = collector(Float32Array, shapeOf(schema).dimension);
  const read = (row: TableRow): void => {
    const ofRow = values.next();
    readers.forEach(({ read }, k) => {
      const place = featurePlaces[k];
      ofRow[k] = at(() => placeOf(table, row, place), () => read(row.cells[place]));
    });
    features.next().set(at(() => `${table.path}, ${table.unit} ${row.line}`, () => scale(ofRow)));
    ids.push(nameAt(table, row, idPlace));
    lines.push(row.line);
    also(row);
  };
  for await (const rows of table.batches()) rows.forEach(read);
  return {
    ...{ path: table.path, ids, lines, values: values.whole(), features: features.whole() },
    oddities: readers.map(({ oddities }) => oddities),
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
 * const { ids, oddities } = await readUnlabelled(await readTable(file), { columns, intercept: true, scaling: "row" });
 * assert.deepEqual([ids, oddities[0].clipped], [["A-7"], 1]);
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
  const label = schema.columns.find((column) => column.role === "label")!;
  const place = places.get(label.name)!;
  const classOf = classReader(label, schema);
  const classes: number[] = [];
  const read = await unlabelled(table, schema, places, (row) => {
    classes.push(at(() => placeOf(table, row, place), () => classOf(row.cells[place])));
  });
  const shape = shapeOf(schema);
  const labels = shape.outputs === 1
    ? Float32Array.from(classes, (index) => 2 * index - 1)
    : oneHot(classes, shape.outputs);
  const rows = { ...shape, features: read.features, labels, count: classes.length };
  return { ...read, classes: Int32Array.from(classes), rows };
}

/** What is said of oddities. */
const ODDITIES: { readonly [Kind in keyof Oddities]: string } = {
  clipped: "values clipped to the schema's bounds",
  unknown: "names that are none of the schema's levels, read as none of them",
  missing: "missing values, read as the middle of the bounds, or as none of the levels",
};

/**
 * Says how many values were clipped, unknown or missing, and of which column the most.
 *
 * @param table The table.
 * @param schema Its schema.
 * @returns A line for each kind that there was.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { readTable } from "../formats/read_table.ts";
 * import { textFile } from "../formats/table_reader.ts";
 * import { describeOddities, readUnlabelled } from "./table.ts";
 *
 * const columns = [
 *   { name: "person", role: "id" },
 *   { name: "sick", role: "label", classes: ["no", "yes"] },
 *   { name: "age", role: "number", lowest: 0, highest: 100 },
 * ] as const;
 * const schema = { columns, intercept: true, scaling: "row" } as const;
 * const table = await readUnlabelled(await readTable(textFile({ path: "a.csv", text: "person,age\nA-7,120\nA-8,9\n" })), schema);
 * const clipped = 'a.csv: values clipped to the schema\'s bounds: 1, most of "age": 1 of 2 rows';
 * assert.deepEqual(describeOddities(table, schema), [clipped]);
 * ```
 */
export function describeOddities({ path, ids, oddities }: UnlabelledTable, schema: Schema): string[] {
  return (["clipped", "unknown", "missing"] as const).flatMap((kind) => {
    const counts = oddities.map((ofColumn) => ofColumn[kind]);
    const most = Math.max(...counts);
    if (most === 0) return [];
    const total = counts.reduce((sum, count) => sum + count, 0);
    const { name } = featuresOf(schema)[counts.indexOf(most)];
    return [`${path}: ${ODDITIES[kind]}: ${total}, most of ${quoted(name)}: ${most} of ${ids.length} rows`];
  });
}

/**
 * How many rows there are of each class.
 *
 * @param classes The class of each row.
 * @param names The names of the classes.
 * @returns One number a class.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { countClasses } from "./table.ts";
 *
 * assert.deepEqual(countClasses(Int32Array.of(1, 0, 1), ["no", "yes", "?"]), [1, 2, 0]);
 * ```
 */
export function countClasses(classes: Iterable<number>, names: readonly string[]): number[] {
  const counts = names.map(() => 0);
  for (const index of classes) counts[index]++;
  return counts;
}

/**
 * Says that all rows are of one class, of which alone a model can be learned.
 *
 * @param counts How many rows there are of each class.
 * @param names The names of the classes.
 * @returns A line, undefined if there are more classes.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { describeOneClass } from "./table.ts";
 *
 * assert.match(describeOneClass([0, 7], ["no", "yes"])!, /^All 7 rows are of one class, "yes": /);
 * assert.equal(describeOneClass([1, 7], ["no", "yes"]), undefined);
 * ```
 */
export function describeOneClass(counts: readonly number[], names: readonly string[]): string | undefined {
  const [index, ...others] = names.keys().filter((index) => counts[index] > 0);
  if (others.length > 0) return undefined;
  return `All ${counts[index]} rows are of one class, ${quoted(names[index])}: the model will say little else`;
}

/**
 * A row's content, by which it is known again: its id in UTF-8, a zero byte, which no id has, its class as a
 * little-endian int32, and its values, little-endian float64 in the order of the schema's columns: numbers as the file has
 * them, and the places of levels. Numbers count by value, 1 and 1.0 being one, as classes and levels do; dropped columns
 * do not count, nor which name it was that is no level. Rows of equal bytes are equal, and are learned alike.
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
