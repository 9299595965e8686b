import assert from "node:assert/strict";
import { readIfThere, writeWhole } from "../core/disk/files.ts";
import { lockFolder } from "../core/disk/lock.ts";
import { makeProblem } from "../core/model/problem.ts";
import { openRunFolder, parseRun } from "../core/runs/run_folder.ts";
import type { RunRecord } from "../core/runs/run_record.ts";
import { parseOptions, scriptCommand } from "../core/command_line/mod.ts";
import { atEveryCall, failsWith, type Faults } from "./helpers/failing_disk.ts";
import { emptyResultFolder, exists } from "./helpers/run_task.ts";
import { SOAK } from "./helpers/soak.ts";

/** What systems say where a file system has no locks. */
const COMPLAINTS = [
  "Function not implemented (os error 38)",
  "Operation not supported (os error 95)",
  "No locks available (os error 37)",
  "Invalid argument (os error 22)",
  "Inappropriate ioctl for device (os error 25)",
];

/** Does something on a file system whose locks fail. */
function withoutLocks<Result>(complaint: string, action: () => Result): Result {
  const { tryLockSync } = Deno.FsFile.prototype;
  Deno.FsFile.prototype.tryLockSync = () => {
    throw new Error(complaint);
  };
  try {
    return action();
  } finally {
    Deno.FsFile.prototype.tryLockSync = tryLockSync;
  }
}

/** Lets the signs of life in a folder be some seconds old. */
function age(folder: string, seconds: number): void {
  const then = Date.now() / 1000 - seconds;
  for (const { name } of Deno.readDirSync(folder)) {
    if (name.startsWith("lock.")) Deno.utimeSync(`${folder}/${name}`, then, then);
  }
}

const textOf = (path: string) => {
  const bytes = readIfThere(path);
  return bytes && new TextDecoder().decode(bytes);
};

Deno.test("wherever writing a file fails, there is the old content or the new one", () => {
  const folder = emptyResultFolder("faults");
  const path = `${folder}/below/note.txt`;
  const outcomes = new Set<string | undefined>();
  for (const old of [undefined, "old content"]) {
    const failures = atEveryCall((faults) => {
      emptyResultFolder("faults");
      if (old !== undefined) writeWhole(path, old);
      const failed = failsWith(faults, () => writeWhole(path, "new content"));
      const content = textOf(path);
      assert.ok(failed ? content === old : content === "new content", `${JSON.stringify(faults)}: ${content}`);
      outcomes.add(content);
      if (!faults.lasting) assert.ok(!exists(`${path}.tmp`));
      return failed;
    });
    assert.equal(failures, 6);
  }
  assert.deepEqual(outcomes, new Set([undefined, "old content", "new content"]));
});

/** The record of a run. */
const record = (...args: string[]): RunRecord => ({
  experiment: "example",
  options: parseOptions(scriptCommand("example", "An example."), args),
  problem: makeProblem({ n: 100, d: 5, lambda: 1e-3 }),
  rows: "d41d8cd9",
  engine: "CPU",
  versions: { program: "0.1.0" },
});

/** A run from its beginning, or from where it stopped, to its end; its numbers are its seed. */
function runOnce(folder: string, seed: string, fresh: boolean, files: readonly string[]): void {
  const run = openRunFolder(folder, record("--seed", seed), fresh);
  try {
    if (run.finished) return;
    for (const file of files) {
      const known = run.journal.read(file);
      if (known) assert.equal(new TextDecoder().decode(known), `journal ${seed}`);
      else run.journal.write(file, `journal ${seed}`);
    }
    run.finish(new Map(files.map((file) => [file, `content ${seed} of ${file}`])), {});
  } finally {
    run.release();
  }
}

const OLD = ["a.csv", "5/b.npy", "c.svg"];
const NEW = ["a.csv", "c.svg"];

/** Checks what a reader may rely on: each file is whole, and all files beside a `run.json` are of its run. */
function assertWhole(folder: string, message: string): void {
  for (const file of OLD) {
    const content = textOf(`${folder}/${file}`);
    const wholes = [undefined, `content 0 of ${file}`, ...(NEW.includes(file) ? [`content 1 of ${file}`] : [])];
    assert.ok(wholes.includes(content), `${message}: ${content}`);
  }
  const text = textOf(`${folder}/run.json`);
  if (text === undefined) return;
  const { options: { seed }, files } = JSON.parse(text);
  for (const file of files) {
    const content = textOf(`${folder}/${file}`);
    assert.ok(
      content === undefined || content === `content ${seed} of ${file}`,
      `${message}: ${content} in run ${seed}`,
    );
  }
}

