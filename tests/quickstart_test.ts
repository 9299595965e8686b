import assert from "node:assert/strict";
import { testAccuracies } from "../core/model/accuracy.ts";
import { langevin, langevinStart } from "../core/learning/chains.ts";
import { loadMnist } from "../core/datasets/mnist.ts";
import { openEngine } from "../core/engines/open_engine.ts";
import { problemFor } from "../core/original/problem.ts";
import { publishedAccuracies } from "../core/original/published.ts";
import { parseSummary } from "../core/results/summary.ts";
import { type Moments, moments, zScore } from "../core/statistics/statistics.ts";
import { runTask } from "./helpers/run_task.ts";

/**
 * What the published points with a σ a hundred times too small should have been: 100 trials of a NumPy simulation of
 * the original with the right σ and the same smoothness constant. Retraining has the law of learning.
 */
const CORRECTED: Readonly<Record<string, Moments>> = {
  "1/lmc_acc_learn_scratch0.5.npy": { n: 100, mean: 0.907, std: 0.0105 },
  "1/lmc_acc_unlearn_scratch0.5.npy": { n: 100, mean: 0.907, std: 0.0105 },
  "1/lmc_acc_unlearn_finetune0.5.npy": { n: 100, mean: 0.9079, std: 0.0098 },
};

/** The noise-free retraining accuracy in the original's log; the published file has the learning accuracies. */
const RETRAINED: Moments = { n: 100, mean: 0.9102824, std: 0 };

/** An independent run of 20 to 30 chains with the exact accountant's σ at k = 1: accuracies of the learned weights. */
const EXACT: Readonly<Record<string, Moments>> = {
  "1/lmc_acc_learn_scratch0.05.npy": { n: 20, mean: 0.856, std: 0.030 },
  "1/lmc_acc_learn_scratch0.1.npy": { n: 20, mean: 0.900, std: 0.016 },
  "1/lmc_acc_learn_scratch0.5.npy": { n: 20, mean: 0.911, std: 0.004 },
  "1/lmc_acc_learn_scratch1.npy": { n: 20, mean: 0.911, std: 0.003 },
  "1/baseline_acc_unlearn_finetune0.05.npy": { n: 20, mean: 0.787, std: 0.094 },
  "1/baseline_acc_unlearn_finetune0.1.npy": { n: 20, mean: 0.862, std: 0.069 },
  "1/baseline_acc_unlearn_finetune0.5.npy": { n: 20, mean: 0.911, std: 0.006 },
  "1/baseline_acc_unlearn_finetune1.npy": { n: 20, mean: 0.911, std: 0.003 },
};

/** The same with null rows. */
const NULL_ROWS: Readonly<Record<string, Moments>> = {
  "1/lmc_acc_learn_scratch0.05.npy": { n: 20, mean: 0.901, std: 0.013 },
  "1/lmc_acc_learn_scratch0.1.npy": { n: 20, mean: 0.907, std: 0.008 },
};

/** Compares what was measured once with a run's folder; unlearned and retrained weights have the learned ones' law. */
function compareExact(measured: Readonly<Record<string, Moments>>, folder: string): void {
  const summaries = new Map(
    parseSummary(Deno.readTextFileSync(`${folder}/LMC/MNIST/baseline/summary.csv`)).map((row) => [row.array, row]),
  );
  for (const [array, theirs] of Object.entries(measured)) {
    const alike = ["learn_scratch", "unlearn_scratch", "unlearn_finetune"].map((name) =>
      array.startsWith("1/lmc") ? array.replace("learn_scratch", name) : array
    );
    for (const array of new Set(alike)) {
      const ours = summaries.get(array)!;
      assert.ok(Math.abs(zScore(ours, theirs)) < 3.5, `${array}: ${ours.mean} ± ${ours.std}, measured ${theirs.mean}`);
    }
  }
}

Deno.test("the quickstart reproduces every published point of Figure 3a, and draws the exact guarantee beside it", async () => {
  const { code, stdout, stderr } = await runTask("quickstart", "--fresh", "1");
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^Device: .+$/m);
  assert.match(stdout, /figure3a\.svg$/m);
  const published = publishedAccuracies("MNIST", "baseline");
  const summaries = parseSummary(Deno.readTextFileSync("result/quickstart/LMC/MNIST/baseline/summary.csv"));
  let compared = 0;
  for (const { array, ...ours } of summaries) {
    if (array.endsWith("lmc_acc_noiseless.npy")) continue;
    if (array === "baseline_acc_unlearn_scratch.npy") {
      // One random row in place of an 8 moves a noise-free boundary by at most a row or two of the test set.
      assert.ok(Math.abs(ours.mean - RETRAINED.mean) < 2.5 / 1984, `${array}: ${ours.mean}`);
      continue;
    }
    const theirs = CORRECTED[array] ?? published.get(array);
    assert.ok(Math.abs(zScore(ours, theirs)) < 3.5, `${array}: ${ours.mean} ± ${ours.std}, published ${theirs.mean}`);
    compared++;
  }
  assert.equal(compared, 1 + 3 * 6 + 3 * 6);
  const rows = stdout.split("\n").filter((line) => / ± .* ± .* ± /.test(line));
  assert.equal(rows.length, compared + 1);
  compareExact(EXACT, "result/quickstart/exact");
  const figure = Deno.readTextFileSync("result/quickstart/figure3a.svg");
  assert.match(figure, /<title>As published; Exact, for one request<\/title>/);
  const { code: again } = await runTask("quickstart");
  assert.equal(again, 0);
  assert.equal(Deno.readTextFileSync("result/quickstart/figure3a.svg"), figure, "from the CSV files alone");
});

Deno.test("null rows have the measured accuracy at ε = 0.05 and 0.1", async () => {
  const flags = [
    "--preset",
    "fast",
    "--ks",
    "1",
    "--epsilons",
    "0.05,0.1",
    "--burn_in",
    "219",
    "--accountant",
    "exact",
  ];
  const chains = [
    "--noise_scales",
    "calibrated",
    "--smoothness",
    "bound",
    "--clip_regularizer",
    "0",
    "--extra_step",
    "0",
  ];
  const folder = "result/test/null_rows";
  const run = await runTask(
    "baseline",
    ...flags,
    ...chains,
    "--removal",
    "null",
    "--result-dir",
    folder,
    "--fresh",
    "1",
  );
  assert.equal(run.code, 0, run.stderr);
  compareExact(NULL_ROWS, folder);
});

Deno.test("learning at σ = 0.03 has the published accuracy", async () => {
  const { train, test } = await loadMnist();
  const problem = problemFor(train, { lam: 1e-6, smoothness: "spectral" });
  const engine = await openEngine({ backend: "wasm" });
  const setting = { engine, problem, seed: 0, trials: 20, clipsRegularizer: true };
  const name = "MNIST/paint_utility_s/acc_scratch_D.npy";
  const start = langevinStart(setting, name, 0.03, { mean: 0 });
  const [weights] = await langevin(setting, engine.load(train), [{ name, sigma: 0.03, start, steps: 501 }]);
  engine.dispose();
  const ours = moments(testAccuracies(test, weights));
  const theirs = publishedAccuracies("MNIST", "paint_utility_s").get("acc_scratch_D.npy")!;
  assert.ok(Math.abs(zScore(ours, theirs)) < 3.5, `${ours.mean} ± ${ours.std}, published ${theirs.mean}`);
});
