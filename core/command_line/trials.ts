/**
 * Which trials a run computes.
 * @module
 */
import { InvalidArgumentError } from "@commander-js/extra-typings";
import type { SharedOptions } from "../runs/options.ts";
import { integer } from "./values.ts";

/** Some of the trials. */
export type TrialRange = Pick<SharedOptions, "first_trial" | "num_trial">;

/** Some of the trials, and which part of the whole they are. */
export type TrialShard = TrialRange & Required<Pick<SharedOptions, "all_trials" | "shard">>;

/**
 * Parses the numbers of the first and the last trial, such as `50-99`.
 *
 * @param text What the user wrote.
 * @returns The trials.
 * @throws {InvalidArgumentError} If it is not so.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { trialRange } from "./trials.ts";
 *
 * assert.deepEqual(trialRange("50-99"), { first_trial: 50, num_trial: 50 });
 * ```
 */
export function trialRange(text: string): TrialRange {
  const [first, last] = text.split("-").map(integer(0, 2 ** 32 - 1));
  if (!/^\d+-\d+$/.test(text) || last < first) {
    throw new InvalidArgumentError("It is not the first and the last trial, such as 50-99.");
  }
  return { first_trial: first, num_trial: last - first + 1 };
}

/**
 * Parses one of several equal shards, such as `0/4`.
 *
 * @param text What the user wrote.
 * @returns The trials that it has of so many.
 * @throws {InvalidArgumentError} If it is not so.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { trialShard } from "./trials.ts";
 *
 * assert.deepEqual(trialShard("1/4")(100), { first_trial: 25, num_trial: 25, all_trials: 100, shard: "1/4" });
 * ```
 */
export function trialShard(text: string): (trials: number) => TrialShard {
  const [index, shards] = text.split("/").map(integer(0, 2 ** 32 - 1));
  if (!/^\d+\/\d+$/.test(text) || index >= shards) {
    throw new InvalidArgumentError("It is not one of several shards, such as 0/4 to 3/4.");
  }
  return (trials) => {
    const [first, end] = [index, index + 1].map((i) => Math.floor(i * trials / shards));
    if (end === first) throw new RangeError(`--shard ${text} of ${trials} trials is empty: take fewer shards`);
    return { first_trial: first, num_trial: end - first, all_trials: trials, shard: `${index}/${shards}` };
  };
}
