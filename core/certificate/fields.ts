/**
 * What fields of a certificate must be, and whether one agrees with what follows from the others.
 * @module
 */
import { isObject } from "../text/json.ts";
import { asJson, quoted } from "../text/messages.ts";

/** What a field must be, and in words. */
export type Field = readonly [holds: (value: unknown) => boolean, kind: string];

/**
 * Refuses a certificate.
 *
 * @param what The field.
 * @param problem What is wrong with it.
 * @throws {Error} Always.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { fail } from "./fields.ts";
 *
 * assert.throws(() => fail("n", "is not an integer"), /^Error: certificate: n is not an integer$/);
 * ```
 */
export function fail(what: string, problem: string): never {
  throw new Error(`certificate: ${what} ${problem}`);
}

const isText = (value: unknown) => typeof value === "string" && value !== "";
const isPositive = (value: unknown) => typeof value === "number" && value > 0 && value < Infinity;

/** A text. */
export const text = (kind: string): Field => [isText, kind];
/** A SHA-256 hash. */
export const hash: Field = [(value) => typeof value === "string" && /^[0-9a-f]{64}$/.test(value), "a SHA-256 hash"];
/** A positive, finite number. */
export const positive: Field = [isPositive, "a positive number"];
/** A number of probability. */
export const share: Field = [(value) => isPositive(value) && Number(value) < 1, "a number above 0 and below 1"];
/** An integer from a least one. */
export const count = (least = 0): Field => [
  (value) => Number.isSafeInteger(value) && Number(value) >= least,
  least === 0 ? "an integer" : `an integer, ${least} or more`,
];
/** One of some names. */
export const oneOf = (names: readonly string[]): Field => [
  (value) => names.includes(value as string),
  `one of ${names.join(", ")}`,
];

/**
 * Whether a value is an object with certain fields and no others, which are as they should be.
 *
 * @param fields What each must be.
 * @returns Says it of a value.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { count, hasFields } from "./fields.ts";
 *
 * const isRequest = hasFields({ S: count(1)[0] });
 * assert.deepEqual([{ S: 1 }, { S: 0 }, { S: 1, note: "" }, null].map(isRequest), [true, false, false, false]);
 * ```
 */
export function hasFields(fields: Readonly<Record<string, (value: unknown) => boolean>>): (value: unknown) => boolean {
  const names = Object.entries(fields);
  return (value) =>
    isObject(value) && Object.keys(value).length === names.length &&
    names.every(([name, holds]) => Object.hasOwn(value, name) && holds(value[name]));
}

/**
 * Makes sure that fields are as they should be.
 *
 * @param content The fields, and perhaps others.
 * @param fields What each must be.
 * @throws {Error} Naming the first that is not.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { checkFields, positive } from "./fields.ts";
 *
 * assert.throws(() => checkFields({ sigma: 0 }, { sigma: positive }), /sigma is not a positive number: 0/);
 * ```
 */
export function checkFields(
  content: Readonly<Record<string, unknown>>,
  fields: Readonly<Record<string, Field>>,
): void {
  for (const [name, [holds, kind]] of Object.entries(fields)) {
    const value = Object.hasOwn(content, name) ? content[name] : undefined;
    if (!holds(value)) fail(name, `is not ${kind}: ${asJson(value)}`);
  }
}

/** Numbers closer than this, relatively, are equal: another machine's exponential may round differently. */
export const ROUNDING = 1e-9;

function agrees(found: unknown, expected: unknown): boolean {
  if (typeof expected === "number") {
    return typeof found === "number" && Math.abs(found - expected) <= ROUNDING * Math.abs(expected);
  }
  if (Array.isArray(expected)) {
    return Array.isArray(found) && found.length === expected.length &&
      expected.every((part, i) => agrees(found[i], part));
  }
  if (!isObject(expected)) return found === expected;
  const parts = Object.entries(expected).map(([name, part]) => [name, (value: unknown) => agrees(value, part)]);
  return hasFields(Object.fromEntries(parts))(found);
}

/**
 * Makes sure that fields are those that follow from others, numbers up to a relative error of 1e-9, and that there are
 * no more than those.
 *
 * @param content All fields.
 * @param claimed Names of those that are given.
 * @param following Those that follow.
 * @throws {Error} Naming the first that does not agree, or is no field.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { checkFollowing } from "./fields.ts";
 *
 * assert.throws(() => checkFollowing({ n: 2, m: 1 }, ["n"], { m: 3 }), /m is 1, but the other fields give 3/);
 * assert.throws(() => checkFollowing({ n: 2, m: 3, note: "" }, ["n"], { m: 3 }), /"note" is no field/);
 * ```
 */
export function checkFollowing(
  content: Readonly<Record<string, unknown>>,
  claimed: readonly string[],
  following: Readonly<Record<string, unknown>>,
): void {
  const known = new Set([...claimed, ...Object.keys(following)]);
  const stranger = Object.keys(content).find((name) => !known.has(name));
  if (stranger !== undefined) fail(quoted(stranger), "is no field of a certificate");
  for (const [name, expected] of Object.entries(following)) {
    if (agrees(content[name], expected)) continue;
    fail(name, `is ${asJson(content[name])}, but the other fields give ${asJson(expected)}`);
  }
}
