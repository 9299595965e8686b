/**
 * tune: the plans are those of learn, the objective is scikit-learn's, and which way was taken is on record.
 */
import assert from "node:assert/strict";
import { inverseRegularization, rehearse, tunedPlan, usualLambdas } from "../core/deletion/tuning.ts";
import { withoutNoise } from "../core/deletion/model.ts";
import { openModel } from "../core/deletion/release.ts";
import { openEngine } from "../core/engines/open_engine.ts";
import { isFile, writeWhole } from "../core/disk/files.ts";
import { addGradient } from "../core/walk/drift.ts";
import { certainRows, walkProblem } from "../core/walk/mod.ts";
import { learn } from "../experiments/deletion/learn.ts";
import { command, learnLine, tableOf, tune } from "../experiments/deletion/tune.ts";
import { unlearn } from "../experiments/deletion/unlearn.ts";
import { verify } from "../experiments/deletion/verify.ts";
import { assertWellFormed } from "./helpers/assert_well_formed.ts";
import { quietly } from "./helpers/run_here.ts";
import { emptyResultFolder } from "./helpers/run_task.ts";
import { normals } from "./helpers/scenarios.ts";
import { smallLines, writeSmallTable } from "./helpers/small_models.ts";

/** Rows of two features and a constant, in two classes. */
function someRows(count: number) {
  const draws = normals(2 * count, 5);
  const raw = Float64Array.from(
    { length: 3 * count },
    (_, i) => i % 3 === 2 ? 1 : draws[2 * Math.floor(i / 3) + i % 3],
  );
  const labels = Float32Array.from({ length: count }, (_, i) => raw[3 * i] > raw[3 * i + 1] ? 1 : -1);
  return { features: certainRows(raw, 3), labels, count, dimension: 3, outputs: 1 };
}

Deno.test("scikit-learn's C: where the loss here is least, so is |w|²/2 + C Σ ℓᵢ", () => {
  const rows = someRows(60);
  const problem = walkProblem({ n: 60, d: 3, lambda: 1e-3 });
  const w = withoutNoise(problem, rows, 2000);
  const gradient = new Float64Array(3);
  addGradient(rows, w, gradient);
  const C = inverseRegularization(problem);
  w.forEach((weight, k) => assert.ok(Math.abs(weight + C * gradient[k]) < 1e-9 * Math.abs(weight), `${k}`));
});

Deno.test("plans: none that retraining equals, none beyond the budget, none whose noise a smaller K has too", () => {
  const wish = { n: 456, d: 31, classes: 2, capacity: 3, requests: 3 };
  const plan = (k: number, more: object = {}) => tunedPlan({ ...wish, ...more }, { lambda: 3e-5, epsilon: 1, k });
  assert.ok(plan(50, { requests: 1 }));
  assert.equal(plan(101), undefined, "its second request takes over 101 steps");
  const many = { n: 1e7, d: 3, classes: 2, capacity: 100, requests: 1 };
  const [few, more] = [1, 30].map((k) => tunedPlan(many, { lambda: 1e-8, epsilon: 1, k }));
  assert.ok(few && !more, "float64 has no less noise than for fewer steps");
  assert.ok(plan(20));
  assert.equal(plan(20, { budget: 5 }), undefined);
  for (const lambda of usualLambdas(wish)) {
    const { eta, m } = walkProblem({ ...wish, lambda });
    assert.ok(10 / (eta * m) >= 20 && 10 / (eta * m) <= 2000);
  }
});

