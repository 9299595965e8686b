/**
 * Names that users give: of columns, classes and rows.
 * @module
 */
import { byValue, parseDecimal } from "./decimal.ts";
import { quoted } from "./messages.ts";

/** Control characters, and what ends lines. */
const CONTROL = /[\p{Cc}\p{Zl}\p{Zp}]/u;
/** What is not seen, but the joiners that some scripts are spelt with, and what stands for a character that was lost. */
const UNSEEN = /(?![\u200c\u200d])[\p{Cf}\p{Cs}\p{Cn}\ufffd]/u;

/** More characters are no name. */
const LONGEST_NAME = 1000;

/**
 * Why a text is no name, which ids and labels are too.
 *
 * @param text The text.
 * @returns What is wrong with it, undefined if nothing is.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { faultOfName } from "./names.ts";
 *
 * assert.equal(faultOfName("mean radius"), undefined);
 * assert.equal(faultOfName(" radius"), '" radius" has blanks around it');
 * ```
 */
export function faultOfName(text: string): string | undefined {
  if (text.trim() === "") return "no value";
  if (text.length > LONGEST_NAME) return `${quoted(text)} has more than ${LONGEST_NAME} characters`;
  if (text.trim() !== text) return `${quoted(text)} has blanks around it`;
  if (CONTROL.test(text)) return `${quoted(text)} is more than a line of text`;
  if (UNSEEN.test(text)) return `${quoted(text)} has a character that is not seen`;
}

/**
 * What two names have in common if a reader cannot tell them apart: what is not seen does not count, nor do the many
 * blanks, dashes and forms of one letter.
 *
 * @param name The name.
 * @returns The plainest spelling of it.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { alike } from "./names.ts";
 *
 * assert.equal(alike("New\u00a0York"), "New York");
 * assert.equal(alike("e\u0301"), "\u00e9");
 * assert.equal(alike("\uff0d\uff11"), "-1");
 * ```
 */
export function alike(name: string): string {
  return name.normalize("NFKC").replaceAll(/\p{Cf}/gu, "").replaceAll(/[\p{Pd}\u2212]/gu, "-").replaceAll(/\s+/g, " ");
}

/** Ways to write that there is no value, in lower case. */
const MISSING = [
  ...["na", "n/a", "#n/a", "#na", "<na>", "n.a.", "nan", "-nan", "nat", "null", "(null)", "<null>", "\\n", "nil"],
  ...["undefined", "missing", "?", "-", "--", "."],
];

/**
 * Whether a text says that there is no value.
 *
 * @param text The text.
 * @returns Whether it does: `NA`, `NaN`, `<NA>`, `null`, `?`, a dash and their like.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { saysMissing } from "./names.ts";
 *
 * assert.deepEqual(["NaN", "—", "0", "none"].map(saysMissing), [true, true, false, false]);
 * ```
 */
export function saysMissing(text: string): boolean {
  return MISSING.includes(alike(text).toLowerCase());
}

/** Whether others read a number in a text that is none here: `0x10`, `1_000`, `1,5`, `1e999`, `Infinity`, `–1`. */
function isForeignNumber(text: string): boolean {
  const plain = alike(text).replaceAll(/[_,' ]/g, "");
  return /^[+-]?(\d+\.?\d*(e[+-]?\d+)?|\.\d+|0x[\da-f]+|0[bo]\d+|inf|infinity)$/i.test(plain);
}

/**
 * Why a text is no label.
 *
 * @param text The text.
 * @returns What is wrong with it, undefined if nothing is.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { faultOfLabel } from "./names.ts";
 *
 * assert.equal(faultOfLabel("−1.0"), undefined);
 * assert.match(faultOfLabel("0x10")!, /^"0x10" is like a number, and none that is read/);
 * assert.match(faultOfLabel("NA")!, /^"NA" says that there is no value/);
 * ```
 */
export function faultOfLabel(text: string): string | undefined {
  const fault = faultOfName(text);
  if (fault !== undefined || parseDecimal(text) !== undefined) return fault;
  if (saysMissing(text)) return `${quoted(text)} says that there is no value: leave the row out, or rename the class`;
  if (isForeignNumber(text)) return `${quoted(text)} is like a number, and none that is read: write it otherwise`;
}

/**
 * Two classes that a reader takes for one.
 *
 * @param names The names of classes, different by value.
 * @returns The first two that look alike, undefined if there are none.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { twoAlike } from "./names.ts";
 *
 * assert.equal(twoAlike(["yes", "no"]), undefined);
 * assert.deepEqual(twoAlike(["a b", "a\u00a0b"]), ["a b", "a\u00a0b"]);
 * ```
 */
export function twoAlike(names: readonly string[]): [earlier: string, later: string] | undefined {
  const earlier = new Map<string, string>();
  for (const name of names) {
    const same = earlier.get(byValue(alike(name)));
    if (same !== undefined) return [same, name];
    earlier.set(byValue(alike(name)), name);
  }
}
