/**
 * What the columns of a table are, declared by its owner: bounds, levels and classes are never taken from rows, which
 * would keep something of a row that goes.
 * @module
 */
import { byValue } from "../text/decimal.ts";
import { isObject } from "../text/json.ts";
import { asJson, quoted } from "../text/messages.ts";
import { faultOfName } from "../text/names.ts";
import { numberOf, type TableOptions } from "../formats/table_reader.ts";
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
  /** How a missing value is spelt, which is read as the middle of the bounds; without it none may be missing. */
  readonly missing?: readonly string[];
}

/** A column of names, a feature a level. */
export interface CategoryColumn {
  /** Its name in the table's header. */
  readonly name: string;
  /** What it is. */
  readonly role: "category";
  /** The names that are told apart; numbers are names by value. Any other is read as none of them. */
  readonly levels: readonly string[];
  /** How a missing value is spelt, which is read as none of the levels; without it none may be missing. */
  readonly missing?: readonly string[];
}

/** A column of which rows have features. */
export type FeatureColumn = NumberColumn | CategoryColumn;

/** The column of labels. */
export interface LabelColumn {
  /** Its name in the table's header. */
  readonly name: string;
  /** What it is. */
  readonly role: "label";
  /** The classes: of two, the second has label 1 and the first −1; numbers are classes by value. */
  readonly classes: readonly string[];
  /** The column has numbers, of which those above this one are of the second class, the others of the first. */
  readonly above?: number;
}

/** The column of ids, or one that is not used. */
export interface OtherColumn {
  /** Its name in the table's header. */
  readonly name: string;
  /** What it is. */
  readonly role: "id" | "dropped";
}

/** A column of a table. */
export type Column = FeatureColumn | LabelColumn | OtherColumn;

/** How rows become vectors whose norm is at most 1. */
export type Scaling = typeof SCALINGS[number];

/** What a table has to be, and how its rows become vectors. */
export interface Schema {
  /** Whether its owner has declared it: what was drafted from rows is not, nor is one of version 0.4. */
  readonly declared?: boolean;
  /** What separates the cells of its texts; found where it is not given. */
  readonly delimiter?: string;
  /** Whether numbers of its texts have a comma in place of a point. */
  readonly decimal_comma?: boolean;
  /** All columns, in any order: one id, one label, and the features in the order of the weights. */
  readonly columns: readonly Column[];
  /** Whether each row has a constant 1 behind its features, inside its norm; its weight is regularized like others. */
  readonly intercept: boolean;
  /** `row`: each row is divided by its own norm. `bounds`: all rows by the largest norm that bounds allow. */
  readonly scaling: Scaling;
}

const SCALINGS = ["row", "bounds"] as const;

const DELIMITERS = [",", ";", "|", ":", "\t"];

/** The name of the weight of the constant 1. */
const INTERCEPT = "intercept";

/** More classes are a column that holds no labels: the weights have a row for each. */
export const MOST_CLASSES = 1000;

/** The fields of columns, those that may be left out behind the others. */
const FIELDS = {
  id: [["name", "role"], []],
  dropped: [["name", "role"], []],
  label: [["name", "role", "classes"], ["above"]],
  number: [["name", "role", "lowest", "highest"], ["missing"]],
  category: [["name", "role", "levels"], ["missing"]],
} as const;
const isRole = (role: unknown): role is keyof typeof FIELDS => typeof role === "string" && Object.hasOwn(FIELDS, role);

/** Throws unless an object has these fields, perhaps some of the optional ones, and no others. */
function checkFields(
  value: Readonly<Record<string, unknown>>,
  [required, optional]: readonly [required: readonly string[], optional: readonly string[]],
  place: string,
): void {
  const missing = required.find((field) => !Object.hasOwn(value, field));
  if (missing !== undefined) throw new RangeError(`${place} has no field ${quoted(missing)}`);
  const all = [...required, ...optional];
  const stray = Object.keys(value).find((field) => !all.includes(field));
  if (stray !== undefined) throw new RangeError(`${place} has a field ${quoted(stray)}: it has ${all.join(", ")}`);
}

