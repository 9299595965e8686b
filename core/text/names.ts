/**
 * Names that users give: of columns, classes and rows.
 * @module
 */
import { quoted } from "./messages.ts";

/** Control characters, and what ends lines. */
const CONTROL = /[\p{Cc}\p{Zl}\p{Zp}]/u;
/** What is not seen, but the joiners that some scripts are spelt with, and what stands for a character that was lost. */
const UNSEEN = /(?![\u200c\u200d])[\p{Cf}\p{Cs}\p{Cn}\ufffd]/u;

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
