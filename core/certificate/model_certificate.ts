/**
 * The certificates of a model: one of each state that was released, learned or unlearned, each with the digest of the
 * one before. Every number in one follows from a few public ones; nothing in one follows from a row that was removed.
 * @module
 */
import { gaussianEpsilon } from "../accountant/gaussian.ts";
import type { Request } from "../accountant/history.ts";
import { muOfSchedule, type Phase } from "../accountant/schedule.ts";
import { muOfTranscript, spendBudget } from "../accountant/transcript.ts";
import { BOX, type Lattice, makeLattice, walkProblem } from "../walk/lattice.ts";
import { latticePhase, latticePhases } from "../walk/lattice_accountant.ts";
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
import { digestOf, readSigned, sign, type SigningKey } from "./signed.ts";

/** A released state: learned in T steps from 0, or unlearned in K steps from the one before. */
export interface Release {
  /** How many rows were removed since the release before. */
  readonly S: number;
  /** T, of a start from 0. */
  readonly T?: number;
  /** K, of steps from the release before. */
  readonly K?: number;
}

/** The public numbers from which all others follow; none may follow from rows that can be removed. */
export interface Numbers {
  /** n, the number of rows that were learned first. */
  readonly n: number;
  /** d, the number of features, the intercept counted. */
  readonly d: number;
  /** Number of classes: the loss is logistic for 2 and softmax for more. */
  readonly classes: number;
  /** λ, the regularization of one row. */
  readonly lambda: number;
  /** σ. */
  readonly sigma: number;
  /** The ε that every request reaches. */
  readonly epsilon: number;
  /** δ of all guarantees. */
  readonly delta: number;
  /** How many rows at once the service was made for. */
  readonly capacity: number;
  /** μ that all releases together may cost a person with one row. */
  readonly budget: number;
  /** What was released so far. */
  readonly releases: readonly Release[];
}

/** How λ, σ and the capacity were chosen. */
export type Choice = "declared" | "other_table" | "kept_rows" | "these_rows";

/** The same in words. */
const CHOICES: Readonly<Record<Choice, string>> = {
  declared:
    "lambda, sigma and the capacity were chosen without looking at rows that may go, as the model's owner says.",
  other_table:
    "lambda, sigma and the capacity were chosen by another table, of none of these rows, as the model's owner says.",
  kept_rows: "lambda, sigma and the capacity were chosen by rows that never go alone, as the model's owner says.",
  these_rows:
    "lambda, sigma or the capacity were chosen by looking at rows that may go. The guarantees hold for what was " +
    "chosen; what the choice itself tells of a removed row they do not cover.",
};

/** All of them. */
export const CHOICE_NAMES = Object.keys(CHOICES) as readonly Choice[];

/** What a certificate is about; all else in it follows. */
export interface ModelClaim extends Numbers {
  /** Version of the program. */
  readonly program: string;
  /** Random name of the model. */
  readonly model: string;
  /** How λ, σ and the capacity were chosen; models of version 0.5 and before do not say. */
  readonly chosen?: Choice;
  /** SHA-256 of the certificate before; none of the first. */
  readonly previous?: string;
  /** SHA-256 of `weights.npy` and of `schema.json`. */
  readonly files: { readonly weights: string; readonly schema: string };
  /** Commitment to the remaining rows, under a salt that is not published. */
  readonly rows: string;
}

/** A guarantee in numbers. */
export interface Cost {
  /** μ of a pair that it is no harder to tell apart. */
  readonly mu: number;
  /** ε at δ. */
  readonly epsilon: number;
}

/** What follows from the numbers. */
export interface Consequences {
  /** L, m, M and η of the loss and the step. */
  readonly constants: { readonly L: number; readonly m: number; readonly M: number; readonly eta: number };
  /** The lattice of the walk: γ, b, the box, B, e and r. */
  readonly lattice: Pick<Lattice, "gamma" | "bits" | "box" | "reach" | "error" | "rounding">;
  /** T and all K since the last start from 0: how many steps the reference takes. */
  readonly steps: number;
  /** How many rows remain. */
  readonly remaining: number;
  /** Against one who sees the present model alone; `inReals` is μ without the rounding of the lattice. */
  readonly present: Cost & { readonly inReals: number };
  /** Against one who kept every model: of a person with one row, whenever it is removed. */
  readonly person: Cost;
  /** Against one who kept every model: of all rows of the last request together. */
  readonly request?: Cost;
}

