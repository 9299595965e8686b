/**
 * The accountant of Langevin unlearning (arXiv 2401.10371), by Rényi differences.
 *
 * Theorem numbers are those under which arXiv 2403.17105 (Appendix P) restates the paper.
 * @module
 */
import type { Accountant } from "./accountant.ts";
import { type Chain, checkHistory, gradientsChanged, type History } from "./history.ts";
import { assertStronglyConvex } from "../model/problem.ts";
import { type Difference, type Orders, type Renyi, tightest, tightestCks, tightestWithin } from "./renyi.ts";

/**
 * The weak triangle inequality of Rényi divergences that chains requests: `half` splits an order α as (2α, 2α)
 * (released code, published results), `tight` as (2α − 1, 2α) (the code until 15 January 2024, and arXiv 2403.17105).
 */
export type Triangle = typeof TRIANGLES[number];

/** The names of the weak triangle inequalities. */
export const TRIANGLES = ["half", "tight"] as const;

/** How the original differs from its theorem. */
export interface LangevinOptions {
  /** Orders to search once there are steps of unlearning; all of them without it. */
  readonly orders?: Orders;
  /** Which weak triangle inequality; `tight` by default. */
  readonly triangle?: Triangle;
  /** Which conversion to (ε, δ), where all orders are searched: the paper's, or that of Canonne, Kamath and Steinke. */
  readonly conversion?: "paper" | "cks";
}

/** log ε0(1), and the sum of the absolute values of its terms. */
function logInitial(chain: Chain, S: number): Pick<Difference, "log" | "size"> {
  const { problem: { n, m, M }, sigma } = chain;
  const logs = [
    ...[gradientsChanged(chain), S, M].map((factor) => 2 * Math.log(factor)),
    ...[-2 * Math.log(sigma), -2 * Math.log(n), -Math.log(m)],
  ];
  return { log: logs.reduce((sum, log) => sum + log), size: logs.reduce((sum, log) => sum + Math.abs(log), 0) };
}

/**
 * ε0(α) = 4αS²M²/(mσ²n²), the Rényi difference between learning with and without S rows (Theorem P.2 without its factor
 * 1 − exp(−mηT) < 1; `epsilon0_`); a quarter of it for null rows, whose gradients go and none comes.
 *
 * @param chain The constants, σ and what a removed row becomes.
 * @param S The number of rows.
 * @param order α.
 * @returns ε0(α).
 * @throws {RangeError} If a number is out of range.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { initialRenyi } from "./langevin.ts";
 * import { makeProblem } from "../model/problem.ts";
 *
 * const chain = { problem: makeProblem({ n: 11982, d: 784, lambda: 1e-6 }), sigma: 0.03 };
 * assert.ok(initialRenyi(chain, 10, 2) > 99 * initialRenyi(chain, 1, 2));
 * ```
 */
export function initialRenyi(chain: Chain, S: number, order: number): number {
  checkHistory({ ...chain, requests: [{ S, K: 0 }] });
  if (!(order > 1 && order < Infinity)) throw new RangeError(`order must be above 1 and finite, got ${order}`);
  return order * Math.exp(logInitial(chain, S).log);
}

/** The difference ε(α) + ε'(α) of two. */
function plus(a: Difference, b: Difference): Difference {
  const [less, more] = a.log < b.log ? [a, b] : [b, a];
  const ratio = Math.exp(less.log - more.log);
  const mean = (of: "elasticity" | "size") => (more[of] + ratio * less[of]) / (1 + ratio);
  return { log: more.log + Math.log1p(ratio), elasticity: mean("elasticity"), size: 1 + mean("size") };
}

/** The difference ε(α)·f(α) from log f and its elasticity. */
function times({ log, elasticity, size }: Difference, logFactor: number, ofFactor: number): Difference {
  return { log: log + logFactor, elasticity: elasticity + ofFactor, size: size + Math.abs(logFactor) };
}

