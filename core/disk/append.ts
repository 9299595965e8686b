/**
 * Files that grow row by row.
 * @module
 */
import { isFile, naming } from "./files.ts";

/**
 * How many rows of an unfinished file are there; a row that was cut short is removed.
 *
 * @param path The file.
 * @param rowBytes Bytes of a row.
 * @returns The number of rows, 0 without a file.
 * @throws {Error} If the file cannot be read or written.
 *
 * @example
 * ```ts
 * import { keepWholeRows } from "./append.ts";
 *
 * // Needs permission to read and write the folder `data`.
 * const rows = () => keepWholeRows("data/CIFAR10/features/cat.part", 2048);
 * ```
 */
export function keepWholeRows(path: string, rowBytes: number): number {
  if (!isFile(path)) return 0;
  return naming(path, () => {
    const rows = Math.floor(Deno.statSync(path).size / rowBytes);
    Deno.truncateSync(path, rows * rowBytes);
    return rows;
  });
}

/**
 * Appends rows to a file.
 *
 * @param path The file, which is made if it is not there.
 * @param before How many rows it has.
 * @param rows The rows.
 * @param rowBytes Bytes of a row.
 * @throws {Error} If the file has another number of rows, since another process writes to it, or cannot be written.
 *
 * @example
 * ```ts
 * import { appendRows } from "./append.ts";
 *
 * // Needs permission to read and write the folder `data`.
 * const append = () => appendRows("data/CIFAR10/features/cat.part", 0, new Float32Array(512), 2048);
 * ```
 */
export function appendRows(path: string, before: number, rows: Float32Array, rowBytes: number): void {
  const file = naming(path, () => Deno.openSync(path, { append: true, create: true }));
  try {
    if (file.statSync().size !== before * rowBytes) {
      throw new Error(`another run writes to ${path}: end one of the two`);
    }
    const bytes = new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength);
    naming(path, () => {
      for (let done = 0; done < bytes.length;) done += file.writeSync(bytes.subarray(done));
    });
  } finally {
    file.close();
  }
}