/** What a certificate says in words. */
export interface Words {
  /** The law of the noise. */
  readonly law: string;
  /** What the law of the present weights is compared with. */
  readonly reference: string;
  /** To whom each guarantee is given. */
  readonly adversaries: { readonly present: string; readonly person: string; readonly request: string };
  /** Under which conditions. */
  readonly conditions: readonly string[];
  /** What no guarantee covers. */
  readonly notCovered: readonly string[];
}

/** A certificate, read and checked. */
export interface ModelCertificate extends ModelClaim, Consequences, Words {
  /** The key's fingerprint. */
  readonly key: string;
  /** How λ, σ and the capacity were chosen, in words. */
  readonly choice?: string;
}

/** The first format does not say how λ and σ were chosen. */
const FORMATS = ["langevin-unlearning model 1", "langevin-unlearning model 2"] as const;

/** What does not come from rows that were removed. */
const GIVEN = {
  declared:
    "The schema, its bounds and classes, lambda, sigma, epsilon, the capacity and the budget do not come from rows " +
    "that were removed.",
  these_rows:
    "The schema, its bounds and classes and epsilon do not come from rows that were removed; lambda, sigma, the " +
    "capacity and the budget may, and are taken as given.",
} as const;

/** What certificates say in words. */
const WORDS: Words = {
  law: "rounded Gaussian noise, gamma * round(2^bits * Z), Z exactly normal, of every step and weight",
  reference:
    "The law of the present weights is compared with that of a program that learns without the removed rows: noisy " +
    "gradient descent from 0 on the remaining rows, in T plus all K steps since the last start, means over n as at " +
    "the start, rounded to multiples of gamma within the box; in real arithmetic rounded at its end, or with an error " +
    "of a step of at most `error`. It is not compared with the T steps that one would take who learned anew.",
  adversaries: {
    present: "One who sees the present model and these certificates, and no earlier model.",
    person:
      "One who kept every model of this folder: what he learns of a person with one row. It is the budget fixed " +
      "at the start, not what was spent of it.",
    request: "One who kept every model of this folder: what he learns of all rows of the last request together.",
  },
  conditions: [
    "n, the number of rows of every request and all numbers here are public, and not hidden by the guarantee.",
    GIVEN.declared,
    "A row with its intercept has a norm of at most 1, and the intercept's weight is regularized.",
    "present: the requests were chosen without looking at released models.",
    "person: the person was fixed before anything was released; requests of others may depend on released models, " +
    "and the same ids are named and the same steps are walked whether or not the row was there.",
    "request: the rows were fixed before anything was released, and requests were chosen without looking at models.",
    "No release was discarded because of its result.",
    "The guarantee is among tables that pass the checks of the program.",
    "The random bits are AES-256 in counter mode under 256 fresh bits of the system, which were kept by nobody: the " +
    "statement is up to telling these from random bits.",
  ],
  notCovered: [
    "The table itself, its backups and its history, lists of ids, and copies of the folder or of earlier weights.",
    "The private folder, which knows the remaining ids, and hashes of the removed ones under a key.",
    "Other models of the same rows, predictions that were handed out, and the time that a run took.",
    "Whether the program was run as the certificate says: a signature proves who wrote it, not that rows are gone.",
  ],
};

/** The words of a certificate by how λ and σ were chosen. */
function wordsOf(chosen: Choice | undefined): Words {
  if (chosen !== "these_rows") return WORDS;
  const conditions = WORDS.conditions.map((condition) => condition === GIVEN.declared ? GIVEN.these_rows : condition);
  return { ...WORDS, conditions };
}

/**
 * The phases of releases, one each, for {@linkcode muOfTranscript}.
 *
 * @param lattice The lattice.
 * @param releases What was released.
 * @param rows How many rows are in question, that are in every phase.
 * @returns The phases.
 * @throws {RangeError} If `rows` is no integer of 0 or more.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { modelLattice, releasePhases } from "./model_certificate.ts";
 *
 * const lattice = modelLattice({ n: 1000, d: 5, classes: 2, lambda: 1e-3, sigma: 0.05, epsilon: 1, delta: 1e-6 });
 * const phases = releasePhases(lattice, [{ S: 0, T: 90 }, { S: 2, K: 7 }], 1);
 * assert.deepEqual(phases.map(({ steps }) => steps), [90, 7]);
 * ```
 */
