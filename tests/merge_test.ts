/**
 * What `merge` makes of shards, complete and incomplete, and what commands do that are given twice at a time.
 */
import assert from "node:assert/strict";
import { writeWhole } from "../core/disk/files.ts";
import { mergeParts } from "../core/runs/merge_shards.ts";
import { assertForUser } from "./helpers/fuzz.ts";
import { bytesBelow, type Ending, quietly, runHere } from "./helpers/run_here.ts";
import { emptyResultFolder, runTask, startProgram } from "./helpers/run_task.ts";
import { writeTable } from "./helpers/small_tables.ts";
import { SOAK } from "./helpers/soak.ts";

const ROOT = emptyResultFolder("merge");
const TABLE = writeTable(`${ROOT}/table.csv`, 30, 0, 2);
const EXPERIMENT = "LMC/CSV/paint_unlearning_sigma";
const RUN = [
  ...["--dataset", "CSV", "--train_csv", TABLE, "--test_csv", TABLE, "--label", "class", "--lam", "1e-2"],
  ...["--paint_unlearning_sigma", "1", "--sigmas", "0.5", "--removes", "1", "--init_mean", "0", "--burn_in", "3"],
  ...["--save_npy", "1", "--backend", "wasm", "--threads", "1"],
];
const SIX = ["--num_trial", "6"];

/** Runs some of the trials, and returns their result folder. */
async function run(name: string, ...args: string[]): Promise<string> {
  const folder = `${ROOT}/${name}`;
  assert.equal((await runHere(...RUN, ...args, "--result-dir", folder)).error, undefined);
  return folder;
}

const whole = await run("whole", ...SIX);
const shards: string[] = [];
for (let i = 0; i < 4; i++) shards.push(await run(`shard_${i}`, ...SIX, "--shard", `${i}/4`));
const middle = await run("middle", "--trials", "1-3");

/** A copy of a result folder with some files changed; undefined is none. */
function copy(name: string, from: string, changes: Readonly<Record<string, string | undefined>>): string {
  const folder = emptyResultFolder(`merge/${name}`);
  for (const [file, content] of [...bytesBelow(from), ...Object.entries(changes)]) {
    const path = `${folder}/${file}`;
    if (content !== undefined) writeWhole(path, content);
    else Deno.removeSync(path);
  }
  return folder;
}

/** Merges to an empty folder, unless it is to be kept. */
async function merge(
  parts: readonly string[],
  partial = false,
  to = emptyResultFolder("merge/merged"),
): Promise<Ending> {
  return await quietly(() => mergeParts(parts, { resultDir: to, fresh: false, partial }));
}

/** The results below a folder, without `run.json`. */
function resultsIn(folder: string): Map<string, Uint8Array> {
  const files = bytesBelow(folder);
  files.delete(`${EXPERIMENT}/run.json`);
  return files;
}

const runIn = (folder: string) => JSON.parse(Deno.readTextFileSync(`${folder}/${EXPERIMENT}/run.json`));

/** Checks that a merge is refused as a wrong command line is, and writes nothing. */
async function assertRefused(parts: readonly string[], message: RegExp): Promise<void> {
  const { error } = await merge(parts);
  assertForUser(error);
  assert.match(String(error), message);
  assert.equal(resultsIn(`${ROOT}/merged`).size, 0);
}

Deno.test("a shard says which part of what it is", () => {
  const options = [whole, ...shards, middle].map((folder) => runIn(folder).options);
  assert.deepEqual(options.map(({ shard }) => shard), [undefined, "0/4", "1/4", "2/4", "3/4", undefined]);
  assert.deepEqual(options.map(({ all_trials }) => all_trials), [6, 6, 6, 6, 6, undefined]);
});