/** What a schema says of numbers in texts. */
type Numbers = Pick<Schema, "decimal_comma">;

/**
 * What names have in common that are one by value.
 *
 * @param name The name.
 * @param schema Whether numbers have a comma in place of a point.
 * @returns The shortest spelling of its value where it is a number of such a table, else itself.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { keyOf } from "./schema.ts";
 *
 * assert.deepEqual(["1,50", "1.50"].map((name) => keyOf(name, { decimal_comma: true })), ["1.5", "1.50"]);
 * ```
 */
export function keyOf(name: string, schema: Numbers): string {
  if (!schema.decimal_comma) return byValue(name);
  return numberOf(name, { decimalComma: true }) === undefined ? name : byValue(name.replace(",", "."));
}

/** The fields of a column. */
type Fields = Readonly<Record<string, unknown>>;

/** Names of which no two are the same by value. */
function parseNames(names: unknown, noun: string, place: string, numbers: Numbers): string[] {
  if (!Array.isArray(names) || names.length === 0) {
    throw new RangeError(`${place} must be a list of ${noun}, got ${asJson(names)}`);
  }
  const earlier = new Map<string, string>();
  return names.map((name: unknown) => {
    if (typeof name !== "string") throw new RangeError(`${place}: ${noun} are texts, "1" not 1, got ${asJson(name)}`);
    const fault = faultOfName(name);
    if (fault !== undefined && !(name === "" && noun === SPELLINGS)) throw new RangeError(`${place}: ${fault}`);
    const same = earlier.get(keyOf(name, numbers));
    if (same !== undefined) throw new RangeError(`${place}: ${quoted(name)} and ${quoted(same)} are one`);
    earlier.set(keyOf(name, numbers), name);
    return name;
  });
}

/** What the field `missing` lists. */
const SPELLINGS = "spellings";

/** The field `missing`, where there is one. */
function parseMissing({ missing }: Fields, place: string, numbers: Numbers): { missing?: string[] } {
  return missing === undefined ? {} : { missing: parseNames(missing, SPELLINGS, `${place}.missing`, numbers) };
}

function parseNumber(value: Fields, name: string, place: string, numbers: Numbers): NumberColumn {
  const { lowest, highest } = value;
  for (const [field, bound] of Object.entries({ lowest, highest })) {
    if (Number.isFinite(bound)) continue;
    throw new RangeError(`${place}.${field} must be a number, got ${asJson(bound)}`);
  }
  const bounds = { lowest: Number(lowest), highest: Number(highest) };
  const column = { name, role: "number", ...bounds, ...parseMissing(value, place, numbers) } as const;
  if (halfOf(column) > 0) return column;
  throw new RangeError(`${place}: lowest must be below highest, got ${asJson(lowest)} and ${asJson(highest)}`);
}

function parseCategory(value: Fields, name: string, place: string, numbers: Numbers): CategoryColumn {
  const levels = parseNames(value.levels, "levels", `${place}.levels`, numbers);
  const column = { name, role: "category", levels, ...parseMissing(value, place, numbers) } as const;
  const ofLevels = new Set(levels.map((level) => keyOf(level, numbers)));
  const both = column.missing?.find((spelling) => ofLevels.has(keyOf(spelling, numbers)));
  if (both === undefined) return column;
  throw new RangeError(`${place}: ${quoted(both)} is a level and a missing value`);
}

function parseLabel({ classes, above }: Fields, name: string, place: string, numbers: Numbers): LabelColumn {
  if (!Array.isArray(classes) || classes.length < 2) {
    throw new RangeError(`${place}.classes must be a list of two classes or more, got ${asJson(classes)}`);
  }
  const column = { name, role: "label", classes: parseNames(classes, "classes", `${place}.classes`, numbers) } as const;
  if (above === undefined) return column;
  if (!Number.isFinite(above)) throw new RangeError(`${place}.above must be a number, got ${asJson(above)}`);
  if (classes.length === 2) return { ...column, above: Number(above) };
  throw new RangeError(`${place}: with above there are two classes, of numbers not above it and above it`);
}

