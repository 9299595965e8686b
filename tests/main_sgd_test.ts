/**
 * The script of the sequel, from its command line to accuracies: those that were published, on MNIST, and on a small
 * table the bytes of runs that were killed, or came in shards.
 */
import assert from "node:assert/strict";
import { openWasmEngine } from "../core/engines/wasm_engine.ts";
import { exactAccountant } from "../core/accountant/exact.ts";
import { epochRate, noisySgdAccountant } from "../core/accountant/noisy_sgd.ts";
import { makeProblem } from "../core/model/problem.ts";
import { bisectedNoiseScale } from "../core/original/noise_scales.ts";
import { learningEpochs } from "../core/original/sgd.ts";
import { decodeNpy } from "../core/formats/read_npy.ts";
import { writeWhole } from "../core/disk/files.ts";
import { publishedAccuracies, publishedNumbers } from "../core/original/published.ts";
import { type Cell, parseSummary } from "../core/results/summary.ts";
import { type Lab, makeLab } from "../core/runs/lab.ts";
import { mergeParts } from "../core/runs/merge_shards.ts";
import type { Results } from "../core/runs/results.ts";
import { loadSubject } from "../core/runs/run_experiment.ts";
import { moments } from "../core/statistics/statistics.ts";
import { mainSgdExperiment, runSgd } from "../experiments/main_sgd.ts";
import { mainSgdMulticlass, mainSgdMulticlassExperiment } from "../experiments/main_sgd_multiclass.ts";
import { bytesBelow, quietly } from "./helpers/run_here.ts";
import { emptyResultFolder, exists, runTask, startProgram } from "./helpers/run_task.ts";
import { writeTable } from "./helpers/small_tables.ts";

/** The accuracies of the cells of an experiment, or of what else a lab of it does, by array. */
async function accuraciesOf(
  args: string,
  conduct?: (lab: Lab) => Promise<void>,
): Promise<Map<string, readonly number[]>> {
  const { name: experiment, options, ...whole } = mainSgdExperiment(args.split(" "));
  const accuracies = new Map<string, readonly number[]>();
  const results = {
    add: ({ array }: Cell, measure: () => readonly number[]) => void accuracies.set(array, measure()),
  } as Partial<Results> as Results;
  await quietly(async () => {
    const engine = await openWasmEngine();
    const lab = makeLab({ experiment, options, ...await loadSubject(options) }, engine, results);
    await (conduct ?? whole.conduct)(lab);
    engine.dispose();
  });
  return accuracies;
}

/**
 * Makes sure that means are those that were published. All cells of a run have the same permutations, so that at small
 * σ they are off together; the deviation between trials has that, and no cell is averaged with another. It is pooled: a
 * few bad permutations make most of it at b = 32, and few trials may have none of them.
 */
function assertPublished(experiment: string, found: ReadonlyMap<string, readonly number[]>, least: number): void {
  const published = publishedAccuracies("MNIST", experiment, "SGD");
  for (const [array, trials] of found) {
    const [ours, theirs] = [moments(trials), published.get(array)!];
    const variance = (ours.n * ours.std ** 2 + theirs.n * theirs.std ** 2) / (ours.n + theirs.n);
    const deviation = Math.sqrt(variance * (1 / ours.n + 1 / theirs.n));
    const z = (ours.mean - theirs.mean) / deviation;
    assert.ok(Math.abs(z) < 3.5, `${array}: ${ours.mean}, published ${theirs.mean}, z = ${z}`);
    assert.ok(3.5 * deviation < least, `${array}: only differences above ${3.5 * deviation} would be seen`);
  }
}

const MNIST = "--dataset MNIST --projection 0 --num_trial 20";

