/**
 * The certificate of one unlearned model: what was claimed, from what constants, and whether it holds.
 * @module
 */
import type { Accountant, Guarantee } from "../accountant/accountant.ts";
import { ACCOUNTANTS, openAccountant } from "../accountant/accountants.ts";
import { NEIGHBOURS, type Neighbours } from "../accountant/history.ts";
import { langevinAccountant } from "../accountant/langevin.ts";
import { makeProblem } from "../model/problem.ts";
import { isCount } from "../text/json.ts";
import { asJson, quoted } from "../text/messages.ts";

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

/** A claim and what follows from it. */
export interface UnlearningCertificate extends Claim {
  /** What is guaranteed. */
  readonly statement: string;
  /** By what. */
  readonly theorem: string;
  /** Against whom, and under which conditions that the numbers do not show. */
  readonly conditions: readonly string[];
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
  /** ε0, the guarantee before any unlearning step; absent where there is none. */
  readonly epsilon0?: number;
  /** The ε that K steps reach. */
  readonly reached: number;
  /** What attains it; of the paper's accountant the Rényi order `alpha`. */
  readonly at: Guarantee["at"];
  /** SHA-256 of all other fields, as JSON in their order. */
  readonly digest: string;
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
  claim: Pick<Claim, "n" | "d" | "classes" | "lambda" | "sigma" | "removed" | "neighbours" | "delta" | "K" | "T">,
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

async function digestOf(content: unknown): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify(content));
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

/**
 * Completes a claim about a model that was learned with the constants of {@linkcode makeProblem}, which hold for any
 * rows of norm 1, so that no gradient was ever clipped. The start is normal with variance 2σ²/m.
 *
 * By the paper's accountant: the start satisfies the logarithmic Sobolev inequality with the constant 2σ²/m, and so do
 * the weights after every step of length η ≤ 1/L (Theorem P.2). Hence ε0(α) = 4αS²M²/(mσ²n²) bounds the Rényi
 * difference between learning with and without the removed rows after any number of steps, stationary or not, and every
 * further step on the remaining rows shrinks it by exp(−mη/α) (Theorem P.1). By the exact one: both chains start alike,
 * and T + K steps of them are μ-GDP (`exactAccountant`), whatever the law of the start.
 *
 * @param claim The claim.
 * @returns The certificate.
 * @throws {Error} Naming the field of the claim that does not hold.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { makeCertificate, verifyCertificate } from "./certificate.ts";
 *
 * const certificate = await makeCertificate({
 *   ...{ program: "0.3.0", dataset: "CSV", n: 1000, d: 5, classes: 2, lambda: 1e-3 },
 *   ...{ removed: [4, 8], neighbours: "replaced", accountant: "paper" },
 *   ...{ sigma: 0.05, epsilon: 1, delta: 1e-3, K: 9, T: 100, seed: 7 },
 *   data: { before: "a".repeat(64), remaining: "b".repeat(64) },
 *   weights: "c".repeat(64),
 *   accuracy: { learned: 0.9, unlearned: 0.9 },
 * });
 * assert.ok(certificate.reached <= 1);
 * assert.equal(await verifyCertificate(certificate), certificate.reached);
 * ```
 */
export async function makeCertificate(claim: Claim): Promise<UnlearningCertificate> {
  const { consequences } = readClaim({ ...claim });
  requireHolds(claim, consequences.reached);
  const claimed = Object.fromEntries(Object.keys(CLAIM).map((field) => [field, claim[field as keyof Claim]]));
  const content = { ...claimed, ...consequences } as unknown as Omit<UnlearningCertificate, "digest">;
  return { ...content, digest: await digestOf(content) };
}

const isText = (value: unknown) => typeof value === "string" && value !== "";
const isHash = (value: unknown) => typeof value === "string" && /^[0-9a-f]{64}$/.test(value);
const isPositive = (value: unknown) => typeof value === "number" && value > 0 && value < Infinity;
const isShare = (value: unknown) => typeof value === "number" && value >= 0 && value <= 1;
const isOneOf = (names: readonly string[]) => (value: unknown) => names.includes(value as string);

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
  neighbours: [isOneOf(NEIGHBOURS), `one of ${NEIGHBOURS.join(", ")}`],
  n: [isCount, "an integer"],
  d: [isCount, "an integer"],
  classes: [isCount, "an integer"],
  lambda: [isPositive, "a positive number"],
  sigma: [isPositive, "a positive number"],
  accountant: [(value) => isOneOf(Object.keys(ACCOUNTANTS))(value), "the name of an accountant of this version"],
  epsilon: [isPositive, "a positive number"],
  delta: [(value) => isPositive(value) && Number(value) < 1, "a number above 0 and below 1"],
  K: [isCount, "an integer"],
  T: [isCount, "an integer"],
  seed: [(value) => isCount(value) && Number(value) < 2 ** 32, "an integer below 2^32"],
};

