/**
 * Files of the authors' result folder that are stale or wrong as published, and what one has to know of others.
 * @module
 */
interface Erratum {
  /** Matches `<dataset>/<experiment>/<file>`. */
  readonly files: RegExp;
  /** What is the matter. */
  readonly reason: string;
}

/** Files that are not compared. */
const WRONG: readonly Erratum[] = [
  {
    files: /^\w+\/baseline\/baseline_acc_unlearn_scratch\.npy$/,
    reason: "a copy of baseline_acc_scratch.npy",
  },
  {
    files: /^(MNIST|CIFAR10)\/baseline\/(baseline|lmc)_acc_(un)?learn_(scratch|finetune)[\d.]+\.npy$/,
    reason: "left over from a run of 8 January 2024 with other code",
  },
  {
    files: /^(MNIST|CIFAR10)\/paint_utility_s\/(acc_\w+_remove\d+|K_list)\.npy$/,
    reason: "left over from an older run with other code and σ = 0.1",
  },
  {
    files: /^CIFAR10_MULTI\/paint_utility_s\/acc_scratch_D\.npy$/,
    reason: "the chains had not converged",
  },
];

/** What explains a difference in files that are compared. */
const NOTES: readonly Erratum[] = [
  {
    files: /^MNIST\/paint_unlearning_sigma\/(K_dict|alpha_dict|epsilon0)/,
    reason: "published with L = 1/4 + λn, unlike the accuracies",
  },
  {
    files: /^CIFAR10\/paint_unlearning_sigma\/epsilon0/,
    reason: "published with an older definition of ε0",
  },
  {
    files: /\/paint_unlearning_sigma\/k_list_b(64|256)_/,
    reason: "published with the bounds of 25 January 2024 and ε = 1; of other b rewritten with ε = 0.01",
  },
];

/**
 * Why a file must not be compared.
 *
 * @param path `<dataset>/<experiment>/<file>`.
 * @returns The reason, if there is one.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { wrongAsPublished } from "./errata.ts";
 *
 * assert.match(wrongAsPublished("CIFAR10/paint_utility_s/K_list.npy") ?? "", /older run/);
 * assert.equal(wrongAsPublished("CIFAR10/paint_utility_s/1/K_list.npy"), undefined);
 * ```
 */
export function wrongAsPublished(path: string): string | undefined {
  return WRONG.find(({ files }) => files.test(path))?.reason;
}

/**
 * What explains a difference in a published file that is compared.
 *
 * @param path `<dataset>/<experiment>/<file>`.
 * @returns The note, empty if there is none.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { noteOn } from "./errata.ts";
 *
 * assert.match(noteOn("CIFAR10/paint_unlearning_sigma/epsilon0.npy"), /older definition/);
 * ```
 */
export function noteOn(path: string): string {
  return NOTES.find(({ files }) => files.test(path))?.reason ?? "";
}
