/**
 * The certificate of one unlearned model: what was claimed, from what constants, and whether it holds.
 * @module
 */
import { initialEpsilon, unlearningEpsilon } from "./accountant.ts";
import { makeProblem, type Problem } from "./problem.ts";
import { isCount } from "../formats/parse_json.ts";
import { asJson } from "../quoted.ts";

/** What a certificate is about; all else in it follows. */
export interface Claim {
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
  /** The target ε. */
  readonly epsilon: number;
  /** K, the number of unlearning steps. */
  readonly K: number;
  /** T, the number of learning steps. */
  readonly burnIn: number;
  /** Seed of all random numbers. Who knows it knows the noise. */
  readonly seed: number;
}

/** A claim and what follows from it. */
export interface UnlearningCertificate extends Claim {
  /** What is guaranteed. */
  readonly statement: string;
  /** By what. */
  readonly theorem: string;
  /** δ = 1/n. */
  readonly delta: number;
  /** S, the number of removed rows. */
  readonly S: number;
  /** L: the loss is L-smooth. */
  readonly L: number;
  /** m = λn: the loss is m-strongly convex. */
  readonly m: number;
  /** M: the loss of a row without the regularizer is M-Lipschitz. */
  readonly M: number;
  /** η = 1/L, the length of a step. */
  readonly eta: number;
  /** Law of the start: normal, independent weights. */
  readonly start: { readonly mean: number; readonly variance: number };
  /** ε0, the guarantee before any unlearning step. */
  readonly epsilon0: number;
  /** The ε that K steps reach. */
  readonly reached: number;
  /** α, the Rényi order at which they do. */
  readonly alpha: number;
  /** SHA-256 of all other fields, as JSON in their order. */
  readonly digest: string;
}

const STATEMENT =
  "The law of the unlearned weights is (epsilon, delta)-indistinguishable from that of weights learned " +
  "in burnIn + K steps from the same law of the start on rows in which random ones replace the removed ones.";

const THEOREM = "arXiv 2401.10371, Theorems 3.2 and 3.3 (arXiv 2403.17105, Theorems P.1 and P.2)";

/**
 * The constants with which a certified model is learned: L = 1/4 + λn and M = 1 for two classes, L = 1/2 + λn and
 * M = √2 for more. These bounds hold for any rows of norm 1, so that no gradient is ever clipped.
 *
 * @param claim n, d, the number of classes and λ.
 * @returns The constants.
 * @throws {RangeError} If one is not positive, or there are fewer than two classes.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { certifiedProblem } from "./certificate.ts";
 *
 * assert.equal(certifiedProblem({ n: 1000, d: 5, classes: 3, lambda: 1e-4 }).smoothness, 0.6);
 * ```
 */
export function certifiedProblem({ n, d, classes, lambda }: Pick<Claim, "n" | "d" | "classes" | "lambda">): Problem {
  if (!(Number.isInteger(classes) && classes > 1)) throw new RangeError(`classes must be 2 or more, got ${classes}`);
  return classes === 2 ? makeProblem(n, d, lambda, 1) : makeProblem(n, d, lambda, Math.SQRT2, classes, 1 / 2);
}

/** What follows from a claim. */
function consequencesOf(claim: Claim): Omit<UnlearningCertificate, keyof Claim | "digest"> {
  const problem = certifiedProblem(claim);
  const { smoothness: L, strongConvexity: m, lipschitz: M, stepSize: eta, delta } = problem;
  const removal = { noiseScale: claim.sigma, numRemove: claim.removed.length };
  const { epsilon: reached, order: alpha } = unlearningEpsilon(problem, removal, claim.K);
  return {
    statement: STATEMENT,
    theorem: THEOREM,
    ...{ delta, S: removal.numRemove, L, m, M, eta },
    start: { mean: 0, variance: 2 * claim.sigma ** 2 / m },
    epsilon0: initialEpsilon(problem, removal).epsilon,
    ...{ reached, alpha },
  };
}

async function digestOf(content: unknown): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify(content));
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

/**
 * Completes a claim.
 *
 * The start is normal with variance 2σ²/m, which satisfies the logarithmic Sobolev inequality with the constant 2σ²/m,
 * and so do the weights after every step of length η ≤ 1/L (Theorem P.2). Hence ε0(α) = 4αS²M²/(mσ²n²) bounds the Rényi
 * difference between learning with and without the removed rows after any number of steps, stationary or not, and every
 * further step on the remaining rows shrinks it by exp(−mη/α) (Theorem P.1).
 *
 * @param claim The claim.
 * @returns The certificate.
 * @throws {RangeError} If a number of the claim is out of range.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { makeCertificate, verifyCertificate } from "./certificate.ts";
 *
 * const certificate = await makeCertificate({
 *   ...{ program: "0.1.0", dataset: "CSV", n: 1000, d: 5, classes: 2, lambda: 1e-3, removed: [4, 8] },
 *   ...{ sigma: 0.05, epsilon: 1, K: 9, burnIn: 100, seed: 7 },
 *   data: { before: "a".repeat(64), remaining: "b".repeat(64) },
 *   weights: "c".repeat(64),
 *   accuracy: { learned: 0.9, unlearned: 0.9 },
 * });
 * assert.ok(certificate.reached <= 1);
 * assert.equal(await verifyCertificate(certificate), certificate.reached);
 * ```
 */