/**
 * e_s(α) after all requests (`epsilon_expression`, `epsilon_s_with_alpha`): e_1(α) = exp(−k_1·mη/α)·ε0(α) (Theorems P.1
 * and P.2, equation 98), then chained by the weak triangle inequality (Mironov 2017). Request r of s is at order
 * 2^(s−r)·α: a sequence of any length stays within float64, since orders enter by their logarithms and reciprocals.
 */
function renyiAfter(history: History, triangle: Triangle): Renyi {
  const { problem: { m, eta }, requests } = history;
  const initials = requests.map(({ S }) => logInitial(history, S));
  const last = requests.length - 1;
  return (order, excess) => {
    const logOrder = Math.log1p(excess);
    const at = (request: number): Difference => {
      const doublings = last - request;
      const a = order * 2 ** doublings;
      const initial = times({ ...initials[request], elasticity: 1 }, logOrder + doublings * Math.LN2, 0);
      const decay = -requests[request].K * m * eta / a;
      if (request === 0) return times(initial, decay, -decay);
      // (a − ½)/(a − 1), and ε0 at the order 2a or 2a − 1.
      const half = 0.5 / (2 ** doublings * excess + (2 ** doublings - 1));
      const weight = [Math.log1p(half), -half / (1 - 0.5 / a)] as const;
      const before = differences[request - 1];
      const doubled = times(initial, Math.LN2, 0);
      const sum = triangle === "half"
        ? times(plus(doubled, before), ...weight)
        : plus(times(doubled, Math.log1p(-0.5 / a), 0.5 / (a - 0.5)), times(before, ...weight));
      return times(sum, decay, -decay);
    };
    const differences: Difference[] = [];
    for (let request = 0; request <= last; request++) differences.push(at(request));
    return differences[last];
  };
}

function checkCovered({ problem, batchSize = problem.n }: History): void {
  const { n, L, eta } = problem;
  assertStronglyConvex(problem);
  if (batchSize !== n) throw new RangeError(`the paper's accountant is for the full batch: batchSize must be ${n}`);
  if (eta * L > 1 + 1e-12) throw new RangeError(`the paper's accountant needs eta ≤ 1/L, got ${eta} with L = ${L}`);
}

/**
 * The paper's accountant. It covers steps of length η ≤ 1/L on the full batch, with or without a projection, from a
 * start that satisfies the logarithmic Sobolev inequality with the constant 2σ²/m, as N(0, 2σ²/m) does; any number of
 * steps of learning.
 *
 * @param options How the original differs.
 * @returns The accountant; its guarantees are attained at an order `alpha`.
 * @throws {RangeError} If there is no such triangle inequality.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { langevinAccountant } from "./langevin.ts";
 * import { makeProblem } from "../model/problem.ts";
 *
 * const problem = makeProblem({ n: 11982, d: 784, lambda: 1e-6 });
 * const epsilonAfter = (K: number) =>
 *   langevinAccountant().guarantee({ problem, sigma: 0.03, requests: [{ S: 10, K }] }, 1 / 11982).epsilon;
 * assert.ok(epsilonAfter(777) > 1 && epsilonAfter(778) < 1);
 * ```
 */
export function langevinAccountant(
  { orders, triangle = "tight", conversion = "paper" }: LangevinOptions = {},
): Accountant {
  if (!TRIANGLES.includes(triangle)) {
    throw new RangeError(`triangle must be one of ${TRIANGLES.join(", ")}, got ${triangle}`);
  }
  return {
    name: "paper",
    theorem: "arXiv 2401.10371, Theorems 3.2 and 3.3 (arXiv 2403.17105, Theorems P.1 and P.2)",
    guarantee(history, delta) {
      checkHistory(history);
      checkCovered(history);
      const renyi = renyiAfter(history, triangle);
      const unlearns = history.requests.some(({ K }) => K > 0);
      if (orders && unlearns) return tightestWithin(renyi, delta, orders);
      return conversion === "cks" ? tightestCks(renyi, delta) : tightest(renyi, delta);
    },
  };
}
