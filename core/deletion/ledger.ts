/**
 * What is kept, in private, of the rows that a model was learned from: the ids of those that remain, and hashes under a
 * key of their content and of the ids that were removed.
 * @module
 */
import { isObject, parseJson } from "../text/json.ts";
import { quoted } from "../text/messages.ts";
import type { Rows } from "../model/rows.ts";
import { contentOf, type ListedId, type Table } from "./table.ts";

/** What is kept. */
export interface Ledger {
  /** The key of the hashes, 64 hexadecimal digits. */
  readonly secret: string;
  /** The salt of the commitment to the remaining rows, 64 hexadecimal digits: a fresh one for every release. */
  readonly salt: string;
  /** Of every remaining row its id and the hash of its content; rows may share an id. */
  readonly rows: readonly (readonly [id: string, content: string])[];
  /** Hashes of the ids that were removed. */
  readonly removed: readonly string[];
}

/** What a list of ids asks for. */
export interface Removal {
  /** The ids whose rows go. */
  readonly ids: ReadonlySet<string>;
  /** How many rows these are. */
  readonly S: number;
  /** How many ids of the list were removed before. */
  readonly before: number;
}

/** A list of ids, and its path for messages. */
export interface IdList {
  /** The path. */
  readonly path: string;
  /** The ids. */
  readonly ids: readonly ListedId[];
}

const randomHex = () => crypto.getRandomValues(new Uint8Array(32)).toHex();

/** Bytes of a hash. */
const HASH_BYTES = 32;

/** HMAC-SHA-256 under a key. */
async function hasher(secret: string): Promise<(content: Uint8Array<ArrayBuffer>) => Promise<string>> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", Uint8Array.fromHex(secret), algorithm, false, ["sign"]);
  return async (content) => new Uint8Array(await crypto.subtle.sign("HMAC", key, content)).toHex();
}

/** What is hashed of an id: no content of a row begins with a zero byte. */
const idBytes = (id: string) => new TextEncoder().encode(`\0${id}`);

/** The ids that must not be learned again, as hashes under a key. */
export type Suppression = Pick<Ledger, "secret" | "removed">;

/**
 * Refuses rows that were removed from another model, as a table has them that was restored from a backup.
 *
 * @param suppression What was kept of those that were removed.
 * @param table The table that is to be learned.
 * @throws {RangeError} If a row has the id of one that was removed: the message says which.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { type Ledger, ledgerWithout, refuseRemoved } from "./ledger.ts";
 *
 * const kept = { secret: "00".repeat(32), salt: "00".repeat(32), removed: [], rows: [["A-7", ""]] } as const;
 * const table = { path: "a.csv", ids: ["A-8", "A-7"], lines: [2, 3] };
 * await refuseRemoved(kept, table);
 * const gone: Ledger = await ledgerWithout(kept, new Set(["A-7"]));
 * await assert.rejects(refuseRemoved(gone, table), /^RangeError: a.csv, line 3: .* "A-7" .* 1 row that was removed/);
 * ```
 */
export async function refuseRemoved(
  { secret, removed }: Suppression,
  { path, ids, lines }: Pick<Table, "path" | "ids" | "lines">,
): Promise<void> {
  const hash = await hasher(secret);
  const gone = new Set(removed);
  const rows: number[] = [];
  for (const [row, id] of ids.entries()) if (gone.has(await hash(idBytes(id)))) rows.push(row);
  if (rows.length === 0) return;
  const count = rows.length === 1 ? "1 row that was" : `${rows.length} rows that were`;
  throw new RangeError(
    `${path}, line ${lines[rows[0]]}: the row of ${quoted(ids[rows[0]])} must not come back; the table has ${count} ` +
      "removed: take out the rows of " + someOf([...new Set(rows.map((row) => ids[row]))]),
  );
}

