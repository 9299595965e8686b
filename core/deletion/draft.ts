/**
 * A schema to begin with, drafted from a table, and what its owner should look at. It is a statistic of rows that may
 * go, and therefore no declaration: bounds are rounded outwards, and names that few rows have are left out.
 * @module
 */
import type { Cell, TableReader } from "../formats/table_reader.ts";
import { hasThousands, sortNames } from "../text/decimal.ts";
import { quoted } from "../text/messages.ts";
import { faultOfLabel, faultOfName, twoAlike } from "../text/names.ts";
import { numberOf, seemsMissing, textOf } from "./cells.ts";
import { type Column, formatSchema, keyOf, MOST_CLASSES, parseSchema, type Schema } from "./schema.ts";

/** What is known of a table beforehand. */
export interface DraftWish extends Pick<Schema, "delimiter" | "decimal_comma"> {
  /** The column of labels. */
  readonly label: string;
  /** The column of ids. */
  readonly id?: string | undefined;
  /** What divides a label of numbers into two classes. */
  readonly above?: number | undefined;
}

/** A draft. */
export interface Draft {
  /** How many rows the table has. */
  readonly rows: number;
  /** The schema, not declared. */
  readonly schema: Schema;
  /** What its owner should look at, a line each; it names what the schema leaves out. */
  readonly remarks: readonly string[];
}

/** Names that fewer rows have say too much of these rows. */
const FEWEST_ROWS = 10;

/** More different cells of a column are not counted. */
const MOST_COUNTED = 5000;

/** More levels or classes are worth a look. */
const MANY = 100;

/** A column of which so many values differ tells rows apart. */
const NEARLY_ALL = 0.9;

/** What the cells of a column are like. */
interface Tally {
  /** How many cells have a value. */
  known: number;
  /** How many of these are numbers. */
  numbers: number;
  /** The least and the greatest number. */
  least: number;
  greatest: number;
  /** Whether all numbers are integers. */
  integers: boolean;
  /** Whether there is a number such as 007. */
  padded: boolean;
  /** Whether there is a cell such as 1,5. */
  comma: boolean;
  /** A cell with a value that is no number. */
  text?: string;
  /** How many rows have each value, of the first `counted` rows that have one. */
  readonly counts: Map<string, number>;
  counted: number;
  /** How many rows have each spelling of a missing value. */
  readonly missing: Map<string, number>;
}

const newTally = (): Tally => ({
  ...{ known: 0, numbers: 0, least: Infinity, greatest: -Infinity, integers: true, padded: false, comma: false },
  ...{ counts: new Map(), counted: 0, missing: new Map() },
});

/** Counts a row more; a text is copied, as what was cut from a piece of a file would keep all of it. */
const increment = (counts: Map<string, number>, text: string) =>
  counts.set(counts.has(text) ? text : ` ${text}`.slice(1), (counts.get(text) ?? 0) + 1);

function count(tally: Tally, cell: Cell, wish: DraftWish): void {
  const text = textOf(cell);
  const value = numberOf(cell, wish);
  if (value === undefined && seemsMissing(text)) return void increment(tally.missing, text.trim());
  tally.known++;
  if (tally.counts.size <= MOST_COUNTED) {
    increment(tally.counts, text);
    tally.counted++;
  }
  if (value === undefined) {
    tally.text ??= text;
    tally.comma ||= numberOf(text, { decimal_comma: true }) !== undefined && !hasThousands(text);
    return;
  }
  tally.numbers++;
  tally.least = Math.min(tally.least, value);
  tally.greatest = Math.max(tally.greatest, value);
  tally.integers &&= Number.isInteger(value);
  tally.padded ||= /^[+-]?0\d/.test(text);
}

/** Numbers of 1, 2 and 5 × 10^k around a positive one, in order. */
function roundNumbers(value: number): number[] {
  const k = Math.floor(Math.log10(value));
  return [k - 1, k, k + 1].flatMap((exponent) => [1, 2, 5].map((digit) => Number(`${digit}e${exponent}`)));
}

const roundUp = (value: number): number =>
  value > 0 ? roundNumbers(value).find((round) => round >= value)! : value < 0 ? -roundDown(-value) : 0;

const roundDown = (value: number): number =>
  value > 0 ? roundNumbers(value).findLast((round) => round <= value)! : value < 0 ? -roundUp(-value) : 0;

/** How many rows have each name, numbers being names by value, in the order of names. */
function namesOf({ counts }: Tally, wish: DraftWish): [name: string, rows: number][] {
  const names = new Map<string, [name: string, rows: number]>();
  for (const [name, rows] of counts) {
    const key = keyOf(name, wish);
    const [first, earlier] = names.get(key) ?? [name, 0];
    names.set(key, [first, earlier + rows]);
  }
  return sortNames([...names.keys()]).map((key) => names.get(key)!);
}

/** Names for a message, not too many. */
function listed(names: readonly (readonly [name: string, rows: number])[]): string {
  const shown = names.slice(0, 10).map(([name, rows]) => `${quoted(name)} ${rows}`).join(", ");
  return names.length > 10 ? `${shown} and ${names.length - 10} more` : shown;
}

