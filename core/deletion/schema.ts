/**
 * What the columns of a table are, declared by its owner: bounds and classes are never taken from rows, which would keep
 * something of a row that goes.
 * @module
 */
import { byValue } from "../text/decimal.ts";
import { isObject } from "../text/json.ts";
import { asJson, quoted } from "../text/messages.ts";
import { faultOfName } from "../text/names.ts";
import type { Rows } from "../model/rows.ts";

/** A column of numbers, a feature. Values beyond its bounds are clipped to them. */
export interface NumberColumn {
  /** Its name in the table's header. */
  readonly name: string;
  /** What it is. */
  readonly role: "number";
  /** The value that becomes −1. */
  readonly lowest: number;
  /** The value that becomes 1. */
  readonly highest: number;
}

/** The column of labels. */
export interface LabelColumn {
  /** Its name in the table's header. */
  readonly name: string;
  /** What it is. */
  readonly role: "label";
  /** The classes: of two, the second has label 1 and the first −1; numbers are classes by value. */
  readonly classes: readonly string[];
}

/** The column of ids, or one that is not used. */
export interface OtherColumn {
  /** Its name in the table's header. */
  readonly name: string;
  /** What it is. */
  readonly role: "id" | "dropped";
}

/** A column of a table. */
export type Column = NumberColumn | LabelColumn | OtherColumn;

/** How rows become vectors whose norm is at most 1. */
export type Scaling = typeof SCALINGS[number];

/** What a table has to be, and how its rows become vectors. */
export interface Schema {
  /** All columns, in any order: one id, one label, and the features in the order of the weights. */
  readonly columns: readonly Column[];
  /** Whether each row has a constant 1 behind its features, inside its norm; its weight is regularized like others. */
  readonly intercept: boolean;
  /** `row`: each row is divided by its own norm. `bounds`: all rows by the largest norm that bounds allow. */
  readonly scaling: Scaling;
}

const SCALINGS = ["row", "bounds"] as const;

/** The name of the weight of the constant 1. */
const INTERCEPT = "intercept";

const FIELDS = {
  id: ["name", "role"],
  dropped: ["name", "role"],
  label: ["name", "role", "classes"],
  number: ["name", "role", "lowest", "highest"],
};
const isRole = (role: unknown): role is keyof typeof FIELDS => typeof role === "string" && Object.hasOwn(FIELDS, role);

/** Throws unless an object has these fields and no others. */
function checkFields(value: Readonly<Record<string, unknown>>, fields: readonly string[], place: string): void {
  const missing = fields.find((field) => !Object.hasOwn(value, field));
  if (missing !== undefined) throw new RangeError(`${place} has no field ${quoted(missing)}`);
  const stray = Object.keys(value).find((field) => !fields.includes(field));
  if (stray !== undefined) throw new RangeError(`${place} has a field ${quoted(stray)}: it has ${fields.join(", ")}`);
}

function parseClasses(classes: unknown, place: string): string[] {
  if (!Array.isArray(classes) || classes.length < 2) {
    throw new RangeError(`${place} must be a list of two classes or more, got ${asJson(classes)}`);
  }
  const earlier = new Map<string, string>();
  return classes.map((name: unknown) => {
    if (typeof name !== "string") throw new RangeError(`${place}: classes are texts, "1" not 1, got ${asJson(name)}`);
    const fault = faultOfName(name);
    if (fault !== undefined) throw new RangeError(`${place}: ${fault}`);
    const same = earlier.get(byValue(name));
    if (same !== undefined) throw new RangeError(`${place}: ${quoted(name)} and ${quoted(same)} are one class`);
    earlier.set(byValue(name), name);
    return name;
  });
}

function parseColumn(value: unknown, place: string): Column {
  if (!isObject(value)) throw new RangeError(`${place} must be an object, got ${asJson(value)}`);
  const { name, role } = value;
  if (typeof name !== "string") throw new RangeError(`${place}.name must be a text, got ${asJson(name)}`);
  const fault = faultOfName(name);
  if (fault !== undefined) throw new RangeError(`${place}.name: ${fault}`);
  if (!isRole(role)) {
    throw new RangeError(`${place}.role must be one of ${Object.keys(FIELDS).join(", ")}, got ${asJson(role)}`);
  }
  checkFields(value, FIELDS[role], place);
  if (role === "label") return { name, role, classes: parseClasses(value.classes, `${place}.classes`) };
  if (role !== "number") return { name, role };
  const { lowest, highest } = value;
  for (const [field, bound] of Object.entries({ lowest, highest })) {
    if (Number.isFinite(bound)) continue;
    throw new RangeError(`${place}.${field} must be a number, got ${asJson(bound)}`);
  }
  const column = { name, role, lowest: Number(lowest), highest: Number(highest) };
  if (!(halfOf(column) > 0)) {
    throw new RangeError(`${place}: lowest must be below highest, got ${asJson(lowest)} and ${asJson(highest)}`);
  }
  return column;
}

/** Half of the distance of a column's bounds, which float64 holds whatever they are. */
const halfOf = ({ lowest, highest }: NumberColumn) => highest / 2 - lowest / 2;

/**
 * A value between −1 and 1 for one between a column's bounds, and for one beyond them −1 or 1.
 *
 * @param column The column.
 * @param value Its value in a row.
 * @returns What it becomes.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { scaledValue } from "./schema.ts";
 *
 * const column = { name: "age", role: "number", lowest: 0, highest: 100 } as const;
 * assert.deepEqual([0, 75, 120].map((age) => scaledValue(column, age)), [-1, 0.5, 1]);
 * ```
 */
export function scaledValue(column: NumberColumn, value: number): number {
  const half = halfOf(column);
  return Math.max(-1, Math.min(1, (value - column.lowest) / half - 1));
}