Deno.test("Figure 3a of MNIST: all 36 accuracies are those that were published", async () => {
  const figure = `${MNIST} --compare_baseline_nonconvergent 1`;
  // The start is forgotten by a factor of 200, in the full batch, and of 10⁹.
  const [full, batches] = [
    await accuraciesOf(`${figure} --batch_sizes 0 --epochs 120`),
    await accuraciesOf(`${figure} --batch_sizes 128 --epochs 6`),
  ];
  const all = new Map([...full, ...batches]);
  assert.equal(all.size, 36);
  assertPublished("baseline_nonconvergent", all, 0.09);
});

Deno.test("Figure 3b of MNIST: learned, and after the last request, accuracies are those that were published", async () => {
  const found = await accuraciesOf(`${MNIST} --sequential 1`, async (lab) => {
    const remaining = lab.remove(100, "requests");
    for (const b of [128, 256, 512]) {
      // After a hundred requests chains have forgotten all rows but those of the last ones.
      const sgd = lab.withBatches(b, Math.ceil(Math.log(1e6) / epochRate(lab.problem, b)));
      for (const [set, name] of [[lab.trainingSet, "learn_scratch"], [remaining, "finetune"]] as const) {
        const array = `sgd_acc_${name}_b${b}${name === "finetune" ? "_step100" : ""}.npy`;
        await sgd.learn(set, [{ method: "SGD learn", array, b, sigma: 0.03 }]);
      }
    }
  });
  assert.equal(found.size, 6);
  assertPublished("sequential", found, 0.035);
});

Deno.test("Figure 3c of MNIST: accuracies that were published, learned, without 100 rows, and after the last request", async () => {
  const args = "--dataset MNIST --num_trial 50 --variant published --paint_unlearning_sigma 1";
  const found = await accuraciesOf(args, async (lab) => {
    const remaining = lab.remove(100, "requests");
    for (const b of [32, 128, 512]) {
      const sgd = lab.withBatches(b, Math.ceil(Math.log(1e6) / epochRate(lab.problem, b)));
      for (const sigma of [0.05, 0.5]) {
        const nameOf = (kind: string) => `sgd_acc_${kind}_b${b}_sigma${sigma}`;
        await sgd.learn(lab.trainingSet, [{ method: "SGD learn", array: `${nameOf("learn_scratch")}.npy`, b, sigma }]);
        for (const array of [`${nameOf("unlearn_scratch")}.npy`, `${nameOf("finetune")}_step100.npy`]) {
          await sgd.learn(remaining, [{ method: "SGD retrain", array, b, sigma }]);
        }
      }
    }
  });
  assert.equal(found.size, 18);
  assertPublished("paint_unlearning_sigma", found, 0.065);
});

/** Means after one epoch asked for, which takes two, in the authors' log of 31 January 2024: 100 trials, σ = 0.03. */
const SEARCHED = { 1: 0.6333, 32: 0.8697, 128: 0.8845, 512: 0.8817 };

Deno.test("search_batch of MNIST finds the accuracies of the authors' log, b = 1 among them", async () => {
  const found = await accuraciesOf(`${MNIST} --search_batch 1 --burn_ins 1`);
  assert.equal(found.size, 4);
  for (const [b, theirs] of Object.entries(SEARCHED)) {
    const { mean, std, n } = moments(found.get(`sgd_acc_b${b}_burnin1.npy`)!);
    const deviation = std * Math.sqrt(1 / n + 1 / 100);
    assert.ok(Math.abs(mean - theirs) < 3.5 * deviation, `b = ${b}: ${mean} ± ${deviation}, logged ${theirs}`);
    assert.ok(deviation < 0.035, `b = ${b}: only differences above ${3.5 * deviation} would be seen`);
  }
});

