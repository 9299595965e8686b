/**
 * Certificates of version 0.3 hold by their own theorem, except where float32 swallowed their noise.
 */
import assert from "node:assert/strict";
import { verifyCertificate } from "../mod.ts";
import { exactAccountant } from "../core/accountant/exact.ts";
import { langevinAccountant } from "../core/accountant/langevin.ts";
import { makeProblem } from "../core/model/problem.ts";
import { writeWhole } from "../core/disk/files.ts";
import { emptyResultFolder, runTask } from "./helpers/run_task.ts";

const FIXTURES = "tests/fixtures/version_0.3";
const fixture = (name: string) => JSON.parse(Deno.readTextFileSync(`${FIXTURES}/${name}.json`));
const [paper, exact] = ["paper", "exact"].map(fixture);

/** A content with the digest that belongs to it, as whoever can make a certificate can make it. */
async function withDigest(content: object): Promise<object> {
  const bytes = new TextEncoder().encode(JSON.stringify(content));
  return { ...content, digest: new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex() };
}

/** A value other than `value`, of the same kind. */
function tampered(value: unknown): unknown {
  if (typeof value === "number") return value + 1;
  if (typeof value === "string") return value.replace(/.$/, (last) => last === "0" ? "1" : "0");
  if (Array.isArray(value)) return [...value, value.length + 40];
  return Object.fromEntries(
    Object.entries(value as object).map(([field, part], i) => [field, i === 0 ? tampered(part) : part]),
  );
}

Deno.test("a certificate of 0.3 holds by the accountant that it names", async () => {
  for (const [certificate, accountant] of [[paper, langevinAccountant()], [exact, exactAccountant()]] as const) {
    const { sigma, T, neighbours, removed: { length: S }, K, delta, reached } = certificate;
    const history = { problem: makeProblem(certificate), sigma, T, neighbours, requests: [{ S, K }] };
    const { epsilon } = accountant.guarantee(history, delta);
    assert.equal(await verifyCertificate(certificate), epsilon);
    assert.ok(Math.abs(epsilon / reached - 1) < 1e-9);
  }
});

Deno.test("it does not hold with a field changed, missing or added", async () => {
  for (const certificate of [paper, exact]) {
    for (const [field, value] of Object.entries(certificate)) {
      const changed = { ...certificate, [field]: tampered(value) };
      await assert.rejects(verifyCertificate(changed), /^Error: certificate: \w+ /, field);
      const { [field]: _, ...without } = certificate;
      await assert.rejects(verifyCertificate(without), /^Error: certificate: /, field);
      if (value === null || typeof value !== "object" || Array.isArray(value)) continue;
      for (const [part, inner] of Object.entries(value)) {
        const partly = { ...certificate, [field]: { ...value, [part]: tampered(inner) } };
        await assert.rejects(verifyCertificate(partly), /^Error: certificate: /, `${field}.${part}`);
      }
    }
  }
  const named: [change: Record<string, unknown>, message: RegExp][] = [
    [{ delta: 1 }, /delta is not a number above 0 and below 1: 1/],
    [{ accountant: "toy" }, /accountant is not the name of an accountant of this version: "toy"/],
    [{ accountant: "sgd" }, /its numbers are refused: the accountant sgd is for chains that are projected/],
    [{ neighbours: "null" }, /statement is ".*, but the other fields give/],
    [{ K: 0 }, /reached is 0\.\d+, but the other fields give/],
    [{ epsilon: 0.01 }, /epsilon is 0.01, but K steps reach 0\.\d+/],
    [{ seed: 4 }, /digest is not that of the other fields/],
    [{ sigma: -1 }, /sigma is not a positive number: -1/],
    [{ removed: [] }, /removed is not a list of row numbers/],
    [{ removed: [4, 4] }, /removed has a row twice/],
    [{ removed: [4, 1000] }, /removed has row 1000, where n is 1000/],
    [{ classes: 1 }, /its numbers are refused: classes must be an integer, 2 or more, got 1/],
  ];
  for (const [change, message] of named) {
    await assert.rejects(verifyCertificate({ ...paper, ...change }), message);
  }
  const { digest: _, ...content } = paper;
  const { before } = content.data;
  const signed: [change: Record<string, unknown>, message: RegExp][] = [
    [{ data: { before, remaining: before } }, /^Error: certificate: data has the same hash before and after$/],
    [{ M: 1e-3 }, /^Error: certificate: M is 0.001, but the other fields give 1$/],
    [{ L: 1e-3, curvature: 1e-9 }, /^Error: certificate: "curvature" is no field of a certificate$/],
    [{ note: "" }, /^Error: certificate: "note" is no field of a certificate$/],
    [{ ["x".repeat(5000)]: "" }, /^Error: certificate: "x{1,200}….* is no field of a certificate$/],
    [{ accuracy: { ...content.accuracy, base: 0 } }, /^Error: certificate: accuracy is not two numbers/],
    [{ at: { ...content.at, beta: 0 } }, /^Error: certificate: at is /],
    [{ seed: 2 ** 40 }, /^Error: certificate: seed is not an integer below 2\^32/],
  ];
  for (const [change, message] of signed) {
    await assert.rejects(verifyCertificate(await withDigest({ ...content, ...change })), message);
  }
  for (const nothing of [null, undefined, 1, "certificate", []]) await assert.rejects(verifyCertificate(nothing));
});

Deno.test("noise that float32 swallowed is no noise: such a certificate is refused, though its numbers agree", async () => {
  await assert.rejects(
    verifyCertificate(fixture("swallowed")),
    /^Error: certificate: sigma is 1.5e-11: the weights were computed in float32, whose rounding swallows such noise$/,
  );
});

Deno.test("verify --certificate says what holds, and what does not", async () => {
  const folder = emptyResultFolder("run_certificate");
  for (const name of ["paper", "swallowed"]) {
    writeWhole(`${folder}/${name}.json`, Deno.readTextFileSync(`${FIXTURES}/${name}.json`));
  }
  const verify = (name: string, ...args: string[]) =>
    runTask("verify", "--certificate", `${folder}/${name}.json`, ...args);
  const [holds, fails, none] = await Promise.all([verify("paper"), verify("swallowed"), verify("none")]);
  assert.deepEqual([holds.code, fails.code, none.code], [0, 1, 2]);
  assert.match(holds.stdout, /paper.json holds: ε = 0\.385\d+, in real arithmetic, unsigned$/m);
  assert.match(fails.stderr, /^error: certificate: sigma is 1.5e-11: .*float32/);
});
