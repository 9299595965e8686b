/**
 * The accountants by name.
 * @module
 */
import type { Accountant } from "./accountant.ts";
import { exactAccountant } from "./exact.ts";
import { langevinAccountant, type LangevinOptions } from "./langevin.ts";
import { noisySgdAccountant, type NoisySgdOptions } from "./noisy_sgd.ts";

/** How the original's scripts differ from the theorems. */
export type OriginalOptions = LangevinOptions & NoisySgdOptions;

/** Opens an accountant; those that the original does not have need not look at how its scripts differ. */
export type OpenAccountant = (original?: OriginalOptions) => Accountant;

/** The accountants by the name in `--accountant` and in certificates. */
export const ACCOUNTANTS: Record<string, OpenAccountant> = {
  paper: langevinAccountant,
  exact: () => exactAccountant(),
  sgd: noisySgdAccountant,
};

/**
 * Opens an accountant.
 *
 * @param name Its name.
 * @param original How the original's scripts differ from the theorems.
 * @returns The accountant.
 * @throws {RangeError} If there is none of this name.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { openAccountant } from "./accountants.ts";
 *
 * assert.match(openAccountant("paper").theorem, /2401.10371/);
 * assert.throws(() => openAccountant("none"), /no accountant none: there are paper, exact, sgd/);
 * ```
 */
export function openAccountant(name: string, original: OriginalOptions = {}): Accountant {
  if (Object.hasOwn(ACCOUNTANTS, name)) return ACCOUNTANTS[name](original);
  throw new RangeError(`no accountant ${name}: there are ${Object.keys(ACCOUNTANTS).join(", ")}`);
}
