/**
 * The folder of a model on the disk: the old state or the new one, whatever happens, and nothing of the old one left.
 */
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { newKey } from "../core/certificate/mod.ts";
import { commitRelease, lockModel, privateFolder, readPart, type ReleaseFiles } from "../core/deletion/folder.ts";
import { commitmentOf, keepRows, ledgerWithout, newLedger, selectRows } from "../core/deletion/ledger.ts";
import { planModel, planRequest } from "../core/deletion/plan.ts";
import { openModel, openSecrets, prepareRelease } from "../core/deletion/release.ts";
import { parseSchema } from "../core/deletion/schema.ts";
import { contentOf, readLabelled } from "../core/deletion/table.ts";
import { readTable } from "../core/formats/read_table.ts";
import { textFile } from "../core/formats/table_reader.ts";
import { remove, writeWhole } from "../core/disk/files.ts";
import { filesBelow, foldersIn } from "../core/disk/folders.ts";
import { atEveryCall, failsWith } from "./helpers/failing_disk.ts";
import { emptyResultFolder, exists } from "./helpers/run_task.ts";
import { SMALL_SCHEMA, smallLines } from "./helpers/small_models.ts";

const schemaText = JSON.stringify(SMALL_SCHEMA);
const schema = parseSchema(schemaText, "schema.json");
const read = async (lines: readonly string[]) =>
  await readLabelled(await readTable(textFile({ path: "train.csv", text: `${lines.join("\n")}\n` })), schema);
const lines = smallLines();
const table = await read(lines);
const numbers = planModel({ n: 40, d: 3, classes: 2, lambda: 1e-2, epsilon: 1, capacity: 2, k: 3 });
const key = await newKey();
const ledger = await newLedger(table);
const rows = await commitmentOf(ledger.salt, table, [...table.ids.keys()]);

/** The files of learning, and of a request after it; no chain has walked to these states. */
const learned = await prepareRelease({
  ...{
    ...numbers,
    model: "0".repeat(32),
    schema: schemaText,
    state: Float64Array.of(1e8, 2e8, 3e8),
    rows,
    key,
    ledger,
  },
});
const after = await ledgerWithout(ledger, new Set(["p3"]));
const { K } = planRequest(numbers, 1);
const unlearned = await prepareRelease({
  ...{ ...numbers, model: "0".repeat(32), schema: schemaText, state: Float64Array.of(-5e8, 4e8, 7e7), key },
  ...{ previous: learned.digest, rows, ledger: after, releases: [...numbers.releases, { S: 1, K }] },
});
const FIRST = learned.files;
const SECOND: ReleaseFiles = { ...FIRST, ...unlearned.files };

/** A model in a folder of its own, as learning leaves it, though the disk was not waited for. */
function learn(name: string): string {
  emptyResultFolder(name);
  const model = `result/test/${name}/week`;
  Deno.mkdirSync(`${model}/certificates`, { recursive: true });
  Deno.mkdirSync(privateFolder(model), { mode: 0o700 });
  for (const [file, content] of Object.entries(FIRST)) {
    const isSecret = ["key", "state"].includes(file);
    const folder = isSecret ? privateFolder(model) : file === "0001.json" ? `${model}/certificates` : model;
    Deno.writeFileSync(`${folder}/${file}`, bytesOf(content), { mode: isSecret ? 0o600 : 0o644 });
  }
  return model;
}

/** Commits under the lock, as the commands do. */
function commit(model: string, files: ReleaseFiles): void {
  const lock = lockModel(model);
  try {
    commitRelease(model, files);
  } finally {
    lock.release();
  }
}

const bytesOf = (content: string | Uint8Array) =>
  typeof content === "string" ? new TextEncoder().encode(content) : Uint8Array.from(content);

/** Whether a reader finds these files and no later certificate. */
function hasState(model: string, files: ReleaseFiles): boolean {
  const names = new Set([...Object.keys(FIRST), ...Object.keys(SECOND)]);
  return [...names].every((name) => {
    const found = readPart(model, name);
    return files[name] === undefined ? found === undefined : found?.toHex() === bytesOf(files[name]).toHex();
  });
}

