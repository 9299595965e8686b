/**
 * The certificates of a model: nothing can be changed in them, and their numbers are those of the accountant.
 */
import assert from "node:assert/strict";
import { gaussianEpsilon } from "../core/accountant/gaussian.ts";
import { muOfSchedule } from "../core/accountant/schedule.ts";
import { muOfTranscript } from "../core/accountant/transcript.ts";
import {
  certify,
  CHOICE_NAMES,
  digestOf,
  type ModelClaim,
  modelLattice,
  newKey,
  readSigned,
  type Release,
  sign,
  verifyCertificates,
} from "../core/certificate/mod.ts";
import { planModel, planRequest } from "../core/deletion/plan.ts";
import { latticePhase } from "../core/walk/mod.ts";

const hash = "a".repeat(64);
const NUMBERS = planModel({ n: 400, d: 3, classes: 2, lambda: 1e-3, epsilon: 1, capacity: 2, k: 3 });
const key = await newKey();
const claim: ModelClaim = {
  ...{ ...NUMBERS, program: "0.0.0", model: "0".repeat(32), files: { weights: hash, schema: hash }, rows: hash },
};
const [{ T }] = NUMBERS.releases;

/** The certificates of releases. */
async function chainOf(releases: readonly Release[], changes: Partial<ModelClaim> = {}, signer = key) {
  const texts: string[] = [];
  for (let i = 1; i <= releases.length; i++) {
    const previous = i === 1 ? {} : { previous: await digestOf(texts.at(-1)!) };
    texts.push(await certify({ ...claim, ...changes, releases: releases.slice(0, i), ...previous }, signer));
  }
  return texts;
}

const { K } = planRequest(NUMBERS, 2);
const RELEASES = [...NUMBERS.releases, { S: 2, K }, { S: 30, T: T! }, { S: 1, K: 4 }];
const CHAIN = await chainOf(RELEASES);

/** Signs a content again, as who has the key can. */
async function signedAgain(text: string, change: (content: Record<string, unknown>) => object, signer = key) {
  const { key: _, ...content } = await readSigned(text);
  return await sign(change(content), signer);
}

Deno.test("the numbers of a certificate are those of the phases of its releases", async () => {
  const certificates = await verifyCertificates(CHAIN);
  const lattice = modelLattice(NUMBERS);
  const phase = (steps: number, rows: number) => latticePhase(lattice, steps, rows);
  const [learned, unlearned, retrained, last] = certificates;
  assert.equal(unlearned.present.mu, muOfSchedule([phase(T!, 2), phase(K, 0)]));
  assert.ok(unlearned.present.epsilon <= 1 && unlearned.present.epsilon > 0.99, "σ is the least");
  assert.equal(unlearned.request!.mu, muOfTranscript([phase(T!, 2), phase(K, 0)]));
  // Rows that went before a start from 0 were never learned after it.
  assert.equal(retrained.present.mu, muOfSchedule([phase(T!, 0)]));
  assert.equal(retrained.request!.mu, muOfTranscript([phase(T!, 30), phase(K, 30), phase(T!, 0)]));
  assert.equal(last.present.mu, muOfSchedule([phase(T!, 1), phase(4, 0)]));
  assert.equal(last.request!.mu, muOfTranscript([phase(T!, 1), phase(K, 1), phase(T!, 1), phase(4, 0)]));
  assert.deepEqual(certificates.map(({ steps }) => steps), [T, T! + K, T, T! + 4]);
  assert.deepEqual(certificates.map(({ remaining }) => remaining), [400, 398, 368, 367]);
  assert.equal(learned.request, undefined);
  for (const { person, present, delta } of certificates) {
    assert.equal(person.epsilon, gaussianEpsilon(NUMBERS.budget, delta));
    assert.ok(present.inReals <= present.mu && present.mu - present.inReals < 0.01 * unlearned.present.mu);
  }
});

