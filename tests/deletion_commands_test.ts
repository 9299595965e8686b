/**
 * learn, unlearn and verify through their command lines: a week of requests, and every rule of a request.
 */
import assert from "node:assert/strict";
import { command as evaluateCommand } from "../experiments/deletion/evaluate.ts";
import { command as learnCommand } from "../experiments/deletion/learn.ts";
import { command as schemaCommand } from "../experiments/deletion/schema.ts";
import { command as unlearnCommand } from "../experiments/deletion/unlearn.ts";
import { command as verifyCommand } from "../experiments/deletion/verify.ts";
import { openModel } from "../core/deletion/release.ts";
import { writeWhole } from "../core/disk/files.ts";
import { filesBelow, foldersIn } from "../core/disk/folders.ts";
import { emptyResultFolder, exists, type Outcome, runTask, startProgram } from "./helpers/run_task.ts";
import { learnSmall, smallLines, unlearnSmall, writeSmallTable } from "./helpers/small_models.ts";
import { SOAK } from "./helpers/soak.ts";

/** A small model of its own, learned into an empty folder. */
async function freshModel(name: string, ...args: string[]) {
  const folder = emptyResultFolder(name);
  return { folder, model: await learnSmall(folder, ...args) };
}

/** Copies files with their folders and modes. */
function copyFolder(from: string, to: string): void {
  Deno.mkdirSync(to, { recursive: true, mode: Deno.statSync(from).mode! & 0o777 });
  for (const path of filesBelow(from, "")) {
    const copy = `${to}${path.slice(from.length)}`;
    Deno.mkdirSync(copy.slice(0, copy.lastIndexOf("/")), { recursive: true });
    Deno.copyFileSync(path, copy);
  }
}

const without = (ids: readonly string[]) => smallLines().filter((line) => !ids.includes(line.split(",")[0]));

function assertRefused({ code, stderr }: Outcome, exitCode: number, message: RegExp): void {
  assert.equal(code, exitCode, stderr);
  assert.match(stderr, message);
  assert.equal(stderr.trim().split("\n").filter((line) => line.startsWith("error")).length, 1, stderr);
}

/** `N:digest` as a command said it. */
const headOf = ({ stdout }: Outcome) => /^Certificate: (\d+:[0-9a-f]{64})$/m.exec(stdout)![1];

