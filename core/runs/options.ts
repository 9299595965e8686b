/**
 * The values of the flags that decide a run.
 * @module
 */
import type { DataChoice } from "../datasets/load_dataset.ts";
import type { EngineChoice } from "../engines/open_engine.ts";
import type { Choices, Variant } from "../original/variants.ts";

/** What `--preset` sets unless the flag itself is given; it goes before what `--variant` sets. */
export const PRESETS = {
  paper: { burn_in: 10_000, num_trial: 100 },
  fast: { burn_in: 500, num_trial: 20, init_mean: 0 },
};

/** The flags that every script has, as far as the user gave them or they have a default of their own. */
export type SharedFlags =
  & DataChoice
  & Required<Pick<EngineChoice, "backend" | "kernels">>
  & Pick<EngineChoice, "threads">
  & Partial<Choices>
  & {
    /** λ. */
    readonly lam: number;
    /** Steps of learning, one less than are taken unless `extra_step` is off. */
    readonly burn_in?: number;
    /** Folder of the results. */
    readonly resultDir: string;
    /** Which variant of the method. */
    readonly variant: Variant;
    /** Which defaults, and where chains with σ ≥ 0.5 start. */
    readonly preset: keyof typeof PRESETS;
    /** Chains a cell. */
    readonly num_trial?: number;
    /** Seed of all random numbers. */
    readonly seed: number;
    /** Whether cells of a figure that draw from the same law share chains; not in the scripts of the sequel. */
    readonly share?: boolean | undefined;
    /** Whether to write `.npy` files too. */
    readonly save_npy: boolean;
    /** Number of the first trial. */
    readonly first_trial: number;
    /** Most chains that a device computes at a time. */
    readonly chains_at_once?: number;
    /** Seconds between two states of a running walk on the disk. */
    readonly checkpoint_seconds: number;
    /** Whether to remove first what an earlier run left. */
    readonly fresh: boolean;
  };

/** What the variant and the preset fill in. */
type Filled = Choices & Required<Pick<SharedFlags, "burn_in" | "num_trial">> & {
  /** The flags that depart from the variant, as a command line. */
  readonly departures: string;
  /** How many trials the whole has that the run is of, be it all or a part; unknown of `--trials`. */
  readonly all_trials?: number;
  /** Which part of the whole the run is, such as `0/4`, if it is a shard. */
  readonly shard?: string;
  /** The numbers of the trials, such as `0-1,4-5`, where they do not follow each other: of what was merged alone. */
  readonly trials?: string;
};

/** The values of a script's flags, all filled in. */
export type Complete<Flags> = Flags & Filled;

/** The values of the flags that every script has. */
export type SharedOptions = Complete<SharedFlags>;
