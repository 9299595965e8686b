/**
 * Decimal numbers, in flags and tables alike.
 * @module
 */

/**
 * Parses a finite decimal number; −0 is 0.
 *
 * @param text Digits with a sign, a point and an exponent where need be, and nothing else, blanks included. The minus
 * sign of print, U+2212, is one too.
 * @returns The number, undefined if the text is none or beyond float64.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseDecimal } from "./decimal.ts";
 *
 * assert.deepEqual(["+1.50e1", "-0", "−1"].map(parseDecimal), [15, 0, -1]);
 * assert.ok(["0x10", "1_000", "1,5", " 1", "NaN", ""].every((text) => parseDecimal(text) === undefined));
 * ```
 */
export function parseDecimal(text: string): number | undefined {
  if (!/^[+\-−]?(\d+\.?\d*|\.\d+)(e[+\-−]?\d+)?$/i.test(text)) return undefined;
  const value = text.includes("−") ? Number(text.replaceAll("−", "-")) : Number(text);
  if (!Number.isFinite(value)) return undefined;
  return value === 0 ? 0 : value;
}

/**
 * Whether a text is an integer with commas between thousands, as `1,200`, which with a decimal comma is another number.
 *
 * @param text The text.
 * @returns Whether it is; `0,125` is none.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { hasThousands } from "./decimal.ts";
 *
 * assert.deepEqual(["1,200", "$1,200", "0,125", "1,5"].map(hasThousands), [true, true, false, false]);
 * ```
 */
export function hasThousands(text: string): boolean {
  return /^\D?[1-9]\d{0,2}(,\d{3})+$/.test(text);
}

/** More digits may be those of another number of float64. */
const MOST_DIGITS = 15;

/** How many digits of a decimal number decide its value. */
const digitsOf = (decimal: string) =>
  decimal.replace(/e.*/i, "").replaceAll(/\D/g, "").replaceAll(/^0+|0+$/g, "").length;

/**
 * What two names have in common if they are the same to a reader: `1`, `1.0` and `+1` are one class.
 *
 * @param name The name.
 * @returns The shortest spelling of its value where it is a decimal number that float64 tells from all others, else
 * itself.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { byValue } from "./decimal.ts";
 *
 * assert.deepEqual(["1", "1.0", "+1", "one"].map(byValue), ["1", "1", "1", "one"]);
 * assert.notEqual(byValue("9007199254740993"), byValue("9007199254740992"));
 * ```
 */
export function byValue(name: string): string {
  const value = parseDecimal(name);
  return value === undefined || digitsOf(name) > MOST_DIGITS ? name : String(value);
}

/**
 * Sorts names: by value where all are numbers, else by their characters.
 *
 * @param names The names.
 * @returns They, sorted.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { sortNames } from "./decimal.ts";
 *
 * assert.deepEqual([sortNames(["10", "−9"]), sortNames(["10", "9", "a"])], [["−9", "10"], ["10", "9", "a"]]);
 * ```
 */
export function sortNames(names: readonly string[]): string[] {
  const values = new Map(names.map((name) => [name, parseDecimal(name)]));
  const areNumbers = values.values().every((value) => value !== undefined);
  return names.toSorted((a, b) => (areNumbers && values.get(a)! - values.get(b)!) || (a < b ? -1 : 1));
}

/**
 * A number to a few digits, without zeros at its end.
 *
 * @param value The number.
 * @param digits How many digits at most.
 * @returns Its text.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { inDigits } from "./decimal.ts";
 *
 * assert.deepEqual([inDigits(2 / 3, 4), inDigits(0.5, 4), inDigits(Infinity, 4)], ["0.6667", "0.5", "Infinity"]);
 * ```
 */
export function inDigits(value: number, digits: number): string {
  return String(Number(value.toPrecision(digits)));
}

/**
 * A number in a few digits, not below its value: what is shown as a bound is one.
 *
 * @param value The number, 0 or more.
 * @param digits How many digits.
 * @returns Its text.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { upwards } from "./decimal.ts";
 *
 * assert.deepEqual([upwards(0.03), upwards(0.12345649), upwards(2 / 3)], ["0.03", "0.123457", "0.666667"]);
 * assert.equal(upwards(0.9521, 3), "0.953");
 * ```
 */
export function upwards(value: number, digits = 6): string {
  const near = Number(value.toPrecision(digits));
  if (near >= value) return String(near);
  return String(Number((near + 10 ** (Math.floor(Math.log10(value)) + 1 - digits)).toPrecision(digits)));
}

/**
 * A bound for a reader: six digits, rounded up.
 *
 * @param bound The bound, such as ε.
 * @returns Its text.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { boundText } from "./decimal.ts";
 *
 * assert.deepEqual([0.5, 0.1234561].map(boundText), ["0.500000", "0.123457"]);
 * ```
 */
export const boundText = (bound: number): string => Number(upwards(bound)).toPrecision(6);