Deno.test("a week: learn, three requests, verify with key, head and rows; what was rolled back or swapped is refused", async () => {
  const { folder, model } = await freshModel("week");
  const verify = (...args: string[]) => runTask("verify", "--model", model, ...args);
  const first = await verify();
  assert.equal(first.code, 0, first.stderr);
  assert.match(first.stdout, /^WITHOUT --key THIS PROVES NOTHING/m);
  const [, key] = /^Key: ([0-9a-f]{64})$/m.exec(first.stdout)!;
  copyFolder(model, `${folder}/monday`);

  const one = await unlearnSmall(folder, ["p3"]);
  assert.equal(one.code, 0, one.stderr);
  assert.match(one.stdout, /^Removing 1 row takes K = \d+ steps, retraining T = \d+$/m);
  assert.match(one.stdout, /^ε of these rows: \d\S* before, \d\S* after$/m);
  writeSmallTable(folder, without(["p3"]));
  const two = await unlearnSmall(folder, ["p5", "p9"]);
  assert.equal(two.code, 0, two.stderr);
  writeSmallTable(folder, without(["p3", "p5", "p9"]));
  const again = await unlearnSmall(folder, ["p9", "p5"]);
  assert.equal(again.code, 0, again.stderr);
  assert.match(again.stdout, /^Removed before, and asked for nothing now: 2 ids$/m);
  assert.match(again.stdout, /^Nothing to do: certificate 3 stands$/m);
  const three = await unlearnSmall(folder, ["p9", "p11"], "--retrain", "1");
  assert.equal(three.code, 0, three.stderr);
  assert.match(three.stdout, /^Retraining: exact only if/m);
  const left = without(["p3", "p5", "p9", "p11"]);
  writeSmallTable(folder, left.toReversed().toSorted((line) => line.startsWith("person") ? -1 : 0));

  const { certificates } = await openModel(model);
  assert.deepEqual(certificates.map(({ releases }) => releases.at(-1)!.S), [0, 1, 2, 1]);
  assert.deepEqual(certificates.map(({ releases }) => releases.at(-1)!.T !== undefined), [true, false, false, true]);
  assert.ok(certificates.every(({ present, epsilon }) => present.epsilon <= epsilon));
  const train = ["--train", `${folder}/train.csv`];
  const all = await verify("--key", key, "--at_least", headOf(three), ...train);
  assert.equal(all.code, 0, all.stderr);
  assert.doesNotMatch(all.stdout, /WITHOUT|Without/);
  assert.equal((await verify("--key", key, "--at_least", headOf(one))).code, 0, "a head from before is still there");

  writeSmallTable(folder, left.slice(0, -1));
  assertRefused(await verify(...train), 1, /train.csv has not the 36 rows of certificate 4/);
  assertRefused(await verify("--key", "0".repeat(64)), 1, /signed by another key/);
  assertRefused(
    await verify("--at_least", `4:${"0".repeat(64)}`),
    1,
    /certificate 4 is not the one that was there before/,
  );
  // Monday's folder is whole, and signed with the key.
  const monday = ["--model", `${folder}/monday`, "--key", key];
  assert.equal((await runTask("verify", ...monday)).code, 0);
  assertRefused(await runTask("verify", ...monday, "--at_least", headOf(three)), 1, /the folder was rolled back/);
  // Nor does a request go on from weights that still know who was removed since.
  Deno.removeSync(model, { recursive: true });
  copyFolder(`${folder}/monday`, model);
  writeSmallTable(folder, left);
  assertRefused(
    await unlearnSmall(folder, ["p20"]),
    1,
    /week and .*week.private are not of one release: put both back/,
  );
});

Deno.test("every rule of a request: what is refused changes nothing", async () => {
  const { folder, model } = await freshModel("rules");
  const before = Deno.readFileSync(`${model}/weights.npy`);
  const lines = smallLines();
  const changed = lines.map((line) => line.startsWith("p7,") ? "p7,0.5,0.5,cat" : line);
  const relabelled = lines.map((line) => line.startsWith("p7,") ? line.replace(/cat|dog/, "cow") : line);
  const cases: [lines: readonly string[], ids: readonly string[], message: RegExp][] = [
    [lines, [], /ids.txt names no ids: there is nothing to remove/],
    [lines, ["", " "], /ids.txt names no ids/],
    [lines, ["p3", "p77"], /ids.txt, line 2: no row with the id "p77" was learned/],
    [lines, ["p3", "p4", "p3"], /ids.txt, line 3: "p3" is in line 1 too/],
    [lines, lines.slice(1).map((line) => line.split(",")[0]), /ids.txt names all 40 rows that remain/],
    [changed, ["p3"], /train.csv, line 9: the row of "p7" is not as it was learned: a correction is not a deletion/],
    [relabelled, ["p3"], /"cow" is none of the schema's classes/],
    [without(["p8"]), ["p3"], /train.csv lacks rows that have to be there still, those of "p8"/],
    [[...lines, "p99,1,1,cat"], ["p3"], /line 42: the row of "p99" was never learned/],
    [[...lines, lines[8]], ["p3"], /line 42: the row of "p7" is not as it was learned/],
  ];
  for (const [table, ids, message] of cases) {
    writeSmallTable(folder, table);
    assertRefused(await unlearnSmall(folder, ids), 2, message);
  }
  assert.deepEqual(Deno.readFileSync(`${model}/weights.npy`), before);
  assert.equal((await openModel(model)).certificates.length, 1);
  assertRefused(await unlearnSmall(`${folder}/none`, ["p3"]), 2, /no model in .*none.models.week: learn one/);
});

Deno.test("all rows of an id go; rows that went may still be in the table", async () => {
  const folder = emptyResultFolder("shared_id");
  const lines = [...smallLines(), "p3,0.1,0.2,dog", "p4,0.3,0.1,cat"];
  const model = `${folder}/models/week`;
  const flags = ["--lam", "1e-2", "--k", "3", "--capacity", "2", "--model", model];
  assert.equal((await runTask("learn", ...writeSmallTable(folder, lines), ...flags)).code, 0);
  const { code, stdout, stderr } = await unlearnSmall(folder, ["p3"]);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^Removing 2 rows takes/m);
  const next = await unlearnSmall(folder, ["p5"]);
  assert.match(next.stdout, /train.csv still has 2 rows removed before: left out/);
  assert.equal((await openModel(model)).certificates.at(-1)!.remaining, 39);
});

