/**
 * The mistake of the file dates in the published Figure 3c of MNIST, kept out of the experiment.
 * @module
 */
import { FIGURE_3C_SIGMAS } from "./noise_scales.ts";
import type { Smoothness } from "./problem.ts";

/** As much of a lab as a mixture takes apart. */
interface LabParts {
  withSmoothness(smoothness: Smoothness): this;
  learn(...args: never): Promise<Float32Array[]>;
  unlearn(...args: never): Promise<Float32Array[]>;
  saveWeights(...args: never): void;
  saveArray(...args: never): void;
  saveTree(...args: never): void;
}

/** The flags that a mixture looks at. */
interface MixtureFlags {
  readonly mixture: boolean;
  readonly sigmas?: readonly number[];
}

/** The σ that is learned and unlearned with L = 1/4 + λn, and is not in `epsilon0.npy`. */
const MIXED = 0.01;

const nothing = () => {};
const none = () => Promise.resolve([]);

/**
 * Figure 3c that, with `--mixture 1`, is what the published files are: σ = 0.01 learns and unlearns with L = 1/4 + λn,
 * the others with the L of the run, and the files of K, α and ε0 are from L = 1/4 + λn throughout; `epsilon0.npy` is
 * without σ = 0.01.
 *
 * @param conduct The experiment.
 * @returns The experiment with or without the mixture.
 *
 * @example
 * ```ts
 * import { withMixture } from "./mixture.ts";
 * import type { Lab } from "../runs/lab.ts";
 *
 * withMixture((lab: Lab, { sigmas }: { mixture: boolean; sigmas?: readonly number[] }) => {
 *   console.log(lab.problem.L, sigmas);
 *   return Promise.resolve();
 * });
 * ```
 */
export function withMixture<Lab extends LabParts, Flags extends MixtureFlags>(
  conduct: (lab: Lab, flags: Flags) => Promise<void>,
): (lab: Lab, flags: Flags) => Promise<void> {
  return async (lab, flags) => {
    if (!flags.mixture) return await conduct(lab, flags);
    const { sigmas = FIGURE_3C_SIGMAS } = flags;
    const bound: Lab = lab.withSmoothness("bound");
    for (const [isMixed, own] of Map.groupBy(sigmas, (sigma) => sigma === MIXED)) {
      const part = isMixed ? bound : lab;
      await conduct({ ...part, saveArray: nothing, saveTree: nothing }, { ...flags, sigmas: own });
    }
    const filed = { ...bound, learn: none, unlearn: none, saveWeights: nothing };
    await conduct({ ...filed, saveArray: nothing }, { ...flags, sigmas });
    const shown = sigmas.filter((sigma) => sigma !== MIXED);
    await conduct({ ...filed, saveTree: nothing }, { ...flags, sigmas: shown });
  };
}