export function releasePhases(lattice: Lattice, releases: readonly Release[], rows: number): Phase[] {
  return releases.map(({ T, K }) => latticePhase(lattice, T ?? K!, rows));
}

/**
 * What happened since the last start from 0.
 *
 * @param releases What was released.
 * @returns T, and the requests after it.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { sinceStart } from "./model_certificate.ts";
 *
 * const releases = [{ S: 0, T: 50 }, { S: 1, K: 2 }, { S: 9, T: 50 }, { S: 3, K: 4 }];
 * assert.deepEqual(sinceStart(releases), { T: 50, requests: [{ S: 3, K: 4 }] });
 * ```
 */
export function sinceStart(releases: readonly Release[]): { readonly T: number; readonly requests: Request[] } {
  const start = releases.findLastIndex(({ T }) => T !== undefined);
  return { T: releases[start].T!, requests: releases.slice(start + 1).map(({ S, K }) => ({ S, K: K! })) };
}

/**
 * The lattice of a model.
 *
 * @param numbers n, d, the number of classes, λ, σ, ε and δ.
 * @returns The lattice.
 * @throws {RangeError} If a number is out of range, or σ is too small for float64.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { modelLattice } from "./model_certificate.ts";
 *
 * const numbers = { n: 11982, d: 784, classes: 2, lambda: 1e-6, sigma: 0.03, epsilon: 1, delta: 1e-6 };
 * assert.equal(modelLattice(numbers).bits, 24);
 * ```
 */
export function modelLattice(
  { n, d, classes, lambda, sigma, epsilon, delta }: Omit<Numbers, "capacity" | "budget" | "releases">,
): Lattice {
  return makeLattice(walkProblem({ n, d, classes, lambda }), sigma, { epsilon, delta }, BOX);
}

/**
 * What follows from the numbers of a model: all that its certificate says besides.
 *
 * @param numbers The numbers; a last request of K = 0 tells of its rows before they are unlearned.
 * @returns What follows.
 * @throws {RangeError} If a number is out of range, no rows remain, or σ is too small for float64.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { consequencesOf } from "./model_certificate.ts";
 *
 * const model = { n: 11982, d: 784, classes: 2, lambda: 1e-6, sigma: 0.03 };
 * const target = { epsilon: 1, delta: 1e-6, capacity: 10, budget: 0.05 };
 * const { present, person } = consequencesOf({ ...model, ...target, releases: [{ S: 0, T: 115 }, { S: 10, K: 1 }] });
 * assert.equal(present.mu.toFixed(4), "0.2268");
 * assert.ok(present.epsilon < 1 && person.epsilon < 0.25);
 * ```
 */
export function consequencesOf(numbers: Numbers): Consequences {
  const { n, delta, budget, releases } = numbers;
  const lattice = modelLattice(numbers);
  const { problem: { L, m, M, eta }, gamma, bits, box, reach, error, rounding } = lattice;
  const removed = releases.reduce((sum, { S }) => sum + S, 0);
  if (removed >= n) throw new RangeError(`no rows remain of ${n}: delete the folder`);
  const { T, requests } = sinceStart(releases);
  const costOf = (mu: number): Cost => ({ mu, epsilon: gaussianEpsilon(mu, delta) });
  const muOf = (lattice: Lattice) => muOfSchedule(latticePhases(lattice, T, requests));
  const { S } = releases.at(-1)!;
  const phases = [
    ...releasePhases(lattice, releases.slice(0, -1), S),
    ...releasePhases(lattice, releases.slice(-1), 0),
  ];
  return {
    constants: { L, m, M, eta },
    lattice: { gamma, bits, box, reach, error, rounding },
    steps: requests.reduce((sum, { K }) => sum + K, T),
    remaining: n - removed,
    present: { ...costOf(muOf(lattice)), inReals: muOf({ ...lattice, rounding: 0 }) },
    person: costOf(budget),
    ...(S > 0 && { request: costOf(muOfTranscript(phases)) }),
  };
}