/** How many names of fields a text of JSON has, those among them that `JSON.parse` drops since they come again. */
const fieldsIn = (text: string) => [...text.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?/g)].filter(([, colon]) => colon).length;

/** How many fields a value of JSON has, those of its parts among them. */
const fieldsOf = (value: unknown): number =>
  typeof value !== "object" || value === null ? 0 : Object.values(value).reduce(
    (sum: number, part) => sum + fieldsOf(part),
    Array.isArray(value) ? 0 : Object.keys(value).length,
  );

/**
 * Reads a schema.
 *
 * @param text JSON.
 * @param path Its file, for messages.
 * @returns The schema.
 * @throws {RangeError} If it is none: the message says which field is wrong.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseSchema } from "./schema.ts";
 *
 * const columns = [
 *   { name: "person", role: "id" },
 *   { name: "sick", role: "label", classes: ["no", "yes"] },
 *   { name: "age", role: "number", lowest: 0, highest: 100 },
 * ];
 * const text = JSON.stringify({ columns, intercept: true, scaling: "row" });
 * assert.equal(parseSchema(text, "schema.json").columns[2].name, "age");
 * assert.throws(() => parseSchema(text.replace("100", "0"), "schema.json"), /^RangeError: schema.json: columns\[2\]: /);
 * ```
 */
export function parseSchema(text: string, path: string): Schema {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new RangeError(`${path} is no JSON: ${error instanceof Error ? error.message : error}`);
  }
  if (!isObject(value)) throw new RangeError(`${path} must be an object, got ${asJson(value)}`);
  if (fieldsIn(text) !== fieldsOf(value)) throw new RangeError(`${path} gives a field twice in one object`);
  checkFields(value, ["columns", "intercept", "scaling"], path);
  const { intercept } = value;
  if (!Array.isArray(value.columns)) throw new RangeError(`${path}: columns must be a list`);
  if (typeof intercept !== "boolean") {
    throw new RangeError(`${path}: intercept must be true or false, got ${asJson(intercept)}`);
  }
  const scaling = SCALINGS.find((name) => name === value.scaling);
  if (scaling === undefined) {
    throw new RangeError(`${path}: scaling must be one of ${SCALINGS.join(", ")}, got ${asJson(value.scaling)}`);
  }
  const columns = value.columns.map((column, index) => parseColumn(column, `${path}: columns[${index}]`));
  const places = new Map<string, number>();
  columns.forEach(({ name, role }, index) => {
    const place = `${path}: columns[${index}].name`;
    if (places.has(name)) throw new RangeError(`${place}: ${quoted(name)} is columns[${places.get(name)}] too`);
    places.set(name, index);
    if (intercept && role === "number" && name === INTERCEPT) {
      throw new RangeError(
        `${place}: ${INTERCEPT} is the constant's name; set intercept to false, or rename the column`,
      );
    }
  });
  for (const role of ["id", "label"]) {
    const count = columns.filter((column) => column.role === role).length;
    if (count !== 1) throw new RangeError(`${path}: columns with the role ${role}: ${count}; there must be 1`);
  }
  if (!columns.some(({ role }) => role === "number")) throw new RangeError(`${path}: no column has the role number`);
  return { columns, intercept, scaling };
}

/**
 * The columns of numbers, in the order of the weights.
 *
 * @param schema The schema.
 * @returns Those columns.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { numbersOf } from "./schema.ts";
 *
 * assert.deepEqual(numbersOf({ columns: [{ name: "id", role: "id" }], intercept: true, scaling: "row" }), []);
 * ```
 */
export function numbersOf({ columns }: Schema): NumberColumn[] {
  return columns.filter((column) => column.role === "number");
}

/**
 * The names of the classes.
 *
 * @param schema The schema.
 * @returns The names, in the order of labels: of two classes the second is 1.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { classNamesOf } from "./schema.ts";
 *
 * const columns = [{ name: "sick", role: "label", classes: ["no", "yes"] }] as const;
 * assert.deepEqual(classNamesOf({ columns, intercept: true, scaling: "row" }), ["no", "yes"]);
 * ```
 */
export function classNamesOf({ columns }: Schema): readonly string[] {
  return columns.find((column) => column.role === "label")!.classes;
}

/**
 * The names of the features that a model has a weight for.
 *
 * @param schema The schema.
 * @returns Those of the columns, and `intercept` where there is one.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { featureNamesOf } from "./schema.ts";
 *
 * const columns = [{ name: "age", role: "number", lowest: 0, highest: 100 }] as const;
 * assert.deepEqual(featureNamesOf({ columns, intercept: true, scaling: "row" }), ["age", "intercept"]);
 * ```
 */
export function featureNamesOf(schema: Schema): string[] {
  return [...numbersOf(schema).map(({ name }) => name), ...schema.intercept ? [INTERCEPT] : []];
}

/**
 * The shape of rows, and of weights: `outputs` rows of `dimension` numbers.
 *
 * @param schema The schema.
 * @returns d, the intercept counted, and the number of outputs: 1 for two classes.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { shapeOf } from "./schema.ts";
 *
 * const columns = [
 *   { name: "sick", role: "label", classes: ["no", "yes"] },
 *   { name: "age", role: "number", lowest: 0, highest: 100 },
 * ] as const;
 * assert.deepEqual(shapeOf({ columns, intercept: true, scaling: "row" }), { dimension: 2, outputs: 1 });
 * ```
 */
export function shapeOf(schema: Schema): Pick<Rows, "dimension" | "outputs"> {
  const classes = classNamesOf(schema).length;
  return { dimension: featureNamesOf(schema).length, outputs: classes === 2 ? 1 : classes };
}