Deno.test("every byte of a certificate counts", async () => {
  const [first] = CHAIN;
  for (let i = 0; i < first.length; i += 7) {
    const changed = first.slice(0, i) + (first[i] === "1" ? "2" : "1") + first.slice(i + 1);
    await assert.rejects(verifyCertificates([changed]), /^Error: certificate 1: (it is not in the one|its signature)/);
  }
  for (const spelling of [`${first}\n`, JSON.stringify(JSON.parse(first), null, 1), first.replace('{"', '{"n":1,"')]) {
    await assert.rejects(verifyCertificates([spelling]), /^Error: certificate 1: it is not in the one spelling/);
  }
  const { signature } = JSON.parse(first);
  await assert.rejects(verifyCertificates([first.replace(signature, signature.toUpperCase())]), /signature is not/);
});

Deno.test("whoever has the key cannot sign numbers that do not follow", async () => {
  const text = CHAIN[1];
  const content = await readSigned(text);
  const others: Record<string, unknown> = {
    present: { ...content.present as object, epsilon: 0.5 },
    person: { mu: 0.01, epsilon: 0.01 },
    request: { mu: 0.01, epsilon: 0.01 },
    lattice: { ...content.lattice as object, rounding: 0 },
    constants: { ...content.constants as object, L: 0.3 },
    conditions: ["None."],
    adversaries: { ...content.adversaries as object, present: "Anybody." },
    sequence: 1,
    remaining: 399,
    steps: 1,
    n: 4000,
    sigma: NUMBERS.sigma * 2,
    delta: 1e-7,
    budget: NUMBERS.budget * 2,
    law: "Gaussian",
    format: "langevin-unlearning model 2",
  };
  for (const [field, value] of Object.entries(others)) {
    const forged = await signedAgain(text, (content) => ({ ...content, [field]: value }));
    await assert.rejects(verifyCertificates([CHAIN[0], forged]), /^Error: certificate 2: \w+ is /, field);
  }
  for (const field of Object.keys(content)) {
    if (field === "key") continue;
    const without = await signedAgain(text, ({ [field]: _, ...others }) => others);
    await assert.rejects(verifyCertificates([CHAIN[0], without]), /^Error: certificate 2: /, field);
  }
  const extra = await signedAgain(text, (content) => ({ ...content, approvedBy: "nobody" }));
  await assert.rejects(verifyCertificates([CHAIN[0], extra]), /certificate 2: "approvedBy" is no field/);
  const deeper = await signedAgain(text, (content) => ({ ...content, person: { ...content.person as object, S: 1 } }));
  await assert.rejects(verifyCertificates([CHAIN[0], deeper]), /certificate 2: person is /);
  // Another machine may round the last digits otherwise.
  const { mu, epsilon } = content.person as { mu: number; epsilon: number };
  const close = await signedAgain(text, (content) => ({ ...content, person: { mu, epsilon: epsilon * (1 + 1e-11) } }));
  assert.equal((await verifyCertificates([CHAIN[0], close])).length, 2);
});

Deno.test("certificates come one after the other, each after the one before", async () => {
  const [first, second, third] = CHAIN;
  const strangers = await chainOf(RELEASES, { model: "1".repeat(32) });
  const others = await chainOf(RELEASES, {}, await newKey());
  const wrong: [texts: string[], message: RegExp][] = [
    [[first, third], /certificate 2: previous is not the digest of the one before/],
    [[second], /certificate 1: previous is there, where it is the first/],
    [[second, first], /certificate 1: /],
    [[first, first], /certificate 2: previous is not the digest/],
    [[first, strangers[1]], /certificate 2: previous is not the digest/],
    [[first, others[1]], /certificate 2: previous is not the digest/],
  ];
  for (const [texts, message] of wrong) await assert.rejects(verifyCertificates(texts), message);
  const previous = await digestOf(first);
  const following = async (
    changes: Partial<ModelClaim>,
    signer = key,
  ) => [first, await certify({ ...claim, releases: RELEASES.slice(0, 2), previous, ...changes }, signer)];
  const changed: [texts: string[], message: RegExp][] = [
    [await following({ model: "1".repeat(32) }), /certificate 2: model is another than in the one before/],
    [await following({}, await newKey()), /certificate 2: key is another/],
    [await following({ n: 401 }), /certificate 2: n is another/],
    [await following({ budget: 2 * claim.budget }), /certificate 2: budget is another/],
    [await following({ epsilon: 1.5 }), /certificate 2: epsilon is another/],
    [await following({ releases: [{ S: 0, T: T! }] }), /certificate 2: releases are not those of the one before/],
    [await following({ releases: RELEASES.slice(0, 3) }), /certificate 2: releases are not those of the one before/],
  ];
  for (const [texts, message] of changed) await assert.rejects(verifyCertificates(texts), message);
  assert.equal((await verifyCertificates(await following({}))).length, 2);
});

