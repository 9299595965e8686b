import assert from "node:assert/strict";
import { parseOptions, scriptCommand } from "../core/command_line/mod.ts";
import type { Experiment } from "../core/runs/run_experiment.ts";
import { writeWhole } from "../core/disk/files.ts";
import { parseSummary } from "../core/results/summary.ts";
import { writeSmallTable } from "./helpers/small_models.ts";
import { emptyResultFolder, exists, runTask, SHORT } from "./helpers/run_task.ts";
import { assertRefused, SCRIPTS } from "./helpers/scripts.ts";

Deno.test("a wrong command line is one line on stderr, exit code 2, and writes nothing", async () => {
  const folder = emptyResultFolder("usage");
  const wrong: [task: string, args: string[], message: RegExp][] = [
    ["baseline", ["--lam", "abc"], /'--lam .*'abc' is invalid.*finite number/],
    ["baseline", ["stray"], /too many arguments/],
    [
      "main_lmc",
      ["--paint_utility_s", "1", "--removes", "12000"],
      /^error: cannot remove 12000 rows: MNIST has 11982$/m,
    ],
    ["main_lmc", ["--paint_utility_s", "1", "--epsilons", "1e-5"], /out of reach/],
    [
      "main_lmc",
      ["--paint_utility_s", "1", "--paint_utility_epsilon", "1"],
      /^error: give one of --paint_utility_s, --paint_utility_epsilon at a time$/m,
    ],
    ["baseline", ["--find_k", "1", "--sequential2", "1"], /^error: give one of --find_k, --sequential2 at a time$/m],
    ["quickstart", ["--dataset", "ADULT"], /^error: quickstart is of MNIST: use deno task baseline$/m],
    ["main_lmc", ["--retrain_noiseless", "1", "--remove_rows", "result"], /result is a folder, not a file/],
    ["main_lmc", ["--retrain_noiseless", "1", "--remove_rows", "data/none.txt"], /no file data\/none\.txt/],
    ["plot", ["--result"], /unknown option|argument missing/],
    ["plot", ["--result-dir", ""], /It is empty/],
  ];
  for (const [task, args, message] of wrong) {
    const { code, stderr } = await runTask(task, ...args, ...(task === "plot" ? [] : ["--result-dir", folder]));
    assert.match(stderr, message, args.join(" "));
    assert.equal(stderr.trim().split("\n").length, 1, stderr);
    assert.equal(code, 2, args.join(" "));
  }
  assert.ok(!exists(folder));
});

Deno.test("every other wrong command line is refused in the same way", async () => {
  const wrong: [script: keyof typeof SCRIPTS, args: string[], message: RegExp][] = [
    ["baseline", ["--lam", "-1e-6"], /'--lam .*above 0/],
    ["baseline", ["--lam", "Infinity"], /finite number/],
    ["baseline", ["--lam", ""], /finite number/],
    ["baseline", ["--burn_in", "1.5"], /integer from 0/],
    ["baseline", ["--num_trial", "0"], /integer from 1/],
    ["baseline", ["--seed", "4294967296"], /integer from 0 to 4294967295/],
    ["baseline", ["--dataset", "CIFAR"], /Allowed choices are MNIST/],
    ["baseline", ["--dataset", "MNIST_MULTI"], /Allowed choices are MNIST/],
    ["baseline", ["--dataset", "CSV", "--train_csv", "a.csv", "--label", "y"], /CSV needs .*--test_csv/],
    ["baseline", ["--train_csv", "a.csv"], /--train_csv goes with --dataset CSV, not MNIST/],
    ["main_lmc", ["--paint_utility_s", "1", "--dataset", "ADULT", "--label", "y"], /--label goes with/],
    ["baseline", ["--smoothness", "L"], /bound, theorem, spectral/],
    ["baseline", ["--epsilons", "1,,2"], /finite number/],
    ["baseline", ["--epsilons", "1,1"], /twice/],
    ["baseline", ["--find_k", "2"], /neither 0 nor 1/],
    ["baseline", ["--langevin_ks", "3"], /--langevin_ks/],
    ["baseline", ["--run_baseline", "0"], /nothing to do/],
    ["baseline", ["--lamb", "1"], /unknown option '--lamb' \(Did you mean --lam\?\)/],
    ["main_lmc", ["--sigma", "0", "--paint_utility_s", "1"], /above 0/],
    ["main_lmc", ["--paint_unlearning_sigma", "1", "--epsilons", "1,2"], /one ε/],
    ["main_lmc", [], /nothing to do/],
    ["baseline", ["--run_baseline", "1", "--sequential2", "1"], /give one of --sequential2, --run_baseline at a time/],
  ];
  for (const [script, args, message] of wrong) await assertRefused(script, args, message);
});

Deno.test("numbers that no run can take are refused before it", async () => {
  const wrong: [script: keyof typeof SCRIPTS, args: string, message: RegExp][] = [
    ["baseline", "--num_trial 9007199254740991", /integer from 1 to 4294967296/],
    ["baseline", "--num_trial 4294967296", /--num_trial 4294967296 is too large: memory is for 178956970 chains/],
    ["baseline", "--threads 257", /integer from 1 to 256/],
    ["baseline", "--burn_in 2147483649", /integer from 0 to 2147483648/],
    ["baseline", "--init_mean 1e39", /within ±3.4e38/],
    ["baseline", "--init_mean NaN", /finite number/],
    ["baseline", "--seed 0x10", /finite number/],
    ["baseline", "--seed -1", /integer from 0/],
    ["baseline", "--lam 1e-400", /above 0/],
    ["baseline", "--lam 1e300", /lambda 1e\+300 is too large: beside m = 5e\+301 the loss has no curvature left/],
    ["baseline", "--delta 0", /above 0/],
    ["baseline", "--delta 1", /below 1/],
    ["baseline", "--accountant none", /Allowed choices are paper, exact, sgd/],
    ["baseline", "--orders few", /Allowed choices are boxed, all/],
    ["baseline", "--batch 2 --chains_at_once 2", /'--batch <n>' cannot be used with option '--chains_at_once <n>'/],
    ["baseline", "--M 1e300", /the norm M to which gradients are clipped is 1.00e\+300, beyond float32/],
    ["baseline", "--epsilons 1e-300", /epsilon 1e-300 is out of reach/],
    ["baseline", "--ks 9007199254740991", /steps are numbered below 2\^32/],
    ["baseline", "--sequential2 1 --sequence_rows 1001", /integer from 1 to 1000/],
    ["baseline", "--sequential2 1 --sequence_rows 4", /^--removes 5 is more than --sequence_rows 4$/],
    ["baseline", "--sequential2 1 --removes 51", /^cannot remove all 50 rows: none would remain$/],
    ["baseline", "--find_k 1", /^--find_k 1 runs no chains$/],
    ["main_lmc", "--paint_utility_s 1 --removes 51", /^cannot remove 51 rows: MNIST has 50$/],
    ["main_lmc", "--paint_utility_s 1 --removes 50", /^cannot remove all 50 rows: none would remain$/],
    ["main_lmc", "--paint_utility_epsilon 1 --removes 51", /^cannot remove 51 rows: MNIST has 50$/],
    ["main_lmc", "--paint_unlearning_sigma 1 --removes 51", /^cannot remove 51 rows: MNIST has 50$/],
    ["main_lmc", "--paint_utility_s 1 --removes 1 --sigma 1e-300", /σ = 1.00e-300 of .* is too small for float32/],
    ["main_lmc", "--paint_utility_s 1 --removes 1 --sigma 1e300", /with σ = 1e\+300, the standard deviation of a step/],
    ["main_lmc", "--retrain_noiseless 1 --removes 51", /cannot remove 51 rows: MNIST has 50/],
    [
      "main_lmc",
      "--paint_utility_s 1 --removes 1 --k_stride 9007199254740991",
      /^epsilon 0.5 is out of reach for 1 row and sigma = 0.03: no K up to 2⁵³ is enough$/,
    ],
    ["main_lmc_multiclass", "--search_burnin 1 --burn_ins 4294967296", /steps are numbered below 2\^32/],
  ];
  for (const [script, args, message] of wrong) {
    await assertRefused(script, ["--num_trial", "1", ...args.split(" ")], message);
  }
});

Deno.test("an experiment is chosen by its switch and has options of its own; two are refused", () => {
  const chosen = ({ name, options }: Experiment) => [name, options.k_stride];
  assert.deepEqual(chosen(SCRIPTS.baseline([])), ["baseline", 1]);
  assert.deepEqual(chosen(SCRIPTS.baseline(["--sequential2", "1"])), ["sequential2", 1]);
  assert.deepEqual(chosen(SCRIPTS.main_lmc(["--retrain_noiseless", "1"])), ["retrain_noiseless", 10]);
  assert.throws(() => SCRIPTS.baseline(["--find_k", "1"]), /--find_k 1 runs no chains/);
  for (const other of ["--run_baseline", "--find_k"]) {
    assert.throws(() => SCRIPTS.baseline([other, "1", "--sequential2", "1"]), {
      name: "RangeError",
      message: /^give one of/,
    });
  }
  assert.throws(() => SCRIPTS.main_lmc(["--retrain_noiseless", "1", "--paint_utility_s", "1"]), {
    name: "RangeError",
    message: "give one of --paint_utility_s, --retrain_noiseless at a time",
  });
});

Deno.test("--batch is --chains_at_once", () => {
  const parse = (...args: string[]): object => parseOptions(scriptCommand("example", "An example."), args);
  assert.deepEqual(parse("--batch", "3"), parse("--chains_at_once", "3"));
  assert.ok(!("batch" in parse("--batch", "3")) && !("chains_at_once" in parse()));
});

Deno.test("what cannot run is one line on stderr and exit code 1", async () => {
  const parent = emptyResultFolder("unusable");
  const file = `${parent}/file`;
  const summary = `${parent}/LMC/MNIST/baseline/summary.csv`;
  writeWhole(file, "x");
  writeWhole(summary, "method\n");
  const outside = /^error: \.\.\/elsewhere.* is outside the folders .*--allow-write \(see docs\/permissions\.md\)$/m;
  const wrong: [args: string[], message: RegExp][] = [
    [["main_lmc", "--retrain_noiseless", "1", ...SHORT, "--result-dir", "../elsewhere"], outside],
    [["main_lmc", "--retrain_noiseless", "1", "--dataset", "CIFAR10", "--data-dir", "../elsewhere"], outside],
    [["baseline", "--find_k", "1", "--ks", "1", "--result-dir", "../elsewhere"], outside],
    [["plot", "--result-dir", "../elsewhere"], outside],
    [
      ["main_lmc", "--retrain_noiseless", "1", ...SHORT, "--result-dir", file],
      /unusable\/file\/LMC/,
    ],
    [
      ["learn", ...writeSmallTable(`${parent}/table`), "--lam", "0.1", "--k", "1", "--model", `${file}/week`],
      /unusable\/file/,
    ],
    [["bench", "--result-dir", file], /unusable\/file/],
    [
      ["plot", "--result-dir", parent],
      /unusable\/LMC\/MNIST\/baseline\/summary\.csv: the column dataset is missing: .*--fresh 1/,
    ],
  ];
  for (const [args, message] of wrong) {
    const { code, stderr } = await runTask(...args);
    assert.match(stderr, message, args.join(" "));
    assert.equal(stderr.trim().split("\n").length, 1, stderr);
    assert.equal(code, 1, args.join(" "));
  }
  assert.equal(Deno.readTextFileSync(file), "x");
  const nothing = await runTask("plot", "--result-dir", "result/test/none");
  assert.match(nothing.stderr, /^error: no summary.csv below result\/test\/none/);
  assert.equal(nothing.code, 1);
});

Deno.test("--help names every flag of the original", async () => {
  const original = {
    common:
      "data-dir result-dir dataset extractor lam num-removes num-steps train-mode M gpu sigma burn_in gaussian_dim " +
      "len_list finetune_step",
    baseline: "search_burnin search_finetune search_burnin_newdata run_baseline sequential2 find_k",
    main_lmc: "paint_utility_s paint_utility_epsilon paint_unlearning_sigma retrain_noiseless",
    main_sgd:
      "projection batch_size compare_baseline_nonconvergent sequential paint_unlearning_sigma retrain_noiseless",
    search: "search_batch sigma",
  };
  const flags = {
    baseline: original.baseline,
    baseline_multiclass: original.baseline,
    main_lmc: original.main_lmc,
    main_lmc_multiclass: `${original.main_lmc} search_burnin`,
    main_sgd: `${original.main_sgd} ${original.search}`,
    main_sgd_multiclass: original.main_sgd,
  };
  for (const [task, own] of Object.entries(flags)) {
    const { code, stdout } = await runTask(task, "--help");
    assert.equal(code, 0);
    for (const name of `${original.common} ${own}`.split(" ")) {
      assert.match(stdout, new RegExp(`--${name} `), `${task} --${name}`);
    }
    assert.doesNotMatch(stdout, /default:\s+\[/, "lists are shown as they are written");
  }
  const { stdout } = await runTask("quickstart", "--help");
  assert.match(stdout, /^Usage: quickstart /);
  for (const value of ["fast", "spectral", "1", "result/quickstart"]) {
    assert.match(stdout, new RegExp(`default:\\s+${value}\\)`), value);
  }
});

Deno.test("the same command writes the same bytes, another seed others", async () => {
  const args = ["--paint_utility_s", "1", "--removes", "1,20", "--epsilons", "2", ...SHORT];
  const run = async (name: string, ...more: string[]) => {
    const folder = emptyResultFolder(name);
    const { code, stdout, stderr } = await runTask("main_lmc", ...args, "--result-dir", folder, ...more);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^Device: /m);
    const files = ["trials.csv", "summary.csv", "figure5.svg"];
    return files.map((file) => Deno.readTextFileSync(`${folder}/LMC/MNIST/paint_utility_s/${file}`));
  };
  const first = await run("seed_0");
  assert.deepEqual(await run("seed_0_again"), first);
  assert.notDeepEqual(await run("seed_1", "--seed", "1"), first);
});

Deno.test("trials.csv, summary.csv, run.json and .npy files say the same, and plot draws the same figure", async () => {
  const folder = emptyResultFolder("npy");
  const { code, stderr } = await runTask(
    ...["main_lmc", "--paint_unlearning_sigma", "1", "--sigmas", "0.05,1", ...SHORT],
    ...["--save_npy", "1", "--result-dir", folder],
  );
  assert.equal(code, 0, stderr);
  const experiment = `${folder}/LMC/MNIST/paint_unlearning_sigma`;
  const summaries = parseSummary(Deno.readTextFileSync(`${experiment}/summary.csv`));
  assert.deepEqual(summaries.map(({ array }) => array), [
    "0.05_acc_scratch_D.npy",
    "1_acc_scratch_D.npy",
    "0.05_acc_scratch_Dnew.npy",
    "1_acc_scratch_Dnew.npy",
    "0.05_acc_finetune.npy",
    "1_acc_finetune.npy",
  ]);
  const trials = Deno.readTextFileSync(`${experiment}/trials.csv`).trim().split("\n");
  assert.equal(trials.length, 1 + 2 * summaries.length);
  for (const { array, mean, n } of summaries) {
    const accuracies = new Float32Array(Deno.readFileSync(`${experiment}/${array}`).slice(128).buffer);
    assert.equal(accuracies.length, n);
    assert.ok(Math.abs(accuracies.reduce((sum, a) => sum + a) / n - mean) < 1e-7);
  }
  const shapes = { "0.05_learn_scratch_w.npy": "(2, 1, 784)", "epsilon0.npy": "(2,)", "K_dict1.npy": "()" };
  for (const [file, shape] of Object.entries(shapes)) {
    assert.ok(new TextDecoder().decode(Deno.readFileSync(`${experiment}/${file}`)).includes(`'shape': ${shape}`));
  }
  const run = JSON.parse(Deno.readTextFileSync(`${experiment}/run.json`));
  assert.equal(run.options.seed, 0);
  assert.equal(run.problem.n, 11982);

  const drawn = Deno.readTextFileSync(`${experiment}/figure3c.svg`);
  Deno.removeSync(`${experiment}/figure3c.svg`);
  assert.equal((await runTask("plot", "--result-dir", folder)).code, 0);
  assert.equal(Deno.readTextFileSync(`${experiment}/figure3c.svg`), drawn);
});

Deno.test("plot puts MNIST over CIFAR10, where both have results", async () => {
  const folder = emptyResultFolder("panels");
  const panels = `${folder}/LMC/noiseless_retraining.svg`;
  assert.equal((await runTask("main_lmc", "--retrain_noiseless", "1", ...SHORT, "--result-dir", folder)).code, 0);
  assert.equal((await runTask("plot", "--result-dir", folder)).code, 0);
  assert.ok(!exists(panels));
  const summary = Deno.readTextFileSync(`${folder}/LMC/MNIST/retrain_noiseless/summary.csv`);
  writeWhole(`${folder}/LMC/CIFAR10/retrain_noiseless/summary.csv`, summary.replaceAll("\nMNIST,", "\nCIFAR10,"));
  const { code, stdout, stderr } = await runTask("plot", "--result-dir", folder);
  assert.equal(code, 0, stderr);
  assert.ok(stdout.trim().endsWith(panels), stdout);
  assert.match(Deno.readTextFileSync(panels), /<title>MNIST, .*; CIFAR10, .*<\/title>/);
});
