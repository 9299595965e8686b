/**
 * Unlearning of one model, its certificate, and the rows that the user names.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import {
  hashRows,
  langevinAccountant,
  loadDataset,
  makeCertificate,
  makeProblem,
  type UnlearningCertificate,
  verifyCertificate,
} from "../mod.ts";
import { ACCOUNTANTS } from "../core/accountant/accountants.ts";
import { nullRows, parseRowNumbers, replacementRows, rowsToRemove } from "../core/model/removal.ts";
import { writeWhole } from "../core/disk/files.ts";
import { parseSummary } from "../core/results/summary.ts";
import { langevinStart } from "../core/learning/chains.ts";
import { exactAccountant } from "../core/accountant/exact.ts";
import { cellId } from "../core/model/random.ts";
import { referenceSteps } from "./helpers/reference_step.ts";
import { emptyResultFolder, exists, runTask } from "./helpers/run_task.ts";
import { relativeError, replacedRows } from "./helpers/scenarios.ts";
import { writeTable } from "./helpers/small_tables.ts";

const ROWS = [5, 17, 190];

/** Learns and unlearns a small table; returns the certificate and what else there is. */
async function runUnlearn(name: string, classes: 2 | 3, ...args: string[]) {
  const folder = emptyResultFolder(name);
  const train_csv = writeTable(`${folder}/train.csv`, 400, 0, classes);
  const test_csv = writeTable(`${folder}/test.csv`, 100, 2, classes);
  writeWhole(`${folder}/rows.txt`, ROWS.join("\n"));
  const outcome = await runTask(
    ...["unlearn", "--train_csv", train_csv, "--test_csv", test_csv, "--label", "class", "--lam", "1e-3"],
    ...["--remove_rows", `${folder}/rows.txt`, "--result-dir", folder, ...args],
  );
  assert.equal(outcome.code, 0, outcome.stderr);
  const path = `${folder}/unlearn/CSV`;
  for (const file of outcome.stdout.match(/^result\/\S+$/gm)!) assert.ok(exists(file), file);
  const certificate: UnlearningCertificate = JSON.parse(Deno.readTextFileSync(`${path}/certificate.json`));
  const { train } = await loadDataset({ dataset: "CSV", dataDir: "data", train_csv, test_csv, label: "class" });
  const weightsOf = (model: string) => new Float32Array(Deno.readFileSync(`${path}/${model}.npy`).slice(128).buffer);
  return { path, certificate, train, weightsOf };
}

for (const classes of [2, 3] as const) {
  Deno.test(`${classes} classes: the model is what the certificate says, and the certificate holds`, async () => {
    const { path, certificate, train, weightsOf } = await runUnlearn(`unlearn_${classes}`, classes, "--k", "7");
    const { n, d, K, T, sigma, seed, removed, delta } = certificate;
    assert.deepEqual([n, d, K, removed, certificate.classes], [400, 3, 7, ROWS, classes]);
    assert.equal(await verifyCertificate(certificate), certificate.reached);
    const problem = makeProblem(certificate);
    const history = { problem, sigma, requests: [{ S: 3, K }] };
    assert.equal(certificate.reached, langevinAccountant().guarantee(history, delta).epsilon);
    assert.ok(certificate.reached <= 1 && certificate.reached > 0.999, "σ is the smallest");

    const array = Deno.readFileSync(`${path}/unlearned.npy`);
    assert.equal(createHash("sha256").update(array).digest("hex"), certificate.weights);
    assert.equal(await hashRows(train), certificate.data.before);
    const kept = [...train.labels.keys()].filter((i) => !ROWS.includes(Math.floor(i / train.outputs)));
    const keptFeatures = [...train.features.keys()].filter((i) => !ROWS.includes(Math.floor(i / d)));
    const remaining = {
      ...train,
      features: Float32Array.from(keptFeatures, (i) => train.features[i]),
      labels: Float32Array.from(kept, (i) => train.labels[i]),
    };
    assert.equal(await hashRows(remaining), certificate.data.remaining);

    // The float64 reference takes the same steps, the removed rows replaced by random ones.
    const dynamics = {
      ...{ stepSize: certificate.eta, regularization: certificate.m, clip: 1e9, clipsRegularizer: false },
    };
    const start = langevinStart({ problem, seed, trials: 1 }, "start", sigma, { mean: 0 });
    const chains = (name: string) => [{ sigma, cell: cellId(name), trial: 0 }];
    const learned = referenceSteps(train, { start, chains: chains("learn"), dynamics, seed, steps: T });
    assert.ok(relativeError(weightsOf("learned"), learned) < 1e-5);
    const random = replacementRows(3, train, { seed, cell: cellId("removed") });
    const after = replacedRows(train, ROWS.toReversed(), random);
    const walk = { start: Float32Array.from(learned), chains: chains("unlearn"), dynamics, seed, steps: K };
    assert.ok(relativeError(weightsOf("unlearned"), referenceSteps(after, walk)) < 1e-5);

    const table = Deno.readTextFileSync(`${path}/unlearned.csv`).trim().split("\n").map((line) => line.split(","));
    assert.deepEqual(table[0], ["feature", ...(classes === 2 ? ["dog"] : ["cat", "dog", "ship"])]);
    assert.deepEqual(table.slice(1).map(([feature]) => feature), ["x", "y", "one"]);
    const unlearned = weightsOf("unlearned");
    table.slice(1).forEach(([, ...cells], k) =>
      cells.forEach((cell, c) => assert.equal(Number(cell), unlearned[c * d + k]))
    );
  });
}

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

