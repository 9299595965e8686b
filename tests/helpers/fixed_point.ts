/**
 * Arithmetic on 100 decimal digits after the point, to see how float64 rounds.
 * @module
 */

/** 1. */
export const ONE = 10n ** 100n;

/** A float64 number, rounded towards −∞ where 100 digits do not hold it. */
export function fixed(x: number): bigint {
  let halvings = 0n;
  for (; !Number.isInteger(x); halvings++) x *= 2;
  return BigInt(x) * ONE >> halvings;
}

/** The product. */
export const times = (...factors: readonly bigint[]): bigint => factors.reduce((product, x) => product * x / ONE);

/** The ratio. */
export const over = (a: bigint, b: bigint): bigint => a * ONE / b;

/** e^x, by the series of e^(x/2^64). */
export function exp(x: bigint): bigint {
  const halvings = 64n;
  const small = x >> halvings;
  let [term, sum] = [ONE, ONE];
  for (let k = 1n; term !== 0n && term !== -1n; k++) sum += term = times(term, small) / k;
  for (let i = 0n; i < halvings; i++) sum = times(sum, sum);
  return sum;
}

/** log x, by Halley's steps from float64. */
export function log(x: bigint): bigint {
  let y = fixed(Math.log(toNumber(x)));
  for (let i = 0; i < 3; i++) {
    const power = exp(y);
    y += over(2n * (x - power), x + power);
  }
  return y;
}

/** The float64 number next to it, to some 15 digits. */
export const toNumber = (x: bigint): number => Number(x) / Number(ONE);
