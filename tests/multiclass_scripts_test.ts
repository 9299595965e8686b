/**
 * The multi-class scripts on a small table of three classes.
 */
import assert from "node:assert/strict";
import { publishedAccuracies } from "../core/original/published.ts";
import { parseSummary } from "../core/results/summary.ts";
import { loadSubject } from "../core/runs/run_experiment.ts";
import { assertWellFormed } from "./helpers/assert_well_formed.ts";
import { emptyResultFolder, runTask, SHORT } from "./helpers/run_task.ts";
import { writeTable } from "./helpers/small_tables.ts";

/** Runs an experiment of a script on the table; returns a reader of its files. */
async function runOnTable(name: string, task: string, ...args: string[]) {
  const folder = emptyResultFolder(name);
  const files = ["--train_csv", writeTable(`${folder}/train.csv`, 1200, 0), "--test_csv"];
  const { code, stderr } = await runTask(
    ...[task, "--dataset", "CSV", ...files, writeTable(`${folder}/test.csv`, 300, 1), "--label", "class"],
    ...[...SHORT, "--result-dir", folder, ...args],
  );
  assert.equal(code, 0, stderr);
  const [experiment] = [...Deno.readDirSync(`${folder}/LMC/CSV`)].map((entry) => entry.name);
  const path = `${folder}/LMC/CSV/${experiment}`;
  return {
    summaries: parseSummary(Deno.readTextFileSync(`${path}/summary.csv`)),
    figure: (file: string) => Deno.readTextFileSync(`${path}/${file}`),
    npy: (file: string) => Deno.readFileSync(`${path}/${file}`),
  };
}

const descriptionOf = (npy: Uint8Array) => new TextDecoder().decode(npy.subarray(10, 128));

const namesOf = (summaries: readonly { array: string }[]) => summaries.map(({ array }) => array).sort();

Deno.test("Figure 3a has the arrays that the authors published, of float64", async () => {
  const { summaries, figure, npy } = await runOnTable("multiclass_3a", "baseline_multiclass", "--save_npy", "1");
  const published = publishedAccuracies("CIFAR10_MULTI", "baseline");
  assert.deepEqual(namesOf(summaries), [...published.keys()].sort());
  assertWellFormed(figure("figure3a.svg"));
  for (const { array, mean } of summaries) {
    const file = npy(array);
    assert.match(descriptionOf(file), /'<f8'.*'shape': \(2,\)/);
    const accuracies = new Float64Array(file.slice(128).buffer);
    assert.ok(Math.abs((accuracies[0] + accuracies[1]) / 2 - mean) < 1e-15);
  }
});

Deno.test("Figure 3b has the accuracy of every request, which the original left out", async () => {
  const { summaries } = await runOnTable("multiclass_3b", "baseline_multiclass", "--sequential2", "1");
  assert.deepEqual(namesOf(summaries), [...publishedAccuracies("MNIST", "sequential2").keys()].sort());
  assert.ok(summaries.every(({ mean }) => mean >= 0 && mean <= 1));
});

Deno.test("--train-mode binary makes the training labels −1 and 1", async () => {
  const [train_csv, test_csv] = ["train", "test"].map((name) => writeTable(`result/test/labels/${name}.csv`, 9, 0));
  const choice = { dataset: "CSV", dataDir: "data", train_csv, test_csv, label: "class" };
  const load = (trainMode: "multi" | "binary") =>
    loadSubject({ ...choice, lam: 1e-6, smoothness: "bound", trainMode, step_size: "1/L" }).then(({ dataset }) =>
      dataset
    );
  const [multi, binary] = [await load("multi"), await load("binary")];
  assert.deepEqual(binary.train.labels, multi.train.labels.map((y) => y === 1 ? 1 : -1));
  assert.deepEqual(new Set(multi.train.labels), new Set([0, 1]));
  assert.deepEqual(binary.test, multi.test);
});

Deno.test("Figure 3c saves weights of all classes", async () => {
  const args = ["--paint_unlearning_sigma", "1", "--sigmas", "0.1", "--save_npy", "1"];
  const { npy } = await runOnTable("multiclass_3c", "main_lmc_multiclass", ...args);
  assert.match(descriptionOf(npy("0.1_learn_scratch_w.npy")), /'<f4'.*'shape': \(2, 3, 3\)/);
  assert.match(descriptionOf(npy("0.1_acc_finetune.npy")), /'<f8'/);
});

for (const [experiment, file] of [["paint_utility_epsilon", "figure4.svg"], ["paint_utility_s", "figure5.svg"]]) {
  Deno.test(`${experiment} of several classes has the binary script's arrays`, async () => {
    const { summaries, figure } = await runOnTable(experiment, "main_lmc_multiclass", `--${experiment}`, "1");
    assert.deepEqual(namesOf(summaries), [...publishedAccuracies("MNIST", experiment).keys()].sort());
    assertWellFormed(figure(file));
  });
}

Deno.test("the search for the burn-in learns on, and finds that more steps are better", async () => {
  const args = ["--search_burnin", "1", "--num_trial", "20", "--sigmas", "0.001,0.01"];
  const { summaries, figure } = await runOnTable("search_burnin", "main_lmc_multiclass", ...args, "--lam", "1e-5");
  assert.equal(summaries.length, 2 * 8);
  const steps = [1, 10, 20, 50, 100, 150, 200, 300];
  for (const sigma of [0.001, 0.01]) {
    assert.deepEqual(summaries.filter((row) => row.sigma === sigma).map(({ step }) => step), steps);
  }
  const accuracy = (step: number) => summaries.find((row) => row.sigma === 0.001 && row.step === step)!.mean;
  assert.ok(accuracy(300) > 0.8 && accuracy(300) > accuracy(1));
  assertWellFormed(figure("search_burnin.svg"));
});