export async function makeCertificate(claim: Claim): Promise<UnlearningCertificate> {
  const content = { ...claim, ...consequencesOf(claim) };
  return { ...content, digest: await digestOf(content) };
}

const isText = (value: unknown) => typeof value === "string" && value !== "";
const isHash = (value: unknown) => typeof value === "string" && /^[0-9a-f]{64}$/.test(value);
const isPositive = (value: unknown) => typeof value === "number" && value > 0 && value < Infinity;
const isShare = (value: unknown) => typeof value === "number" && value >= 0 && value <= 1;

/** Whether a value is an object whose fields are as they should be. */
const hasFields = (fields: Readonly<Record<string, (value: unknown) => boolean>>) => (value: unknown) =>
  typeof value === "object" && value !== null &&
  Object.entries(fields).every(([field, holds]) => holds((value as Record<string, unknown>)[field]));

/** What every field of a claim must be. */
const CLAIM: { readonly [Field in keyof Claim]: readonly [holds: (value: unknown) => boolean, kind: string] } = {
  program: [isText, "a version"],
  dataset: [isText, "a name"],
  data: [hasFields({ before: isHash, remaining: isHash }), "two SHA-256 hashes, before and remaining"],
  weights: [isHash, "a SHA-256 hash"],
  accuracy: [hasFields({ learned: isShare, unlearned: isShare }), "two numbers from 0 to 1, learned and unlearned"],
  removed: [(value) => Array.isArray(value) && value.length > 0 && value.every(isCount), "a list of row numbers"],
  n: [isCount, "an integer"],
  d: [isCount, "an integer"],
  classes: [isCount, "an integer"],
  lambda: [isPositive, "a positive number"],
  sigma: [isPositive, "a positive number"],
  epsilon: [isPositive, "a positive number"],
  K: [isCount, "an integer"],
  burnIn: [isCount, "an integer"],
  seed: [isCount, "an integer"],
};

/** Numbers closer than this, relatively, are equal: another machine's exponential may round differently. */
const ROUNDING = 1e-9;

function agrees(found: unknown, expected: unknown): boolean {
  if (typeof expected === "number") {
    return typeof found === "number" && Math.abs(found - expected) <= ROUNDING * Math.abs(expected);
  }
  if (typeof expected !== "object" || expected === null) return found === expected;
  return hasFields(Object.fromEntries(
    Object.entries(expected).map(([field, part]) => [field, (value: unknown) => agrees(value, part)]),
  ))(found);
}

/**
 * Checks a certificate: every field is what it should be, the constants follow from n, d, λ, σ and the number of
 * classes, K steps reach the target ε, and no field was changed. That the data and weights are those of the hashes, and
 * that the weights were computed so, is for the holder of the data to check; whoever can make a certificate can also
 * make a wrong one that is consistent.
 *
 * @param certificate What was in `certificate.json`.
 * @returns ε, recomputed from the constants.
 * @throws {Error} Naming the field that does not hold.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { verifyCertificate } from "./certificate.ts";
 *
 * await assert.rejects(verifyCertificate({ n: 1000 }), /^Error: certificate: program is not a version/);
 * ```
 */
export async function verifyCertificate(certificate: unknown): Promise<number> {
  const fail = (field: string, problem: string): never => {
    throw new Error(`certificate: ${field} ${problem}`);
  };
  if (!hasFields({})(certificate)) return fail("it", "is not an object");
  for (const [field, [holds, kind]] of Object.entries(CLAIM)) {
    const value = (certificate as Record<string, unknown>)[field];
    if (!holds(value)) fail(field, `is not ${kind}: ${asJson(value)}`);
  }
  const { digest, ...content } = certificate as UnlearningCertificate;
  const { removed, n, data, epsilon } = content;
  if (new Set(removed).size < removed.length) fail("removed", "has a row twice");
  const stray = removed.find((row) => row >= n);
  if (stray !== undefined) fail("removed", `has row ${stray}, where n is ${n}`);
  if (data.before === data.remaining) fail("data", "has the same hash before and after");
  const consequences = consequencesOf(content);
  for (const [field, expected] of Object.entries(consequences)) {
    const found = content[field as keyof typeof content];
    if (!agrees(found, expected)) {
      fail(field, `is ${asJson(found)}, but the other fields give ${asJson(expected)}`);
    }
  }
  const { reached } = consequences;
  if (reached > epsilon * (1 + ROUNDING)) fail("epsilon", `is ${epsilon}, but K steps reach ${reached}`);
  if (digest !== await digestOf(content)) fail("digest", "is not that of the other fields: one of them was changed");
  return reached;
}