function parseColumn(value: unknown, place: string, numbers: Numbers): Column {
  if (!isObject(value)) throw new RangeError(`${place} must be an object, got ${asJson(value)}`);
  const { name, role } = value;
  if (typeof name !== "string") throw new RangeError(`${place}.name must be a text, got ${asJson(name)}`);
  const fault = faultOfName(name);
  if (fault !== undefined) throw new RangeError(`${place}.name: ${fault}`);
  if (!isRole(role)) {
    throw new RangeError(`${place}.role must be one of ${Object.keys(FIELDS).join(", ")}, got ${asJson(role)}`);
  }
  checkFields(value, FIELDS[role], place);
  if (role === "number") return parseNumber(value, name, place, numbers);
  if (role === "category") return parseCategory(value, name, place, numbers);
  if (role === "label") return parseLabel(value, name, place, numbers);
  return { name, role };
}

/** Half of the distance of a column's bounds, which float64 holds whatever they are. */
const halfOf = ({ lowest, highest }: NumberColumn) => highest / 2 - lowest / 2;

/**
 * A value between −1 and 1 for one between a column's bounds, and for one beyond them −1 or 1.
 *
 * @param column The column.
 * @param value Its value in a row, NaN if it is missing, which becomes 0.
 * @returns What it becomes.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { scaledValue } from "./schema.ts";
 *
 * const column = { name: "age", role: "number", lowest: 0, highest: 100 } as const;
 * assert.deepEqual([0, 75, 120, NaN].map((age) => scaledValue(column, age)), [-1, 0.5, 1, 0]);
 * ```
 */
export function scaledValue(column: NumberColumn, value: number): number {
  if (Number.isNaN(value)) return 0;
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
  checkFields(value, [["columns", "intercept", "scaling"], ["declared", "delimiter", "decimal_comma"]], path);
  const { declared = false, delimiter, decimal_comma = false, intercept } = value;
  if (!Array.isArray(value.columns)) throw new RangeError(`${path}: columns must be a list`);
  for (const [field, flag] of Object.entries({ declared, decimal_comma, intercept })) {
    if (typeof flag !== "boolean") throw new RangeError(`${path}: ${field} must be true or false, got ${asJson(flag)}`);
  }
  if (delimiter !== undefined && !(typeof delimiter === "string" && DELIMITERS.includes(delimiter))) {
    throw new RangeError(`${path}: delimiter must be one of ${asJson(DELIMITERS)}, got ${asJson(delimiter)}`);
  }
  const scaling = SCALINGS.find((name) => name === value.scaling);
  if (scaling === undefined) {
    throw new RangeError(`${path}: scaling must be one of ${SCALINGS.join(", ")}, got ${asJson(value.scaling)}`);
  }
  const columns = value.columns.map((column, index) =>
    parseColumn(column, `${path}: columns[${index}]`, { decimal_comma: decimal_comma === true })
  );
  const places = new Map<string, number>();
  columns.forEach(({ name }, index) => {
    if (places.has(name)) {
      throw new RangeError(
        `${path}: columns[${index}].name: ${quoted(name)} is columns[${places.get(name)}] too`,
      );
    }
    places.set(name, index);
  });
  for (const role of ["id", "label"]) {
    const count = columns.filter((column) => column.role === role).length;
    if (count !== 1) throw new RangeError(`${path}: columns with the role ${role}: ${count}; there must be 1`);
  }
  const separated = delimiter === undefined ? {} : { delimiter: String(delimiter) };
  const schema: Schema = {
    declared: declared === true,
    ...separated,
    decimal_comma: decimal_comma === true,
    columns,
    intercept: intercept === true,
    scaling,
  };
  if (featuresOf(schema).length === 0) throw new RangeError(`${path}: no column has the role number or category`);
  const names = new Set<string>();
  const twice = featureNamesOf(schema).find((name) => names.size === names.add(name).size);
  if (twice === undefined) return schema;
  throw new RangeError(`${path}: two weights would have the name ${quoted(twice)}: rename a column or a level`);
}

/** A column as JSON on one line. */
function formatColumn(column: Column): string {
  const fields = Object.entries(column).map(([field, value]) => {
    const text = Array.isArray(value)
      ? `[${value.map((name) => JSON.stringify(name)).join(", ")}]`
      : JSON.stringify(value);
    return `"${field}": ${text}`;
  });
  return `{ ${fields.join(", ")} }`;
}