/** All files of a model, public and private. */
const allFiles = (model: string) => [...filesBelow(model, ""), ...filesBelow(privateFolder(model), "")];

/** Every number of weights that an old state has, as its bytes. */
const oldWeights = (files: ReleaseFiles) => bytesOf(files["weights.npy"]).slice(-24);

function assertGone(model: string, files: ReleaseFiles): void {
  const [old, text] = [oldWeights(files).toHex(), String(files["weights.csv"]).split("\n")[1].split(",")[1]];
  for (const path of allFiles(model)) {
    const content = Deno.readFileSync(path);
    assert.ok(!content.toHex().includes(old), `${path} has the old weights`);
    assert.ok(!new TextDecoder().decode(content).includes(text), `${path} has an old weight`);
  }
}

Deno.test("a commitment is the hash of the rows' hashes, in the order of their digits", async () => {
  const hash = (content: Uint8Array) => createHmac("sha256", Uint8Array.fromHex(ledger.salt)).update(content);
  for (const kept of [[...table.ids.keys()], [7, 3, 3, 31], []]) {
    const hashes = kept.map((row) => hash(contentOf(table, row)).digest("hex")).sort();
    const expected = hash(Uint8Array.fromHex(hashes.join(""))).digest("hex");
    assert.equal(await commitmentOf(ledger.salt, table, kept), expected);
  }
});

Deno.test("rows that are kept in place are those that are selected", async () => {
  const kept = [0, 2, 3, 9, 38];
  const selected = selectRows(table.rows, kept);
  const own = await read(lines);
  assert.deepEqual(keepRows(own.rows, kept), selected);
});

Deno.test("a release is committed: nothing of the one before is left, and the private folder is private", async () => {
  const model = learn("folder_commit");
  assert.ok(hasState(model, FIRST));
  const { salt } = ledger;
  commit(model, unlearned.files);
  assert.ok(hasState(model, SECOND));
  assertGone(model, FIRST);
  for (const path of allFiles(model)) {
    assert.ok(!Deno.readTextFileSync(path).includes(salt), `${path} has the old salt`);
  }
  assert.deepEqual(foldersIn(privateFolder(model)), []);
  const names = filesBelow(model, "").map((path) => path.slice(model.length + 1));
  assert.deepEqual(names.sort(), [
    ...["MODEL.md", "certificates/0001.json", "certificates/0002.json", "schema.json", "weights.csv", "weights.npy"],
  ]);
  if (Deno.build.os !== "windows") {
    assert.equal(Deno.lstatSync(privateFolder(model)).mode! & 0o777, 0o700);
    for (const path of filesBelow(privateFolder(model), "")) {
      assert.equal(Deno.lstatSync(path).mode! & 0o777, 0o600, path);
    }
  }
  const { certificates, state } = await openModel(model);
  assert.equal(certificates.length, 2);
  assert.deepEqual(state, Float64Array.of(-5e8, 4e8, 7e7));
  assert.equal(openSecrets(model, unlearned.digest).key.fingerprint, key.fingerprint);
});

Deno.test("wherever the disk fails, there is the old state or the new one, and the next run goes on from it", async () => {
  const outcomes = new Set<string>();
  const failures = atEveryCall((faults) => {
    const model = learn("folder_faults");
    const failed = failsWith(faults, () => commit(model, unlearned.files));
    const [old, next] = [hasState(model, FIRST), hasState(model, SECOND)];
    assert.ok(old !== next, JSON.stringify(faults));
    assert.ok(failed || next);
    outcomes.add(`${failed} ${next}`);
    lockModel(model).release();
    assert.equal(hasState(model, SECOND), next, "what was committed stays so");
    assert.deepEqual(foldersIn(privateFolder(model)), []);
    if (next) assertGone(model, FIRST);
    else assertGone(model, SECOND);
    return failed;
  });
  assert.ok(failures > 30, `${failures}`);
  assert.deepEqual(outcomes, new Set(["true false", "true true", "false true"]));
  assert.equal((await openModel("result/test/folder_faults/week")).certificates.length, 2);
});

