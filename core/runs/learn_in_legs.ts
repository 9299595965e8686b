/**
 * Learning that is measured on its way.
 * @module
 */
import { langevinStart } from "../learning/chains.ts";
import type { Lab, LangevinCell } from "./lab.ts";

/** Chains that are measured after more and more steps. */
export interface Legs {
  /** Names the random numbers of the start. */
  readonly name: string;
  /** The cell that so many steps of learning are recorded for. */
  cellAfter(steps: number): LangevinCell;
}

/**
 * Accuracy after more and more steps of learning, from a start of mean 0; of noisy stochastic gradient descent, epochs.
 * Every leg goes on where the one before ended, and takes what `--extra_step` adds.
 *
 * @param lab The lab; its chains learn all rows.
 * @param lengths After how many steps to measure, in any order.
 * @param chains What learns.
 *
 * @example
 * ```ts
 * import type { Lab } from "./lab.ts";
 * import { learnInLegs } from "./learn_in_legs.ts";
 *
 * const cellAfter = (step: number) => ({ method: "LMC learn", array: `acc_burnin${step}.npy`, sigma: 0.03, step } as const);
 * const search = (lab: Lab) => learnInLegs(lab, [1, 10, 100], [{ name: "0.03", cellAfter }]);
 * ```
 */
export async function learnInLegs(lab: Lab, lengths: readonly number[], chains: readonly Legs[]): Promise<void> {
  const sorted = lengths.toSorted((a, b) => a - b);
  let weights = chains.map(({ name, cellAfter }) => (
    langevinStart(lab, lab.stream(name), cellAfter(sorted[0]).sigma, { mean: 0 })
  ));
  for (const [leg, length] of sorted.entries()) {
    const cells = chains.map(({ cellAfter }) => cellAfter(length));
    const steps = length - (sorted[leg - 1] ?? 0);
    weights = await lab.walk(lab.trainingSet, cells, () => steps, weights);
    cells.forEach((cell, i) => lab.record(cell, weights[i]));
  }
}