const ROOT = emptyResultFolder("main_sgd");
const TABLE = writeTable(`${ROOT}/table.csv`, 300, 0, 2);
/** A small table in batches that do not divide it. */
const SMALL = [
  ...["--dataset", "CSV", "--train_csv", TABLE, "--test_csv", TABLE, "--label", "class", "--lam", "1e-3"],
  ...["--backend", "wasm", "--save_npy", "1"],
];
const FIGURE_3A = [...SMALL, "--compare_baseline_nonconvergent", "1", "--epsilons", "1,5", "--num_trial", "5"];
const FIGURES_3CD = [...SMALL, ..."--paint_unlearning_sigma 1 --requests 3 --sigmas 0.1,1 --num_trial 4".split(" ")];
const FIGURE_3B = [...SMALL, "--sequential", "1", "--requests", "4", "--num_trial", "4"];

/** Runs the script here and returns what it left, without `run.json`. */
async function run(name: string, ...args: string[]): Promise<Map<string, Uint8Array>> {
  const folder = `${ROOT}/${name}`;
  const { error } = await quietly(() => runSgd(mainSgdExperiment([...args, "--result-dir", folder])));
  assert.equal(error, undefined);
  return resultsIn(folder);
}

function resultsIn(folder: string): Map<string, Uint8Array> {
  return new Map([...bytesBelow(folder)].filter(([file]) => !file.endsWith("run.json")));
}

Deno.test("the files have the names, types and shapes of the authors'", async () => {
  const batches = ["--batch_sizes", "128,0", "--epochs", "30"];
  const [one, sequence, sigmas, noiseless] = [
    await run("figure3a", ...FIGURE_3A, ...batches),
    await run("figure3b", ...FIGURE_3B, ...batches),
    await run("figures3cd", ...FIGURES_3CD, ...batches),
    await run("noiseless", ...SMALL, "--retrain_noiseless", "1", "--removes", "1,10", "--num_trial", "2"),
  ];
  const arraysOf = (results: ReadonlyMap<string, Uint8Array>, experiment: string) =>
    [...results.keys()].filter((file) => file.endsWith(".npy")).map((file) =>
      file.slice(`SGD/CSV/${experiment}/`.length)
    );
  const known = (experiment: string) => new Set(publishedAccuracies("MNIST", experiment, "SGD").keys());
  assert.equal(arraysOf(one, "baseline_nonconvergent").length, 12);
  for (const array of arraysOf(one, "baseline_nonconvergent")) assert.ok(known("baseline_nonconvergent").has(array));
  const ofSigmas = arraysOf(sigmas, "paint_unlearning_sigma");
  const listsOfSigmas = new Set(publishedNumbers("MNIST", "paint_unlearning_sigma", "SGD").keys());
  assert.equal(ofSigmas.length, 4 * (1 + 2 + 3));
  for (const array of ofSigmas) {
    assert.ok((array.startsWith("k_list") ? listsOfSigmas : known("paint_unlearning_sigma")).has(array), array);
  }
  for (const array of arraysOf(noiseless, "retrain_noiseless")) assert.ok(known("retrain_noiseless").has(array));
  const [lists, accuracies] = [true, false].map((isList) =>
    arraysOf(sequence, "sequential").filter((file) => file.startsWith("k_list") === isList).sort()
  );
  assert.deepEqual(lists, ["k_list_b0.npy", "k_list_b128.npy"]);
  assert.equal(accuracies.length, 2 * 5);
  for (const array of accuracies) assert.ok(known("sequential").has(array), array);
  const shapeOf = (file: string) => {
    const { descr, shape } = decodeNpy(sequence.get(`SGD/CSV/sequential/${file}`)!);
    return [descr, shape];
  };
  assert.deepEqual(shapeOf("k_list_b128.npy"), ["<i8", [5]]);
  assert.deepEqual(shapeOf("sgd_acc_finetune_b0_step4.npy"), ["<f4", [4]]);
  const rows = parseSummary(new TextDecoder().decode(sequence.get("SGD/CSV/sequential/summary.csv")));
  assert.deepEqual(rows.filter(({ b }) => b === 128).map(({ T, step, K }) => [T, step, typeof K]), [
    [30, undefined, "undefined"],
    ...[1, 2, 3, 4].map((step) => [undefined, step, "number"]),
  ]);
  const figure = new TextDecoder().decode(sigmas.get("SGD/CSV/paint_unlearning_sigma/figure3c_3d.svg"));
  assert.match(
    figure,
    /<title>CSV, accuracy after 3 requests, ε = 0\.01; CSV, epochs of 3 requests, ε = 0\.01<\/title>/,
  );
  assert.ok(
    new TextDecoder().decode(noiseless.get("SGD/CSV/retrain_noiseless/trials.csv")).startsWith("method,k,b,T,"),
  );
});

