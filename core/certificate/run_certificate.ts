/**
 * The certificates of version 0.2 and 0.3, of one request unlearned by a chain in float32: whether they hold. None are
 * made any more, see `model_certificate.ts`.
 * @module
 */
import type { Accountant } from "../accountant/accountant.ts";
import { ACCOUNTANTS, openAccountant } from "../accountant/accountants.ts";
import { NEIGHBOURS, type Neighbours } from "../accountant/history.ts";
import { langevinAccountant } from "../accountant/langevin.ts";
import { makeProblem, type Problem } from "../model/problem.ts";
import { isCount, isObject } from "../text/json.ts";
import {
  checkFields,
  checkFollowing,
  count,
  fail,
  type Field,
  hasFields,
  hash,
  oneOf,
  positive,
  ROUNDING,
  share,
  text,
} from "./fields.ts";
import { digestOf } from "./signed.ts";

/** What a certificate is about; all else in it follows. */
export interface RunClaim {
  /** Version of the program. */
  readonly program: string;
  /** Name of the dataset. */
  readonly dataset: string;
  /** SHA-256 of the training rows, and of those that remain, see {@linkcode hashRows}. */
  readonly data: { readonly before: string; readonly remaining: string };
  /** SHA-256 of the file of unlearned weights. */
  readonly weights: string;
  /** Test accuracy of the learned and of the unlearned weights. */
  readonly accuracy: { readonly learned: number; readonly unlearned: number };
  /** Numbers of the removed rows, from 0. */
  readonly removed: readonly number[];
  /** What a removed row became. */
  readonly neighbours: Neighbours;
  /** n, the number of training rows. */
  readonly n: number;
  /** d, the number of features. */
  readonly d: number;
  /** Number of classes: the loss is logistic for 2 and softmax for more. */
  readonly classes: number;
  /** λ, the regularization of one row. */
  readonly lambda: number;
  /** σ. */
  readonly sigma: number;
  /** Name of the accountant, see {@linkcode ACCOUNTANTS}. */
  readonly accountant: string;
  /** The target ε. */
  readonly epsilon: number;
  /** δ. */
  readonly delta: number;
  /** K, the number of unlearning steps. */
  readonly K: number;
  /** T, the number of learning steps. */
  readonly T: number;
  /** Seed of all random numbers. Who knows it knows the noise. */
  readonly seed: number;
}

/** How many roundings of the largest weight the noise of a step must exceed. */
const LEAST_NOISE = 2 ** 10;

/** Standard deviations beyond which no weight of the start is. */
const FARTHEST = 8;

/** The relative distance of neighbours in float32. */
const FLOAT32_ULP = 2 ** -23;

type Constants = Pick<Problem, "m" | "M" | "eta">;

/**
 * Whether the noise of a step was large beside the rounding of weights to float32, judged by numbers alone: gradients
 * of norm M hold the weights within M/m of 0, and the start is within some deviations. Noise below the rounding of a
 * weight is none; a thousand times above, what rounding adds to a step is lost in it.
 */
function hasNoise({ m, M, eta }: Constants, sigma: number): boolean {
  const largest = M / m + FARTHEST * sigma * Math.sqrt(2 / m);
  return Math.sqrt(2 * eta) * sigma >= LEAST_NOISE * FLOAT32_ULP * largest;
}

/** What is guaranteed, `steps` being the number of steps and `rows` what the removed rows became. */
const statementOf = (steps: string, rows: string) =>
  "The law of the unlearned weights is (epsilon, delta)-indistinguishable from that of weights learned " +
  `in ${steps} steps from the same law of the start on ${rows}.`;

const ROWS: Readonly<Record<Neighbours, string>> = {
  replaced: "rows in which random ones replace the removed ones",
  null: "the remaining rows alone, n as before",
};

/** Against whom an accountant's guarantee is, and what it supposes. */
const CONDITIONS = [
  "It is against one who sees the unlearned weights, and neither the learned ones nor the seed: erase both.",
  "The rows to remove, K, T and sigma were chosen without looking at weights, and no run was discarded for its result.",
  "n, the number of removed rows and the constants are public.",
  "The theorem is of real arithmetic; the weights were computed in float32.",
];

/** What follows from the numbers of a claim. */
function consequencesOf(
  claim: Pick<RunClaim, "n" | "d" | "classes" | "lambda" | "sigma" | "removed" | "neighbours" | "delta" | "K" | "T">,
  accountant: Accountant,
) {
  const { n, d, classes, lambda, sigma, removed: { length: S }, neighbours, delta, K, T } = claim;
  const problem = makeProblem({ n, d, classes, lambda });
  const { L, m, M, eta } = problem;
  const after = (K: number) => accountant.guarantee({ problem, sigma, T, neighbours, requests: [{ S, K }] }, delta);
  const { epsilon: reached, at } = after(K);
  const { epsilon: epsilon0 } = after(0);
  const variance = 2 * sigma ** 2 / m;
  if (!(variance < Infinity)) throw new RangeError(`sigma ${sigma} is too large for float64`);
  return {
    statement: statementOf("T + K", ROWS[neighbours]),
    theorem: accountant.theorem,
    conditions: CONDITIONS,
    ...{ S, L, m, M, eta },
    start: { mean: 0, variance },
    ...(epsilon0 < Infinity && { epsilon0 }),
    ...{ reached, at },
  };
}