/**
 * Begins to keep what is needed of a table.
 *
 * @param table The table that is learned.
 * @param suppression The ids that must not be learned again, which are kept on.
 * @returns What is kept of it.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { newLedger } from "./ledger.ts";
 * import { readTable } from "../formats/read_table.ts";
 * import { textFile } from "../formats/table_reader.ts";
 * import { readLabelled } from "./table.ts";
 *
 * const columns = [
 *   { name: "person", role: "id" },
 *   { name: "sick", role: "label", classes: ["no", "yes"] },
 *   { name: "age", role: "number", lowest: 0, highest: 100 },
 * ] as const;
 * const file = textFile({ path: "a.csv", text: "person,sick,age\nA-7,yes,75\n" });
 * const table = await readLabelled(await readTable(file), { columns, intercept: true, scaling: "row" });
 * const { rows } = await newLedger(table);
 * assert.equal(rows[0][0], "A-7");
 * ```
 */
export async function newLedger(
  table: Table,
  { secret, removed }: Suppression = { secret: randomHex(), removed: [] },
): Promise<Ledger> {
  const hash = await hasher(secret);
  const rows: [string, string][] = [];
  for (const [row, id] of table.ids.entries()) rows.push([id, await hash(contentOf(table, row))]);
  return { secret, salt: randomHex(), rows, removed };
}

/**
 * Finds what a list of ids asks for.
 *
 * @param ledger What was kept.
 * @param list The ids to remove.
 * @returns The rows that go; ids that were removed before ask for nothing.
 * @throws {RangeError} If there are no ids, one is there twice, one was never learned, or no row would remain.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { findRemoval } from "./ledger.ts";
 *
 * const kept = { secret: "00".repeat(32), salt: "00".repeat(32), removed: [] };
 * const ledger = { ...kept, rows: [["A-7", ""], ["A-7", ""], ["A-8", ""]] as const };
 * const { S } = await findRemoval(ledger, { path: "ids.txt", ids: [{ line: 1, id: "A-7" }] });
 * assert.equal(S, 2);
 * ```
 */
export async function findRemoval(ledger: Ledger, { path, ids: listed }: IdList): Promise<Removal> {
  if (listed.length === 0) throw new RangeError(`${path} names no ids: there is nothing to remove`);
  const lines = new Map<string, number>();
  for (const { line, id } of listed) {
    const earlier = lines.get(id);
    if (earlier !== undefined) throw new RangeError(`${path}, line ${line}: ${quoted(id)} is in line ${earlier} too`);
    lines.set(id, line);
  }
  const hash = await hasher(ledger.secret);
  const [remaining, removed] = [new Set(ledger.rows.map(([id]) => id)), new Set(ledger.removed)];
  const ids = new Set<string>();
  for (const [id, line] of lines) {
    if (remaining.has(id)) ids.add(id);
    else if (!removed.has(await hash(idBytes(id)))) {
      throw new RangeError(`${path}, line ${line}: no row with the id ${quoted(id)} was learned`);
    }
  }
  const S = ledger.rows.filter(([id]) => ids.has(id)).length;
  if (S === ledger.rows.length) {
    throw new RangeError(`${path} names all ${S} rows that remain, and no model is one of none: delete its folder`);
  }
  return { ids, S, before: lines.size - ids.size };
}

/** Ids for a message, not too many. */
function someOf(ids: readonly string[]): string {
  const shown = ids.slice(0, 3).map(quoted).join(", ");
  return ids.length > 3 ? `${shown} and ${ids.length - 3} more` : shown;
}

/**
 * Finds the rows that remain in a table, which are all those that were kept and do not go, unchanged. The table may
 * still have rows that go or went.
 *
 * @param ledger What was kept.
 * @param table The table as it is now.
 * @param ids The ids whose rows go.
 * @returns The numbers of the remaining rows, and how many rows of the table are of ids that were removed before.
 * @throws {RangeError} If a row that remains is missing or has changed, or a row is new: the message says which.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { findRemaining, newLedger } from "./ledger.ts";
 * import { readTable } from "../formats/read_table.ts";
 * import { textFile } from "../formats/table_reader.ts";
 * import { readLabelled } from "./table.ts";
 *
 * const columns = [
 *   { name: "person", role: "id" },
 *   { name: "sick", role: "label", classes: ["no", "yes"] },
 *   { name: "age", role: "number", lowest: 0, highest: 100 },
 * ] as const;
 * const read = async (...lines: string[]) => {
 *   const file = textFile({ path: "a.csv", text: ["person,sick,age", ...lines, ""].join("\n") });
 *   return await readLabelled(await readTable(file), { columns, intercept: true, scaling: "row" });
 * };
 * const ledger = await newLedger(await read("A-7,yes,75", "A-8,no,20"));
 * assert.deepEqual((await findRemaining(ledger, await read("A-8,no,20"), new Set(["A-7"]))).kept, [0]);
 * const changed = findRemaining(ledger, await read("A-8,no,21"), new Set(["A-7"]));
 * await assert.rejects(changed, /a.csv, line 2: the row of "A-8" is not as it was learned/);
 * ```
 */
