/**
 * What the values of flags are parsed to.
 * @module
 */
import { InvalidArgumentError } from "@commander-js/extra-typings";
import { parseDecimal } from "../text/decimal.ts";

/**
 * Parses a finite decimal number; −0 is 0.
 *
 * @param text What the user wrote.
 * @returns The number.
 * @throws {InvalidArgumentError} If it is none.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { number } from "./values.ts";
 *
 * assert.equal(number("1e-6"), 1e-6);
 * assert.throws(() => number("nan"));
 * ```
 */
export function number(text: string): number {
  const value = parseDecimal(text.trim());
  if (value === undefined) throw new InvalidArgumentError("It is not a finite number.");
  return value;
}

/**
 * Parses a number above 0.
 *
 * @param text What the user wrote.
 * @returns The number.
 * @throws {InvalidArgumentError} If it is none.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { positive } from "./values.ts";
 *
 * assert.throws(() => positive("0"));
 * ```
 */
export function positive(text: string): number {
  const value = number(text);
  if (value <= 0) throw new InvalidArgumentError("It is not above 0.");
  return value;
}

/**
 * Parses a number that is 0 or more.
 *
 * @param text What the user wrote.
 * @returns The number.
 * @throws {InvalidArgumentError} If it is none.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { notNegative } from "./values.ts";
 *
 * assert.equal(notNegative("0"), 0);
 * assert.throws(() => notNegative("-1"));
 * ```
 */
export function notNegative(text: string): number {
  const value = number(text);
  if (value < 0) throw new InvalidArgumentError("It is below 0.");
  return value;
}

/**
 * Parses a number above 0 and below 1.
 *
 * @param text What the user wrote.
 * @returns The number.
 * @throws {InvalidArgumentError} If it is none.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { probability } from "./values.ts";
 *
 * assert.equal(probability("1e-6"), 1e-6);
 * assert.throws(() => probability("1"));
 * ```
 */
export function probability(text: string): number {
  const value = positive(text);
  if (value >= 1) throw new InvalidArgumentError("It is not below 1.");
  return value;
}

/**
 * Parses a number of float32.
 *
 * @param text What the user wrote.
 * @returns The number.
 * @throws {InvalidArgumentError} If it is none.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { singlePrecision } from "./values.ts";
 *
 * assert.throws(() => singlePrecision("1e39"));
 * ```
 */
export function singlePrecision(text: string): number {
  const value = number(text);
  if (!Number.isFinite(Math.fround(value))) throw new InvalidArgumentError("It is not within ±3.4e38.");
  return value;
}

/**
 * Parses a path.
 *
 * @param text What the user wrote.
 * @returns The path.
 * @throws {InvalidArgumentError} If it is empty or no system could have it.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { path } from "./values.ts";
 *
 * assert.throws(() => path(""));
 * ```
 */
export function path(text: string): string {
  if (text.trim() === "") throw new InvalidArgumentError("It is empty.");
  if (text.includes("\0")) throw new InvalidArgumentError("It has a character that no path has.");
  return text;
}

/**
 * Parses an integer from `least` to `most`.
 *
 * @param least The smallest one allowed.
 * @param most The largest one allowed.
 * @returns The parser, which throws an `InvalidArgumentError` for anything else.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { integer } from "./values.ts";
 *
 * assert.equal(integer(1)("100"), 100);
 * assert.throws(() => integer(1)("0"));
 * ```
 */
export function integer(least: number, most: number = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = number(text);
    if (!Number.isSafeInteger(value) || value < least || value > most) {
      throw new InvalidArgumentError(`It is not an integer from ${least} to ${most}.`);
    }
    return value;
  };
}

/**
 * Parses a switch of the original.
 *
 * @param text What the user wrote.
 * @returns Whether it is on.
 * @throws {InvalidArgumentError} If it is neither 0 nor 1.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { flag } from "./values.ts";
 *
 * assert.equal(flag("1"), true);
 * ```
 */
export function flag(text: string): boolean {
  if (text !== "0" && text !== "1") throw new InvalidArgumentError("It is neither 0 nor 1.");
  return text === "1";
}

/** What may separate the cells of a table. */
const DELIMITERS = [",", ";", "|", ":", "tab"];

/**
 * Parses what separates the cells of a table.
 *
 * @param text What the user wrote.
 * @returns The character.
 * @throws {InvalidArgumentError} If it is none.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { delimiter } from "./values.ts";
 *
 * assert.deepEqual([";", "tab"].map(delimiter), [";", "\t"]);
 * assert.throws(() => delimiter("."));
 * ```
 */
export function delimiter(text: string): string {
  const name = oneOf(DELIMITERS)(text === "\t" || text === "\\t" ? "tab" : text);
  return name === "tab" ? "\t" : name;
}

/**
 * Parses one of several names.
 *
 * @param names The names.
 * @returns The parser, which throws an `InvalidArgumentError` for anything else.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { oneOf } from "./values.ts";
 *
 * assert.equal(oneOf(["fused", "plain"])("plain"), "plain");
 * assert.throws(() => oneOf(["fused", "plain"])("fast"));
 * ```
 */
export function oneOf<Name extends string>(names: readonly Name[]): (text: string) => Name {
  return (text) => {
    const name = names.find((name) => name === text);
    if (name === undefined) throw new InvalidArgumentError(`Allowed choices are ${names.join(", ")}.`);
    return name;
  };
}

/**
 * Parses values separated by commas.
 *
 * @param parse Parses one of them.
 * @returns The parser, which throws an `InvalidArgumentError` where `parse` does or for a value given twice.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { list, positive } from "./values.ts";
 *
 * assert.deepEqual(list(positive)("0.5,1"), [0.5, 1]);
 * ```
 */
export function list<Value>(parse: (text: string) => Value): (text: string) => Value[] {
  return (text) => {
    const values = text.split(",").map(parse);
    if (new Set(values).size < values.length) throw new InvalidArgumentError("A value appears twice.");
    return values;
  };
}

/**
 * Parses the fingerprint of a key.
 *
 * @param text What the user wrote.
 * @returns 64 hexadecimal digits.
 * @throws {InvalidArgumentError} If it is none.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { fingerprint } from "./values.ts";
 *
 * assert.throws(() => fingerprint("A"));
 * ```
 */
export function fingerprint(text: string): string {
  if (!/^[0-9a-f]{64}$/.test(text)) throw new InvalidArgumentError("It is not 64 hexadecimal digits.");
  return text;
}

/**
 * Parses what names a certificate: its number and its SHA-256, such as `verify` prints.
 *
 * @param text What the user wrote.
 * @returns The two.
 * @throws {InvalidArgumentError} If it is none.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { head } from "./values.ts";
 *
 * assert.equal(head(`3:${"a".repeat(64)}`).sequence, 3);
 * ```
 */
export function head(text: string): { readonly sequence: number; readonly digest: string } {
  const [, sequence, digest] = /^([1-9]\d{0,14}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (digest === undefined) throw new InvalidArgumentError("It is not a number, a colon and 64 hexadecimal digits.");
  return { sequence: Number(sequence), digest };
}