Deno.test("compare_batches finds the least σ, the fewest epochs and the least ε, and draws them against b", async () => {
  const args = "--compare_batches 1 --batch_sizes 60,0 --epochs 20 --num_trial 3 --epsilons 0.5,2 --sigmas 0.1,0.3";
  const command = [...SMALL, "--variant", "corrected", ...args.split(" ")];
  const results = await run("compare_batches", ...command);
  const folder = "SGD/CSV/compare_batches";
  const rows = parseSummary(new TextDecoder().decode(results.get(`${folder}/summary.csv`)));
  const unlearned = rows.filter(({ method }) => method === "SGD unlearn");
  assert.equal(unlearned.length, 2 * (2 + 2 + 2 * 2));
  const { problem } = JSON.parse(Deno.readTextFileSync(`${ROOT}/compare_batches/${folder}/run.json`));
  const epsilonOf = (b: number, sigma: number, K: number) => {
    const chain = { problem, sigma, T: 20, radius: 100, neighbours: "null", batchSize: b || problem.n } as const;
    return exactAccountant().guarantee({ ...chain, requests: [{ S: 1, K }] }, 1 / problem.n).epsilon;
  };
  for (const { k, b = NaN, sigma = NaN, epsilon = NaN, K = NaN, array } of unlearned) {
    const isGiven = k === 1 && [0.1, 0.3].includes(sigma);
    const reached = epsilonOf(b, sigma, K);
    if (isGiven) assert.equal(reached, epsilon, array);
    else assert.ok(reached <= epsilon, array);
    if (k === undefined && K > 1) assert.ok(epsilonOf(b, sigma, K - 1) > epsilon, array);
    if (k === 1 && !isGiven) assert.ok(epsilonOf(b, sigma * (1 - 1e-6), K) > epsilon, array);
  }
  const figure = new TextDecoder().decode(results.get(`${folder}/compare_batches.svg`));
  assert.match(figure, /<title>CSV, one epoch, the least σ; CSV, epochs; CSV, ε of one epoch<\/title>/);
  for (const label of ["60", "n", "σ = 0.3, ε = 2", "b, rows of a step"]) {
    assert.ok(figure.includes(`>${label}<`), label);
  }
});

Deno.test("σ of several classes is that of the authors' log, to its last digit", () => {
  const problem = makeProblem({ n: 48640, d: 512, classes: 10, lambda: 1e-6, M: 1, curvature: 1 });
  const arrays = [...publishedAccuracies("CIFAR10_MULTI", "baseline_nonconvergent", "SGD").values()]
    .filter(({ array, sigma }) => array.includes("unlearn_finetune") && sigma !== undefined);
  assert.equal(arrays.length, 12);
  for (const { array, epsilon, sigma } of arrays) {
    const b = Number(array.match(/_b(\d+)_/)![1]);
    const T = learningEpochs("baseline_nonconvergent", problem, b, "paper");
    assert.equal(T, b === 0 ? 3000 : 100);
    const chain = { problem, T, radius: 100, batchSize: b || problem.n, requests: [{ S: 1, K: 1 }] };
    const found = bisectedNoiseScale(noisySgdAccountant(), chain, { epsilon: epsilon!, delta: 1 / problem.n });
    assert.equal(found, sigma, array);
  }
});