/** Whether nearly every row has a value of its own. */
const tellsApart = ({ counts, counted }: Tally) => counts.size > 1 && counts.size >= NEARLY_ALL * counted;

/** Whether numbers count the rows, as ids do. */
const countsRows = (tally: Tally) =>
  tally.integers && tellsApart(tally) && tally.greatest - tally.least < 2 * tally.known;

/** Names that enough rows have, and the others. */
const byFrequency = (names: readonly [name: string, rows: number][]) =>
  [(rows: number) => rows >= FEWEST_ROWS, (rows: number) => rows < FEWEST_ROWS]
    .map((isOf) => names.filter(([, rows]) => isOf(rows)));

/** The names that are frequent enough, what is wrong with them, if anything is, and remarks on the others. */
function frequent(
  tally: Tally,
  noun: "classes" | "levels",
  wish: DraftWish,
): { readonly names: string[]; readonly fault?: string | undefined; readonly remarks: string[] } {
  const all = namesOf(tally, wish);
  const [kept, rare] = byFrequency(all);
  const names = kept.map(([name]) => name);
  const faultOf = (name: string) => faultOfName(name) ?? faultOfLabel(keyOf(name, wish));
  const two = twoAlike(names);
  return {
    names,
    fault: names.map(faultOf).find((fault) => fault !== undefined) ??
      (two && `${two.map(quoted).join(" and ")} look the same: make them one`),
    remarks: [
      ...rare.length > 0 ? [`${noun} of fewer than ${FEWEST_ROWS} rows, left out: ${listed(rare)}`] : [],
      ...kept.length > MANY ? [`${kept.length} ${noun}: is it a column of names?`] : [],
    ],
  };
}

/** The spellings of a missing value that are frequent enough, and remarks on all. */
function gapsOf({ missing }: Tally, reading: string): { readonly missing: object; readonly remarks: string[] } {
  const [kept, rare] = byFrequency([...missing]);
  return {
    missing: kept.length > 0 ? { missing: kept.map(([spelling]) => spelling) } : {},
    remarks: [
      ...kept.length > 0 ? [`no value in ${listed(kept)} rows: read as ${reading}, as "missing" says`] : [],
      ...rare.length > 0 ? [`no value in ${listed(rare)} rows: learn refuses them, unless "missing" says so`] : [],
    ],
  };
}

/** The column of a feature, and remarks on it. */
function featureOf(
  name: string,
  tally: Tally,
  wish: DraftWish,
): { readonly column: Column; readonly remarks: string[] } {
  const { known, numbers, least, greatest } = tally;
  const dropped = (why: string) => ({ column: { name, role: "dropped" } as const, remarks: [`dropped: ${why}`] });
  if (known === 0) return dropped("it has no values");
  if (tally.counts.size === 1 || (numbers === known && least === greatest)) {
    return dropped(`every value is ${quoted([...tally.counts.keys()][0])}`);
  }
  if (numbers === known && !tally.padded) {
    if (countsRows(tally)) return dropped("its integers all differ, as ids do");
    const [lowest, highest] = [roundDown(least), roundUp(greatest)];
    const { missing, remarks } = gapsOf(tally, "the middle");
    return { column: { name, role: "number", lowest, highest, ...missing }, remarks };
  }
  if (numbers > known / 2 && !tally.padded) {
    const remedy = tally.comma
      ? "is it a decimal comma? --decimal_comma 1"
      : hasThousands(tally.text!)
      ? "take commas between thousands out"
      : "declare how a missing value is spelt";
    return dropped(`${known - numbers} of its values are no numbers, such as ${quoted(tally.text!)}: ${remedy}`);
  }
  if (tellsApart(tally) || tally.counts.size > MOST_COUNTED) return dropped("its values nearly all differ");
  const { names: levels, fault, remarks } = frequent(tally, "levels", wish);
  if (levels.length === 0) return dropped(`no value has ${FEWEST_ROWS} rows`);
  if (fault !== undefined) return dropped(fault);
  const gaps = gapsOf(tally, "none of them");
  return { column: { name, role: "category", levels, ...gaps.missing }, remarks: [...remarks, ...gaps.remarks] };
}

/** The column of labels, and remarks on it. */
function labelOf(name: string, tally: Tally, wish: DraftWish): { readonly column: Column; readonly remarks: string[] } {
  const { above } = wish;
  const gaps = tally.missing.size > 0 ? [`no label in ${listed([...tally.missing])} rows: learn refuses them`] : [];
  if (above !== undefined) {
    if (tally.text !== undefined) throw new RangeError(`${quoted(tally.text)} is no number, as --above needs`);
    return { column: { name, role: "label", classes: [`at most ${above}`, `above ${above}`], above }, remarks: gaps };
  }
  if (tally.counts.size > MOST_CLASSES) {
    throw new RangeError(
      `more than ${MOST_CLASSES} values: is it the column of labels? --above makes two classes of numbers`,
    );
  }
  const { names: classes, fault, remarks } = frequent(tally, "classes", wish);
  if (fault !== undefined) throw new RangeError(fault);
  if (classes.length < 2) {
    throw new RangeError(`fewer than two classes of ${FEWEST_ROWS} rows: ${listed(namesOf(tally, wish))}`);
  }
  const isFine = tally.numbers === tally.known && classes.length > 10
    ? ["many numbers: --above makes two classes"]
    : [];
  return { column: { name, role: "label", classes }, remarks: [...remarks, ...isFine, ...gaps] };
}