Deno.test("a request beyond the budget is refused, by walking and by retraining", async () => {
  const { folder, model } = await freshModel("budget", "--budget", "200");
  let refused: Outcome | undefined;
  for (let i = 0; i < 12 && !refused; i++) {
    const outcome = await unlearnSmall(folder, [`p${i}`]);
    if (outcome.code !== 0) refused = outcome;
  }
  assertRefused(refused!, 2, /would exceed the budget that was fixed at learn.*: learn a new model from the remaining/);
  const { certificates } = await openModel(model);
  assert.ok(certificates.length > 1);
  assert.ok(Math.abs(certificates.at(-1)!.person.epsilon - 200) < 1e-6, "the budget is printed, not what was spent");
  assertRefused(await unlearnSmall(folder, ["p30"], "--retrain", "1"), 2, /would exceed the budget/);
});

Deno.test("learn refuses what it cannot keep, in one line, and leaves nothing", async () => {
  const folder = emptyResultFolder("learn_wrong");
  const model = `${folder}/models/week`;
  const table = writeSmallTable(folder);
  const wrong: [args: readonly string[], message: RegExp][] = [
    [["--lam", "1e-2"], /give either --k or --sigma/],
    [["--lam", "1e-2", "--k", "1", "--sigma", "1"], /give either --k or --sigma/],
    [
      ["--lam", "1e-2", "--sigma", "1.5e-11"],
      /sigma 1.5e-11 is too small for float64, .* the least that would do is \d/,
    ],
    [["--lam", "1e-2", "--k", "1", "--delta", "0.025"], /delta must be at most 1\/\(10n\) = 0.0025, got 0.025/],
    [["--lam", "1e-2", "--k", "1", "--capacity", "40"], /capacity must be below n = 40/],
    [["--lam", "1e-2", "--k", "1", "--budget", "0.1"], /budget 0.1 is too small: learning alone costs/],
  ];
  for (const [args, message] of wrong) {
    assertRefused(await runTask("learn", ...table, "--model", model, ...args), 2, message);
  }
  assert.ok(!exists(`${folder}/models`));
  await learnSmall(folder);
  const again = await runTask("learn", ...table, "--model", model, "--lam", "1e-2", "--k", "1");
  assertRefused(again, 2, /models.week holds a model: choose another --model/);
});

Deno.test("no private folder is made inside a folder that is public, nor a model inside a private one", async () => {
  const { folder, model } = await freshModel("nested");
  const table = writeSmallTable(folder);
  const flags = ["--lam", "1e-2", "--k", "3"];
  for (
    const [other, message] of [
      [`${model}/sub`, /is inside \S+week, and its key would be/],
      [`${model}.private/sub`, /is inside \S+week\.private/],
      [`${folder}/models`, /is there already: choose another/],
      [`${folder}/models/.`, /is no name of a model/],
      [`${folder}/models/new/..`, /is no name of a model/],
      [`${folder}/models/new.private`, /is no name of a model/],
    ] as const
  ) {
    const { code, stderr } = await runTask("learn", ...table, ...flags, "--model", other);
    assert.equal(code, 2);
    assert.match(stderr, message);
  }
  assert.deepEqual(foldersIn(model), [`${model}/certificates`]);
  assert.deepEqual(foldersIn(`${folder}/models`), [model, `${model}.private`]);
});