Deno.test("a certificate does not hold when a field is changed or missing", async () => {
  const { certificate } = await runUnlearn("tampered", 2, "--sigma", "0.1", "--epsilon", "0.7", "--seed", "3");
  assert.equal(certificate.seed, 3);
  assert.ok(await verifyCertificate(certificate) <= 0.7);
  for (const [field, value] of Object.entries(certificate)) {
    const changed = { ...certificate, [field]: tampered(value) };
    await assert.rejects(verifyCertificate(changed), /^Error: certificate: \w+ /, field);
    await assert.rejects(verifyCertificate({ ...certificate, [field]: undefined }), /^Error: certificate: /, field);
    if (value !== null && typeof value === "object" && !Array.isArray(value)) {
      for (const [part, inner] of Object.entries(value)) {
        const partly = { ...certificate, [field]: { ...value, [part]: tampered(inner) } };
        await assert.rejects(verifyCertificate(partly), /^Error: certificate: /, `${field}.${part}`);
      }
    }
  }
  const named: [change: Partial<Record<keyof UnlearningCertificate, unknown>>, message: RegExp][] = [
    [{ delta: 0.1 }, /epsilon0 is \d\S+, but the other fields give \d/],
    [{ delta: 1 }, /delta is not a number above 0 and below 1: 1/],
    [{ accountant: "toy" }, /accountant is not the name of an accountant of this version: "toy"/],
    [{ accountant: "sgd" }, /its numbers are refused: the accountant sgd is for chains that are projected/],
    [{ neighbours: "null" }, /statement is ".*, but the other fields give/],
    [{ K: 0 }, /reached is 0\.\d+, but the other fields give/],
    [{ epsilon: 0.01 }, /epsilon is 0.01, but K steps reach 0\.\d+/],
    [{ seed: 4 }, /digest is not that of the other fields/],
    [{ sigma: -1 }, /sigma is not a positive number: -1/],
    [{ removed: [] }, /removed is not a list of row numbers/],
    [{ removed: [5, 5, 17] }, /removed has a row twice/],
    [{ removed: [5, 400, 17] }, /removed has row 400, where n is 400/],
    [{ classes: 1 }, /its numbers are refused: classes must be an integer, 2 or more, got 1/],
  ];
  for (const [change, message] of named) {
    await assert.rejects(verifyCertificate({ ...certificate, ...change }), message);
  }
  const { digest: _, ...content } = certificate;
  const { before } = content.data;
  const signed: [change: Record<string, unknown>, message: RegExp][] = [
    [{ data: { before, remaining: before } }, /^Error: certificate: data has the same hash before and after$/],
    [{ M: 1e-3 }, /^Error: certificate: M is 0.001, but the other fields give 1$/],
    [{ L: 1e-3, curvature: 1e-9 }, /^Error: certificate: "curvature" is no field of a certificate$/],
    [{ note: "" }, /^Error: certificate: "note" is no field of a certificate$/],
    [{ ["x".repeat(5000)]: "" }, /^Error: certificate: "x{1,200}….* is no field of a certificate$/],
    [{ seed: 2 ** 40 }, /^Error: certificate: seed is not an integer below 2\^32/],
  ];
  for (const [change, message] of signed) {
    await assert.rejects(verifyCertificate(await withDigest({ ...content, ...change })), message);
  }
  for (const nothing of [null, undefined, 1, "certificate", []]) await assert.rejects(verifyCertificate(nothing));
});

Deno.test("no certificate is made of a claim that does not hold", async () => {
  const { certificate: { digest: _, ...claim } } = await runUnlearn("false_claim", 2, "--k", "4");
  const constants = await makeCertificate({ ...claim, M: 1e-3, curvature: 1e-9 } as typeof claim);
  assert.deepEqual([constants.M, constants.L], [1, 0.25 + 400 * 1e-3]);
  const wrong: Partial<Record<keyof UnlearningCertificate, unknown>>[] = [
    ...[NaN, -1, 1e-9].map((epsilon) => ({ epsilon })),
    ...[NaN, 1.5, 2 ** 32].map((seed) => ({ seed })),
    ...[{ T: Infinity }, { accuracy: { learned: 7, unlearned: NaN } }, { removed: [1, 1] }, { removed: [5000] }],
    ...[{ weights: "none" }, { delta: 1 }, { sigma: 1e200 }, { accountant: "none" }, { neighbours: "gone" }],
  ];
  for (const change of wrong) {
    await assert.rejects(
      makeCertificate({ ...claim, ...change } as typeof claim),
      /^Error: certificate: /,
      JSON.stringify(change),
    );
  }
});

Deno.test("the exact accountant takes fewer steps for the same ε, and its certificate verifies", async () => {
  const of = (accountant: string) => runUnlearn(`by_${accountant}`, 2, "--sigma", "0.02", "--accountant", accountant);
  const [{ certificate: paper }, { certificate: exact }] = [await of("paper"), await of("exact")];
  assert.ok(exact.K < paper.K / 10 && exact.reached <= 1, `${exact.K} ${paper.K}`);
  assert.deepEqual([Object.keys(exact.at), Object.keys(paper.at)], [["mu"], ["alpha"]]);
  assert.equal(await verifyCertificate(exact), exact.reached);
  for (const [field, value] of Object.entries(exact)) {
    await assert.rejects(verifyCertificate({ ...exact, [field]: tampered(value) }), /^Error: certificate: /, field);
  }
});

Deno.test("--removal null: nothing comes in the place of removed rows, and the certificate says so", async () => {
  const exact = ["--k", "7", "--burn_in", "50", "--accountant", "exact"];
  const { certificate, train, weightsOf } = await runUnlearn("unlearn_null", 2, ...exact, "--removal", "null");
  const { K, T, sigma, seed, removed, delta } = certificate;
  assert.equal(certificate.neighbours, "null");
  assert.match(certificate.statement, /on the remaining rows alone, n as before\.$/);
  assert.equal(await verifyCertificate(certificate), certificate.reached);
  const problem = makeProblem(certificate);
  const history = { problem, sigma, T, neighbours: "null", requests: [{ S: 3, K }] } as const;
  assert.equal(certificate.reached, exactAccountant().guarantee(history, delta).epsilon);
  const dynamics = { stepSize: problem.eta, regularization: problem.m, clip: 1e9, clipsRegularizer: false };
  const walk = {
    ...{ start: weightsOf("learned"), chains: [{ sigma, cell: cellId("unlearn"), trial: 0 }], dynamics, seed },
  };
  const after = replacedRows(train, removed.toReversed(), nullRows(3, train));
  assert.ok(relativeError(weightsOf("unlearned"), referenceSteps(after, { ...walk, steps: K })) < 1e-5);
});

Deno.test("a certificate is verified by the accountant that it names", async () => {
  const { certificate: { digest: _, ...claim } } = await runUnlearn(
    "other_accountant",
    2,
    "--k",
    "4",
    "--delta",
    "1e-4",
  );
  assert.deepEqual([claim.accountant, claim.delta], ["paper", 1e-4]);
  ACCOUNTANTS.toy = () => ({
    name: "toy",
    theorem: "none",
    guarantee: ({ requests: [{ S, K }] }) => ({ epsilon: S / K, at: { price: 7 } }),
  });
  try {
    const certificate = await makeCertificate({ ...claim, accountant: "toy" });
    assert.deepEqual([certificate.theorem, certificate.reached, certificate.at], ["none", 3 / 4, { price: 7 }]);
    assert.equal(await verifyCertificate(JSON.parse(JSON.stringify(certificate))), 3 / 4);
    assert.ok(!("epsilon0" in certificate), "ε0 is infinite");
    await assert.rejects(verifyCertificate({ ...certificate, at: { price: 8 } }), /^Error: certificate: at is/);
    await assert.rejects(verifyCertificate({ ...certificate, accountant: "paper" }), /^Error: certificate: theorem is/);
  } finally {
    delete ACCOUNTANTS.toy;
  }
});

Deno.test("a certificate is replaced on demand alone; the labels are said", async () => {
  const folder = emptyResultFolder("unlearn_again");
  const table = writeTable(`${folder}/table.csv`, 100, 0, 2);
  const data = ["--train_csv", table, "--test_csv", table, "--label", "class", "--lam", "1e-2"];
  const run = (...args: string[]) =>
    runTask("unlearn", ...data, "--num_remove", "1", "--k", "1", "--result-dir", folder, ...args);
  const path = `${folder}/unlearn/CSV/certificate.json`;
  const seedOf = () => JSON.parse(Deno.readTextFileSync(path)).seed;
  const first = await run("--seed", "1");
  assert.equal(first.code, 0, first.stderr);
  assert.match(first.stdout, /^Labels: \+1 is dog, −1 is cat$/m);
  const second = await run("--seed", "2");
  assert.equal(second.code, 2);
  assert.match(second.stderr, /^error: .*CSV holds a certificate: choose another --result-dir, or give --fresh 1$/m);
  assert.equal(seedOf(), 1);
  assert.equal((await run("--seed", "2", "--fresh", "1")).code, 0);
  assert.equal(seedOf(), 2);
});

Deno.test("learning takes the steps of --burn_in, by default 10/(ηm)", async () => {
  const burnInOf = async (...args: string[]) => {
    const { certificate: { T, eta, m } } = await runUnlearn("unlearn_burn_in", 2, "--k", "1", ...args);
    return { burnIn: T, forgotten: Math.ceil(10 / (eta * m)) };
  };
  const { burnIn, forgotten } = await burnInOf();
  assert.equal(burnIn, forgotten);
  assert.equal((await burnInOf("--burn_in", "5")).burnIn, 5);
});

Deno.test("without --seed every run has another one", async () => {
  const seeds = [];
  for (const name of ["seed_a", "seed_b"]) seeds.push((await runUnlearn(name, 2, "--k", "1")).certificate.seed);
  assert.notEqual(seeds[0], seeds[1]);
});

Deno.test("a file of row numbers is read or refused", () => {
  assert.deepEqual(parseRowNumbers(" 3 \r\n\r\n0\n", "rows.txt", 4), [3, 0]);
  const bad: [text: string, message: RegExp][] = [
    ["", /^RangeError: rows\.txt names no rows/],
    ["\n\n", /names no rows/],
    ["1\n4", /line 2: there is no row 4, rows are 0 to 3/],
    ["-1", /line 1: "-1" is not the number of a row/],
    ["1.5", /"1.5" is not/],
    ["row", /"row" is not/],
    ["1,2", /"1,2" is not/],
    ["2\n\n2", /line 3: row 2 is in line 1 too/],
    ["99999999999999999999", /there is no row 100000000000000000000/],
  ];
  for (const [text, message] of bad) assert.throws(() => parseRowNumbers(text, "rows.txt", 4), message);
});

Deno.test("the rows to remove are the first ones named, or the last", () => {
  assert.deepEqual(rowsToRemove(3, 7), [6, 5, 4]);
  assert.deepEqual(rowsToRemove(2, 7, [1, 6, 0]), [1, 6]);
  assert.deepEqual(rowsToRemove(0, 7, [1]), []);
});

Deno.test("--remove_rows: S is the number of rows named, and no more can be removed", async () => {
  const folder = emptyResultFolder("remove_rows");
  const train = writeTable(`${folder}/train.csv`, 400, 0);
  writeWhole(`${folder}/rows.txt`, ROWS.join("\n"));
  writeWhole(`${folder}/bad.txt`, "5\n400\n");
  const run = (rows: string, ...args: string[]) =>
    runTask(
      ...["main_lmc_multiclass", "--retrain_noiseless", "1", "--lam", "1e-3", "--burn_in", "60", "--num_trial", "1"],
      ...["--dataset", "CSV", "--train_csv", train, "--test_csv", train, "--label", "class", "--save_npy", "1"],
      ...["--remove_rows", `${folder}/${rows}`, "--result-dir", folder, ...args],
    );
  assert.equal((await run("rows.txt")).code, 0);
  const [{ num_remove }] = parseSummary(Deno.readTextFileSync(`${folder}/LMC/CSV/retrain_noiseless/summary.csv`));
  assert.equal(num_remove, 3);
  const tooMany = await run("rows.txt", "--removes", "1,4");
  assert.equal(tooMany.code, 2);
  assert.match(tooMany.stderr, /cannot remove 4 rows: .*rows\.txt names 3/);
  const bad = await run("bad.txt");
  assert.equal(bad.code, 2);
  assert.match(bad.stderr, /^error: .*bad\.txt, line 2: there is no row 400/);

  // Runs are told apart by the number of the rows that are named, by which these are, and by their order.
  writeWhole(`${folder}/two.txt`, "399\n398\n");
  writeWhole(`${folder}/three.txt`, "399\n398\n397\n");
  writeWhole(`${folder}/others.txt`, "399\n3\n");
  writeWhole(`${folder}/turned.txt`, "398\n399\n");
  assert.equal((await run("two.txt", "--fresh", "1")).code, 0);
  assert.match((await run("two.txt")).stdout, /^Complete already/m);
  for (const [rows, count] of [["three.txt", 3], ["others.txt", 2], ["turned.txt", 2]] as const) {
    const other = await run(rows);
    assert.equal(other.code, 2, other.stdout);
    assert.match(other.stderr, new RegExp(`the named rows was 2 rows, [0-9a-f]{16}, is ${count} rows, [0-9a-f]{16}`));
  }
});

Deno.test("unlearn refuses what it cannot do, in one line", async () => {
  const folder = emptyResultFolder("unlearn_wrong");
  const train = writeTable(`${folder}/train.csv`, 50, 0);
  writeWhole(`${folder}/rows.txt`, "1\n2\n");
  const data = ["--train_csv", train, "--test_csv", train, "--label", "class", "--result-dir", folder];
  const wrong: [args: string[], message: RegExp][] = [
    [["--k", "1"], /nothing to unlearn: give --remove_rows or --num_remove/],
    [["--num_remove", "3"], /give either --sigma or --k/],
    [["--num_remove", "3", "--k", "1", "--sigma", "0.1"], /give either --sigma or --k/],
    [["--num_remove", "51", "--k", "1"], /cannot remove 51 rows: CSV has 50/],
    [["--remove_rows", `${folder}/rows.txt`, "--num_remove", "3", "--k", "1"], /rows\.txt names 2/],
    [
      ["--num_remove", "3", "--sigma", "0.1", "--epsilon", "1e-9"],
      /epsilon 1e-9 takes \d+ steps: no chain takes so many/,
    ],
    [
      ["--num_remove", "3", "--sigma", "0.1", "--delta", "1"],
      /'--delta <δ>' argument '1' is invalid. It is not below 1/,
    ],
    [
      ["--num_remove", "3", "--sigma", "0.1", "--accountant", "sgd"],
      /the accountant sgd is for chains that are projected/,
    ],
    [["--num_remove", "3", "--k", "1", "--dataset", "MNIST"], /--train_csv goes with --dataset CSV/],
  ];
  for (const [args, message] of wrong) {
    const { code, stderr } = await runTask("unlearn", ...data, ...args);
    assert.equal(code, 2, args.join(" "));
    assert.match(stderr, message);
    assert.equal(stderr.trim().split("\n").length, 1, stderr);
  }
  assert.ok(!exists(`${folder}/unlearn`));
});

Deno.test("a model that is not finite is not certified", async () => {
  const folder = emptyResultFolder("unlearn_far");
  const train = writeTable(`${folder}/train.csv`, 50, 0);
  const data = ["--train_csv", train, "--test_csv", train, "--label", "class", "--result-dir", folder, "--lam", "1e-6"];
  const { code, stderr } = await runTask("unlearn", ...data, "--num_remove", "1", "--sigma", "1e38", "--burn_in", "2");
  assert.equal(code, 1, stderr);
  assert.match(stderr, /^error: learn, trial 0: the weights are not finite after step 2/m);
  assert.ok(!exists(`${folder}/unlearn/CSV/certificate.json`));
});