Deno.test("a merge says which trials are missing, or with --partial what it made", async () => {
  const missing = ["trial 0", "trials 1 to 2", "trial 3", "trials 4 to 5"];
  const present = ["1-5", "0,3-5", "0-2,4-5", "0-3"];
  for (const [left, trials] of missing.entries()) {
    const parts = shards.filter((_, i) => i !== left);
    await assertRefused(
      parts,
      new RegExp(`^RangeError: parts are missing: ${EXPERIMENT}: ${trials} of 6, --shard ${left}/4:.*--partial 1$`),
    );
    const { error, warnings, said } = await merge(parts.toReversed(), true);
    assert.equal(error, undefined);
    assert.match(
      warnings,
      new RegExp(`^Without what is missing: ${EXPERIMENT}: ${trials} of 6, --shard ${left}/4$`, "m"),
    );
    assert.match(said, new RegExp(`^${EXPERIMENT}: \\d trials of 3 parts, ${present[left]}$`, "m"));
    const rows = Deno.readTextFileSync(`${ROOT}/merged/${EXPERIMENT}/trials.csv`).trim().split("\n").slice(1);
    const numbers = new Set(rows.map((row) => Number(row.split(",")[7])));
    assert.deepEqual([...numbers], [0, 1, 2, 3, 4, 5].filter((trial) => Math.ceil((trial + 1) * 4 / 6) - 1 !== left));
    const partial = copy("partial", `${ROOT}/merged`, {});
    const ended = await merge([partial, shards[left]]);
    assert.equal(ended.error, undefined);
    assert.deepEqual(resultsIn(`${ROOT}/merged`), resultsIn(whole));
    assert.deepEqual(runIn(`${ROOT}/merged`).options.all_trials, 6);
  }
  await assertRefused(shards.slice(0, 2), /trials 3 to 5 of 6, --shard 2\/4 to 3\/4:/);
  await assertRefused(shards.slice(1, 2), /trial 0 of 6, --shard 0\/4; .*trials 3 to 5 of 6, --shard 2\/4 to 3\/4:/);
});

Deno.test("parts whose experiment is not finished, or not there, are named, whichever they are", async () => {
  for (const i of [0, 2, 3]) {
    for (
      const changes of [
        { [`${EXPERIMENT}/run.json`]: undefined },
        { [`${EXPERIMENT}/run.json`]: undefined, [`${EXPERIMENT}/trials.csv`]: undefined },
      ]
    ) {
      const parts = shards.with(i, copy("broken", shards[i], changes));
      await assertRefused(parts, new RegExp(`parts are missing: ${ROOT}/broken/${EXPERIMENT} is not finished; `));
      assert.equal((await merge(parts, true)).error, undefined);
    }
    await assertRefused(shards.with(i, `${ROOT}/none`), /parts are missing: .*\/none\/.* is not finished; /);
  }
  const more = copy("more", shards[1], {
    ["LMC/CSV/baseline/unfinished/run.json"]: "{}",
  });
  await assertRefused(shards.with(1, more), /shard_0\/LMC\/CSV\/baseline is not finished; .*more\/LMC\/CSV\/baseline/);
  const { error } = await merge([`${ROOT}/none`]);
  assert.match(String(error), /^Error: no run\.json below .*run an experiment first$/);
});

Deno.test("trials that are in two parts, and parts of other wholes, are refused", async () => {
  await assertRefused([...shards, shards[2]], /both have trial 3$/);
  await assertRefused([...shards, middle], /both have trial 1$/);
  await assertRefused([whole, shards[0]], /both have trial 0$/);
  await assertRefused(
    [shards[0], await run("of_four", "--num_trial", "4", "--shard", "3/4")],
    /one is of 6 trials, the other of 4/,
  );
  const { error, warnings } = await merge([shards[0], middle, shards[3]]);
  assert.equal(error, undefined);
  assert.equal(warnings, "");
  assert.deepEqual(resultsIn(`${ROOT}/merged`), resultsIn(whole));
  const ranges = [await run("range_0", "--trials", "0-0"), middle];
  assert.match((await merge(ranges)).warnings, /no part says how many trials the whole has/);
});

