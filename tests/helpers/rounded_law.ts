/**
 * The law of round(τ·Z), Z ~ N(0, 1), in float64.
 * @module
 */
import { erfcx } from "../../core/accountant/gaussian.ts";

/** P(Z > x), x ≥ 0. */
const tail = (x: number) => erfcx(x / Math.SQRT2) * Math.exp(-x * x / 2) / 2;

/** P(round(τ·Z) = k). */
export function roundedPmf(tau: number, k: number): number {
  const [low, high] = [(Math.abs(k) - 0.5) / tau, (Math.abs(k) + 0.5) / tau];
  return k === 0 ? 1 - 2 * tail(high) : tail(low) - tail(high);
}

/** P(|Z| > x), x ≥ 0. */
export const twoTails = (x: number): number => 2 * tail(x);
