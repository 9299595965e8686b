/**
 * JSON that may be damaged, and what its values may be.
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
 * import { parseJson } from "./json.ts";
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

/**
 * Whether a value is an integer from 0 that a float64 has exactly.
 *
 * @param value The value.
 * @returns Whether it is.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { isCount } from "./json.ts";
 *
 * assert.deepEqual([0, 2, -1, 0.5, "2"].map(isCount), [true, true, false, false, false]);
 * ```
 */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && value as number >= 0;
}

/**
 * Whether a value is an object with fields: neither null nor an array.
 *
 * @param value The value.
 * @returns Whether it is.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { isObject } from "./json.ts";
 *
 * assert.deepEqual([{}, [], null, "a"].map(isObject), [true, false, false, false]);
 * ```
 */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
