/**
 * Downloads a file whole or not at all.
 * @module
 */
import { writeWhole } from "./files.ts";

/**
 * Downloads a file and writes it if it is the right one.
 *
 * @param url Where it is.
 * @param sha256 Its SHA-256, 64 hexadecimal digits, or the first of them.
 * @param path Where it goes.
 * @throws {Error} If it cannot be had, is another one, or cannot be written; nothing is written then.
 *
 * @example
 * ```ts
 * import { download } from "./download.ts";
 *
 * const sha256 = "6ae8a75555209fd6c44157c0aed8016e763ff435a19cf186f76863140143ff72";
 * // Needs permission to read and write the folder `data`, and of the network.
 * const get = () => download("https://example.org/test.txt", sha256, "data/test.txt");
 * ```
 */
export async function download(url: string, sha256: string, path: string): Promise<void> {
  const fail = (reason: string) => new Error(`cannot download ${url} to ${path}: ${reason}`);
  const bytes = await fetchBytes(url).catch(({ message, cause }) => {
    throw fail(cause instanceof Error ? cause.message : message);
  });
  const found = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
  if (!found.startsWith(sha256)) {
    throw fail(`what is there now is another file, of ${bytes.length} bytes and SHA-256 ${found}`);
  }
  writeWhole(path, bytes);
}

async function fetchBytes(url: string): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(url);
  if (response.ok) return await response.bytes();
  await response.body?.cancel();
  throw new Error(`the server answers ${response.status} ${response.statusText}`);
}
