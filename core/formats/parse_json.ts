/**
 * JSON that may be damaged.
 * @module
 */

/**
 * Parses JSON.
 *
 * @param bytes UTF-8.
 * @returns Its value, undefined if it is no JSON.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseJson } from "./parse_json.ts";
 *
 * assert.equal(parseJson(new TextEncoder().encode("{")), undefined);
 * ```
 */
export function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}