Deno.test("a rehearsal has the noise of its plan, whatever the number of its rows, and its requests remove rows", async () => {
  const engine = await openEngine({ backend: "wasm", threads: 1 });
  try {
    // Of null rows each weight is a sum of noise alone, and the scores of rows of one feature have its sign.
    const rows = {
      features: new Float32Array(30),
      labels: new Float32Array(30).fill(1),
      count: 30,
      dimension: 1,
      outputs: 1,
    };
    const test = { ...rows, features: new Float32Array(30).fill(1) };
    const plan = tunedPlan({ n: 400, d: 1, classes: 2, capacity: 2, requests: 2 }, { lambda: 1e-4, epsilon: 1, k: 5 })!;
    const [{ learned, unlearned, noiseless }] = await rehearse({ train: rows, test, engine, trials: 400, seed: 1 }, [
      plan,
    ]);
    assert.equal(noiseless, 0, "no weight is above 0");
    for (const { mean } of [learned, unlearned]) assert.ok(Math.abs(mean - 0.5) < 4.5 * 0.025, `${mean}`);
    // The middle row speaks for the class of the tests, and goes; the others speak against it.
    const three = { ...rows, count: 3, features: Float32Array.of(0.3, 1, 0.3), labels: Float32Array.of(-1, 1, -1) };
    const one = tunedPlan({ n: 400, d: 1, classes: 2, capacity: 1, requests: 1 }, { lambda: 1e-4, epsilon: 1, k: 40 })!;
    const [gone] = await rehearse({ train: three, test, engine, trials: 20, seed: 2 }, [one]);
    assert.deepEqual([gone.noiseless, gone.learned.mean, gone.unlearned.mean], [1, 1, 0]);
    const all = tunedPlan({ n: 400, d: 1, classes: 2, capacity: 3, requests: 1 }, { lambda: 1e-4, epsilon: 1, k: 5 })!;
    await assert.rejects(rehearse({ train: three, test, engine, trials: 2, seed: 1 }, [all]), /leave none of the 3/);
  } finally {
    engine.dispose();
  }
});

/** What `tune` says of a small table, and the folder of the model that it is for. */
async function tuneSmall(name: string, ...args: string[]) {
  const folder = emptyResultFolder(name);
  const model = `${folder}/models/week`;
  const table = writeSmallTable(folder);
  const small = [
    "--num_trial",
    "2",
    "--seed",
    "1",
    "--lam",
    "1e-2,3e-3",
    "--k",
    "2,5",
    "--epsilons",
    "2",
    "--backend",
    "wasm",
  ];
  const ending = await quietly(() => tune([...table, "--model", model, "--num_remove", "2", ...small, ...args]));
  return { folder, model, ...ending };
}

Deno.test("tune prints the learn that has its σ, K and T; its folder is remembered, and which way was taken is certified", async () => {
  const { folder, model, said, error } = await tuneSmall("tune");
  assert.equal(error, undefined);
  const [, sigma, T, K] = /^The best: σ = (\S+), T = (\d+), K = (\d+),$/m.exec(said)!;
  const [line] = /^deno task learn .*$/m.exec(said)!;
  const args = line.split(" ").slice(3);
  const silent = await quietly(() => learn(args.slice(0, -2)));
  assert.match(String(silent.error), /week\.tune is there: give --chosen_by/);
  const learned = await quietly(() => learn(args));
  assert.equal(learned.error, undefined);
  assert.match(learned.said, new RegExp(`Learning in T = ${T} steps with σ = ${sigma},`));
  writeWhole(`${folder}/ids.txt`, "p3\np4\n");
  const unlearned = await quietly(() =>
    unlearn(["--model", model, "--train", args[1], "--remove", `${folder}/ids.txt`])
  );
  assert.match(unlearned.said, new RegExp(`takes K = ${K} steps, retraining T = ${T}`));
  assert.match(unlearned.said, /^Erase \S+week\.tune too: it has statistics of rows/m);
  const { certificates } = await openModel(model);
  assert.deepEqual(certificates.map(({ chosen }) => chosen), ["these_rows", "these_rows"]);
  assert.match(Deno.readTextFileSync(`${model}/MODEL.md`), /chosen by looking at rows that may go/);
  assert.match((await quietly(() => verify(["--model", model]))).said, /chosen by looking at\s+rows that may go/);

  const csv = Deno.readTextFileSync(`${model}.tune/tune.csv`).trim().split("\n");
  assert.equal(csv.length, 1 + 4 + 4, "four plans, and two ε of two λ");
  assertWellFormed(Deno.readTextFileSync(`${model}.tune/tune.svg`));
  assert.equal(Deno.statSync(`${model}.tune`).mode! & 0o777, 0o700);
});