Deno.test("a page that was edited is refused, and what is put where a killed request leaves its files", async () => {
  const { folder, model } = await freshModel("edited");
  const page = `${model}/MODEL.md`;
  const text = Deno.readTextFileSync(page);
  writeWhole(page, text.replace(/person: ε = [\d.]+/, "person: ε = 0.1"));
  const verified = await runTask("verify", "--model", model);
  assert.equal(verified.code, 1);
  assert.match(verified.stderr, /MODEL\.md is not that of certificate 1, or was edited$/m);
  writeWhole(page, text);
  const weights = Deno.readFileSync(`${model}/weights.npy`);
  writeWhole(`${model}.private/next/weights.npy`, "a");
  const { code, stderr } = await unlearnSmall(folder, ["p3"]);
  assert.equal(code, 1);
  assert.match(stderr, /weights\.npy is not that of certificate 1$/m);
  assert.deepEqual(Deno.readFileSync(`${model}/weights.npy`), weights, "the good ones are still there");
  Deno.removeSync(`${model}.private/next`, { recursive: true });
  assert.equal((await unlearnSmall(folder, ["p3"])).code, 0);
});

Deno.test("one table learned twice, and one request twice, give other weights: no noise is used again", async () => {
  const [one, other] = await Promise.all([freshModel("noise_a"), freshModel("noise_b")]);
  const weights = () => [one, other].map(({ model }) => Deno.readFileSync(`${model}/weights.npy`).toHex());
  assert.notEqual(...weights() as [string, string]);
  emptyResultFolder("noise_b");
  copyFolder(`${one.folder}/models`, `${other.folder}/models`);
  for (const [from, to] of [[one.folder, other.folder]]) {
    Deno.chmodSync(`${to}/models/week.private`, 0o700);
    writeSmallTable(to);
    assert.equal((await unlearnSmall(from, ["p3"])).code, 0);
    assert.equal((await unlearnSmall(to, ["p3"])).code, 0);
  }
  assert.notEqual(...weights() as [string, string]);
});

