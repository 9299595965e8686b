/**
 * How many models of both sides are made: by float32 chains side by side, by the walk of certified deletions one after
 * the other, or by Descent-to-Delete.
 * @module
 */
import { descentStepSize } from "../accountant/descent_to_delete.ts";
import type { Engine } from "../engines/engine.ts";
import { descend, langevin, langevinStart, publish } from "../learning/chains.ts";
import { outputsOf, type Problem } from "../model/problem.ts";
import { cellRegister } from "../model/random.ts";
import type { Lattice } from "../walk/lattice.ts";
import { freshNoise, walk, weightsOf } from "../walk/walk.ts";
import { varianceAt } from "./gaussian_law.ts";
import type { Pair } from "./pairs.ts";
import type { Models, Sides } from "./scores.ts";

/** Makes models; a state is that of all models of a side. */
export interface Sampler<State> {
  /** η. */
  readonly eta: number;
  /** The variance of a model along an eigenvector of the Hessian, by the eigenvalue and the number of steps. */
  variance(curvature: number, steps: number): number;
  /** Where the models of a side start. */
  start(name: string): State;
  /** Takes steps on D or D′; `name` names their noise, and no two calls may have the same. */
  advance(state: State, rows: "before" | "after", steps: number, name: string): Promise<State>;
  /** What is released of a state. */
  release(state: State, name: string): Models;
}

/** What samplers that use an engine are given. */
export interface Sampling {
  /** Computes the steps. */
  readonly engine: Engine;
  /** The constants. */
  readonly problem: Problem;
  /** σ. */
  readonly sigma: number;
  /** The data. */
  readonly pair: Pair;
  /** How many models a side has. */
  readonly trials: number;
  /** The seed. */
  readonly seed: number;
  /** Called now and then with the number of chain steps done since the last call. */
  readonly onChainSteps?: (done: number) => void;
}

const sizeOf = (problem: Problem) => outputsOf(problem) * problem.d;

/**
 * Langevin chains of an engine, as in the experiments: float32, all models of a side the columns of one matrix.
 *
 * @param sampling Engine, constants, data, number and seed.
 * @returns The sampler.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { openEngine } from "../engines/open_engine.ts";
 * import { makeProblem } from "../model/problem.ts";
 * import { chainSampler } from "./samplers.ts";
 *
 * const rows = { features: Float32Array.of(1, 1), labels: Float32Array.of(1, -1), count: 2, dimension: 1, outputs: 1 };
 * const engine = await openEngine({ backend: "wasm", threads: 1 });
 * const problem = makeProblem({ n: 2, d: 1, lambda: 0.1 });
 * const pair = { before: rows, after: rows, removed: rows };
 * const sampler = chainSampler({ engine, problem, sigma: 0.1, pair, trials: 3, seed: 1 });
 * const state = await sampler.advance(sampler.start("a"), "before", 5, "a");
 * assert.equal(sampler.release(state, "a").weights.length, 3);
 * engine.dispose();
 * ```
 */
export function chainSampler({ sigma, pair, ...setting }: Sampling): Sampler<Float32Array> {
  const { engine, problem } = setting;
  const { eta, m } = problem;
  const sets = { before: engine.load(pair.before), after: engine.load(pair.after) };
  const register = cellRegister();
  return {
    eta,
    variance: (curvature, steps) => varianceAt({ eta, sigma, start: 2 * sigma ** 2 / m, steps }, curvature),
    start: (name) => langevinStart(setting, name, sigma, { mean: 0 }),
    async advance(start, rows, steps, name) {
      register(name);
      const [state] = await langevin(setting, sets[rows], [{ name, sigma, start, steps }]);
      return state;
    },
    release: (weights) => ({ weights, size: sizeOf(problem) }),
  };
}

/**
 * Descent-to-Delete: descent without noise from 0, of whose state a copy with noise of deviation σ is released.
 *
 * @param sampling Engine, constants, data, number and seed.
 * @returns The sampler.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { openEngine } from "../engines/open_engine.ts";
 * import { makeProblem } from "../model/problem.ts";
 * import { descentSampler } from "./samplers.ts";
 *
 * const rows = { features: Float32Array.of(1, 1), labels: Float32Array.of(1, -1), count: 2, dimension: 1, outputs: 1 };
 * const engine = await openEngine({ backend: "wasm", threads: 1 });
 * const problem = makeProblem({ n: 2, d: 1, lambda: 0.1 });
 * const pair = { before: rows, after: rows, removed: rows };
 * const sampler = descentSampler({ engine, problem, sigma: 0.1, pair, trials: 3, seed: 1 });
 * const state = await sampler.advance(sampler.start("a"), "before", 5, "a");
 * assert.deepEqual(state, new Float32Array(3));
 * engine.dispose();
 * ```
 */
export function descentSampler({ sigma, pair, ...setting }: Sampling): Sampler<Float32Array> {
  const { engine, problem, trials } = setting;
  const sets = { before: engine.load(pair.before), after: engine.load(pair.after) };
  const register = cellRegister();
  return {
    eta: descentStepSize(problem),
    variance: () => sigma ** 2,
    start: () => new Float32Array(trials * sizeOf(problem)),
    async advance(start, rows, steps) {
      const [state] = await descend(setting, sets[rows], [{ start, steps }]);
      return state;
    },
    release(state, name) {
      register(name);
      return { weights: publish(setting, name, state, sigma), size: sizeOf(problem) };
    },
  };
}