Deno.test("several classes have the arrays that were published, of float64, M = 1, and a start of mean 1000", async () => {
  const table = writeTable(`${ROOT}/three.csv`, 600, 0);
  const args = [
    ...["--dataset", "CSV", "--train_csv", table, "--test_csv", table, "--label", "class", "--lam", "1e-3"],
    ...["--num_trial", "2", "--save_npy", "1", "--compare_baseline_nonconvergent", "1"],
  ];
  const folder = `${ROOT}/several_classes`;
  const { error, said } = await quietly(() =>
    mainSgdMulticlass([
      ...args,
      "--backend",
      "wasm",
      "--epochs",
      "20",
      "--noise_scales",
      "calibrated",
      "--result-dir",
      folder,
    ])
  );
  assert.equal(error, undefined);
  assert.match(said, /Clipped to M = 1, below √2, the softmax loss is not convex: no theorem holds/);
  const results = resultsIn(folder);
  const arrays = [...results.keys()].filter((file) => file.endsWith(".npy"));
  const published = publishedAccuracies("CIFAR10_MULTI", "baseline_nonconvergent", "SGD");
  assert.deepEqual(
    arrays.map((file) => file.slice("SGD/CSV/baseline_nonconvergent/".length)).sort(),
    [...published.keys()].filter((array) => !array.includes("_b128_")).sort(),
  );
  for (const file of arrays) {
    const { descr, shape } = decodeNpy(results.get(file)!);
    assert.deepEqual([descr, shape], ["<f8", [2]]);
  }
  const { options } = mainSgdMulticlassExperiment(args);
  assert.deepEqual([options.M, options.init_mean, options.trainMode], [1, 1000, "multi"]);
  const corrected = mainSgdMulticlassExperiment([...args, "--variant", "corrected"]).options;
  assert.deepEqual([corrected.M, corrected.init_mean, corrected.accountant], [undefined, 0, "exact"]);
});

Deno.test("plot draws the figures again from their CSVs alone, MNIST over CIFAR10 where both are", async () => {
  const folder = `${ROOT}/plotted`;
  const [args, experiment] = [[...FIGURE_3B, "--batch_sizes", "128", "--epochs", "2"], "sequential"];
  const before = await run("plotted", ...args);
  Deno.removeSync(`${folder}/SGD/CSV/${experiment}/figure3b.svg`);
  assert.equal((await runTask("plot", "--result-dir", folder)).code, 0);
  assert.deepEqual(resultsIn(folder), before);
  const csv = new TextDecoder().decode(before.get(`SGD/CSV/${experiment}/summary.csv`));
  for (const name of ["MNIST", "CIFAR10"]) {
    writeWhole(`${folder}/SGD/${name}/${experiment}/summary.csv`, csv.replaceAll("\nCSV,", `\n${name},`));
  }
  const { stdout } = await runTask("plot", "--result-dir", folder);
  assert.ok(stdout.trim().endsWith(`${folder}/SGD/figure3b.svg`), stdout);
  const svg = Deno.readTextFileSync(`${folder}/SGD/figure3b.svg`);
  assert.match(svg, /<title>MNIST, .*; CIFAR10, .*<\/title>/);
  assert.match(svg, />published: D2D</);
});

Deno.test("shards, any number of threads and any groups of chains give the bytes of the whole", async () => {
  const odd = ["--batch_sizes", "64,128", "--epochs", "10", ...["--drop_last", "0", "--accountant", "exact"]];
  const whole = await run("whole", ...FIGURE_3A, ...odd);
  assert.deepEqual(await run("threads", ...FIGURE_3A, ...odd, "--threads", "1"), whole);
  assert.deepEqual(await run("groups", ...FIGURE_3A, ...odd, "--chains_at_once", "3"), whole);
  const shards = ["0/3", "1/3", "2/3"];
  for (const shard of shards) await run(shard, ...FIGURE_3A, ...odd, "--shard", shard);
  const to = `${ROOT}/merged`;
  const merged = await quietly(() =>
    mergeParts(shards.map((shard) => `${ROOT}/${shard}`), { resultDir: to, fresh: false, partial: false })
  );
  assert.equal(merged.error, undefined);
  assert.deepEqual(resultsIn(to), whole);
});