Deno.test("tune on rows that never go, and on another table, looks at no others", async () => {
  const folder = emptyResultFolder("tune_ways");
  const ids = Array.from({ length: 30 }, (_, i) => `p${i}`);
  writeWhole(`${folder}/keep.txt`, ids.join("\n"));
  writeWhole(`${folder}/stray.txt`, "p1\nq1\n");
  const others = smallLines(60).map((line) => line.replace(/^p(?=\d)/, "q"));
  writeWhole(`${folder}/other.csv`, others.join("\n"));
  const kept = await tuneSmall("tune_kept", "--keep", `${folder}/keep.txt`);
  assert.match(kept.said, /^n = 40, d = 3; rehearsed on 24 rows, seen on 6 others$/m);
  assert.match(kept.said, /--chosen_by kept_rows$/m);
  const other = await tuneSmall("tune_other", "--other", `${folder}/other.csv`);
  assert.match(other.said, /^n = 40, d = 3; rehearsed on 48 rows, seen on 12 others$/m);
  assert.match(other.said, /--chosen_by other_table$/m);
  assert.doesNotMatch(kept.said + other.said, /erase it/);
  const stray = await tuneSmall("tune_stray", "--keep", `${folder}/stray.txt`);
  assert.match(String(stray.error), /stray\.txt, line 2: \S+ has no row with the id "q1"/);
  const both = await tuneSmall("tune_both", "--keep", `${folder}/keep.txt`, "--other", `${folder}/other.csv`);
  assert.match(String(both.error), /give --other or --keep, not both/);
  const args = /^deno task learn (.*)$/m.exec(kept.said)![1].split(" ");
  assert.equal((await quietly(() => learn(args))).error, undefined);
  const remove = async (id: string) => {
    writeWhole(`${kept.folder}/ids.txt`, id);
    return await quietly(() =>
      unlearn(["--model", kept.model, "--train", `${kept.folder}/train.csv`, "--remove", `${kept.folder}/ids.txt`])
    );
  };
  assert.match(
    String((await remove("p7")).error),
    /kept\.txt, line 8: λ and σ were chosen by "p7" too, which never goes/,
  );
  const gone = await remove("p37");
  assert.equal(gone.error, undefined);
  assert.doesNotMatch(gone.said, /statistics of rows/, "none of these");
  // A table that has a row which may go is no other table, whichever flag names it.
  const last = smallLines().at(-1)!;
  writeWhole(`${folder}/mixed.csv`, [...others, last].join("\n"));
  writeWhole(`${folder}/kept.csv`, smallLines(30).join("\n"));
  const mixed = await tuneSmall("tune_mixed", "--other", `${folder}/mixed.csv`);
  assert.match(String(mixed.error), /mixed\.csv, line 62: \S+train\.csv has "p39" too, which may go/);
  for (const way of [["--keep", `${folder}/keep.txt`], ["--other", `${folder}/other.csv`]]) {
    const seen = await tuneSmall("tune_seen", ...way, "--test", `${folder}/mixed.csv`);
    assert.match(String(seen.error), /mixed\.csv, line 62: \S+train\.csv has "p39" too, which may go/);
  }
  const fine = await tuneSmall("tune_fine", "--keep", `${folder}/keep.txt`, "--test", `${folder}/kept.csv`);
  assert.match(fine.said, /--chosen_by kept_rows$/m);
  assert.ok(isFile(`${fine.model}.tune/kept.txt`));
  const again = ["--model", fine.model, "--lam", "1e-2", "--k", "2", "--num_trial", "2", "--backend", "wasm"];
  assert.equal((await quietly(() => tune([...args.slice(0, 4), ...again]))).error, undefined);
  assert.ok(!isFile(`${fine.model}.tune/kept.txt`), "tune has looked at all rows since");
  const none = await tuneSmall("tune_none", "--k", "1000");
  assert.match(String(none.error), /no plan is cheaper than retraining/);
});

Deno.test("the table and the help of tune fit a narrow terminal and a wide one; odd paths are quoted", () => {
  const plan = tunedPlan({ n: 456, d: 31, classes: 2, capacity: 3, requests: 2 }, { lambda: 3e-5, epsilon: 1, k: 20 })!;
  const moments = { n: 20, mean: 0.923, std: 0.01 };
  const rehearsed = [{ ...plan, learned: moments, unlearned: moments, noiseless: 0.923 }];
  const [narrow, wide] = [60, 120].map((width) => tableOf(rehearsed, width).split("\n"));
  assert.ok(narrow.every((line) => line.length <= 60), narrow.join("\n"));
  assert.match(wide.join("\n"), /λ +C +σ +K +T +learned +unlearned +no noise +person\n3e-5 +0\.16 +0\.029 +20…22 +102/);
  for (const width of [60, 200]) {
    command.configureOutput({ getOutHelpWidth: () => width });
    assert.ok(command.helpInformation().split("\n").every((line) => line.length <= width));
  }
  const files = {
    train: "data/my rows.csv",
    schema: "it's.json",
    model: "result/models/week",
    epsilon: 1,
    num_remove: 3,
  };
  assert.match(learnLine(files, plan, "declared"), /--train 'data\/my rows.csv' --schema 'it'\\''s.json' /);
});
