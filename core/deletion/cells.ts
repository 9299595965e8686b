/**
 * What a cell of a table is, by what its column was declared to be: the value that it has, or why it has none.
 * @module
 */
import { type Cell, numberOf as numberIn } from "../formats/table_reader.ts";
import { quoted } from "../text/messages.ts";
import { faultOfName, saysMissing } from "../text/names.ts";
import { type FeatureColumn, keyOf, type LabelColumn, type Schema } from "./schema.ts";

/** Where a category has none of its levels. */
export const OTHER = -1;

/** What is not as the schema has it and was read all the same. */
export interface Oddities {
  /** How many numbers lay beyond the bounds and were clipped. */
  clipped: number;
  /** How many names were none of the levels. */
  unknown: number;
  /** How many values were missing, as the schema allows. */
  missing: number;
}

/** A column's cells as numbers, and what was odd of those that were read. */
export interface CellReader {
  /** A number of a cell; throws a `RangeError` that says what is wrong with it. */
  readonly read: (cell: Cell) => number;
  /** What was odd so far. */
  readonly oddities: Oddities;
}

/**
 * Whether a cell seems to have no value.
 *
 * @param text Its text.
 * @returns Whether it is empty, or says that there is none.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { seemsMissing } from "./cells.ts";
 *
 * assert.deepEqual(["", "NaN", "n/a", "none", "0"].map(seemsMissing), [true, true, true, false, false]);
 * ```
 */
export function seemsMissing(text: string): boolean {
  return text.trim() === "" || saysMissing(text.trim());
}

/**
 * A cell as text.
 *
 * @param cell The cell.
 * @returns Its text, which is empty where there is no value.
 * @throws {RangeError} If it is neither a number nor a text.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { textOf } from "./cells.ts";
 *
 * assert.deepEqual(["a", 1.5, true, null].map(textOf), ["a", "1.5", "true", ""]);
 * ```
 */
export function textOf(cell: Cell): string {
  if (cell === undefined) throw new RangeError("neither a number nor a text");
  return cell === null ? "" : String(cell);
}

/**
 * The number in a cell.
 *
 * @param cell The cell.
 * @param schema Whether it has a comma in place of a point.
 * @returns The number, undefined if it is none that float32 holds; `1.5` is none where `1,5` is one.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { numberOf } from "./cells.ts";
 *
 * assert.deepEqual(["1,5", "1.5"].map((cell) => numberOf(cell, { decimal_comma: true })), [1.5, undefined]);
 * ```
 */
export function numberOf(cell: Cell, { decimal_comma = false }: Pick<Schema, "decimal_comma">): number | undefined {
  const value = numberIn(cell, { decimalComma: decimal_comma });
  return value !== undefined && Number.isFinite(Math.fround(value)) ? value : undefined;
}

/** Why a cell has no value, or no number. */
const faultOf = (text: string, remedy: string) =>
  seemsMissing(text)
    ? `no value${text.trim() === "" ? "" : `, ${quoted(text)}`}: give it${remedy}`
    : `${quoted(text)} is not a number within ±3.4e38`;

const OR_DECLARE = ', or add its spelling to "missing" of the column';

/**
 * A reader of the cells of a column that rows have features of.
 *
 * @param column The column.
 * @param schema Its schema.
 * @returns The reader. Numbers are those of the file, NaN where one is missing; of a category it is the place of the
 * level in the schema's list, and {@linkcode OTHER} for other names and missing values.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { featureReader } from "./cells.ts";
 *
 * const column = { name: "town", role: "category", levels: ["Ulm", "Rome"], missing: ["?"] } as const;
 * const { read, oddities } = featureReader(column, { columns: [column], intercept: true, scaling: "row" });
 * assert.deepEqual(["Rome", "Paris", "?"].map(read), [1, -1, -1]);
 * assert.deepEqual(oddities, { clipped: 0, unknown: 1, missing: 1 });
 * assert.throws(() => read("NA"), /^RangeError: no value, "NA": give it, or add its spelling to "missing"/);
 * ```
 */
export function featureReader(column: FeatureColumn, schema: Schema): CellReader {
  const oddities = { clipped: 0, unknown: 0, missing: 0 };
  const missing = new Set(column.missing?.map((spelling) => keyOf(spelling, schema)));
  const isMissing = (cell: Cell) => {
    if (missing.size === 0 || !missing.has(keyOf(textOf(cell).trim(), schema))) return false;
    oddities.missing++;
    return true;
  };
  if (column.role === "number") {
    const { lowest, highest } = column;
    const read = (cell: Cell) => {
      if (isMissing(cell)) return NaN;
      const value = numberOf(cell, schema);
      if (value === undefined) throw new RangeError(faultOf(textOf(cell), OR_DECLARE));
      if (value < lowest || value > highest) oddities.clipped++;
      return value;
    };
    return { read, oddities };
  }
  const places = new Map(column.levels.map((level, place) => [keyOf(level, schema), place]));
  const read = (cell: Cell) => {
    const text = textOf(cell);
    const place = places.get(keyOf(text, schema));
    if (place !== undefined) return place;
    if (isMissing(cell)) return OTHER;
    if (seemsMissing(text)) throw new RangeError(faultOf(text, OR_DECLARE));
    const fault = faultOfName(text);
    if (fault !== undefined) throw new RangeError(fault);
    oddities.unknown++;
    return OTHER;
  };
  return { read, oddities };
}

/**
 * A reader of the cells of labels.
 *
 * @param column The column.
 * @param schema Its schema.
 * @returns What gives a cell's class, a place in the schema's list; it throws a `RangeError` for what is none.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { classReader } from "./cells.ts";
 *
 * const column = { name: "delay", role: "label", classes: ["in time", "late"], above: 15 } as const;
 * const read = classReader(column, { columns: [column], intercept: true, scaling: "row" });
 * assert.deepEqual(["-3", "15", "15.1"].map(read), [0, 0, 1]);
 * ```
 */
export function classReader({ classes, above }: LabelColumn, schema: Schema): (cell: Cell) => number {
  if (above !== undefined) {
    return (cell) => {
      const value = numberOf(cell, schema);
      if (value === undefined) throw new RangeError(faultOf(textOf(cell), ""));
      return value > above ? 1 : 0;
    };
  }
  const places = new Map(classes.map((name, place) => [keyOf(name, schema), place]));
  return (cell) => {
    const text = textOf(cell);
    const place = places.get(keyOf(text, schema));
    if (place !== undefined) return place;
    throw new RangeError(faultOfName(text) ?? `${quoted(text)} is none of the schema's classes`);
  };
}
