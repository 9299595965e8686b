/**
 * Certificates: of the states of a model that rows are deleted from, and those that versions 0.2 and 0.3 left.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { certify, digestOf, newKey, verifyCertificates } from "./mod.ts";
 *
 * const key = await newKey();
 * const hash = "a".repeat(64);
 * const claim = {
 *   ...{ program: "0.3.0", model: "0".repeat(32), files: { weights: hash, schema: hash }, rows: hash },
 *   ...{ n: 11982, d: 784, classes: 2, lambda: 1e-6, sigma: 0.03, epsilon: 1, delta: 1e-6, capacity: 10, budget: 0.05 },
 * };
 * const learned = await certify({ ...claim, releases: [{ S: 0, T: 115 }] }, key);
 * const releases = [{ S: 0, T: 115 }, { S: 10, K: 1 }];
 * const unlearned = await certify({ ...claim, releases, previous: await digestOf(learned) }, key);
 * const [, { present }] = await verifyCertificates([learned, unlearned]);
 * assert.ok(present.epsilon < 1);
 * ```
 *
 * @module
 */
export {
  certify,
  checkBudget,
  type Choice,
  CHOICE_NAMES,
  chooseDelta,
  type Consequences,
  consequencesOf,
  type Cost,
  type ModelCertificate,
  type ModelClaim,
  modelLattice,
  type Numbers,
  type Release,
  releasePhases,
  sinceStart,
  verifyCertificates,
  type Words,
} from "./model_certificate.ts";
export { type RunClaim, verifyCertificate } from "./run_certificate.ts";
export { digestOf, newKey, openKey, readSigned, sign, type SigningKey } from "./signed.ts";
