/**
 * What the user wrote, in a message.
 * @module
 */

/** More of a text is not shown. */
const LONGEST = 100;

/**
 * A text in quotes, fit for a message of one line: what does not print is escaped, and a long text is cut.
 *
 * @param text The text.
 * @returns It, or its beginning, in double quotes.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { quoted } from "./quoted.ts";
 *
 * assert.equal(quoted("4\n"), '"4\\n"');
 * assert.equal(quoted("\u202e"), '"\\u{202e}"');
 * assert.equal(quoted("a".repeat(1000)).length, 100 + '"…"'.length);
 * ```
 */
export function quoted(text: string): string {
  const shown = text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}…`;
  return JSON.stringify(shown)
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
}