Deno.test("wherever a run's file system fails, no run is mixed with another, and the next attempt ends it", () => {
  const folder = emptyResultFolder("faults");
  const failures = atEveryCall((faults) => {
    emptyResultFolder("faults");
    runOnce(folder, "0", false, OLD);
    const failed = failsWith(faults, () => runOnce(folder, "1", true, NEW));
    assertWhole(folder, JSON.stringify(faults));
    runOnce(folder, "1", true, NEW);
    assertWhole(folder, "at the end");
    assert.equal(JSON.parse(textOf(`${folder}/run.json`)!).options.seed, 1);
    assert.ok(!exists(`${folder}/5/b.npy`), "a file of the earlier run is left");
    assert.ok(!exists(`${folder}/unfinished`));
    return failed;
  });
  assert.ok(failures > 30, `${failures}`);
});

Deno.test("a first run whose file system fails is gone on with, be there locks or not", () => {
  const folder = emptyResultFolder("faults");
  const test = (faults: Faults) => {
    emptyResultFolder("faults");
    const failed = failsWith(faults, () => runOnce(folder, "0", false, OLD));
    assertWhole(folder, JSON.stringify(faults));
    runOnce(folder, "0", false, OLD);
    for (const file of OLD) assert.equal(textOf(`${folder}/${file}`), `content 0 of ${file}`);
    assert.ok(!exists(`${folder}/unfinished`));
    return failed;
  };
  const failures = atEveryCall(test);
  assert.ok(withoutLocks(COMPLAINTS[0], () => atEveryCall(test)) > failures);
});

Deno.test("a lock is given back at once, whoever still has its file open", () => {
  const folder = emptyResultFolder("lock");
  const { close } = Deno.FsFile.prototype;
  const open: Deno.FsFile[] = [];
  const lock = lockFolder(folder);
  assert.throws(() => lockFolder(folder), /^Error: result\/test\/lock is in use by process \d+( on \S+)?: wait/);
  Deno.FsFile.prototype.close = function () {
    open.push(this);
  };
  try {
    lock.release();
  } finally {
    Deno.FsFile.prototype.close = close;
  }
  lockFolder(folder).release();
  assert.equal(open.length, 1);
  open.forEach((file) => file.close());
});

Deno.test("where a file system has no locks, one process has a folder all the same", () => {
  for (const complaint of COMPLAINTS) {
    withoutLocks(complaint, () => {
      const folder = emptyResultFolder("lock");
      const inUse =
        /^Error: result\/test\/lock is in use by process \d+( on \S+)?, alive 2 minutes ago at most: wait for its end/;
      for (let again = 0; again < 3; again++) {
        const lock = lockFolder(folder);
        assert.throws(() => lockFolder(folder), inUse);
        age(folder, 100);
        assert.throws(() => lockFolder(folder), inUse);
        lock.confirm();
        lock.release();
      }
      const stopped = lockFolder(folder);
      age(folder, 130);
      const heir = lockFolder(folder);
      assert.throws(() => stopped.confirm(), inUse);
      stopped.release();
      heir.confirm();
      assert.throws(() => lockFolder(folder), inUse);
      heir.release();
      assert.equal([...Deno.readDirSync(folder)].length, 2, "files of earlier locks are left");
      lockFolder(folder).release();
    });
  }
});

/** How many want a folder at the same time, and how often. */
const [RIVALS, RACES] = SOAK ? [8, 1000] : [4, 50];

Deno.test(`where a file system has no locks, of ${RIVALS} that want the folder of one that is gone, one gets it`, async () => {
  const folder = emptyResultFolder("lock_races");
  withoutLocks(COMPLAINTS[0], () => {
    for (let race = 0; race < RACES; race++) {
      lockFolder(`${folder}/${race}`).release();
      age(`${folder}/${race}`, 130);
    }
  });
  const turns = new Int32Array(new SharedArrayBuffer(8));
  const rivals = Array.from({ length: RIVALS }, () => {
    const worker = new Worker(new URL("helpers/lock_rival.ts", import.meta.url), { type: "module" });
    const won = new Promise<number[]>((resolve) => worker.onmessage = ({ data }) => resolve(data));
    worker.postMessage({ folder, races: RACES, rivals: RIVALS, complaint: COMPLAINTS[0], turns });
    return { worker, won };
  });
  const winners = (await Promise.all(rivals.map(({ won }) => won))).flat();
  for (const { worker } of rivals) worker.terminate();
  assert.deepEqual(winners.sort((a, b) => a - b), Array.from({ length: RACES }, (_, race) => race));
});

