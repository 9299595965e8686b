/**
 * How the original's scripts account, where it is not as their theorem says.
 * @module
 */
import type { Accountant } from "../accountant/accountant.ts";
import { openAccountant } from "../accountant/accountants.ts";
import type { Neighbours } from "../accountant/history.ts";
import type { BoundVersion } from "../accountant/noisy_sgd.ts";
import type { Triangle } from "../accountant/langevin.ts";
import type { Problem } from "../model/problem.ts";
import type { Orders } from "../accountant/renyi.ts";

/** Whether the Rényi orders are those that the original searches, or all of them. */
export type OrderSearch = typeof ORDER_SEARCHES[number];

/** What removed rows become. */
export type Removal = typeof REMOVALS[number];

/** The names of what removed rows become. */
export const REMOVALS = ["random", "null"] as const;

/** The names of which orders are searched. */
export const ORDER_SEARCHES = ["boxed", "all"] as const;

/** By experiment; `main_lmc.py` has the same for all of its own. */
const ORDERS: Readonly<Record<string, Orders>> = {
  baseline: [2, 10_000],
  find_k: [2, 10_000],
  sequential2: [2, 100_000],
};

/**
 * The orders that the original searches in an experiment.
 *
 * @param experiment The experiment's folder.
 * @returns The interval.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { originalOrders } from "./accountant.ts";
 *
 * assert.deepEqual(originalOrders("paint_utility_s"), [1, 10_000]);
 * ```
 */
export function originalOrders(experiment: string): Orders {
  return ORDERS[experiment] ?? [1, 10_000];
}

/** The flags that choose an accountant. */
export interface AccountantFlags {
  /** Its name. */
  readonly accountant: string;
  /** Which orders it searches, where it searches any. */
  readonly orders: OrderSearch;
  /** Which weak triangle inequality chains requests, where one does. */
  readonly triangle: Triangle;
  /** Which version of the sequel's bounds; the released one without it. */
  readonly bound_version?: BoundVersion | undefined;
}

/**
 * The accountant of an experiment.
 *
 * @param flags The flags that choose it.
 * @param experiment The experiment's folder.
 * @returns The accountant.
 * @throws {RangeError} If there is none of this name.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { accountantFor } from "./accountant.ts";
 *
 * assert.equal(accountantFor({ accountant: "paper", orders: "boxed", triangle: "half" }, "baseline").name, "paper");
 * ```
 */
export function accountantFor(
  { accountant, orders, triangle, bound_version }: AccountantFlags,
  experiment: string,
): Accountant {
  return openAccountant(accountant, {
    triangle,
    ...(bound_version !== undefined && { version: bound_version }),
    ...(orders === "boxed" && { orders: originalOrders(experiment) }),
  });
}

/**
 * δ of an experiment.
 *
 * @param flags The user's δ; 1/n without it, as in the original.
 * @param problem n.
 * @returns δ.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { deltaFor } from "./accountant.ts";
 *
 * assert.equal(deltaFor({}, { n: 1000 }), 1e-3);
 * ```
 */
export function deltaFor({ delta }: { readonly delta?: number | undefined }, { n }: Pick<Problem, "n">): number {
  return delta ?? 1 / n;
}

/**
 * What a removed row becomes for the accountant, by the flag `--removal`.
 *
 * @param options The flags.
 * @returns Null rows, or other ones in their place.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { neighboursOf } from "./accountant.ts";
 *
 * assert.equal(neighboursOf({ removal: "random" }), "replaced");
 * ```
 */
export function neighboursOf({ removal }: { readonly removal: Removal }): Neighbours {
  return removal === "null" ? "null" : "replaced";
}
