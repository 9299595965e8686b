/**
 * What is claimed of unlearned models, by accountants.
 * @module
 */
import type { Accountant } from "../accountant/accountant.ts";
import { gaussianEpsilon } from "../accountant/gaussian.ts";
import type { History } from "../accountant/history.ts";
import { muOfTranscript } from "../accountant/transcript.ts";
import type { Lattice } from "../walk/lattice.ts";
import { latticeAccountant, latticePhase } from "../walk/lattice_accountant.ts";

/** What is claimed of models. */
export interface Claim {
  /** By whom. */
  readonly name: string;
  /** ε after K steps. */
  readonly epsilonAfter: (K: number) => number;
}

/**
 * What an accountant claims.
 *
 * @param accountant The accountant.
 * @param history What happens, by K.
 * @param delta δ.
 * @returns The claim, which throws where the accountant does not cover the history.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { exactAccountant } from "../accountant/exact.ts";
 * import { makeProblem } from "../model/problem.ts";
 * import { claimOf } from "./claims.ts";
 *
 * const chain = { problem: makeProblem({ n: 11982, d: 784, lambda: 1e-6 }), sigma: 0.03 };
 * const { epsilonAfter } = claimOf(exactAccountant(), (K) => ({ ...chain, requests: [{ S: 100, K }] }), 1 / 11982);
 * assert.ok(epsilonAfter(60) < 1 && epsilonAfter(59) > 1);
 * ```
 */
export function claimOf(accountant: Accountant, history: (K: number) => History, delta: number): Claim {
  return {
    name: accountant.name,
    epsilonAfter: (K) => accountant.guarantee(history(K), delta).epsilon,
  };
}

/** A request that walks on a lattice serve. */
export interface WalkedRequest {
  /** The lattice. */
  readonly lattice: Lattice;
  /** Steps before the request. */
  readonly T: number;
  /** Rows that go. */
  readonly S: number;
  /** δ. */
  readonly delta: number;
}

/**
 * What is claimed of certified walks, against one who sees the last model, or the learned one too.
 *
 * @param request The request.
 * @param keepsLearned Whether the learned models are seen.
 * @returns The claim.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { latticeOf, walkProblem } from "../walk/lattice.ts";
 * import { walkClaim } from "./claims.ts";
 *
 * const lattice = latticeOf(walkProblem({ n: 11982, d: 784, lambda: 1e-6 }), 0.03, 24);
 * const request = { lattice, T: 115, S: 100, delta: 1e-6 };
 * assert.ok(walkClaim(request, false).epsilonAfter(26) < 1 && walkClaim(request, true).epsilonAfter(26) > 1);
 * ```
 */
export function walkClaim({ lattice, T, S, delta }: WalkedRequest, keepsLearned: boolean): Claim {
  if (!keepsLearned) {
    const { problem, sigma } = lattice;
    const history = (K: number) => ({ problem, sigma, T, neighbours: "null", requests: [{ S, K }] } as const);
    return claimOf(latticeAccountant(lattice), history, delta);
  }
  const muOfBoth = (K: number) => muOfTranscript([latticePhase(lattice, T, S), latticePhase(lattice, K, 0)]);
  return { name: "transcript of walks", epsilonAfter: (K) => gaussianEpsilon(muOfBoth(K), delta) };
}