Deno.test("no certificate is made of what does not hold", async () => {
  const releases = RELEASES.slice(0, 2);
  const wrong: [change: Partial<ModelClaim>, message: RegExp][] = [
    [{ releases: [{ S: 0, T: T! }, { S: 2, K: K - 1 }] }, /epsilon is 1, but the steps reach \d/],
    [{ releases: [{ S: 0, T: T! }, { S: 2, K: 0 }] }, /releases is not what was released/],
    [{ releases: [{ S: 0, T: T! }, { S: 0, K: 1 }] }, /releases is not what was released/],
    [{ releases: [{ S: 0, K: T! }] }, /releases is not what was released/],
    [{ releases: [{ S: 1, T: T! }] }, /releases is not what was released/],
    [{ releases: [{ S: 0, T: T! }, { S: 1, T: T! + 1 }] }, /releases is not what was released/],
    [{ releases: [] }, /releases is not what was released/],
    [{ releases: [{ S: 0, T: T! }, { S: 400, T: T! }] }, /no rows remain of 400/],
    [{ budget: 1e-3 }, /its numbers are refused: the release exceeds the budget/],
    [{ delta: 1 / 400 }, /its numbers are refused: delta must be at most 1\/\(10n\)/],
    [{ sigma: 1.5e-11 }, /its numbers are refused: sigma 1.5e-11 is too small for float64/],
    [{ sigma: NaN }, /sigma is not a positive number/],
    [{ rows: "" }, /rows is not a SHA-256 hash/],
  ];
  for (const [change, message] of wrong) {
    await assert.rejects(certify({ ...claim, releases, ...change }, key), message, JSON.stringify(change));
  }
});

Deno.test("what is published follows from numbers alone: nothing tells whether a row was there", () => {
  const known = new Set([
    ...["format", "program", "model", "key", "signature", "sequence", "previous", "files", "rows", "n", "d", "classes"],
    ...["lambda", "sigma", "epsilon", "delta", "capacity", "budget", "releases", "constants", "lattice", "steps"],
    ...["remaining", "present", "person", "request", "law", "reference", "adversaries", "conditions", "notCovered"],
  ]);
  for (const text of CHAIN) {
    for (const name of Object.keys(JSON.parse(text))) assert.ok(known.has(name), name);
  }
});

Deno.test("the budget is for learning and a year of weekly requests of the capacity, or what is asked for", async () => {
  const year = NUMBERS.budget;
  const releases: Release[] = [...NUMBERS.releases];
  for (let week = 1; week <= 52; week++) {
    const { K } = planRequest({ ...NUMBERS, releases }, 2);
    releases.push(K < T! ? { S: 2, K } : { S: 2, T: T! });
  }
  const texts = await certify({ ...claim, budget: year, releases, previous: hash }, key);
  assert.ok(texts.length > 0);
  await assert.rejects(certify({ ...claim, releases: [...releases, { S: 1, T: T! }], previous: hash }, key), /budget/);
  const wish = { n: 400, d: 3, classes: 2, lambda: 1e-3, epsilon: 1, capacity: 2, k: 3 };
  assert.ok(Math.abs(gaussianEpsilon(planModel({ ...wish, budget: 100 }).budget, 1e-6) - 100) < 1e-6);
  assert.throws(() => planModel({ ...wish, budget: 0.01 }), /budget 0.01 is too small: learning alone costs/);
});

