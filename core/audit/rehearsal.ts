/**
 * A deletion before it happens: what `unlearn` would do to a model, read and not done.
 * @module
 */
import { sinceStart } from "../certificate/model_certificate.ts";
import { findRemaining, findRemoval, selectRows } from "../deletion/ledger.ts";
import { planRequest } from "../deletion/plan.ts";
import { openModel, openSecrets } from "../deletion/release.ts";
import { textOptionsOf } from "../deletion/schema.ts";
import { parseIds, readLabelled } from "../deletion/table.ts";
import { openTable } from "../disk/open_table.ts";
import { readText } from "../disk/read_text.ts";
import { nullRows } from "../model/removal.ts";
import type { Rows } from "../model/rows.ts";
import type { WalkedRequest } from "./claims.ts";

/** The files that a deletion takes. */
export interface DeletionFiles {
  /** The model's folder. */
  readonly model: string;
  /** The rows as they are now, those that go among them. */
  readonly train: string;
  /** The ids of the rows to delete. */
  readonly remove: string;
}

/** A deletion to come. */
export interface Rehearsal extends WalkedRequest {
  /** The rows that remain now, and null rows in the place of those that went before. */
  readonly rows: Rows;
  /** The rows that are to go. */
  readonly positions: readonly number[];
  /** K. */
  readonly K: number;
}

/** Rows with null rows behind them, n in all. */
function padded(rows: Rows, n: number): Rows {
  const gone = nullRows(n - rows.count, rows);
  const features = new Float32Array(n * rows.dimension);
  const labels = new Float32Array(n * rows.outputs);
  features.set(rows.features);
  labels.set(rows.labels);
  labels.set(gone.labels, rows.labels.length);
  return { ...rows, features, labels, count: n };
}

/**
 * Reads what a deletion would do. Rows that went before are not there any more: the deletion is taken for the first
 * one, after as many steps as the model has seen, which is what its own rows are promised.
 *
 * @param files The files.
 * @returns The deletion.
 * @throws {RangeError} If `unlearn` would refuse it, or it asks for nothing.
 * @throws {Error} If a file cannot be read, or the model does not hold.
 *
 * @example
 * ```ts
 * import { readRehearsal } from "./rehearsal.ts";
 *
 * // Needs permission to read the folder `result`.
 * const read = () => readRehearsal({ model: "result/models/week", train: "result/a.csv", remove: "result/ids.txt" });
 * ```
 */
export async function readRehearsal({ model, train, remove }: DeletionFiles): Promise<Rehearsal> {
  const { schema, certificates, digests, lattice } = await openModel(model);
  const { ledger } = openSecrets(model, digests.at(-1)!);
  const list = { path: remove, ids: parseIds({ path: remove, text: readText(remove) }) };
  const { ids, S } = await findRemoval(ledger, list);
  if (S === 0) throw new RangeError(`${remove} asks for nothing: its rows were removed before`);
  const table = await readLabelled(await openTable(train, textOptionsOf(schema)), schema);
  const { kept } = await findRemaining(ledger, table, new Set());

  const numbers = certificates.at(-1)!;
  const { n, delta, releases } = numbers;
  const { T: learned, requests } = sinceStart(releases);
  return {
    rows: padded(selectRows(table.rows, kept), n),
    positions: kept.flatMap((row, position) => ids.has(table.ids[row]) ? [position] : []),
    ...{ lattice, S, delta },
    T: requests.reduce((steps, { K }) => steps + K, learned),
    K: planRequest(numbers, S).K,
  };
}