/**
 * The walk of certified deletions, model after model, from 0, with fresh noise.
 *
 * @param lattice The lattice.
 * @param pair The data, of rows whose norm is 1 at most for certain.
 * @param trials How many models a side has.
 * @param onChainSteps Called after each step.
 * @returns The sampler.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { latticeOf, walkProblem } from "../walk/lattice.ts";
 * import { walkSampler } from "./samplers.ts";
 *
 * const rows = { features: Float32Array.of(0.5, 0), labels: Float32Array.of(1, 1), count: 2, dimension: 1, outputs: 1 };
 * const lattice = latticeOf(walkProblem({ n: 2, d: 1, lambda: 0.1 }), 0.1, 24);
 * const sampler = walkSampler(lattice, { before: rows, after: rows, removed: rows }, 3);
 * const state = await sampler.advance(sampler.start("a"), "before", 5, "a");
 * assert.equal(new Set(sampler.release(state, "a").weights).size, 3);
 * ```
 */
export function walkSampler(
  lattice: Lattice,
  pair: Pair,
  trials: number,
  onChainSteps: (done: number) => void = () => {},
): Sampler<readonly Float64Array[]> {
  const { problem, sigma } = lattice;
  const [{ eta }, size] = [problem, sizeOf(problem)];
  return {
    eta,
    variance: (curvature, steps) => varianceAt({ eta, sigma, start: 0, steps }, curvature),
    start: () => Array.from({ length: trials }, () => new Float64Array(size)),
    async advance(states, rows, steps) {
      const walked: Float64Array[] = [];
      for (const state of states) {
        const noise = await freshNoise(lattice);
        walked.push(await walk(lattice, () => [pair[rows]], state, steps, noise, () => onChainSteps(1)));
      }
      return walked;
    },
    release(states) {
      const weights = new Float64Array(trials * size);
      states.forEach((state, i) => weights.set(weightsOf(lattice, state), i * size));
      return { weights, size };
    },
  };
}

/** What the chains do, and when models are released. */
export interface Plan {
  /** T. */
  readonly T: number;
  /** The numbers of unlearning steps after which models are released, ascending. */
  readonly Ks: readonly number[];
  /** Whether the unlearned side is retrained too: then there is nothing to be found. */
  readonly retrains?: boolean;
  /** Whether the learned models are seen too: they are then the first weights of a model, and the others follow. */
  readonly keepsLearned?: boolean;
}

/**
 * Makes the models of both sides: those learned on D in T steps and unlearned on D′ in K, and those learned on D′ in
 * T + K steps. Those after K steps are what those after fewer become.
 *
 * @param sampler Makes models.
 * @param plan T, and the K.
 * @returns For each K the models of both sides.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { latticeOf, walkProblem } from "../walk/lattice.ts";
 * import { sampleSides, walkSampler } from "./samplers.ts";
 *
 * const rows = { features: Float32Array.of(0.5, 0), labels: Float32Array.of(1, 1), count: 2, dimension: 1, outputs: 1 };
 * const lattice = latticeOf(walkProblem({ n: 2, d: 1, lambda: 0.1 }), 0.1, 24);
 * const sampler = walkSampler(lattice, { before: rows, after: rows, removed: rows }, 3);
 * const found: number[] = [];
 * for await (const { K } of sampleSides(sampler, { T: 5, Ks: [0, 2] })) found.push(K);
 * assert.deepEqual(found, [0, 2]);
 * ```
 */
export async function* sampleSides<State>(
  sampler: Sampler<State>,
  { T, Ks, retrains = false, keepsLearned = false }: Plan,
): AsyncGenerator<{ readonly K: number } & Sides> {
  const learn = (side: string, rows: "before" | "after") =>
    sampler.advance(sampler.start(side), rows, T, `${side}, learning`);
  let unlearned = await learn("unlearned", retrains ? "after" : "before");
  let retrained = await learn("retrained", "after");
  const kept = keepsLearned
    ? [sampler.release(unlearned, "unlearned, learned"), sampler.release(retrained, "retrained, learned")]
    : [];
  const modelsOf = (state: State, index: number, name: string) => {
    const released = sampler.release(state, name);
    return index in kept ? joined(kept[index], released) : released;
  };
  let walked = 0;
  for (const K of Ks) {
    const steps = K - walked;
    if (steps > 0) {
      unlearned = await sampler.advance(unlearned, "after", steps, `unlearned, steps to ${K}`);
      retrained = await sampler.advance(retrained, "after", steps, `retrained, steps to ${K}`);
    }
    walked = K;
    yield {
      K,
      unlearned: modelsOf(unlearned, 0, `unlearned, after ${K}`),
      retrained: modelsOf(retrained, 1, `retrained, after ${K}`),
    };
  }
}

/** Models whose weights are those of two releases, one after the other. */
function joined(first: Models, second: Models): Models {
  const [count, size] = [first.weights.length / first.size, first.size + second.size];
  const weights = new Float64Array(count * size);
  for (let i = 0; i < count; i++) {
    weights.set(first.weights.subarray(i * first.size, (i + 1) * first.size), i * size);
    weights.set(second.weights.subarray(i * second.size, (i + 1) * second.size), i * size + first.size);
  }
  return { weights, size };
}
