/**
 * Tables on the disk.
 * @module
 */
import { readTable } from "../formats/read_table.ts";
import type { TableFile, TableOptions, TableReader } from "../formats/table_reader.ts";
import { naming } from "./files.ts";
import { readable } from "./read_text.ts";

/** Bytes that are read at once. */
const PIECE = 2 ** 18;

/** Says how many bytes of how many have been read. */
export type OnRead = (done: number, size: number) => void;

/** A file, opened each time that something of it is read. */
function fileOf(path: string, onRead: OnRead): TableFile {
  const { size, isFile, isDirectory } = readable(path, () => Deno.statSync(path));
  if (!isFile) throw new RangeError(`${path} is a ${isDirectory ? "folder" : "stream"}, not a file`);
  const open = () => readable(path, () => Deno.openSync(path));
  return {
    path,
    size,
    async *pieces() {
      using file = open();
      for (let done = 0;;) {
        const piece = new Uint8Array(PIECE);
        const length = await file.read(piece);
        if (length === null) return;
        yield piece.subarray(0, length);
        onRead(done += length, size);
      }
    },
    slice(start, end) {
      using file = open();
      const bytes = new Uint8Array(end - start);
      naming(path, () => file.seekSync(start, Deno.SeekMode.Start));
      for (let at = 0; at < bytes.length;) {
        const length = naming(path, () => file.readSync(bytes.subarray(at)));
        if (length === null) throw new RangeError(`${path} ends at byte ${start + at}, before what it says is there`);
        at += length;
      }
      return bytes;
    },
    onShare: (share) => onRead(Math.round(share * size), size),
  };
}

/**
 * Opens a table on the disk.
 *
 * @param path Its file.
 * @param options What is declared of it.
 * @param onRead Is told how far the reading is.
 * @returns The table, see {@linkcode readTable}.
 * @throws {RangeError} If there is no such file, or it is no table.
 * @throws {Error} If it may not be read.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { openTable } from "./open_table.ts";
 *
 * await assert.rejects(openTable("data/none.csv"), /no file data\/none.csv/);
 * ```
 */
export async function openTable(
  path: string,
  options: TableOptions = {},
  onRead: OnRead = () => {},
): Promise<TableReader> {
  return await readTable(fileOf(path, onRead), options);
}