/** What to say of numbers that fill little of their bounds. */
function describeWide(columns: readonly Column[], tallies: readonly Tally[]): string[] {
  const wide = columns.filter((column, k) =>
    column.role === "number" && tallies[k].greatest - tallies[k].least < (column.highest - column.lowest) / 2
  );
  if (wide.length === 0) return [];
  const names = wide.slice(0, 5).map(({ name }) => quoted(name)).join(", ");
  const more = wide.length > 5 ? ` and ${wide.length - 5} more` : "";
  return [`Values fill less than half of the bounds of ${names}${more}: closer bounds learn better`];
}

/** What to say of ids. */
function describeIds(name: string, { counts, counted, missing }: Tally): string[] {
  return [
    ...missing.size > 0 ? [`${quoted(name)}: no id in ${listed([...missing])} rows: learn refuses them`] : [],
    ...counts.size < counted ? [`${quoted(name)}: some rows share an id, and are deleted together`] : [],
  ];
}

/** Why there is no draft without ids. */
function lacksIds(names: readonly string[], tallies: readonly Tally[]): RangeError {
  const candidates = names.filter((_, k) => tallies[k].counts.size === tallies[k].counted && tallies[k].counted > 1);
  const remedy = candidates.length > 0
    ? `values all differ in ${candidates.slice(0, 5).map(quoted).join(", ")}`
    : "docs/deletion.md says how to number rows once, for good";
  return new RangeError(`requests name rows by their ids: give the column of ids, --id; ${remedy}`);
}

/**
 * Drafts the schema of a table.
 *
 * @param table The table.
 * @param wish What is known of it.
 * @returns The draft.
 * @throws {RangeError} If a column that is asked for is not there, the rows have no ids or labels, or the draft would be
 * no schema.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { readTable } from "../formats/read_table.ts";
 * import { textFile } from "../formats/table_reader.ts";
 * import { draftSchema } from "./draft.ts";
 *
 * const lines = Array.from({ length: 40 }, (_, i) => `P${i},${20 + i * i % 37},${i % 2 ? "yes" : "no"}`);
 * const table = await readTable(textFile({ path: "a.csv", text: ["person,age,sick", ...lines, ""].join("\n") }));
 * const { schema: { declared, columns } } = await draftSchema(table, { label: "sick", id: "person" });
 * assert.equal(declared, false);
 * assert.deepEqual(columns[1], { name: "age", role: "number", lowest: 20, highest: 100 });
 * assert.deepEqual(columns[2], { name: "sick", role: "label", classes: ["no", "yes"] });
 * ```
 */
export async function draftSchema(table: TableReader, wish: DraftWish): Promise<Draft> {
  const { path, columns: names } = table;
  const { label, id, above: _, ...text } = wish;
  for (const name of [label, id]) {
    if (name === undefined || names.includes(name)) continue;
    throw new RangeError(`${path} has no column ${quoted(name)}; it has ${quoted(names.join(", "))}`);
  }
  if (label === id) throw new RangeError(`${quoted(label)} cannot be the id and the label`);
  const tallies = names.map(newTally);
  let rows = 0;
  for await (const batch of table.batches()) {
    for (const { cells } of batch) cells.forEach((cell, k) => count(tallies[k], cell, wish));
    rows += batch.length;
  }
  if (id === undefined) throw lacksIds(names, tallies);
  const remarks = describeIds(id, tallies[names.indexOf(id)]);
  const columns = names.map((name, k): Column => {
    if (name === id) return { name, role: "id" };
    try {
      const drafted = name === label ? labelOf(name, tallies[k], wish) : featureOf(name, tallies[k], wish);
      remarks.push(...drafted.remarks.map((remark) => `${quoted(name)}: ${remark}`));
      return drafted.column;
    } catch (error) {
      throw error instanceof RangeError ? new RangeError(`${path}, column ${quoted(name)}: ${error.message}`) : error;
    }
  });
  if (!columns.some(({ role }) => role === "number" || role === "category")) {
    throw new RangeError(`${path} has no column to learn from: ${remarks.join("; ") || "only ids and labels"}`);
  }
  remarks.push(...describeWide(columns, tallies));
  const schema: Schema = { declared: false, ...text, columns, intercept: true, scaling: "row" };
  parseSchema(formatSchema(schema), `the draft of ${path}`); // Two weights may have one name.
  return { rows, schema, remarks };
}