Deno.test("the plan of a model refuses what it cannot keep", () => {
  const wish = { n: 400, d: 3, classes: 2, lambda: 1e-3, epsilon: 1, capacity: 2 };
  const wrong: [change: object, message: RegExp][] = [
    [{ sigma: 1.5e-11 }, /sigma 1.5e-11 is too small for float64, .*: the least that would do is \d/],
    [{ k: 3, delta: 1 / 400 }, /delta must be at most 1\/\(10n\) = 0.00025, got 0.0025/],
    [{ k: 3, capacity: 400 }, /capacity must be below n = 400/],
    [{ k: 3, n: 1, capacity: 1 }, /needs two rows or more/],
  ];
  for (const [change, message] of wrong) assert.throws(() => planModel({ ...wish, ...change }), message);
  // As k grows the least σ stays one with which the program that runs is certified.
  const sigmas = [3, 500, 1000].map((k) => planModel({ ...wish, k, budget: 1e30 }).sigma);
  assert.ok(sigmas[0] > sigmas[1] && sigmas[1] === sigmas[2] && sigmas[1] > 1e-10, `${sigmas}`);
});

Deno.test("MNIST: ten requests of 1, 10 or 100 rows take fewer steps than ten times retraining, as was computed", () => {
  const shape = { n: 11982, d: 784, classes: 2, lambda: 1e-6, sigma: 0.03, epsilon: 1, delta: 1e-6, capacity: 10 };
  const steps = [1, 10, 100].map((S) => {
    const releases: Release[] = [{ S: 0, T: 115 }];
    for (let request = 0; request < 10; request++) {
      releases.push({ S, K: planRequest({ ...shape, releases }, S).K });
    }
    return releases.reduce((sum, { K = 0 }) => sum + K, 0);
  });
  assert.deepEqual(steps, [10, 73, 269]);
});

Deno.test("how λ and σ were chosen is part of the certificate, the same in all of a model; older ones do not say", async () => {
  const [unsaid] = await verifyCertificates(CHAIN);
  assert.equal(unsaid.choice, undefined);
  for (const chosen of CHOICE_NAMES) {
    const texts = await chainOf(RELEASES.slice(0, 2), { chosen });
    const [, last] = await verifyCertificates(texts);
    assert.equal(last.chosen, chosen);
    assert.match(last.choice!, /^lambda, sigma (and|or) the capacity were chosen /);
    const denied = last.conditions.some((condition) =>
      /(lambda|sigma|capacity|budget).* do not come from rows that were removed/.test(condition)
    );
    assert.equal(denied, chosen !== "these_rows", "no condition denies what the certificate says of its choice");
    const other = await signedAgain(texts[1], (content) => ({ ...content, choice: "by nobody" }));
    await assert.rejects(verifyCertificates([texts[0], other]), /certificate 2: choice is "by nobody", but/);
    const older = await signedAgain(texts[0], ({ chosen: _, choice: _choice, ...content }) => content);
    await assert.rejects(verifyCertificates([older]), /certificate 1: format is "langevin-unlearning model 2", but/);
    await assert.rejects(verifyCertificates([texts[0], CHAIN[1]]), /certificate 2: previous/);
  }
  const [first] = await chainOf(RELEASES.slice(0, 1), { chosen: "declared" });
  const previous = await digestOf(first);
  const second = await certify({ ...claim, chosen: "kept_rows", releases: RELEASES.slice(0, 2), previous }, key);
  await assert.rejects(verifyCertificates([first, second]), /certificate 2: chosen is another than in the one before/);
  await assert.rejects(
    chainOf(RELEASES.slice(0, 1), { chosen: "chance" as "declared" }),
    /chosen is not one of declared/,
  );
});
