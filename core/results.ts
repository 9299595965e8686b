/**
 * What an experiment leaves behind: `trials.csv`, `summary.csv`, `run.json` and, on demand, the original's `.npy` files.
 * @module
 */

/** What one array of accuracies was measured for; columns of `trials.csv` and `summary.csv`. Absent values stay empty. */
export interface Cell {
  /** Such as `LMC learn` or `D2D unlearn`. */
  readonly method: Method;
  /** The original's name of the array's file, relative to the experiment's folder. */
  readonly array: string;
  /** Target number of unlearning steps, of Figure 3a. */
  readonly k?: number;
  /** Target ε. */
  readonly epsilon?: number;
  /** σ of the Langevin steps, or the standard deviation of the noise that Descent-to-Delete adds. */
  readonly sigma?: number;
  /** S, the number of rows removed. */
  readonly num_remove?: number;
  /** Which request of a sequence. */
  readonly step?: number;
  /** Factor on the iterations of sequential Descent-to-Delete. */
  readonly i_factor?: number;
}

/** What was done to get the weights. */
export type Method =
  | "LMC learn"
  | "LMC retrain"
  | "LMC unlearn"
  | "LMC learn noiseless"
  | "LMC retrain noiseless"
  | "D2D learn"
  | "D2D retrain"
  | "D2D unlearn";

/** The accountant's numbers behind a cell; further columns of `summary.csv`. */
export interface Certificate {
  /** Unlearning steps that the guarantee asks for. */
  readonly K?: number;
  /** α, the Rényi order at which the guarantee is tightest. */
  readonly alpha?: number;
  /** ε0, the guarantee before any unlearning step. */
  readonly epsilon0?: number;
}

/** A row of `summary.csv`. */
export interface Summary extends Cell, Certificate {
  /** Name of the dataset. */
  readonly dataset: string;
  /** Number of trials. */
  readonly n: number;
  /** Mean accuracy. */
  readonly mean: number;
  /** Population standard deviation of the accuracy. */
  readonly std: number;
  /** Smoothness constant. */
  readonly L: number;
  /** Length of a Langevin step. */
  readonly eta: number;
}