Deno.test("shards of earlier versions are compared by what they say of their cells", async () => {
  const old = (
    i: number,
    change: (texts: Record<"summary.csv" | "trials.csv" | "run.json", string>) => void = () => {},
  ) => {
    const read = (file: string) => Deno.readTextFileSync(`${shards[i]}/${EXPERIMENT}/${file}`);
    const { sha256: _, digest: __, ...run } = runIn(shards[i]);
    const { all_trials: ___, shard: ____, ...options } = run.options;
    const texts = { "summary.csv": read("summary.csv"), "trials.csv": read("trials.csv"), "run.json": "" };
    texts["run.json"] = JSON.stringify({ ...run, options });
    change(texts);
    return copy(
      `old_${i}`,
      shards[i],
      Object.fromEntries(Object.entries(texts).map(([file, text]) => [`${EXPERIMENT}/${file}`, text])),
    );
  };
  const all = [0, 1, 2, 3].map((i) => old(i));
  const merged = await merge(all);
  assert.equal(merged.error, undefined);
  assert.match(merged.warnings, /without checksums(.|\n)*no part says how many trials/);
  assert.deepEqual(resultsIn(`${ROOT}/merged`), resultsIn(whole));
  await assertRefused(all.slice(1), /trial 0 of 6:/);
  const [header] = Deno.readTextFileSync(`${shards[1]}/${EXPERIMENT}/summary.csv`).split("\n");
  for (const column of ["K", "alpha", "epsilon0", "sigma", "L", "dataset", "variant", "num_remove"]) {
    const other = old(1, (texts) => {
      const lines = texts["summary.csv"].split("\n").map((line) => line.match(/("[^"]*"|[^,"]*)(,|$)/g)!);
      const index = header.split(",").indexOf(column);
      const row = lines.findIndex((cells, i) => i > 0 && !["", ","].includes(cells[index]));
      lines[row][index] = `7${lines[row][index]}`;
      texts["summary.csv"] = lines.map((cells) => cells.join("")).join("\n");
    });
    await assertRefused(
      all.with(1, other),
      new RegExp(`not of one run: row \\d of their summary.csv has .* in the column ${column}$`),
    );
  }
  const cut = old(0, (texts) => {
    for (const file of ["summary.csv", "trials.csv"] as const) {
      texts[file] = texts[file].split("\n").filter((line) => !line.includes("finetune")).join("\n");
    }
  });
  await assertRefused(all.with(0, cut), /their summary\.csv have 2 and 3 rows/);
});

Deno.test("a command given twice at a time is done once, and the other says so or finds it done", async () => {
  for (let race = SOAK ? 20 : 1; race > 0; race--) {
    const merged = emptyResultFolder("merge/race");
    const commands = [["merge", ...shards, "--result-dir", merged], ["plot", "--result-dir", whole]];
    for (const [task, ...args] of commands) {
      const outcomes = await Promise.all(Array.from({ length: 3 }, () => startProgram(task, ...args).outcome));
      assert.ok(outcomes.some(({ code }) => code === 0), JSON.stringify(outcomes));
      for (const { code, stderr } of outcomes) {
        assert.ok(code === 0 || code === 1 && /^error: .* is in use by .*\n$/.test(stderr), `${code} ${stderr}`);
      }
    }
    assert.deepEqual(resultsIn(merged), resultsIn(whole));
    assert.match((await runHere(...RUN, ...SIX, "--result-dir", whole)).said, /^Complete already/m);
  }

  const folder = emptyResultFolder("merge/running");
  const running = startProgram("main_lmc", ...RUN, "--burn_in", "1e8", ...SIX, "--result-dir", folder);
  await running.said(/^Device: /m);
  const other = await runTask("plot", "--result-dir", folder);
  assert.equal(other.code, 1);
  assert.match(other.stderr, /^error: no summary\.csv below/);
  const part = await runTask("merge", folder, "--result-dir", `${folder}_merged`);
  assert.match(part.stderr, /^error: (no run\.json below|parts are missing)/);
  running.kill("SIGKILL");
  await running.outcome;
});

Deno.test("deno task merge ends with 2 where something is missing", async () => {
  const folder = emptyResultFolder("merge/task");
  const parts = ["merge", ...shards.slice(1), "--result-dir", folder];
  const refused = await runTask(...parts);
  assert.equal(refused.code, 2);
  assert.match(
    refused.stderr,
    /^error: parts are missing: .*: trial 0 of 6, --shard 0\/4: run them, or .*--partial 1\n$/,
  );
  const partial = await runTask(...parts, "--partial", "1");
  assert.equal(partial.code, 0, partial.stderr);
  assert.match(partial.stdout, /: 5 trials of 3 parts, 1-5$/m);
});