function fail(what: string, problem: string): never {
  throw new Error(`certificate: ${what} ${problem}`);
}

/** The orders that version 0.2 searched. */
const OLD_ORDERS = [1, 10_000] as const;

/**
 * The claim of a certificate, what follows from it, and the names of all fields. A certificate of version 0.2 names no
 * accountant and no conditions: it has the paper's, δ = 1/n, T as `burnIn` and α by itself.
 */
function readClaim(content: Readonly<Record<string, unknown>>) {
  const isOld = !Object.hasOwn(content, "accountant");
  const old = { accountant: "paper", neighbours: "replaced", T: content.burnIn, delta: 1 / Number(content.n) };
  const fields: Readonly<Record<string, unknown>> = isOld ? { ...content, ...old } : content;
  for (const [field, [holds, kind]] of Object.entries(CLAIM)) {
    if (!holds(fields[field])) fail(field, `is not ${kind}: ${asJson(fields[field])}`);
  }
  const claim = fields as unknown as Claim;
  const follow = (accountant: Accountant) => {
    try {
      return consequencesOf(claim, accountant);
    } catch (error) {
      return fail("its numbers", `are refused: ${(error as Error).message}`);
    }
  };
  if (!isOld) {
    const consequences = follow(openAccountant(claim.accountant));
    return { claim, consequences, fields: new Set([...Object.keys(CLAIM), ...Object.keys(consequences)]) };
  }
  const { at: { alpha }, conditions: _, ...others } = follow(langevinAccountant({ orders: OLD_ORDERS }));
  const consequences = { ...others, statement: statementOf("burnIn + K", ROWS.replaced), alpha, delta: claim.delta };
  const claimed = Object.keys(CLAIM).filter((field) => !Object.hasOwn(old, field));
  return { claim, consequences, fields: new Set([...claimed, "burnIn", ...Object.keys(consequences)]) };
}

/** Numbers closer than this, relatively, are equal: another machine's exponential may round differently. */
const ROUNDING = 1e-9;

function agrees(found: unknown, expected: unknown): boolean {
  if (typeof expected === "number") {
    return typeof found === "number" && Math.abs(found - expected) <= ROUNDING * Math.abs(expected);
  }
  if (typeof expected !== "object" || expected === null) return found === expected;
  if (Array.isArray(expected) && !(Array.isArray(found) && found.length === expected.length)) return false;
  return hasFields(Object.fromEntries(
    Object.entries(expected).map(([field, part]) => [field, (value: unknown) => agrees(value, part)]),
  ))(found);
}

/**
 * Checks a certificate, of this version or of 0.2: every field is what it should be, the constants follow from n, d, λ,
 * σ and the number of classes, K steps reach the target ε by the accountant that it names, and no field was changed.
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
 * import { verifyCertificate } from "./certificate.ts";
 *
 * await assert.rejects(verifyCertificate({ n: 1000 }), /^Error: certificate: program is not a version/);
 * ```
 */
export async function verifyCertificate(certificate: unknown): Promise<number> {
  if (!hasFields({})(certificate)) return fail("it", "is not an object");
  const { digest, ...content } = certificate as Record<string, unknown>;
  const { claim, consequences, fields } = readClaim(content);
  const stranger = Object.keys(content).find((field) => !fields.has(field));
  if (stranger !== undefined) fail(quoted(stranger), "is no field of a certificate");
  for (const [field, expected] of Object.entries(consequences)) {
    if (agrees(content[field], expected)) continue;
    fail(field, `is ${asJson(content[field])}, but the other fields give ${asJson(expected)}`);
  }
  requireHolds(claim, consequences.reached);
  if (digest !== await digestOf(content)) fail("digest", "is not that of the other fields: one of them was changed");
  return consequences.reached;
}

/** Makes sure that a claim is one of a deletion, and that its K steps reach its ε. */
function requireHolds({ removed, n, data, epsilon }: Claim, reached: number): void {
  if (new Set(removed).size < removed.length) fail("removed", "has a row twice");
  const stray = removed.find((row) => row >= n);
  if (stray !== undefined) fail("removed", `has row ${stray}, where n is ${n}`);
  if (data.before === data.remaining) fail("data", "has the same hash before and after");
  if (reached > epsilon * (1 + ROUNDING)) fail("epsilon", `is ${epsilon}, but K steps reach ${reached}`);
}
