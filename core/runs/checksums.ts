/**
 * Checksums by which damage of a run's files shows.
 * @module
 */
import { createHash } from "node:crypto";

/**
 * The SHA-256 of some contents, one after the other.
 *
 * @param contents Texts and bytes.
 * @returns 64 hexadecimal digits.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { sha256 } from "./checksums.ts";
 *
 * assert.equal(sha256("a", "bc").slice(0, 8), "ba7816bf");
 * ```
 */
export function sha256(...contents: readonly (string | Uint8Array)[]): string {
  return contents.reduce((hash, content) => hash.update(content), createHash("sha256")).digest("hex");
}

/**
 * An object with the digest of its other fields.
 *
 * @param content The object.
 * @returns It with `digest`, the SHA-256 of its JSON.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { isSealed, sealed } from "./checksums.ts";
 *
 * assert.ok(isSealed(sealed({ seed: 0 })));
 * assert.ok(!isSealed({ ...sealed({ seed: 0 }), seed: 1 }));
 * ```
 */
export function sealed<Content extends object>(content: Content): Content & { readonly digest: string } {
  return { ...content, digest: sha256(JSON.stringify(content)) };
}

/**
 * Whether an object is as {@linkcode sealed} made it.
 *
 * @param value The object, perhaps read from JSON.
 * @returns Whether its digest is that of its other fields.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { isSealed } from "./checksums.ts";
 *
 * assert.ok(!isSealed({}));
 * ```
 */
export function isSealed({ digest, ...content }: Readonly<Record<string, unknown>>): boolean {
  return digest === sha256(JSON.stringify(content));
}
