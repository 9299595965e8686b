/**
 * What the page that learns and unlearns computes: MNIST 3 against 8 with Langevin chains, by the exact accountant.
 * @module
 */
import { fewestSteps } from "../accountant/calibrate.ts";
import { exactAccountant } from "../accountant/exact.ts";
import type { Request } from "../accountant/history.ts";
import type { Engine, TrainingSet } from "../engines/engine.ts";
import { langevin, langevinStart } from "../learning/chains.ts";
import { testAccuracies } from "../model/accuracy.ts";
import { learningSteps, makeProblem } from "../model/problem.ts";
import { nullRows } from "../model/removal.ts";
import type { Dataset } from "../model/rows.ts";

/** What the user chooses. */
export interface Wishes {
  /** λ. */
  readonly lambda: number;
  /** σ. */
  readonly sigma: number;
  /** ε after every request. */
  readonly epsilon: number;
  /** δ. */
  readonly delta: number;
  /** The seed of all noise. */
  readonly seed: number;
}

/** A state of the model, as the page shows it. */
export interface Shown {
  /** The weights. */
  readonly weights: Float32Array;
  /** The share of test rows that they tell right. */
  readonly accuracy: number;
  /** How many rows were unlearned in all. */
  readonly removed: number;
  /** Steps: T of learning, or K of the last request. */
  readonly steps: number;
  /** T. */
  readonly T: number;
  /** ε of the rows of the last request before and after its steps; none after learning. */
  readonly epsilon?: { readonly before: number; readonly after: number };
}

/** A model that learns once, and unlearns again and again. */
export interface Model {
  /** The present state. */
  readonly shown: Shown;
  /** Unlearns rows, by their numbers. */
  unlearn(rows: readonly number[]): Promise<Shown>;
}

/**
 * Learns.
 *
 * @param engine Computes the steps.
 * @param data The rows.
 * @param wishes What the user chooses.
 * @returns The model.
 * @throws {RangeError} If a number is out of range.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { openWasmEngine } from "../browser.ts";
 * import { learnModel } from "./try.ts";
 *
 * const rows = { features: Float32Array.of(1, 0, 0, 1), labels: Float32Array.of(1, -1), count: 2, dimension: 2 };
 * const [train, test] = [{ ...rows, outputs: 1 }, { ...rows, outputs: 1 }];
 * const wishes = { lambda: 0.1, sigma: 0.001, epsilon: 1, delta: 0.01, seed: 0 };
 * const engine = await openWasmEngine();
 * const { shown } = await learnModel(engine, { name: "two", train, test, classNames: ["b", "a"] }, wishes);
 * assert.deepEqual([shown.accuracy, shown.removed], [1, 0]);
 * engine.dispose();
 * ```
 */
export async function learnModel(engine: Engine, { train, test }: Dataset, wishes: Wishes): Promise<Model> {
  const { lambda, sigma, epsilon, delta, seed } = wishes;
  const problem = makeProblem({ n: train.count, d: train.dimension, lambda });
  const T = learningSteps(problem);
  const setting = { engine, problem, seed, trials: 1 };
  const chain = { problem, sigma, T, neighbours: "null" } as const;
  const [accountant, target] = [exactAccountant(), { epsilon, delta }];
  const requests: Request[] = [];
  const removed = new Set<number>();
  let rows: TrainingSet = engine.load(train);

  const walk = async (name: string, start: Float32Array, steps: number): Promise<Shown> => {
    const [weights] = await langevin(setting, rows, [{ name, sigma, start, steps }]);
    return { weights, accuracy: testAccuracies(test, weights)[0], removed: removed.size, steps, T };
  };

  let shown = await walk("learn", langevinStart(setting, "learn", sigma, { mean: 0 }), T);
  return {
    get shown() {
      return shown;
    },
    async unlearn(asked) {
      const fresh = [...new Set(asked)].filter((row) => !removed.has(row));
      if (fresh.length === 0) throw new RangeError("choose digits that are still there");
      const S = fresh.length;
      const { K, epsilon: after } = fewestSteps(accountant, { ...chain, requests }, S, target);
      const before = accountant.guarantee({ ...chain, requests: [...requests, { S, K: 0 }] }, delta).epsilon;
      const remaining = engine.replace(rows, fresh, nullRows(S, train));
      rows.dispose();
      rows = remaining;
      requests.push({ S, K });
      for (const row of fresh) removed.add(row);
      shown = { ...await walk(`unlearn${requests.length}`, shown.weights, K), epsilon: { before, after } };
      return shown;
    },
  };
}