export async function findRemaining(
  ledger: Ledger,
  table: Table,
  ids: ReadonlySet<string>,
): Promise<{ readonly kept: number[]; readonly goneBefore: number }> {
  const hash = await hasher(ledger.secret);
  const removed = new Set(ledger.removed);
  const left = new Map<string, string[]>();
  for (const [id, content] of ledger.rows) {
    if (ids.has(id)) continue;
    const contents = left.get(id);
    if (contents) contents.push(content);
    else left.set(id, [content]);
  }
  const kept: number[] = [];
  let goneBefore = 0;
  for (const [row, id] of table.ids.entries()) {
    if (ids.has(id)) continue;
    const contents = left.get(id);
    const place = `${table.path}, line ${table.lines[row]}`;
    if (contents) {
      const index = contents.indexOf(await hash(contentOf(table, row)));
      if (index < 0) {
        throw new RangeError(
          `${place}: the row of ${quoted(id)} is not as it was learned: a correction is not a deletion; remove the id`,
        );
      }
      contents.splice(index, 1);
      kept.push(row);
    } else if (removed.has(await hash(idBytes(id)))) goneBefore++;
    else throw new RangeError(`${place}: the row of ${quoted(id)} was never learned: learn a new model with it`);
  }
  const missing = [...left].filter(([, contents]) => contents.length > 0).map(([id]) => id);
  if (missing.length === 0) return { kept, goneBefore };
  throw new RangeError(`${table.path} lacks rows that have to be there still, those of ${someOf(missing)}`);
}

/**
 * What is kept after rows went: nothing of them but hashes of their ids, and a fresh salt.
 *
 * @param ledger What was kept.
 * @param ids The ids whose rows went.
 * @returns What is kept from now on.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { ledgerWithout } from "./ledger.ts";
 *
 * const kept = { secret: "00".repeat(32), salt: "00".repeat(32), removed: [] };
 * const { rows, removed, salt } = await ledgerWithout({ ...kept, rows: [["A-7", ""]] }, new Set(["A-7"]));
 * assert.deepEqual([rows.length, removed.length], [0, 1]);
 * assert.notEqual(salt, kept.salt);
 * ```
 */
export async function ledgerWithout(ledger: Ledger, ids: ReadonlySet<string>): Promise<Ledger> {
  const hash = await hasher(ledger.secret);
  const gone = await Promise.all([...ids].map((id) => hash(idBytes(id))));
  return {
    ...ledger,
    salt: randomHex(),
    rows: ledger.rows.filter(([id]) => !ids.has(id)),
    removed: [...ledger.removed, ...gone].sort(),
  };
}

/**
 * A commitment to rows of a table, in whatever order: who has the salt and the rows can check it, who lacks the salt
 * learns nothing from it.
 *
 * @param salt 64 hexadecimal digits.
 * @param table The table.
 * @param kept The numbers of the rows.
 * @returns 64 hexadecimal digits.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { commitmentOf } from "./ledger.ts";
 * import { readTable } from "../formats/read_table.ts";
 * import { textFile } from "../formats/table_reader.ts";
 * import { readLabelled } from "./table.ts";
 *
 * const columns = [
 *   { name: "person", role: "id" },
 *   { name: "sick", role: "label", classes: ["no", "yes"] },
 *   { name: "age", role: "number", lowest: 0, highest: 100 },
 * ] as const;
 * const file = textFile({ path: "a.csv", text: "person,sick,age\nA-7,yes,75\nA-8,no,20\n" });
 * const table = await readLabelled(await readTable(file), { columns, intercept: true, scaling: "row" });
 * const salt = "00".repeat(32);
 * assert.equal(await commitmentOf(salt, table, [0, 1]), await commitmentOf(salt, table, [1, 0]));
 * ```
 */
