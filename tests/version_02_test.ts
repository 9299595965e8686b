/**
 * Finished results and certificates of version 0.2 are read by this one.
 */
import assert from "node:assert/strict";
import { verifyCertificate } from "../mod.ts";
import { writeWhole } from "../core/disk/files.ts";
import { filesBelow } from "../core/disk/folders.ts";
import { readFinishedRun } from "../core/runs/run_folder.ts";
import { differences } from "../core/runs/run_record.ts";
import { emptyResultFolder, runTask } from "./helpers/run_task.ts";

const FIXTURES = "tests/fixtures/version_0.2";
const EXPERIMENT = "LMC/CSV/paint_unlearning_sigma";

/** Copies the results of 0.2 to where tasks may read them. */
function copyResults(name: string, from: string): string {
  const folder = emptyResultFolder(name);
  for (const file of filesBelow(`${FIXTURES}/${from}`, "")) {
    writeWhole(folder + file.slice(`${FIXTURES}/${from}`.length), Deno.readFileSync(file));
  }
  return folder;
}

/** The files of a run by name, but `run.json` and `lock`; a figure of 0.2 has no color on its root. */
function contents(resultDir: string): Map<string, Uint8Array | string> {
  const files = [".csv", ".svg", ".npy"].flatMap((extension) => filesBelow(`${resultDir}/${EXPERIMENT}`, extension));
  const read = (file: string) =>
    file.endsWith(".svg") ? Deno.readTextFileSync(file).replace(' color="black"', "") : Deno.readFileSync(file);
  return new Map(files.map((file) => [file.slice(resultDir.length), read(file)]));
}

Deno.test("merge puts shards of 0.2 together as 0.2 did", async () => {
  const shards = ["shard_1", "shard_0"].map((shard) => copyResults(`old_${shard}`, shard));
  const folder = emptyResultFolder("old_merged");
  const { code, stderr } = await runTask("merge", ...shards, "--result-dir", folder);
  assert.equal(code, 0, stderr);
  const whole = contents(`${FIXTURES}/whole`);
  assert.equal(whole.size, 18);
  assert.deepEqual(contents(folder), whole);

  const [merged, old] = [folder, `${FIXTURES}/whole`].map((dir) => readFinishedRun(`${dir}/${EXPERIMENT}`));
  assert.deepEqual(differences(old, merged), []);
  assert.deepEqual([merged.problem.n, merged.problem.classes, merged.options.chains_at_once], [60, 2, 3]);
  assert.match((await runTask("merge", ...shards, "--result-dir", folder)).stdout, /^Complete already/m);
  const onto = copyResults("old_whole", "whole");
  assert.match((await runTask("merge", ...shards, "--result-dir", onto)).stdout, /^Complete already/m);
});

Deno.test("plot draws a run of 0.2 as 0.2 did", async () => {
  const folder = copyResults("old_plot", "whole");
  Deno.removeSync(`${folder}/${EXPERIMENT}/figure3c.svg`);
  const { code, stderr } = await runTask("plot", "--result-dir", folder);
  assert.equal(code, 0, stderr);
  assert.deepEqual(contents(folder), contents(`${FIXTURES}/whole`));
});

Deno.test("compare reads a run of 0.2", async () => {
  const folder = copyResults("old_compare", "whole");
  const { code, stdout, stderr } = await runTask(
    ...["compare", "--ours", `${folder}/LMC`, "--theirs", `${folder}/LMC`, "--out", `${folder}/compare`],
  );
  assert.equal(code, 0, stderr);
  assert.match(stdout, /6 of 6 arrays/);
});

Deno.test("a run of 0.2 is not gone on with under another version", async () => {
  const folder = copyResults("old_run", "whole");
  const { options } = readFinishedRun(`${folder}/${EXPERIMENT}`);
  const table = `${folder}/table.csv`;
  writeWhole(table, "x,y,class\n1,0,cat\n0,1,dog\n1,1,dog\n");
  const { code, stderr } = await runTask(
    ...["main_lmc", "--paint_unlearning_sigma", "1", "--dataset", "CSV", "--lam", String(options.lam)],
    ...["--train_csv", table, "--test_csv", table, "--label", "class", "--removes", "1", "--result-dir", folder],
  );
  assert.equal(code, 2);
  assert.match(stderr, /the program's version was 0\.2\.0, is /);
});

Deno.test("a certificate of 0.2 verifies, and does not with a field changed or missing", async () => {
  const certificate = JSON.parse(Deno.readTextFileSync(`${FIXTURES}/certificate.json`));
  // The new version rounds upwards.
  const excess = await verifyCertificate(certificate) / certificate.reached - 1;
  assert.ok(excess > 0 && excess < 1e-12, `${excess}`);
  const { digest: _, ...content } = certificate;
  const forged = {
    ...content,
    M: 0.01,
    sigma: content.sigma / 100,
    start: { mean: 0, variance: content.start.variance / 1e4 },
  };
  const bytes = new TextEncoder().encode(JSON.stringify(forged));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
  await assert.rejects(verifyCertificate({ ...forged, digest }), /^Error: certificate: (M|epsilon0) is/);
  for (const [field, value] of Object.entries(certificate)) {
    const changed = typeof value === "number" ? value * 1.01 : typeof value === "string" ? `${value}0` : [];
    await assert.rejects(verifyCertificate({ ...certificate, [field]: changed }), /^Error: certificate: /, field);
    const { [field]: _, ...without } = certificate;
    await assert.rejects(verifyCertificate(without), /^Error: certificate: /, field);
  }
});