const isShare = (value: unknown) => typeof value === "number" && value >= 0 && value <= 1;

/** What every field of a claim must be. */
const CLAIM: { readonly [Name in keyof RunClaim]: Field } = {
  program: text("a version"),
  dataset: text("a name"),
  data: [hasFields({ before: hash[0], remaining: hash[0] }), "two SHA-256 hashes, before and remaining"],
  weights: hash,
  accuracy: [hasFields({ learned: isShare, unlearned: isShare }), "two numbers from 0 to 1, learned and unlearned"],
  removed: [(value) => Array.isArray(value) && value.length > 0 && value.every(isCount), "a list of row numbers"],
  neighbours: oneOf(NEIGHBOURS),
  n: count(),
  d: count(),
  classes: count(),
  lambda: positive,
  sigma: positive,
  accountant: [(value) => Object.hasOwn(ACCOUNTANTS, String(value)), "the name of an accountant of this version"],
  epsilon: positive,
  delta: share,
  K: count(),
  T: count(),
  seed: [(value) => isCount(value) && value < 2 ** 32, "an integer below 2^32"],
};

/** The orders that version 0.2 searched. */
const OLD_ORDERS = [1, 10_000] as const;

/**
 * The claim of a certificate, what follows from it, and the names of what is claimed. A certificate of version 0.2 names no
 * accountant and no conditions: it has the paper's, δ = 1/n, T as `burnIn` and α by itself.
 */
function readClaim(content: Readonly<Record<string, unknown>>) {
  const isOld = !Object.hasOwn(content, "accountant");
  const old = { accountant: "paper", neighbours: "replaced", T: content.burnIn, delta: 1 / Number(content.n) };
  const fields: Readonly<Record<string, unknown>> = isOld ? { ...content, ...old } : content;
  checkFields(fields, CLAIM);
  const claim = fields as unknown as RunClaim;
  const follow = (accountant: Accountant) => {
    try {
      return consequencesOf(claim, accountant);
    } catch (error) {
      return fail("its numbers", `are refused: ${(error as Error).message}`);
    }
  };
  if (!isOld) {
    const consequences = follow(openAccountant(claim.accountant));
    return { claim, consequences, claimed: Object.keys(CLAIM) };
  }
  const { at: { alpha }, conditions: _, ...others } = follow(langevinAccountant({ orders: OLD_ORDERS }));
  const consequences = { ...others, statement: statementOf("burnIn + K", ROWS.replaced), alpha, delta: claim.delta };
  const claimed = Object.keys(CLAIM).filter((field) => !Object.hasOwn(old, field));
  return { claim, consequences, claimed: [...claimed, "burnIn"] };
}

/**
 * Checks a certificate of version 0.2 or 0.3: every field is what it should be, the constants follow from n, d, λ, σ and
 * the number of classes, K steps reach the target ε by the accountant that it names, and no field was changed. Those are
 * refused whose noise may have been lost in the rounding of weights to float32.
 * That the data and weights are those of the hashes, that the weights were computed so, and that the conditions were
 * kept, is for the holder of the data to check; whoever can make a certificate can also make a wrong one that is
 * consistent.
 *
 * @param certificate What was in `certificate.json`.
 * @returns ε, recomputed from the constants.
 * @throws {Error} Naming the field that does not hold.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { verifyCertificate } from "./run_certificate.ts";
 *
 * await assert.rejects(verifyCertificate({ n: 1000 }), /^Error: certificate: program is not a version/);
 * ```
 */
export async function verifyCertificate(certificate: unknown): Promise<number> {
  if (!isObject(certificate)) return fail("it", "is not an object");
  const { digest, ...content } = certificate;
  const { claim, consequences, claimed } = readClaim(content);
  checkFollowing(content, claimed, consequences);
  requireHolds(claim, consequences);
  if (digest !== await digestOf(JSON.stringify(content))) {
    fail("digest", "is not that of the other fields: one of them was changed");
  }
  return consequences.reached;
}

/** Makes sure that a claim is one of a deletion, that its K steps reach its ε, and that float32 left noise in them. */
function requireHolds(claim: RunClaim, { reached, m, M, eta }: Constants & { readonly reached: number }): void {
  const { removed, n, data, epsilon, sigma } = claim;
  if (new Set(removed).size < removed.length) fail("removed", "has a row twice");
  const stray = removed.find((row) => row >= n);
  if (stray !== undefined) fail("removed", `has row ${stray}, where n is ${n}`);
  if (data.before === data.remaining) fail("data", "has the same hash before and after");
  if (reached > epsilon * (1 + ROUNDING)) fail("epsilon", `is ${epsilon}, but K steps reach ${reached}`);
  if (!hasNoise({ m, M, eta }, sigma)) {
    fail("sigma", `is ${sigma}: the weights were computed in float32, whose rounding swallows such noise`);
  }
}
