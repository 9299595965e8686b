/**
 * Tables of deletion, with a bar for large files.
 * @module
 */
import { type Schema, textOptionsOf } from "../deletion/schema.ts";
import { readLabelled, type Table } from "../deletion/table.ts";
import { openTable } from "../disk/open_table.ts";
import { showReading } from "./progress.ts";

/**
 * Reads a table whose rows have labels.
 *
 * @param path Its file.
 * @param schema What its columns are.
 * @returns The table.
 * @throws {Error} If it cannot be read, or is not as the schema says.
 *
 * @example
 * ```ts
 * import type { Schema } from "../deletion/schema.ts";
 * import { readTable } from "./read_table.ts";
 *
 * // Needs permission to read the folder `data`.
 * const count = async (schema: Schema) => (await readTable("data/train.csv", schema)).rows.count;
 * ```
 */
export function readTable(path: string, schema: Schema): Promise<Table> {
  return showReading(async (onRead) =>
    await readLabelled(await openTable(path, textOptionsOf(schema), onRead), schema)
  );
}
