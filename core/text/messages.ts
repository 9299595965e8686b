/**
 * What the user wrote, in a message.
 * @module
 */

/** More of a text is not shown. */
const LONGEST = 100;

const cut = (text: string) => text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}…`;

/**
 * A text fit for a message of one line: what does not print is escaped.
 *
 * @param text The text.
 * @returns It with escapes.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { printable } from "./messages.ts";
 *
 * assert.equal(printable("4\n"), "4\\u{a}");
 * ```
 */
export function printable(text: string): string {
  return text.replaceAll(
    /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`,
  );
}

/**
 * A text in quotes, fit for a message of one line: what does not print is escaped, and a long text is cut.
 *
 * @param text The text.
 * @returns It, or its beginning, in double quotes.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { quoted } from "./messages.ts";
 *
 * assert.equal(quoted("4\n"), '"4\\n"');
 * assert.equal(quoted("\u202e"), '"\\u{202e}"');
 * assert.equal(quoted("a".repeat(1000)).length, 100 + '"…"'.length);
 * ```
 */
export function quoted(text: string): string {
  return printable(JSON.stringify(cut(text)));
}

/**
 * A value as JSON, fit for a message of one line.
 *
 * @param value The value.
 * @returns Its JSON, or the beginning of that.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { asJson } from "./messages.ts";
 *
 * assert.equal(asJson({ n: 1 }), '{"n":1}');
 * ```
 */
export function asJson(value: unknown): string {
  return printable(cut(JSON.stringify(value) ?? "nothing"));
}

/**
 * A word of a command line to paste into a shell: no text of it is a command of its own.
 *
 * @param text The word.
 * @returns It, in single quotes where a shell would change it.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { inShell } from "./messages.ts";
 *
 * assert.equal(inShell("result/models/first"), "result/models/first");
 * assert.equal(inShell("it's; ls"), "'it'\\''s; ls'");
 * ```
 */
export function inShell(text: string): string {
  return /^[\w./,:=+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
