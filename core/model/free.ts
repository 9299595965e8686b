/**
 * Memory of arrays that nobody needs any more.
 * @module
 */

/**
 * Gives the memory of an array back at once, not when it is found to be garbage: arrays outside of JavaScript's heap may
 * pile up until then.
 *
 * @param array The array: it, and all others of its buffer, are empty from now on.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { free } from "./free.ts";
 *
 * const array = Float32Array.of(1, 2);
 * free(array);
 * assert.equal(array.length, 0);
 * ```
 */
export function free({ buffer }: { readonly buffer: ArrayBufferLike }): void {
  if (!(buffer as ArrayBuffer).detached) (buffer as ArrayBuffer).transfer(0);
}
