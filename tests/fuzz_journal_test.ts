import assert from "node:assert/strict";
import fc from "fast-check";
import { parseOptions, scriptCommand } from "../core/command_line/mod.ts";
import type { Engine } from "../core/engines/engine.ts";
import type { Journal } from "../core/runs/journal.ts";
import { makeProblem } from "../core/model/problem.ts";
import { collectResults } from "../core/runs/results.ts";
import { resumableEngine } from "../core/runs/resumable_engine.ts";
import { parseRun } from "../core/runs/run_folder.ts";
import { differences, type RunRecord } from "../core/runs/run_record.ts";
import { assertForUser, damagedFiles, damagedTexts, fuzz } from "./helpers/fuzz.ts";

const encode = (text: string) => new TextEncoder().encode(text);

/** A journal that has one entry and keeps nothing. */
function journalWith(name: string, content: Uint8Array): Journal {
  return { read: (asked) => asked === name ? content.slice() : undefined, write: () => {} };
}

const problem = makeProblem({ n: 11982, d: 784, lambda: 1e-6 });
const record: RunRecord = {
  experiment: "baseline",
  options: parseOptions(scriptCommand("baseline", "An example."), []),
  problem,
  rows: "b5bb9d80",
  engine: "CPU",
  versions: { program: "0.1.0" },
};
const run = { ...record, started: "2024-01-12", files: ["trials.csv", "1/a.npy"], device: "CPU", seconds: 1 };

Deno.test(...fuzz("run.json, damaged", {
  inputs: damagedTexts([JSON.stringify(run, null, 2), JSON.stringify(run)], '"../x"', '"/x"', "{}", "[]", "null", "-1"),
  read: (text) => parseRun(encode(text), "run.json"),
  check: (read) => {
    assert.ok(read.files.every((name) => !name.split("/").includes("..") && !name.startsWith("/")));
    for (const difference of differences(read, record)) assertForUser(new Error(difference.slice(0, 1000)));
  },
}));

Deno.test(...fuzz("accuracies in the journal, damaged", {
  inputs: damagedTexts(["[0.5,0.25,1]", "[0,1,0]"], "[]", "{}", "null", '"0.5"', "1e-400", "2", ",0.5"),
  read: (text) => {
    const of = { dataset: "MNIST", variant: "released", problem, trials: [0, 1, 2], saveNpy: true };
    const results = collectResults(of, journalWith("cell0", encode(text)));
    results.add({ method: "LMC learn", array: "a.npy" } as Parameters<typeof results.add>[0], () => [0.5]);
    return results;
  },
  check: ({ summaries: [{ n, mean, std }] }) => assert.ok(n > 0 && mean >= 0 && mean <= 1 && std >= 0),
}));

const STEPS = 5;
const engine: Engine = {
  description: "adds 1",
  kind: "test",
  load: () => assert.fail(),
  replace: () => assert.fail(),
  walk: ({ start, steps }) => Promise.resolve(start.map((weight) => weight + steps)),
  dispose: () => {},
};
const state = new Uint8Array(Uint32Array.of(3).buffer);
const weights = new Uint8Array(Float32Array.of(3, 4, 5).buffer);

Deno.test(...fuzz("states of walks in the journal, damaged", {
  inputs: fc.oneof(
    damagedFiles(
      [Uint8Array.from([...state, ...weights]), Uint8Array.from([STEPS, 0, 0, 0, ...weights])],
      "\0\0\x80\x7f",
      "\0\0\xc0\x7f",
      "\x05\0\0\0",
    ),
    fc.uint8Array({ minLength: 16, maxLength: 16 }),
  ),
  read: (bytes) => {
    const keeping = { checkpointSeconds: 1e9, signal: new AbortController().signal };
    return resumableEngine(engine, journalWith("walk0", bytes), keeping).walk({
      trainingSet: { count: 9, dimension: 3, outputs: 1, dispose: () => {} },
      start: new Float32Array(3),
      chains: [{ sigma: 0.1, cell: 0, trial: 0, name: "cell" }],
      dynamics: { stepSize: 1, regularization: 0.1, clip: 1, clipsRegularizer: true },
      seed: 0,
      steps: STEPS,
    });
  },
  check: (weights) => assert.ok(weights.length === 3 && weights.every(Number.isFinite)),
}));