Deno.test("wherever the disk fails while a model is made, there is none or a whole one", async () => {
  atEveryCall((faults) => {
    emptyResultFolder("folder_made");
    const model = "result/test/folder_made/week";
    const failed = failsWith(faults, () => commit(model, FIRST));
    const [none, whole] = [hasState(model, {}), hasState(model, FIRST)];
    assert.ok(none !== whole && (failed || whole), JSON.stringify(faults));
    return failed;
  });
  assert.equal((await openModel("result/test/folder_made/week")).certificates.length, 1);
});

Deno.test("between the switch and its end a reader finds the new state whole", async () => {
  const model = learn("folder_between");
  const next = `${privateFolder(model)}/next`;
  // As one that was killed right after the switch left it.
  for (const [name, content] of Object.entries(unlearned.files)) writeWhole(`${next}/${name}`, content);
  const { certificates, state } = await openModel(model);
  assert.equal(certificates.length, 2);
  assert.equal(state[0], -5e8);
  lockModel(model).release();
  assertGone(model, FIRST);
  assert.equal((await openModel(model)).certificates.length, 2);
});

Deno.test("what was changed in a folder is refused by name", async () => {
  const certificates = (model: string) => `${model}/certificates`;
  const changes: [change: (model: string) => void, message: RegExp][] = [
    [(model) => writeWhole(`${model}/weights.npy`, bytesOf(FIRST["weights.npy"])), /weights.npy is not that of certif/],
    [(model) => writeWhole(`${model}/weights.csv`, "feature,cat\n"), /weights.csv has other weights than weights.npy/],
    [(model) => writeWhole(`${model}/schema.json`, schemaText.replace("3", "2")), /schema.json is not that of certif/],
    [(model) => remove(`${model}/weights.npy`), /it lacks weights.npy/],
    [(model) => remove(`${certificates(model)}/0001.json`), /certificate 1 is missing, where 0002.json is there/],
    [
      (model) => writeWhole(`${certificates(model)}/0001.json`, unlearned.files["0002.json"]),
      /certificate 1: previous is there, where it is the first/,
    ],
    [
      (model) => writeWhole(`${certificates(model)}/0002.json`, `${unlearned.files["0002.json"]}\n`),
      /certificate 2: it is not in the one spelling/,
    ],
    [
      (model) => writeWhole(`${certificates(model)}/0004.json`, unlearned.files["0002.json"]),
      /certificate 3 is missing, where 0004.json is there/,
    ],
  ];
  for (const [change, message] of changes) {
    const model = learn("folder_changed");
    commit(model, unlearned.files);
    await openModel(model);
    change(model);
    await assert.rejects(openModel(model), (error: Error) => {
      assert.match(error.message, message);
      assert.ok(error.message.startsWith(`${model}: `) && !(error instanceof RangeError), error.message);
      return true;
    });
  }
  await assert.rejects(openModel("result/test/none"), /^RangeError: no model in result\/test\/none/);
});

Deno.test("weights that no walk has ended at are refused, however they are signed", async () => {
  const wrong: [npy: Float64Array | Float32Array, message: RegExp][] = [
    [Float64Array.of(0.1, 0.2, 0.3), /weight 0 is not on the lattice/],
  ];
  for (const [weights, message] of wrong) {
    const model = learn("folder_float32");
    const claim = { ...numbers, model: "0".repeat(32), schema: schemaText, rows, key, ledger };
    // A float32 copy of the lattice's weights as the next start.
    const { gamma } = (await openModel(model)).lattice;
    const state = Float64Array.from(weights, (w) => Math.fround(w) / gamma);
    emptyResultFolder("folder_float32");
    commit(model, (await prepareRelease({ ...claim, state })).files);
    await assert.rejects(openModel(model), message);
  }
});

Deno.test("a private folder that others can read is refused", () => {
  if (Deno.build.os === "windows") return;
  const model = learn("folder_open");
  Deno.chmodSync(privateFolder(model), 0o750);
  assert.throws(() => lockModel(model), /week.private can be read by others: run chmod -R go-rwx/);
  assert.ok(exists(`${model}/weights.npy`));
});

Deno.test("of two processes one has the model", () => {
  const model = learn("folder_lock");
  const lock = lockModel(model);
  assert.throws(() => lockModel(model), /week.private is in use by process \d+( on \S+)?: wait for its end$/);
  lock.release();
  lockModel(model).release();
});