Deno.test("a run killed at random moments and gone on with writes the bytes of one that was not", async () => {
  const args = [...FIGURE_3B, "--batch_sizes", "64", "--epochs", "300", "--checkpoint_seconds", "0.001"];
  const folder = emptyResultFolder("main_sgd/undisturbed");
  assert.equal((await runTask("main_sgd", ...args, "--result-dir", folder)).code, 0);
  const whole = resultsIn(folder);
  const { seconds } = JSON.parse(Deno.readTextFileSync(`${folder}/SGD/CSV/sequential/run.json`));
  let interrupted = 0;
  for (let run = 0; interrupted < 2; run++) {
    assert.ok(run < 15, `only ${interrupted} of ${run} runs were killed before their end`);
    const again = emptyResultFolder("main_sgd/killed");
    const program = startProgram("main_sgd", ...args, "--result-dir", again);
    await program.said(/^Device: /m);
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 1000 * seconds));
    program.kill("SIGKILL");
    await program.outcome;
    if (!exists(`${again}/SGD/CSV/sequential/run.json`)) interrupted++;
    assert.equal((await runTask("main_sgd", ...args, "--result-dir", again)).code, 0);
    assert.deepEqual(resultsIn(again), whole);
  }
});

Deno.test("what the sequel cannot do is one line: no experiment, two, more rows a step than there are, noise that float32 swallows", async () => {
  const wrong: [args: string[], message: RegExp][] = [
    [
      [],
      /^error: nothing to do: set one of --compare_baseline_nonconvergent, --retrain_noiseless, --sequential, --paint_unlearning_sigma, --search_batch, --compare_batches to 1$/m,
    ],
    [
      ["--sequential", "1", "--retrain_noiseless", "1"],
      /^error: give one of --retrain_noiseless, --sequential at a time$/m,
    ],
    [
      "--variant corrected --compare_baseline_nonconvergent 1 --epsilons 1 --batch_sizes 0,32".split(" "),
      /^error: σ = 2\.23e-16 of 1\/sgd_acc_learn_scratch_b32_eps1\.npy is too small for float32/m,
    ],
    [
      ["--sequential", "1", "--batch_sizes", "11265"],
      /^error: b, the rows of a batch, must be an integer from 1 to n = 11264, got 11265$/m,
    ],
  ];
  for (const [args, message] of wrong) {
    const { code, stderr } = await runTask("main_sgd", ...args, "--result-dir", `${ROOT}/wrong`);
    assert.match(stderr, message);
    assert.equal(stderr.trim().split("\n").length, 1, stderr);
    assert.equal(code, 2);
  }
  assert.ok(!exists(`${ROOT}/wrong`));
});

Deno.test("guarantee draws no curves of a run of main_sgd", async () => {
  await run("curves", ...SMALL, "--retrain_noiseless", "1", "--removes", "1", "--burn_in", "1", "--num_trial", "1");
  const { code, stderr } = await runTask("guarantee", `${ROOT}/curves/SGD/CSV/retrain_noiseless`);
  assert.match(stderr, /retrain_noiseless is a run of main_sgd, whose curves are not drawn$/m);
  assert.equal(code, 2);
});

Deno.test("without a ball the script says for what its K is", async () => {
  const args = [...SMALL, "--sequential", "1", "--requests", "1", "--batch_sizes", "0", "--epochs", "1"];
  const say = async (...more: string[]) =>
    (await quietly(() => runSgd(mainSgdExperiment([...args, ...more, "--fresh", "1", "--result-dir", `${ROOT}/ball`]))))
      .said;
  assert.match(await say("--projection", "0"), /^Without a ball \(--projection 0\) no theorem holds: .* R = 100$/m);
  assert.doesNotMatch(await say(), /Without a ball/);
});
