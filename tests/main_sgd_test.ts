/**
 * The script of the sequel, from its command line to accuracies: those that were published, on MNIST, and on a small
 * table the bytes of runs that were killed, or came in shards.
 */
import assert from "node:assert/strict";
import { openWasmEngine } from "../core/engines/wasm_engine.ts";
import { epochRate } from "../core/accountant/noisy_sgd.ts";
import { decodeNpy } from "../core/formats/read_npy.ts";
import { writeWhole } from "../core/disk/files.ts";
import { publishedAccuracies, publishedNumbers } from "../core/original/published.ts";
import { type Cell, parseSummary } from "../core/results/summary.ts";
import { type Lab, makeLab } from "../core/runs/lab.ts";
import { mergeParts } from "../core/runs/merge_shards.ts";
import type { Results } from "../core/runs/results.ts";
import { loadSubject } from "../core/runs/run_experiment.ts";
import { moments } from "../core/statistics/statistics.ts";
import { mainSgd, mainSgdExperiment } from "../experiments/main_sgd.ts";
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
  const { error } = await quietly(() => mainSgd([...args, "--result-dir", folder]));
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
      /^error: nothing to do: set one of --compare_baseline_nonconvergent, --sequential, --paint_unlearning_sigma, --retrain_noiseless to 1$/m,
    ],
    [
      ["--sequential", "1", "--retrain_noiseless", "1"],
      /^error: give one of --sequential, --retrain_noiseless at a time$/m,
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
    (await quietly(() => mainSgd([...args, ...more, "--fresh", "1", "--result-dir", `${ROOT}/ball`]))).said;
  assert.match(await say("--projection", "0"), /^Without a ball \(--projection 0\) no theorem holds: .* R = 100$/m);
  assert.doesNotMatch(await say(), /Without a ball/);
});