/**
 * Makes sure that releases stay within the budget, the last one included.
 *
 * @param numbers The numbers.
 * @throws {RangeError} If they exceed it.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { checkBudget } from "./model_certificate.ts";
 *
 * const model = { n: 11982, d: 784, classes: 2, lambda: 1e-6, sigma: 0.03, epsilon: 1, delta: 1e-6, capacity: 10 };
 * const releases = [{ S: 0, T: 115 }, { S: 10, K: 8 }];
 * checkBudget({ ...model, budget: 0.05, releases });
 * assert.throws(() => checkBudget({ ...model, budget: 0.025, releases }), /exceeds the budget/);
 * ```
 */
export function checkBudget(numbers: Numbers): void {
  const phases = releasePhases(modelLattice(numbers), numbers.releases, 1);
  spendBudget(numbers.budget, phases.slice(0, -1), phases.at(-1)!);
}

const isStart = hasFields({ S: count()[0], T: count(1)[0] });
const isWalk = hasFields({ S: count(1)[0], K: count(1)[0] });

/** Whether values are releases: a start, then walks of at least one step, and starts of as many steps as the first. */
const areReleases = (value: unknown) =>
  Array.isArray(value) && value.every((release) => isStart(release) || isWalk(release)) &&
  value.length > 0 && value[0].T !== undefined && value[0].S === 0 &&
  value.every((release, i) => i === 0 || (release.S > 0 && [undefined, value[0].T].includes(release.T)));

/** What every field of a claim must be, but those that some lack. */
const CLAIM: { readonly [Name in keyof Omit<ModelClaim, "previous" | "chosen">]-?: Field } = {
  program: text("a version"),
  model: [(value) => typeof value === "string" && /^[0-9a-f]{32}$/.test(value), "32 hexadecimal digits"],
  files: [hasFields({ weights: hash[0], schema: hash[0] }), "two SHA-256 hashes, weights and schema"],
  rows: hash,
  n: count(2),
  d: count(1),
  classes: count(2),
  lambda: positive,
  sigma: positive,
  epsilon: positive,
  delta: share,
  capacity: count(1),
  budget: positive,
  releases: [areReleases, "what was released: S and T of starts, S and K of requests"],
};

/** Those that the first certificate lacks, and models of version 0.5. */
const OPTIONAL: Readonly<Record<"previous" | "chosen", Field>> = { previous: hash, chosen: oneOf(CHOICE_NAMES) };

/** What fields of a claim must be that has these. */
const fieldsOf = (claim: object): Readonly<Record<string, Field>> => ({
  ...CLAIM,
  ...Object.fromEntries(Object.entries(OPTIONAL).filter(([name]) => Object.hasOwn(claim, name))),
});

/** The most that δ may be: a share of 1/n of the rows could be published with δ = 1/n. */
const largestDelta = (n: number) => 1 / (10 * n);

/**
 * δ unless another is asked for, and the most that it may be: far below 1/n, at which publishing a row at random is
 * private.
 *
 * @param n The number of rows.
 * @param delta δ, if it is asked for.
 * @returns δ.
 * @throws {RangeError} If it is above 1/(10n).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { chooseDelta } from "./model_certificate.ts";
 *
 * assert.deepEqual([chooseDelta(500), chooseDelta(1e6)], [1e-6, 1e-7]);
 * assert.throws(() => chooseDelta(500, 0.01), /delta must be at most 1\/\(10n\) = 0.0002/);
 * ```
 */
export function chooseDelta(n: number, delta: number = Math.min(1e-6, largestDelta(n))): number {
  if (delta <= largestDelta(n)) return delta;
  throw new RangeError(`delta must be at most 1/(10n) = ${largestDelta(n)}, got ${delta}`);
}

/**
 * All that follows from a claim, words included, and the sequence number. The guarantees may exceed what they should be
 * by a relative `slack`.
 */
function followingOf(claim: ModelClaim, slack = 0) {
  let consequences: Consequences;
  try {
    chooseDelta(claim.n, claim.delta);
    consequences = consequencesOf(claim);
    checkBudget({ ...claim, budget: claim.budget * (1 + slack) });
  } catch (error) {
    return fail("its numbers", `are refused: ${(error as Error).message}`);
  }
  const { present: { epsilon } } = consequences;
  if (!(epsilon <= claim.epsilon * (1 + slack))) {
    fail("epsilon", `is ${claim.epsilon}, but the steps reach ${epsilon}`);
  }
  const said = claim.chosen === undefined
    ? { format: FORMATS[0] }
    : { format: FORMATS[1], choice: CHOICES[claim.chosen] };
  return { ...said, sequence: claim.releases.length, ...consequences, ...wordsOf(claim.chosen) };
}

