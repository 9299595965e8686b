import assert from "node:assert/strict";
import { filesBelow } from "../core/disk/folders.ts";
import {
  emptyResultFolder,
  exists,
  type Outcome,
  runTask,
  SHORT,
  startGroup,
  startProgram,
} from "./helpers/run_task.ts";
import { assertRefused } from "./helpers/scripts.ts";
import { runHere } from "./helpers/run_here.ts";
import { SOAK } from "./helpers/soak.ts";
import { writeTable } from "./helpers/small_tables.ts";

/** A table of 400 rows. */
const TABLE = writeTable(`${emptyResultFolder("resume_table")}/table.csv`, 400, 0, 2);

/** A run of about half a second. */
const RUN = [
  ...["--dataset", "CSV", "--train_csv", TABLE, "--test_csv", TABLE, "--label", "class"],
  ...["--paint_unlearning_sigma", "1", "--sigmas", "0.5,1", "--lam", "1e-3", "--init_mean", "0", "--burn_in", "600"],
  ...["--num_trial", "2", "--save_npy", "1", "--backend", "wasm"],
];

/** Flags with which it keeps the state of its chains all the time, which changes no byte. */
const KEEPING = ["--checkpoint_seconds", SOAK ? "0.001" : "0.01"];

const EXPERIMENT = "LMC/CSV/paint_unlearning_sigma";

/** How often a run is killed; `deno task test:soak` does it more often, and in more ways. */
const KILLS = SOAK ? 100 : 8;

/** A result folder's CSVs, figures and arrays by name, as their bytes. */
function contents(resultDir: string, experiment = EXPERIMENT): Map<string, Uint8Array> {
  const folder = `${resultDir}/${experiment}`;
  const files = [".csv", ".svg", ".npy"].flatMap((extension) => filesBelow(folder, extension));
  return new Map(files.map((file) => [file.slice(folder.length + 1), Deno.readFileSync(file)]));
}

/** The files of the run that nothing disturbs, and the seconds that it takes. */
async function undisturbed() {
  const folder = emptyResultFolder("resume_whole");
  const { code, stderr } = await runTask("main_lmc", ...RUN, ...KEEPING, "--result-dir", folder);
  assert.equal(code, 0, stderr);
  const files = contents(folder);
  assert.deepEqual([files.has("trials.csv"), files.has("figure3c.svg"), files.size], [true, true, 18]);
  const { seconds } = JSON.parse(Deno.readTextFileSync(`${folder}/${EXPERIMENT}/run.json`));
  return { files, seconds };
}
const whole = undisturbed();