export async function commitmentOf(salt: string, table: Table, kept: readonly number[]): Promise<string> {
  const hash = await hasher(salt);
  const hashes = new Uint8Array(HASH_BYTES * kept.length);
  for (const [i, row] of kept.entries()) {
    hashes.subarray(HASH_BYTES * i, HASH_BYTES * (i + 1)).setFromHex(await hash(contentOf(table, row)));
  }
  return await hash(sortedHashes(hashes));
}

/** Hashes, one after the other, in the order of their bytes; texts of them take four times the memory. */
function sortedHashes(hashes: Uint8Array): Uint8Array<ArrayBuffer> {
  const compare = (a: number, b: number) => {
    const [ofA, ofB] = [HASH_BYTES * a, HASH_BYTES * b];
    let i = 0;
    while (i < HASH_BYTES - 1 && hashes[ofA + i] === hashes[ofB + i]) i++;
    return hashes[ofA + i] - hashes[ofB + i];
  };
  const order = Uint32Array.from({ length: hashes.length / HASH_BYTES }, (_, i) => i).sort(compare);
  const sorted = new Uint8Array(hashes.length);
  order.forEach((from, to) => sorted.set(hashes.subarray(HASH_BYTES * from, HASH_BYTES * (from + 1)), HASH_BYTES * to));
  return sorted;
}

/**
 * Rows of a training set.
 *
 * @param rows The set.
 * @param kept The numbers of the rows.
 * @returns Those.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { selectRows } from "./ledger.ts";
 *
 * const rows = { features: Float32Array.of(1, 0.5), labels: Float32Array.of(1, -1), count: 2, dimension: 1, outputs: 1 };
 * assert.deepEqual(selectRows(rows, [1]).features, Float32Array.of(0.5));
 * ```
 */
export function selectRows(rows: Rows, kept: readonly number[]): Rows {
  const select = (matrix: Float32Array, width: number) => {
    const selected = new Float32Array(kept.length * width);
    kept.forEach((row, i) => selected.set(matrix.subarray(row * width, (row + 1) * width), i * width));
    return selected;
  };
  const { features, labels, dimension, outputs } = rows;
  return {
    ...rows,
    features: select(features, dimension),
    labels: select(labels, outputs),
    count: kept.length,
  };
}

/**
 * Leaves some rows of a training set alone, in its own memory.
 *
 * @param rows The set, which is of no use afterwards.
 * @param kept The numbers of the rows, ascending.
 * @returns Those.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { keepRows } from "./ledger.ts";
 *
 * const rows = { features: Float32Array.of(1, 0.5), labels: Float32Array.of(1, -1), count: 2, dimension: 1, outputs: 1 };
 * assert.deepEqual(keepRows(rows, [1]).features, Float32Array.of(0.5));
 * ```
 */
export function keepRows(rows: Rows, kept: readonly number[]): Rows {
  const keep = (matrix: Float32Array, width: number) => {
    kept.forEach((row, i) => matrix.copyWithin(i * width, row * width, (row + 1) * width));
    return matrix.subarray(0, kept.length * width);
  };
  const { features, labels, dimension, outputs } = rows;
  return { ...rows, features: keep(features, dimension), labels: keep(labels, outputs), count: kept.length };
}

const isHex = (value: unknown) => typeof value === "string" && /^[0-9a-f]{64}$/.test(value);

/**
 * Reads what was kept.
 *
 * @param file The file.
 * @returns What was kept, and SHA-256 of the certificate of the release that it belongs to.
 * @throws {Error} If it is damaged.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseLedger } from "./ledger.ts";
 *
 * assert.throws(() => parseLedger(new Uint8Array()), /the private state is damaged/);
 * ```
 */
export function parseLedger(file: Uint8Array): Ledger & { readonly certificate: string } {
  const value = parseJson(file);
  const isRow = (row: unknown) => Array.isArray(row) && row.length === 2 && typeof row[0] === "string" && isHex(row[1]);
  const isLedger = isObject(value) && [value.secret, value.salt, value.certificate].every(isHex) &&
    Array.isArray(value.rows) && value.rows.every(isRow) &&
    Array.isArray(value.removed) && value.removed.every(isHex);
  if (isLedger) return value as unknown as Ledger & { readonly certificate: string };
  throw new Error("the private state is damaged: restore it from a backup of the same day");
}