/**
 * Certifies a state of a model.
 *
 * @param claim What it is about.
 * @param key The key to sign with.
 * @returns The certificate, to the letter.
 * @throws {Error} Naming the field of the claim that does not hold.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { certify, verifyCertificates } from "./model_certificate.ts";
 * import { newKey } from "./signed.ts";
 *
 * const key = await newKey();
 * const hash = "a".repeat(64);
 * const text = await certify({
 *   ...{ program: "0.3.0", model: "0".repeat(32), files: { weights: hash, schema: hash }, rows: hash },
 *   ...{ n: 11982, d: 784, classes: 2, lambda: 1e-6, sigma: 0.03, epsilon: 1, delta: 1e-6, capacity: 10, budget: 0.05 },
 *   releases: [{ S: 0, T: 115 }],
 * }, key);
 * const [certificate] = await verifyCertificates([text]);
 * assert.deepEqual([certificate.key, certificate.steps], [key.fingerprint, 115]);
 * ```
 */
export async function certify(claim: ModelClaim, key: SigningKey): Promise<string> {
  const given = Object.fromEntries(Object.entries(claim).filter(([, value]) => value !== undefined));
  checkFields(given, fieldsOf(given));
  return await sign({ ...given, ...followingOf(claim) }, key);
}

/** What no later certificate of a model changes. */
const FIXED = [
  "model",
  "chosen",
  "key",
  "n",
  "d",
  "classes",
  "lambda",
  "sigma",
  "epsilon",
  "delta",
  "capacity",
  "budget",
] as const;

/** Reads one certificate and checks all but what ties it to the one before. */
async function readCertificate(text: string): Promise<ModelCertificate> {
  const content = await readSigned(text);
  const fields = fieldsOf(content);
  checkFields(content, { format: oneOf(FORMATS), ...fields });
  const certificate = content as unknown as ModelCertificate;
  checkFollowing(content, [...Object.keys(fields), "key"], followingOf(certificate, ROUNDING));
  return certificate;
}

/**
 * Checks all certificates of a model: their spelling, signatures and order, that each has the digest of the one before
 * and adds one release to it, and that every number follows from the public ones.
 *
 * Whether weights and schema are those of the hashes, and whose key it is, is for who has these to check. That the
 * program was run, and the conditions kept, nobody can tell from certificates.
 *
 * @param texts The certificates from the first to the last, to the letter.
 * @returns Them, read.
 * @throws {Error} Naming the certificate and the field that does not hold.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { verifyCertificates } from "./model_certificate.ts";
 *
 * await assert.rejects(verifyCertificates(["{}"]), /^Error: certificate 1: its signature is not that of its key/);
 * ```
 */
export async function verifyCertificates(texts: readonly string[]): Promise<ModelCertificate[]> {
  const certificates: ModelCertificate[] = [];
  for (const [i, text] of texts.entries()) {
    try {
      const certificate = await readCertificate(text);
      checkFollows(certificate, certificates.at(-1), i === 0 ? undefined : await digestOf(texts[i - 1]));
      certificates.push(certificate);
    } catch (error) {
      throw new Error((error as Error).message.replace(/^certificate/, `certificate ${i + 1}`), { cause: error });
    }
  }
  return certificates;
}

/** Makes sure that a certificate comes right after another, or is the first. */
function checkFollows(next: ModelCertificate, before: ModelCertificate | undefined, digest: string | undefined): void {
  if (next.previous !== digest) {
    const place = digest === undefined ? "is there, where it is the first" : "is not the digest of the one before";
    fail("previous", place);
  }
  const earlier = before?.releases ?? [];
  if (JSON.stringify(next.releases.slice(0, -1)) !== JSON.stringify(earlier)) {
    fail("releases", "are not those of the one before, and one more");
  }
  const changed = before && FIXED.find((name) => next[name] !== before[name]);
  if (changed) fail(changed, "is another than in the one before");
}