/** Runs the command, which must end well, and checks that its files are those of the undisturbed run. */
async function assertEndsWhole(folder: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runTask("main_lmc", ...RUN, ...args, "--result-dir", folder);
  assert.equal(code, 0, stderr);
  assert.deepEqual(contents(folder), (await whole).files);
  assert.ok(!exists(`${folder}/${EXPERIMENT}/unfinished`));
  return stdout;
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Starts the command, ends it at a moment after it has begun to compute, if it has to, and returns how. */
async function endAt(moment: () => Promise<unknown>, folder: string, signal: Deno.Signal): Promise<Outcome> {
  const program = startProgram("main_lmc", ...RUN, ...KEEPING, "--result-dir", folder);
  await program.said(/^(Device: |Complete already)/m);
  await moment();
  program.kill(signal);
  return await program.outcome;
}

Deno.test(`a run killed at ${KILLS} random moments and gone on with writes the bytes of one that was not`, async () => {
  const { seconds } = await whole;
  let interrupted = 0;
  for (let run = 0; interrupted < KILLS; run++) {
    assert.ok(run < 4 * KILLS, `only ${interrupted} of ${run} runs were killed before their end`);
    const folder = emptyResultFolder("resume_killed");
    for (let again = SOAK ? 4 : 1; again > 0; again--) {
      await endAt(() => pause(Math.random() * 1000 * seconds), folder, "SIGKILL");
      if (exists(`${folder}/${EXPERIMENT}/run.json`)) break;
      interrupted++;
    }
    await assertEndsWhole(folder);
  }
});

for (const [signal, exitCode] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
  if (Deno.build.os === "windows") continue;
  Deno.test(`${signal} keeps what is computed and says how to go on`, async () => {
    const folder = emptyResultFolder("resume_signal");
    const state = `${folder}/${EXPERIMENT}/unfinished/walk0`;
    const isKept = async () => {
      while (!exists(state)) await pause(5);
    };
    const { code, stderr } = await endAt(isKept, folder, signal);
    assert.equal(code, exitCode, stderr);
    const lines = stderr.trim().split("\n");
    assert.match(lines.at(-1)!, new RegExp(`^${signal}: .*the same command goes on`));
    assert.ok(!/ at |error:.*paint/.test(lines.at(-1)!));
    assert.ok(exists(state));
    assert.equal(contents(folder).size, 0);
    await assertEndsWhole(folder);
  });
}

/** A run that does not end by itself, and keeps its chains for no other reason than a signal. */
const ENDLESS = [...RUN, "--burn_in", "100000000", "--checkpoint_seconds", "1000"];

/** Milliseconds between signals that follow each other: forwarded ones, and a hand that does not leave the keys. */
const ECHOES = { once: [], twice: [1], "again and again": Array.from({ length: 20 }, () => 30) };

for (const [signal, exitCode] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
  if (Deno.build.os === "windows") continue;
  for (const [often, echoes] of Object.entries(ECHOES)) {
    Deno.test(`${signal} to a task and all that it started, ${often}, keeps what is computed`, async () => {
      for (let run = SOAK ? 20 : 1; run > 0; run--) {
        const folder = emptyResultFolder("resume_group");
        const task = startGroup("task", "--quiet", "main_lmc", ...ENDLESS, "--result-dir", folder);
        await task.said(/^Device: /m);
        await pause(300);
        task.kill(signal);
        for (const milliseconds of echoes) {
          await pause(milliseconds);
          task.kill(signal);
        }
        const { code, stderr } = await task.outcome;
        assert.equal(code, exitCode, stderr);
        assert.match(stderr.trim().split("\n").at(-1)!, new RegExp(`^${signal}: .*the same command goes on`));
        assert.ok(exists(`${folder}/${EXPERIMENT}/unfinished/walk0`));
      }
    });
  }
}

Deno.test("engines that compute without a pause hear signals too", async () => {
  if (Deno.build.os === "windows") return;
  for (const engine of [["--backend", "cpu"], ["--backend", "wasm", "--kernels", "plain"]]) {
    const folder = emptyResultFolder("resume_pause");
    const program = startProgram("main_lmc", ...ENDLESS, ...engine, "--result-dir", folder);
    await program.said(/^Device: /m);
    await pause(300);
    program.kill("SIGTERM");
    const late = setTimeout(() => program.kill("SIGKILL"), 10_000);
    const { code, stderr } = await program.outcome;
    clearTimeout(late);
    assert.equal(code, 143, stderr);
    assert.match(stderr, /^SIGTERM: .*the same command goes on/m);
  }
});

Deno.test("a signal that comes when the first one has been read ends the program at once", async () => {
  const cases = Deno.build.os === "windows" ? [] : [
    ["SIGINT", 130, 300, "kept"],
    ["SIGINT", 130, 1500, "working"],
    ["SIGTERM", 143, 300, "kept"],
    ["SIGTERM", 143, 1500, "working"],
  ] as const;
  await Promise.all(cases.map(async ([signal, exitCode, milliseconds, last]) => {
    const program = startGroup("run", "--no-prompt", "tests/helpers/slow_to_keep.ts");
    await program.said(/^working$/m);
    program.kill(signal);
    await pause(milliseconds);
    program.kill(signal);
    const { code, stdout, stderr } = await program.outcome;
    assert.equal(code, exitCode, stderr);
    assert.equal(stdout.trim().split("\n").at(-1), last);
    assert.match(stderr, new RegExp(`^${signal}: .*once more ends at once`, "m"));
  }));
});

Deno.test("a lock that is a link is not followed", async () => {
  const folder = emptyResultFolder("resume_link");
  const outside = `${Deno.cwd()}/${folder}/outside`;
  Deno.mkdirSync(`${folder}/${EXPERIMENT}`, { recursive: true });
  for (const content of [undefined, "another's"]) {
    if (content) Deno.writeTextFileSync(outside, content);
    await new Deno.Command("ln", { args: ["-sf", outside, `${folder}/${EXPERIMENT}/lock`] }).output();
    const { code, stderr } = await runTask("main_lmc", ...RUN, "--result-dir", folder);
    assert.equal(code, 1);
    assert.match(stderr, /^error: .*\/lock is a link or a folder, which this program does not make: remove it$/m);
    assert.equal(exists(outside) && Deno.readTextFileSync(outside), content ?? false);
  }
});

Deno.test("a run that is over is not run again, unless afresh; other options are refused", async () => {
  const folder = emptyResultFolder("resume_over");
  await assertEndsWhole(folder);
  const path = `${folder}/${EXPERIMENT}/run.json`;
  const run = Deno.readTextFileSync(path);
  assert.match(await assertEndsWhole(folder, "--threads", "1", "--chains_at_once", "1"), /^Complete already/m);
  assert.equal(Deno.readTextFileSync(path), run);

  const other = await runTask("main_lmc", ...RUN, "--sigmas", "1", "--seed", "7", "--result-dir", folder);
  assert.equal(other.code, 2);
  assert.match(other.stderr, /^error: .*--seed was 0, is 7; --sigmas was 0.5,1, is 1.*--fresh 1$/m);
  assert.equal(Deno.readTextFileSync(path), run);

  const fresh = await runTask("main_lmc", ...RUN, "--sigmas", "1", "--fresh", "1", "--result-dir", folder);
  assert.equal(fresh.code, 0, fresh.stderr);
  assert.ok([...contents(folder).keys()].every((file) => !file.startsWith("0.5")), "an array of the old grid is left");
  await assertEndsWhole(folder, "--fresh", "1");
});

Deno.test("any number of threads and of chains at once writes the same bytes", async () => {
  const numbers = SOAK ? ["1", "2", "3", "4", "8"] : ["1", "3"];
  for (const [i, number] of numbers.entries()) {
    const folder = emptyResultFolder("resume_groups");
    await assertEndsWhole(folder, "--chains_at_once", number, "--threads", String(1 + i % 3));
  }
});

Deno.test("of two processes on one folder the second says so", async () => {
  const folder = emptyResultFolder("resume_race");
  const args = [...ENDLESS, "--result-dir", folder];
  const first = startProgram("main_lmc", ...args);
  await first.said(/^Device: /m);
  const second = await runTask("main_lmc", ...args);
  assert.equal(second.code, 1);
  assert.match(second.stderr, new RegExp(`^error: .*in use by process ${first.pid}: .*--result-dir$`, "m"));
  first.kill("SIGKILL");
  await first.outcome;

  for (let race = SOAK ? 20 : 3; race > 0; race--) {
    const folder = emptyResultFolder("resume_race");
    const run = () => runTask("main_lmc", ...RUN, "--result-dir", folder);
    const codes = (await Promise.all([run(), run()])).map(({ code }) => code).sort();
    assert.ok(codes[0] === 0 && codes[1] <= 1, `${codes}`);
    assert.deepEqual(contents(folder), (await whole).files);
  }
});

/** Runs some of the trials of a longer run. */
async function runShard(name: string, ...args: string[]): Promise<string> {
  const folder = emptyResultFolder(name);
  const { error } = await runHere(...MANY, ...args, "--result-dir", folder);
  assert.equal(error, undefined);
  return folder;
}
const MANY = RUN.map((arg, i) => RUN[i - 1] === "--num_trial" ? "5" : arg);
const WITHOUT_NUMBER = MANY.filter((arg, i) => arg !== "--num_trial" && MANY[i - 1] !== "--num_trial");

Deno.test("merged shards are the bytes of one run", async () => {
  const one = await runShard("shards_one");
  const [a, b] = [await runShard("shards_0", "--shard", "0/2"), await runShard("shards_1", "--shard", "1/2")];
  const folder = emptyResultFolder("shards_merged");
  const merged = await runTask("merge", b, a, "--result-dir", folder);
  assert.equal(merged.code, 0, merged.stderr);
  assert.deepEqual(contents(folder), contents(one));
  const UNLIKE = { started: 0, seconds: 0, digest: 0 };
  const [ours, theirs] = [folder, one].map((dir) => {
    const run = JSON.parse(Deno.readTextFileSync(`${dir}/${EXPERIMENT}/run.json`));
    return { ...run, options: { ...run.options, resultDir: "" }, files: run.files.sort(), ...UNLIKE };
  });
  assert.deepEqual(ours, theirs);

  const again = await runTask("merge", a, b, "--result-dir", folder);
  assert.equal(again.code, 0);
  assert.match(again.stdout, /^Complete already/m);
  const wrong: [args: string[], message: RegExp][] = [
    [[a, a, "--result-dir", `${folder}_2`], /ends with trial 1, but .* begins with trial 0/],
    [[a, "--partial", "1", "--result-dir", folder], /--num_trial was 5, is 2/],
    [[a, b, "--result-dir", a, "--fresh", "1"], /is one of the parts/],
    [[a, b, "--result-dir", `${Deno.cwd()}/${b}`, "--fresh", "1"], /is one of the parts/],
    [[a, await runShard("shards_other", "--shard", "1/2", "--seed", "3")], /not of one run: --seed was 0, is 3/],
  ];
  for (const [args, message] of wrong) {
    const { code, stderr } = await runTask("merge", ...args);
    assert.match(stderr, message);
    assert.equal(code, 2, stderr);
  }
  const range = emptyResultFolder("shards_range");
  const { error } = await runHere(...WITHOUT_NUMBER, "--trials", "2-4", "--result-dir", range);
  assert.equal(error, undefined);
  assert.deepEqual(contents(range), contents(b));
});

Deno.test("the job script of Slurm runs a shard", async () => {
  const folder = emptyResultFolder("shards_slurm");
  const { code, stdout, stderr } = await new Deno.Command("bash", {
    args: ["experiments/slurm.sh", "main_lmc", ...MANY, "--result-dir", folder],
    env: { DENO: Deno.execPath(), SLURM_ARRAY_TASK_ID: "1", SLURM_ARRAY_TASK_COUNT: "2" },
  }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  assert.match(new TextDecoder().decode(stdout), /^Device: /m);
  const run = JSON.parse(Deno.readTextFileSync(`${folder}/${EXPERIMENT}/run.json`));
  assert.deepEqual([run.options.first_trial, run.options.num_trial], [2, 3]);
  assert.match(Deno.readTextFileSync(`${folder}/${EXPERIMENT}/lock`), /^\d+ on \S+\n$/);
});

Deno.test("merged shards of Descent-to-Delete, which publishes with noise, are the bytes of one run", async () => {
  const folder = emptyResultFolder("shards_descent");
  const table = writeTable(`${folder}/table.csv`, 100, 0, 2);
  const run = [
    ...["baseline", "--dataset", "CSV", "--train_csv", table, "--test_csv", table, "--label", "class", ...SHORT],
    ...["--ks", "1", "--epsilons", "0.5,1", "--num_trial", "3", "--save_npy", "1", "--backend", "wasm"],
  ];
  const write = async (name: string, ...args: string[]) => {
    const { code, stderr } = await runTask(...args, "--result-dir", `${folder}/${name}`);
    assert.equal(code, 0, stderr);
    return `${folder}/${name}`;
  };
  const one = await write("one", ...run);
  const shards = [await write("0", ...run, "--shard", "0/2"), await write("1", ...run, "--shard", "1/2")];
  const files = contents(await write("merged", "merge", ...shards), "LMC/CSV/baseline");
  assert.ok(files.has("1/baseline_acc_unlearn_finetune0.5.npy"), `${[...files.keys()]}`);
  assert.deepEqual(files, contents(one, "LMC/CSV/baseline"));
});

Deno.test("trials and shards that make no sense are usage errors", async () => {
  const wrong: [args: string[], message: RegExp][] = [
    [["--trials", "5"], /first and the last trial/],
    [["--trials", "5-3"], /first and the last trial/],
    [["--trials", "0-4294967296"], /integer from 0/],
    [["--trials", "0-1", "--num_trial", "5"], /'--trials .*' cannot be used with option '--num_trial/],
    [["--trials", "0-1", "--shard", "0/2"], /cannot be used with/],
    [["--shard", "2/2"], /one of several shards/],
    [["--shard", "0.5/2"], /one of several shards|integer/],
    [["--shard", "0/9", "--num_trial", "5"], /--shard 0.9 of 5 trials is empty/],
    [["--chains_at_once", "0"], /integer from 1/],
    [["--batch", "0"], /integer from 1/],
    [["--batch", "2", "--chains_at_once", "2"], /'--batch <n>' cannot be used with option '--chains_at_once <n>'/],
    [["--checkpoint_seconds", "0"], /above 0/],
    [["--fresh", "yes"], /neither 0 nor 1/],
  ];
  for (const [args, message] of wrong) await assertRefused("main_lmc", ["--retrain_noiseless", "1", ...args], message);
});

Deno.test("a chain that is not finite and a file for a folder are one line", async () => {
  const folder = emptyResultFolder("resume_errors");
  const infinite = await runTask("main_lmc", ...RUN, "--init_mean", "3e38", "--result-dir", folder);
  assert.equal(infinite.code, 1);
  assert.match(
    infinite.stderr.trim().split("\n").at(-1)!,
    /^error: CSV\/paint_unlearning_sigma\/0.5_acc_scratch_D.npy, trial 0: the weights are not finite after step \d+/,
  );
  Deno.writeTextFileSync(`${folder}/file`, "");
  const blocked = await runTask("main_lmc", ...RUN, "--result-dir", `${folder}/file`);
  assert.equal(blocked.code, 1);
  assert.match(blocked.stderr.trim(), /^error: .*result\/test\/resume_errors\/file[^\n]*$/);
});