/**
 * Writes a schema, a line a column.
 *
 * @param schema The schema.
 * @returns JSON that {@linkcode parseSchema} reads.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { formatSchema } from "./schema.ts";
 *
 * const text = formatSchema({ columns: [{ name: "id", role: "id" }], intercept: true, scaling: "row" });
 * assert.equal(text.split("\n")[2], '    { "name": "id", "role": "id" }');
 * ```
 */
export function formatSchema({ columns, ...others }: Schema): string {
  const { intercept, scaling, ...first } = others;
  const lineOf = (fields: object) =>
    Object.entries(fields).map(([field, value]) => `  "${field}": ${JSON.stringify(value)}`);
  const list = columns.map((column) => `    ${formatColumn(column)}`).join(",\n");
  const lines = [...lineOf(first), `  "columns": [\n${list}\n  ]`, ...lineOf({ intercept, scaling })];
  return `{\n${lines.join(",\n")}\n}\n`;
}

/**
 * Makes sure that a schema is its owner's word.
 *
 * @param schema The schema.
 * @param path Its file, for messages.
 * @throws {RangeError} If it is a draft, one of version 0.4, or has more than {@linkcode MOST_CLASSES} classes.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { requireDeclared } from "./schema.ts";
 *
 * const columns = [{ name: "sick", role: "label", classes: ["no", "yes"] }] as const;
 * const draft = { declared: false, columns, intercept: true, scaling: "row" } as const;
 * assert.throws(() => requireDeclared(draft, "schema.json"), /schema.json is not declared: .* set "declared": true/);
 * ```
 */
export function requireDeclared(schema: Schema, path: string): void {
  if (!schema.declared) {
    throw new RangeError(
      `${path} is not declared: make its bounds, levels and classes what you know without these rows, and set ` +
        '"declared": true',
    );
  }
  const classes = classNamesOf(schema).length;
  if (classes <= MOST_CLASSES) return;
  throw new RangeError(`${path} has ${classes} classes, more than ${MOST_CLASSES}: is it the column of labels?`);
}

/**
 * How tables of a schema are read.
 *
 * @param schema The schema.
 * @returns What it declares of texts.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { textOptionsOf } from "./schema.ts";
 *
 * const schema = { decimal_comma: true, columns: [], intercept: true, scaling: "row" } as const;
 * assert.deepEqual(textOptionsOf(schema), { delimiter: undefined, decimalComma: true, names: [] });
 * ```
 */
export function textOptionsOf({ delimiter, decimal_comma = false, columns }: Schema): TableOptions {
  return { delimiter, decimalComma: decimal_comma, names: columns.map(({ name }) => name) };
}

/**
 * The columns of which rows have features, in the order of the weights.
 *
 * @param schema The schema.
 * @returns Those columns.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { featuresOf } from "./schema.ts";
 *
 * assert.deepEqual(featuresOf({ columns: [{ name: "id", role: "id" }], intercept: true, scaling: "row" }), []);
 * ```
 */
export function featuresOf({ columns }: Schema): FeatureColumn[] {
  return columns.filter((column) => column.role === "number" || column.role === "category");
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
 * @returns Those of the numbers, of each category one a level, and `intercept` where there is one.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { featureNamesOf } from "./schema.ts";
 *
 * const columns = [
 *   { name: "age", role: "number", lowest: 0, highest: 100 },
 *   { name: "town", role: "category", levels: ["Ulm", "Rome"] },
 * ] as const;
 * const names = featureNamesOf({ columns, intercept: true, scaling: "row" });
 * assert.deepEqual(names, ["age", "town=Ulm", "town=Rome", "intercept"]);
 * ```
 */
export function featureNamesOf(schema: Schema): string[] {
  const names = featuresOf(schema).flatMap((column) =>
    column.role === "number" ? [column.name] : column.levels.map((level) => `${column.name}=${level}`)
  );
  return [...names, ...schema.intercept ? [INTERCEPT] : []];
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