Deno.test("a process that lost its folder writes nothing there", () => {
  withoutLocks(COMPLAINTS[0], () => {
    const folder = emptyResultFolder("lock");
    const stopped = openRunFolder(folder, record(), false);
    stopped.journal.write("walk0", "before");
    age(folder, 130);
    const heir = openRunFolder(folder, record(), false);
    assert.throws(() => stopped.journal.write("walk0", "after"), /in use by process/);
    assert.throws(() => stopped.finish(new Map([["a.csv", "after"]]), {}), /in use by process/);
    assert.equal(new TextDecoder().decode(heir.journal.read("walk0")), "before");
    assert.ok(!exists(`${folder}/a.csv`));
    stopped.release();
    heir.release();
  });
});

Deno.test("a lock that fails for another reason is an error with its path", () => {
  for (const complaint of ["Input/output error (os error 5)", "Permission denied (os error 13)"]) {
    withoutLocks(complaint, () => {
      const folder = emptyResultFolder("lock");
      assert.throws(() => lockFolder(folder), { message: `${folder}/lock: ${complaint}` });
      assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["lock"]);
    });
  }
});

Deno.test("a run that is over is found on a disk that cannot be written", () => {
  const folder = emptyResultFolder("read_only");
  runOnce(folder, "0", false, OLD);
  assert.ok(!failsWith({ nth: 1, lasting: true }, () => runOnce(folder, "0", false, OLD)));
  const lock = lockFolder(folder);
  runOnce(folder, "0", false, OLD);
  lock.release();
  assert.ok(failsWith({ nth: 1, lasting: true }, () => runOnce(folder, "0", true, OLD)));
  assert.throws(() => runOnce(folder, "1", false, OLD), /--seed was 0, is 1/);
});

Deno.test("a folder is not mixed with runs of other options, data, engines or programs", () => {
  const folder = emptyResultFolder("other");
  const open = (run: RunRecord) => openRunFolder(folder, run, false).release();
  open(record());
  open(record("--threads", "1", "--chains_at_once", "5", "--checkpoint_seconds", "1", "--backend", "wasm"));
  assert.throws(() => open(record("--seed", "1", "--burn_in", "7")), (error) => {
    assert.ok(error instanceof RangeError);
    assert.match(
      error.message,
      /^result\/test\/other holds .*--burn_in was 10000, is 7; --seed was 0, is 1: .*--fresh 1$/,
    );
    return true;
  });
  assert.throws(() => open({ ...record(), engine: "GPU" }), /the engine was CPU, is GPU/);
  assert.throws(() => open({ ...record(), rows: "other" }), /the rows was d41d8cd9, is other/);
  const named = "3 rows, 9f86d081884c7d65";
  assert.throws(() => open({ ...record(), named }), /the named rows was not given, is 3 rows, 9f86d081884c7d65/);
  assert.throws(() => open({ ...record(), versions: { program: "2" } }), /the program's version was 0.1.0, is 2/);
  assert.throws(
    () => open({ ...record(), problem: makeProblem({ n: 99, d: 5, lambda: 1e-3 }) }),
    /the data's n was 100, is 99/,
  );
  assert.throws(() => open(record("--trials", "3-9")), /--num_trial was 100, is 7; the first trial was 0, is 3/);
});

Deno.test("a run.json says which rows the user names", () => {
  const parse = (named: unknown) =>
    parseRun(new TextEncoder().encode(JSON.stringify({ ...record(), named, started: "", files: [] })), "run.json")
      .named;
  for (const named of [undefined, "3 rows, 9f86d081884c7d65"]) assert.equal(parse(named), named);
  for (const named of [3, -1, 0.5, null, [3]]) assert.throws(() => parse(named), /not a run.json of this version/);
});

Deno.test("a run.json that is none and results that are missing are errors that name the file", () => {
  const folder = emptyResultFolder("damaged");
  runOnce(folder, "0", false, OLD);
  Deno.removeSync(`${folder}/5/b.npy`);
  assert.throws(() => runOnce(folder, "0", false, OLD), /5\/b.npy is missing.*--fresh 1/);
  for (const text of ["", "{", "null", "{}", "[]", '{"files":["../../keep.txt"],"options":{}}']) {
    Deno.writeTextFileSync(`${folder}/run.json`, text);
    assert.throws(() => runOnce(folder, "0", false, OLD), {
      name: "RangeError",
      message:
        `${folder}/run.json is not a run.json of this version: choose another --result-dir, or start over with ` +
        "--fresh 1",
    });
  }
  writeWhole("result/test/keep.txt", "kept");
  runOnce(folder, "0", true, OLD);
  assert.equal(textOf("result/test/keep.txt"), "kept");
});
