/**
 * Audits after several numbers of steps of unlearning: models are made, and audited as they come.
 * @module
 */
import { outputsOf, type Problem } from "../model/problem.ts";
import { type Audit, audit } from "./audit.ts";
import { apartAfter } from "./gaussian_law.ts";
import type { Pair } from "./pairs.ts";
import { type Plan, type Sampler, sampleSides } from "./samplers.ts";

/** Audits of models after some numbers of steps. */
export type Audits = ReadonlyMap<number, Audit>;

/**
 * Makes models of both sides, and audits them.
 *
 * @param sampler Makes the models.
 * @param about Their data, the constants, and δ of the claim.
 * @param plan T, and the numbers of steps, ascending.
 * @returns The audits by K.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { latticeOf, walkProblem } from "../walk/lattice.ts";
 * import { auditAll } from "./audits.ts";
 * import { walkSampler } from "./samplers.ts";
 *
 * const rows = { features: Float32Array.of(0.5, 0), labels: Float32Array.of(1, 1), count: 2, dimension: 1, outputs: 1 };
 * const lattice = latticeOf(walkProblem({ n: 2, d: 1, lambda: 0.1 }), 0.1, 24);
 * const pair = { before: rows, after: rows, removed: rows };
 * const about = { pair, problem: lattice.problem, delta: 0.1 };
 * const audits = await auditAll(walkSampler(lattice, pair, 8), about, { T: 5, Ks: [0, 2] });
 * assert.deepEqual([...audits.keys()], [0, 2]);
 * ```
 */
export async function auditAll<State>(
  sampler: Sampler<State>,
  { pair: { before, after, removed }, problem, delta }: {
    readonly pair: Pair;
    readonly problem: Problem;
    readonly delta: number;
  },
  plan: Plan,
): Promise<Audits> {
  const { T, Ks, retrains = false, keepsLearned = false } = plan;
  const { eta, variance } = sampler;
  const size = problem.d * outputsOf(problem);
  const course = { before: retrains ? after : before, after, step: { ...problem, eta }, T, size, variance };
  // Given the learned models, those that follow tell nothing more.
  const aparts = apartAfter(course, keepsLearned ? Ks.map(() => 0) : Ks);
  const audits = new Map<number, Audit>();
  for await (const { K, ...sides } of sampleSides(sampler, plan)) {
    audits.set(K, audit(sides, { delta, apart: aparts[Ks.indexOf(K)], removed }));
  }
  return audits;
}
