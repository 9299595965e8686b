/**
 * A hash by which rows are known again.
 * @module
 */
import { createHash } from "node:crypto";
import type { Rows } from "../model/rows.ts";

/**
 * SHA-256 of the features, then the labels, as little-endian float32, row-major. Neither is copied.
 *
 * @param rows The rows.
 * @returns 64 hexadecimal digits.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { hashRows } from "./hash_rows.ts";
 *
 * const features = Float32Array.of(0.6, 0.8);
 * const hash = hashRows({ features, labels: Float32Array.of(1), count: 1, dimension: 2, outputs: 1 });
 * assert.equal(hash.slice(0, 16), "f8ad5c36761dde85");
 * ```
 */
export function hashRows({ features, labels }: Rows): string {
  const hash = createHash("sha256"); // WebCrypto takes one array alone, and copies that.
  for (const { buffer, byteOffset, byteLength } of [features, labels]) {
    hash.update(new Uint8Array(buffer, byteOffset, byteLength)); // little-endian, as WebAssembly's memory is
  }
  return hash.digest("hex");
}