Deno.test("nothing public tells who was removed or who remains", async () => {
  const { folder, model } = await freshModel("public");
  assert.equal((await unlearnSmall(folder, ["p17"])).code, 0);
  for (const path of filesBelow(model, "").filter((path) => !path.endsWith(".npy"))) {
    assert.doesNotMatch(Deno.readTextFileSync(path), /["',\s]p\d+["',\s]|accuracy|seed/, path);
  }
  const state = Deno.readTextFileSync(`${model}.private/state`);
  assert.ok(!state.includes('"p17"') && state.includes('"p18"'));
});

const KILLS = SOAK ? 20 : 3;

Deno.test(`unlearn killed at ${KILLS} random moments: the old state or the new one, and it can be asked again`, async () => {
  const { folder, model } = await freshModel("killed", "--budget", "1e6");
  const began = performance.now();
  assert.equal((await unlearnSmall(folder, ["p0"])).code, 0);
  const most = performance.now() - began;
  for (let i = 1; i <= KILLS; i++) {
    const old = Deno.readFileSync(`${model}/weights.npy`).slice(-24).toHex();
    const { length } = (await openModel(model)).certificates;
    writeWhole(`${folder}/ids.txt`, `p${i}\n`);
    const args = ["--model", model, "--train", `${folder}/train.csv`, "--remove", `${folder}/ids.txt`];
    const program = startProgram("unlearn", ...args);
    await new Promise((resolve) => setTimeout(resolve, most * Math.random()));
    program.kill("SIGKILL");
    await program.outcome;
    const after = (await openModel(model)).certificates.length;
    assert.ok(after === length || after === length + 1);
    const { code, stderr } = await unlearnSmall(folder, [`p${i}`]);
    assert.equal(code, 0, stderr);
    assert.equal((await openModel(model)).certificates.length, length + 1);
    assert.deepEqual(foldersIn(`${model}.private`), []);
    for (const path of [...filesBelow(model, ""), ...filesBelow(`${model}.private`, "")]) {
      assert.ok(!Deno.readFileSync(path).toHex().includes(old), path);
    }
  }
});

Deno.test("from a draft to verify: a declared target, a category, missing values and names that nobody knows", async () => {
  const folder = emptyResultFolder("from_draft");
  const [table, draft, model, ids] = ["train.csv", "schema.json", "models/late", "ids.txt"].map((x) =>
    `${folder}/${x}`
  );
  const lines = Array.from({ length: 60 }, (_, i) => {
    const distance = i % 6 === 0 ? "NA" : 100 + i * 37 % 900;
    return `F${i};${distance};${["Rome", "Ulm", "Bonn"][i < 57 ? i % 2 : 2]};${i * 37 % 900 / 30}`.replace(".", ",");
  });
  writeWhole(table, ["flight;distance;from;delay", ...lines, ""].join("\n"));
  const drafted = await runTask(
    ...["schema", table, "--label", "delay", "--above", "15", "--id", "flight", "--decimal_comma", "1", "--out", draft],
  );
  assert.equal(drafted.code, 0, drafted.stderr);
  assert.match(drafted.stderr, /"from": levels of fewer than 10 rows, left out: "Bonn" 3/);
  assert.match(drafted.stderr, /"distance": no value in "NA" 10 rows: read as the middle/);
  assert.match(drafted.stderr, /^Drafted from 60 rows, some of which may have to go: .* set "declared": true$/m);
  const again = await runTask("schema", table, "--label", "delay", "--id", "flight", "--out", draft);
  assertRefused(again, 2, /schema\.json is there: choose another --out/);
  const learnIt = () =>
    runTask("learn", "--train", table, "--schema", draft, "--model", model, "--lam", "1e-2", "--k", "3");
  assertRefused(await learnIt(), 2, /schema\.json is not declared: make its bounds.*and set "declared": true/);
  const text = Deno.readTextFileSync(draft);
  assert.doesNotMatch(text, /Bonn/);
  writeWhole(draft, text.replace('"declared": false', '"declared": true').replace('"highest": 1000', '"highest": 900'));
  const learned = await learnIt();
  assert.equal(learned.code, 0, learned.stderr);
  assert.match(learned.stdout, /^class +rows\nat most 15 +\d+\nabove 15 +\d+$/m);
  const read = [
    /values clipped .*"distance"/,
    /none of the schema's levels, .*: 3, most of "from"/,
    /missing values, .*: 10,/,
  ];
  for (const line of read) assert.match(learned.stdout, line);
  writeWhole(ids, "F3\nF59\n");
  const unlearned = await runTask("unlearn", "--model", model, "--train", table, "--remove", ids);
  assert.equal(unlearned.code, 0, unlearned.stderr);
  writeWhole(table, ["flight;distance;from;delay", ...lines.filter((line) => !/^F(3|59);/.test(line))].join("\n"));
  const verified = await runTask("verify", "--model", model, "--train", table);
  assert.equal(verified.code, 0, verified.stderr);
  writeWhole(table, "flight;distance;from\nG1;2000;Paris\nG2;NA;Ulm\n");
  const { code, stdout, stderr } = await runTask("predict", "--model", model, "--table", table);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^id,class,P\(at most 15\),P\(above 15\)\nG1,/);
  for (const line of [/clipped .*: 1, /, /none of the schema's levels, .*: 1, /, /missing values, .*: 1, /]) {
    assert.match(stderr, line);
  }
});

Deno.test("rows of one class alone are learned and left, and it is said", async () => {
  const folder = emptyResultFolder("one_class");
  const cats = smallLines().filter((line) => !line.endsWith("dog"));
  const dog = smallLines().find((line) => line.endsWith("dog"))!;
  const learnLines = (lines: readonly string[], name: string) =>
    runTask(
      ...["learn", ...writeSmallTable(folder, lines), "--model", `${folder}/models/${name}`],
      ...["--lam", "1e-2", "--k", "3"],
    );
  const one = await learnLines(cats, "cats");
  assert.equal(one.code, 0, one.stderr);
  assert.match(one.stderr, /^warning: All \d+ rows are of one class, "cat": the model will say little else$/m);
  const two = await learnLines([...cats, dog], "week");
  assert.doesNotMatch(two.stderr, /one class/);
  const left = await unlearnSmall(folder, [dog.split(",")[0]]);
  assert.equal(left.code, 0, left.stderr);
  assert.match(left.stderr, /^warning: All \d+ rows are of one class, "cat"/m);
});

Deno.test("a model of version 0.4 is verified, asked, and unlearned from", async () => {
  const fixture = "tests/fixtures/version_0.4";
  const folder = emptyResultFolder("version_04");
  const model = `${folder}/models/week`;
  copyFolder(`${fixture}/week`, model);
  copyFolder(`${fixture}/private`, `${model}.private`);
  Deno.chmodSync(`${model}.private`, 0o700);
  for (const path of filesBelow(`${model}.private`, "")) Deno.chmodSync(path, 0o600);
  Deno.copyFileSync(`${fixture}/train.csv`, `${folder}/train.csv`);
  const predicted = await runTask("predict", "--model", model, "--table", `${folder}/train.csv`);
  assert.equal(predicted.code, 0, predicted.stderr);
  const unlearned = await unlearnSmall(folder, ["p7"]);
  assert.equal(unlearned.code, 0, unlearned.stderr);
  const lines = Deno.readTextFileSync(`${fixture}/train.csv`).split("\n");
  writeWhole(`${folder}/train.csv`, lines.filter((line) => !/^p[37],/.test(line)).join("\n"));
  const verified = await runTask("verify", "--model", model, "--train", `${folder}/train.csv`);
  assert.equal(verified.code, 0, verified.stderr);
  assert.match(verified.stdout, /holds: 38 of 40 rows remain/);
  const schema = ["--schema", `${model}/schema.json`, "--train", `${folder}/train.csv`];
  const learned = await runTask("learn", ...schema, "--model", `${folder}/models/new`, "--lam", "1e-2", "--k", "3");
  assertRefused(learned, 2, /schema\.json is not declared/);
});

Deno.test("the help fits a narrow terminal and a wide one, and has an example", () => {
  for (const command of [evaluateCommand, learnCommand, schemaCommand, unlearnCommand, verifyCommand]) {
    for (const width of [60, 200]) {
      command.configureOutput({ getOutHelpWidth: () => width });
      const lines = command.helpInformation().split("\n");
      assert.ok(lines.every((line) => line.length <= width), lines.join("\n"));
    }
  }
});

Deno.test("a table from a backup: what was removed is refused by learn, from model to model, without the old key", async () => {
  const { folder, model } = await freshModel("restored");
  assert.equal((await unlearnSmall(folder, ["p3", "p5"])).code, 0);
  Deno.removeSync(`${model}.private/key`);
  const lost = await unlearnSmall(folder, ["p7"]);
  assertRefused(
    lost,
    2,
    /lacks the key .*learn the rows that remain anew into another folder, with --not_in \S+week$/m,
  );
  const flags = ["--lam", "1e-2", "--k", "3"];
  const learnInto = (name: string, from: string, lines: readonly string[]) =>
    runTask(
      "learn",
      ...writeSmallTable(folder, lines),
      ...flags,
      "--model",
      `${folder}/models/${name}`,
      "--not_in",
      from,
    );
  const back = await learnInto("next", model, smallLines());
  assertRefused(
    back,
    2,
    /line 5: the row of "p3" must not come back; the table has 2 rows that were removed: .*"p3", "p5"/,
  );
  assert.ok(!exists(`${folder}/models/next`));
  const next = await learnInto("next", model, without(["p3", "p5"]));
  assert.equal(next.code, 0, next.stderr);
  assertRefused(
    await learnInto("last", `${folder}/models/next`, smallLines()),
    2,
    /the row of "p3" must not come back/,
  );
  const two = await runTask(
    "learn",
    ...writeSmallTable(folder),
    "--model",
    "m",
    "--not_in",
    model,
    "--not_in",
    "other",
  );
  assertRefused(two, 2, /--not_in .*It was given before/);
  Deno.removeSync(`${model}.private/state`);
  assertRefused(await learnInto("last", model, smallLines()), 2, /lacks the state .* nobody knows who was removed/);
});
