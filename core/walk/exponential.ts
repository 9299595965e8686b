/**
 * e^{−t} by + − · / alone, of which the standard fixes every bit: a walk is the same in every engine, and what is proved
 * of its rounding does not rest on `Math.exp`.
 * @module
 */

/** The first 32 binary digits of ln 2, whose multiples up to 2²⁰ are exact, and the rest. */
const LN2_HIGH = 0xb17217f7 / 2 ** 32;
const LN2_LOW = 1.908214929270587816e-10;

/** From here on e^{−t}, below 1e-304, is 0. */
const LARGEST = 700;

/** 1/k! for k = 2, 3, …, 13: of the series of e^r, |r| ≤ ln 2/2, what follows is below 2⁻⁵⁷. */
const [C2, C3, C4, C5, C6, C7, C8, C9, C10, C11, C12, C13] = reciprocalFactorials(13).slice(2);

function reciprocalFactorials(most: number): number[] {
  const factorials = [1];
  for (let k = 1; k <= most; k++) factorials.push(factorials[k - 1] * k);
  return factorials.map((factorial) => 1 / factorial);
}

/** 2^{−k}, exactly. */
const POWERS = new Float64Array(Math.ceil(LARGEST / LN2_HIGH) + 1);
for (let k = 0, power = 1; k < POWERS.length; k++, power /= 2) POWERS[k] = power;

/** What the relative error of {@linkcode expMinus} stays below. */
export const EXP_ERROR = 8 * 2 ** -53;

/**
 * e^{−t} to a relative error below {@linkcode EXP_ERROR}.
 *
 * @param t A number, 0 or more.
 * @returns e^{−t}; 0 beyond 700.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { expMinus } from "./exponential.ts";
 *
 * assert.deepEqual([0, 1, 701].map(expMinus), [1, 0.36787944117144233, 0]);
 * ```
 */
export function expMinus(t: number): number {
  if (t > LARGEST) return 0;
  const k = Math.floor(t / LN2_HIGH + 0.5);
  const r = (k * LN2_HIGH - t) + k * LN2_LOW;
  const upper = C8 + r * (C9 + r * (C10 + r * (C11 + r * (C12 + r * C13))));
  const tail = C2 + r * (C3 + r * (C4 + r * (C5 + r * (C6 + r * (C7 + r * upper)))));
  return (1 + (r + r * r * tail)) * POWERS[k];
}
