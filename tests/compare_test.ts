import assert from "node:assert/strict";
import { csvParse } from "d3-dsv";
import { compare, type Pair } from "../core/compare/comparison.ts";
import { type Accuracies, ourContents, publishedContents, theirContents } from "../core/compare/contents.ts";
import { noteOn, wrongAsPublished } from "../core/original/errata.ts";
import { drawOverlay } from "../core/compare/overlay.ts";
import { comparisonCsv, comparisonMarkdown, dependence, verdictLine } from "../core/compare/report.ts";
import { encodeNpy, encodePickledNpy } from "../core/formats/npy.ts";
import { publishedAccuracies } from "../core/original/published.ts";
import { hasScript } from "../core/original/scripts.ts";
import { writeWhole } from "../core/disk/files.ts";
import { moments } from "../core/statistics/statistics.ts";
import { mainLmcExperiment } from "../experiments/main_lmc.ts";
import { emptyResultFolder, exists, runTask, SHORT } from "./helpers/run_task.ts";

type Arrays = Record<string, Accuracies>;
type Lists = Record<string, Record<string, number>>;

/** An experiment from plain objects. */
function pairOf(ours: Arrays, theirs: Arrays, ourLists: Lists = {}, theirLists: Lists = {}): Pair {
  const contents = (arrays: Arrays, lists: Lists) => ({
    accuracies: new Map(Object.entries(arrays)),
    numbers: new Map(Object.entries(lists).map(([file, list]) => [file, new Map(Object.entries(list))])),
  });
  return {
    dataset: "MNIST",
    experiment: "example",
    ours: { ...contents(ours, ourLists), summaries: [] },
    theirs: contents(theirs, theirLists),
  };
}
const sample = (...trials: number[]): Accuracies => ({ ...moments(trials), trials });
const wave = (shift: number) => sample(...Array.from({ length: 100 }, (_, i) => 0.9 + 0.01 * Math.sin(i) + shift));

Deno.test("every published experiment agrees with itself, but for the files that are known to be wrong", () => {
  for (const experiment of ["baseline", "sequential2", "paint_unlearning_sigma", "paint_utility_s"]) {
    const theirs = publishedContents("MNIST", experiment);
    const [{ accuracies, numbers, leftOut, missingInOurs, missingInTheirs }] = compare([
      { dataset: "MNIST", experiment, theirs, ours: { ...theirs, summaries: [] } },
    ]);
    assert.ok(accuracies.every(({ verdict }) => verdict === "agrees" || verdict === "equal"), experiment);
    assert.ok(numbers.every(({ equal, total }) => equal === total));
    assert.deepEqual(
      leftOut.map(({ file }) => file),
      experiment === "baseline" ? ["baseline_acc_unlearn_scratch.npy"] : [],
    );
    assert.deepEqual([missingInOurs, missingInTheirs], [[], []]);
  }
});

Deno.test("every published experiment of the sequel agrees with itself, in accuracies and lists of K", () => {
  const lists = { baseline_nonconvergent: 0, sequential: 6, paint_unlearning_sigma: 35, retrain_noiseless: 0 };
  for (const [experiment, count] of Object.entries(lists)) {
    const theirs = publishedContents("MNIST", experiment, "SGD");
    const [{ accuracies, numbers, leftOut, missingInOurs, missingInTheirs }] = compare([
      { algorithm: "SGD", dataset: "MNIST", experiment, theirs, ours: { ...theirs, summaries: [] } },
    ]);
    assert.ok(accuracies.length > 5);
    assert.ok(accuracies.every(({ verdict }) => verdict === "agrees" || verdict === "equal"), experiment);
    assert.equal(numbers.length, count);
    assert.ok(numbers.every(({ equal, total }) => equal === total && total === 101));
    assert.deepEqual([leftOut, missingInOurs, missingInTheirs], [[], [], []]);
  }
});

Deno.test("of runs over batches the report says that their cells share orders of rows", () => {
  const pair = pairOf({ "acc.npy": wave(0) }, { "acc.npy": wave(0) });
  assert.deepEqual(dependence(compare([pair]), [undefined]), []);
  assert.match(dependence(compare([{ ...pair, algorithm: "SGD" }]), []).join(), /correlate by up to 0\.998/);
});

Deno.test("of runs with --share 1 the report says that their cells share chains", () => {
  const runOf = (...args: string[]) => (
    { experiment: "paint_utility_s", options: mainLmcExperiment(["--paint_utility_s", "1", ...args]).options }
  );
  assert.deepEqual(dependence([], [runOf()]), []);
  assert.match(dependence([], [runOf(), runOf("--share", "1")]).join(), /^Cells of paint_utility_s share chains/);
});

Deno.test("lists of Figure 3d that were not rewritten are said to be of ε = 1", () => {
  const noteOf = (b: number) => noteOn(`MNIST/paint_unlearning_sigma/k_list_b${b}_sigma0.1.npy`);
  assert.deepEqual([32, 128, 512, 0].map(noteOf), ["", "", "", ""]);
  assert.match(noteOf(256), /ε = 1/);
});

Deno.test("a shifted array differs, and Holm's correction is over all tests of all experiments", () => {
  const same = pairOf({ "acc_1.npy": wave(0), "acc_2.npy": wave(0.0001) }, {
    "acc_1.npy": wave(0),
    "acc_2.npy": wave(0),
  });
  const shifted = pairOf({ "acc_3.npy": wave(0.01) }, { "acc_3.npy": wave(0) });
  const rows = compare([same, shifted]).flatMap(({ accuracies }) => accuracies);
  assert.deepEqual(rows.map(({ verdict }) => verdict), ["agrees", "agrees", "differs"]);
  const [, , { welch, ks, p }] = rows;
  assert.equal(p, 6 * Math.min(welch!.p, ks!.p));

  // p = 0.004 alone, 0.016 among four tests.
  const weak = { n: 100, mean: 0.9, std: 0.01 };
  const weakPair = pairOf({ "acc.npy": weak }, { "acc.npy": { ...weak, mean: 0.9041 } });
  assert.equal(compare([weakPair])[0].accuracies[0].verdict, "differs");
  const among = compare([weakPair, ...[1, 2, 3].map(() => pairOf({ "acc.npy": weak }, { "acc.npy": weak }))]);
  assert.equal(among[0].accuracies[0].verdict, "agrees");
});

Deno.test("a difference of the spread alone is seen by the test of the distributions", () => {
  const spread = (width: number) => sample(...Array.from({ length: 100 }, (_, i) => 0.9 + width * Math.sin(i)));
  const [{ accuracies: [row] }] = compare([pairOf({ "acc.npy": spread(0.01) }, { "acc.npy": spread(0.001) })]);
  assert.ok(row.welch!.p > 0.5 && row.ks!.p < 1e-6);
  assert.equal(row.verdict, "differs");
});

Deno.test("arrays without spread, with few trials, and with float32 trials", () => {
  const verdictOf = (ours: Accuracies, theirs: Accuracies) =>
    compare([pairOf({ "acc.npy": ours }, { "acc.npy": theirs })])[0].accuracies[0].verdict;
  const float32 = (x: number) => sample(Math.fround(x), Math.fround(x));
  assert.equal(verdictOf(sample(1807 / 1984, 1807 / 1984), float32(1807 / 1984)), "equal");
  assert.equal(verdictOf(sample(1807 / 1984), float32(1806 / 1984)), "apart");
  const nearlySame = sample(...Array.from({ length: 100 }, (_, i) => (i < 5 ? 1806 : 1807) / 1984));
  assert.equal(verdictOf(nearlySame, sample(1806 / 1984, 1806 / 1984)), "apart");
  assert.equal(verdictOf(sample(...[1805, 1806, 1807].map((k) => k / 1984)), sample(0.9, 0.9)), "differs");
  assert.equal(verdictOf(sample(0.5), { n: 2, mean: 0.5, std: 0.1 }), "untested");
  assert.equal(verdictOf(sample(0.5, 0.5), sample(0.4, 0.5, 0.6)), "agrees");
  const trials = [1700, 1750, 1800, 1801, 1802].map((k) => k / 1984);
  const [{ accuracies: [row] }] = compare([
    pairOf({ "acc.npy": sample(...trials) }, { "acc.npy": sample(...trials.map(Math.fround)) }),
  ]);
  assert.equal(row.ks!.D, 0);
});

Deno.test("lists and dictionaries: equal, or where they differ first", () => {
  const rowsOf = (ours: Record<string, number>, theirs: Record<string, number>) =>
    compare([pairOf({}, {}, { "K_list.npy": ours }, { "K_list.npy": theirs })])[0].numbers[0];
  assert.deepEqual(rowsOf({ 0: 1, 1: 581 }, { 0: 1, 1: 581 }), {
    ...{ file: "K_list.npy", equal: 2, total: 2, firstDifference: "", note: "" },
  });
  assert.equal(rowsOf({ "1/2": 531, "1/5": 9 }, { "1/2": 711, "1/5": 8 }).firstDifference, "at 1/2: 531, theirs 711");
  assert.equal(rowsOf({ 0: 1 }, { 0: 1, 1: 581 }).firstDifference, "at 1: none, theirs 581");
  assert.equal(rowsOf({ 0: 11.7 * (1 + 1e-12) }, { 0: 11.7 }).equal, 1);
  assert.equal(rowsOf({ 0: 11.7 * (1 + 1e-8) }, { 0: 11.7 }).equal, 0);
});

Deno.test("a point that was published with another σ is left out, unless ours has that σ", () => {
  const file = "1/lmc_acc_unlearn_finetune0.5.npy";
  const point = publishedAccuracies("MNIST", "baseline").get(file)!;
  const reasonFor = (sigma: number) => {
    const theirs = { accuracies: new Map([[file, point]]), numbers: new Map() };
    const summary = { ...point, method: "LMC unlearn", sigma, dataset: "MNIST", L: 1, eta: 1 } as const;
    const ours = { ...theirs, summaries: [summary] };
    return compare([{ dataset: "MNIST", experiment: "baseline", ours, theirs }])[0].leftOut[0]?.reason;
  };
  assert.match(reasonFor(0.019) ?? "", /published with σ = 0\.00019/);
  assert.equal(reasonFor(point.sigma!), undefined);
});

Deno.test("stale and wrong files of the authors' folder", () => {
  const wrong = [
    "MNIST/baseline/baseline_acc_unlearn_scratch.npy",
    "MNIST/baseline/lmc_acc_learn_scratch0.1.npy",
    "CIFAR10/baseline/baseline_acc_unlearn_finetune5.npy",
    "MNIST/paint_utility_s/acc_scratch_Dnew_remove10.npy",
    "CIFAR10/paint_utility_s/K_list.npy",
    "CIFAR10_MULTI/paint_utility_s/acc_scratch_D.npy",
  ];
  const right = [
    "MNIST/baseline/baseline_acc_scratch.npy",
    "MNIST/baseline/1/lmc_acc_learn_scratch0.1.npy",
    "MNIST/paint_utility_s/1/acc_scratch_Dnew_remove10.npy",
    "MNIST/paint_utility_s/1/K_list.npy",
    "MNIST/paint_utility_s/acc_scratch_D.npy",
    "MNIST/paint_utility_epsilon/K_list.npy",
  ];
  for (const path of wrong) assert.ok(wrongAsPublished(path), path);
  for (const path of right) assert.equal(wrongAsPublished(path), undefined, path);
  assert.match(noteOn("MNIST/paint_unlearning_sigma/K_dict0.05.npy"), /L = 1\/4/);
});

Deno.test("a folder of the original: accuracies, lists and dictionaries, no weights; a damaged file is named", () => {
  const folder = emptyResultFolder("theirs");
  const write = (file: string, content: Uint8Array) => writeWhole(`${folder}/${file}`, content);
  write("1/acc_finetune_remove1.npy", encodeNpy(Float32Array.of(0.5, 0.75)));
  write("retrain_noiseless1.npy", encodeNpy(Float64Array.of(0.5)));
  write("1/K_list.npy", encodeNpy(BigInt64Array.of(1n, 581n)));
  write("K_list.npy", encodePickledNpy(new Map([[1, new Map([[0.1, 5251]])], [50, new Map([[0.5, 7]])]])));
  write("epsilon0.npy", encodeNpy(Float64Array.of(27.9)));
  write("learn_scratch_w.npy", encodeNpy(new Float32Array(6), [2, 1, 3]));
  const { accuracies, numbers } = theirContents(folder);
  assert.deepEqual(
    accuracies,
    new Map([
      ["retrain_noiseless1.npy", { n: 1, mean: 0.5, std: 0, trials: [0.5] }],
      ["1/acc_finetune_remove1.npy", { n: 2, mean: 0.625, std: 0.125, trials: [0.5, 0.75] }],
    ]),
  );
  assert.deepEqual(
    numbers,
    new Map([
      ["K_list.npy", new Map([["1/0.1", 5251], ["50/0.5", 7]])],
      ["epsilon0.npy", new Map([["0", 27.9]])],
      ["1/K_list.npy", new Map([["0", 1], ["1", 581]])],
    ]),
  );
  write("1/acc_finetune_remove1.npy", encodeNpy(Float32Array.of(0.5, 0.75)).subarray(0, 130));
  assert.throws(() => theirContents(folder), /^Error: result\/test\/theirs\/1\/acc_finetune_remove1\.npy: 2 bytes of/);
  assert.deepEqual(theirContents(`${folder}/none`), { accuracies: new Map(), numbers: new Map() });
});

Deno.test("our results: an accuracy that is missing or none is an error that names its place", () => {
  const folder = emptyResultFolder("ours");
  const summary = "dataset,variant,method,k,epsilon,sigma,num_remove,step,i_factor,n,mean,std,K,alpha,epsilon0,L,eta," +
    "array\nMNIST,released,LMC learn,,,,,,,2,0.5,0.5,,,,0.25,4,a.npy\n";
  writeWhole(`${folder}/summary.csv`, summary);
  const read = (...accuracies: string[]) => {
    const rows = accuracies.map((accuracy, trial) => `${trial},${accuracy},a.npy`);
    writeWhole(`${folder}/trials.csv`, ["trial,accuracy,array", ...rows, ""].join("\n"));
    return ourContents(folder).accuracies.get("a.npy")?.trials;
  };
  assert.deepEqual(read("0", "1"), [0, 1]);
  assert.throws(() => read("1", ""), /^Error: result\/test\/ours\/trials\.csv, row 2, column accuracy: no value$/);
  assert.throws(() => read("x", "1"), /trials\.csv, row 1, column accuracy: "x" is not a number/);
  assert.throws(() => read(), /trials\.csv has no rows/);
});

Deno.test("deno task compare: with itself, with the published numbers, and its report", async () => {
  const folder = emptyResultFolder("compare");
  const ours = `${folder}/LMC`;
  const run = await runTask(
    ...["main_lmc", "--paint_unlearning_sigma", "1", "--sigmas", "0.05,1", ...SHORT],
    ...["--save_npy", "1", "--result-dir", folder],
  );
  assert.equal(run.code, 0, run.stderr);

  const itself = await runTask("compare", "--ours", ours, "--theirs", folder, "--out", `${folder}/itself`);
  assert.equal(itself.code, 0, itself.stderr);
  assert.match(itself.stdout, /2 of 2 K equal; 4 of 4 α and ε0 equal; .*missing: 0 files in ours, 0 in theirs/);
  const rows = csvParse(Deno.readTextFileSync(`${folder}/itself/compare.csv`));
  const { accuracies } = ourContents(`${ours}/MNIST/paint_unlearning_sigma`);
  assert.equal(rows.length, accuracies.size + 5);
  for (const [file, { mean }] of accuracies) {
    const row = rows.find(({ array }) => array === file)!;
    assert.ok(Math.abs(Number(row.mean_theirs) - mean) < 1e-7 && Number(row.mean_ours) === mean, file);
    assert.ok(["agrees", "equal"].includes(row.verdict), `${file}: ${row.verdict}`);
  }

  const published = await runTask("compare", "--ours", ours, "--out", `${folder}/published`);
  assert.equal(published.code, 0, published.stderr);
  const verdict = published.stdout.trim().split("\n").at(-1)!;
  assert.match(
    verdict,
    /^\d of \d arrays of accuracies agree at 1 % .*; 1 of 2 K equal; 0 of 7 α and ε0 .*not run: MNIST\/baseline, /,
  );
  for (const path of published.stdout.match(/^result\/\S+$/gm)!) assert.ok(exists(path), path);
  const markdown = Deno.readTextFileSync(`${folder}/published/compare.md`);
  assert.ok(markdown.includes(`**${verdict}.**`));
  assert.match(markdown, /!\[Ours and theirs\]\(MNIST_figure3c\.svg\)/);
  assert.match(markdown, /`K_dict0\.05\.npy` \| 0 of 1 \| at 100\/1: \d+, theirs 1741 \| published with L = 1\/4/);
  assert.match(Deno.readTextFileSync(`${folder}/published/MNIST_figure3c.svg`), />published</);
  const [dataset, experiment] = ["MNIST", "paint_unlearning_sigma"];
  const pair = {
    ours: ourContents(`${ours}/${dataset}/${experiment}`),
    theirs: publishedContents(dataset, experiment),
  };
  const overlay = drawOverlay(compare([{ dataset, experiment, ...pair }])[0], "authors' code").content;
  assert.match(overlay, />authors' code</);
  assert.doesNotMatch(overlay, />published</);
});

Deno.test("what cannot be compared is one line on stderr", async () => {
  const wrong: [args: string[], code: number, message: RegExp][] = [
    [["--ours", "result/test/none"], 1, /no trials\.csv below result\/test\/none: run an experiment first/],
    [["--theirs", "../elsewhere"], 1, /no permission to read \.\.\/elsewhere: deno run --allow-read=result,\.\.\/else/],
    [["--theirs", "result/test/none"], 2, /--theirs result\/test\/none: no folder of a dataset/],
    [["--run_python", "nowhere", "--python", "python4"], 1, /no permission to run python4: .*--allow-run=python4/],
    [["--num_trial", "1"], 2, /integer from 2/],
    [["--num_trial", "9", "--seed", "1"], 2, /^error: --num_trial, --seed have no effect without --run_python$/m],
    [["--run_python", "nowhere", "--theirs", "x"], 2, /^error: --theirs has no effect with --run_python, which/m],
    [["--their", "x"], 2, /unknown option/],
  ];
  for (const [args, code, message] of wrong) {
    const outcome = await runTask("compare", ...args);
    assert.match(outcome.stderr, message);
    assert.equal(outcome.stderr.trim().split("\n").length, 1, outcome.stderr);
    assert.equal(outcome.code, code, args.join(" "));
  }
});

Deno.test("a mistyped --run_python, or no Python, leaves the earlier comparison", async () => {
  const earlier = "result/test/fresh/python/compare.md";
  writeWhole(earlier, "earlier");
  const { code, stderr } = await runTask("compare", "--run_python", "nowhere", "--out", "result/test/fresh");
  assert.match(
    `${code} ${stderr}`,
    /^(2 error: --run_python nowhere: no main_lmc\.py or main_sgd\.py is there|1 error: .*python3.*)\n$/,
  );
  assert.equal(Deno.readTextFileSync(earlier), "earlier");
});

const hasPython = await hasScript("python3", "", "").then(() => true, () => false);

const REFUSED: [what: string, script: string, args: string[], code: number, message: RegExp][] = [
  ["settings that ours refuses", "", ["--lam", "1e-300"], 2, /beyond float32/],
  ["a script that cannot be imported", "1 / 0", [], 1, /^error: python3 main_sgd\.py: ZeroDivisionError/],
];

for (const [what, script, given, expected, message] of REFUSED) {
  Deno.test({
    name: `--run_python with ${what} leaves the earlier comparison`,
    ignore: !hasPython,
    fn: async () => {
      const folder = emptyResultFolder("run python/refused");
      writeWhole(`${folder}/main_sgd.py`, script);
      writeWhole(`${folder}/python/compare.md`, "earlier");
      const args = ["--run_python", folder, "--burn_in", "1", "--num_trial", "2", ...given, "--out", folder];
      const { code, stderr } = await runTask("compare", ...args);
      assert.match(stderr, message);
      assert.equal(code, expected, stderr);
      assert.equal(stderr.trim().split("\n").length, 1, stderr);
      assert.equal(Deno.readTextFileSync(`${folder}/python/compare.md`), "earlier");
    },
  });
}

/** A script as the authors' are, as far as a run of them goes: it notes what it meets, and brings its results along. */
const STAND_IN = `
import json, os, shutil, sys
import no_such_package

met = {"loads": 0}

class torch:
    normal = staticmethod(lambda mean, std: mean)
    manual_seed = staticmethod(lambda seed: met.update(torch_seed=seed))

class np:
    class random:
        seed = staticmethod(lambda seed: met.update(numpy_seed=seed))

def load_features(args):
    met.update(loads=met["loads"] + 1, files=sorted(os.listdir("data/MNIST/raw")))

def stochastic_gradient_descent_algorithm(X, burn_in):
    return burn_in

class Runner:
    def get_mean_performance(self, X, len_list=1, return_w=False, num_trial=100):
        return [len_list, return_w, num_trial]

def main():
    load_features(None)
    met["args"] = " ".join(sys.argv)
    met["means"] = [torch.normal(mean=mean, std=1) for mean in (1000, 5)]
    met["epochs"] = [stochastic_gradient_descent_algorithm([], burn_in=T) for T in (1, 3000)]
    met["defaults"] = Runner().get_mean_performance([])
    with open("met.jsonl", "a") as file:
        print(json.dumps(met), file=file)
    shutil.copytree(os.path.dirname(__file__) + "/made", "result", dirs_exist_ok=True)
`;

const FRESH_RUNS = {
  LMC: {
    script: "main_lmc",
    lam: "0.001",
    noisy: "paint_unlearning_sigma",
    flag: "paint_unlearning_sigma",
    array: "0.01_acc_finetune.npy",
    epochs: [1, 3000],
  },
  SGD: {
    script: "main_sgd",
    lam: "0.000001",
    noisy: "baseline_nonconvergent",
    flag: "compare_baseline_nonconvergent",
    array: "1/sgd_acc_unlearn_finetune_b128_eps1.npy",
    epochs: [1, 1],
  },
};

for (const [algorithm, { script, lam, noisy, flag, array, epochs }] of Object.entries(FRESH_RUNS)) {
  Deno.test({
    name: `--run_python runs ${script}.py and our script alike, and compares what they leave`,
    ignore: !hasPython,
    fn: async () => {
      const folder = emptyResultFolder(`run python/${algorithm}`);
      const accuracies = { [`${noisy}/${array}`]: [0.25, 0.5], "retrain_noiseless/retrain_noiseless1.npy": [0.125] };
      writeWhole(`${folder}/${script}.py`, STAND_IN);
      for (const [file, values] of Object.entries(accuracies)) {
        writeWhole(`${folder}/made/${algorithm}/MNIST/${file}`, encodeNpy(Float32Array.from(values)));
      }
      const args = ["--run_python", folder, "--burn_in", "1", "--num_trial", "3", "--seed", "7", "--out", folder];
      const { code, stdout, stderr } = await runTask("compare", ...args);
      assert.equal(code, 0, stderr);

      const lines = Deno.readTextFileSync(`${folder}/python/theirs/met.jsonl`).trim().split("\n");
      const met = { loads: 1, torch_seed: 7, numpy_seed: 7, means: [0, 5], epochs };
      const given = `${script} --dataset MNIST --lam ${lam} --burn_in 1 --gpu 0`;
      const files = ["t10k-images", "t10k-labels", "train-images", "train-labels"];
      assert.deepEqual(
        lines.map((line) => JSON.parse(line)),
        [["retrain_noiseless", 1], [flag, 3]].map(([on, trials]) => ({
          ...met,
          args: `${given} --${on} 1`,
          defaults: [1, false, trials],
          files: files.map((file) => `${file}-idx${file.endsWith("images") ? 3 : 1}-ubyte`),
        })),
      );

      const markdown = Deno.readTextFileSync(`${folder}/python/compare.md`);
      assert.ok(markdown.includes(`Made by \`deno task compare --run_python '${folder}' --burn_in 1 `));
      const rows = csvParse(Deno.readTextFileSync(`${folder}/python/compare.csv`));
      for (const [file, trials] of Object.entries(accuracies)) {
        const row = rows.find((row) => `${row.experiment}/${row.array}` === file)!;
        assert.equal(Number(row.mean_theirs), moments(trials).mean, file);
        assert.deepEqual([row.n_ours, row.n_theirs], [trials.length === 1 ? "1" : "3", String(trials.length)], file);
        assert.ok(Number(row.mean_ours) > 0.4 && Number(row.mean_ours) < 1, file);
      }
      assert.match(
        stdout.trim().split("\n").at(-1)!,
        /^[01] of 1 arrays of accuracies agree at 1 % .* missing: 0 files in ours, \d+ in theirs;/,
      );
    },
  });
}

Deno.test("the report names what is missing, left out and apart", () => {
  const ours = { "acc_1.npy": sample(0.5, 0.5), "acc_ours.npy": sample(0.5) };
  const theirs = { "acc_1.npy": sample(0.25, 0.25), "acc_theirs.npy": sample(0.5) };
  const comparisons = compare([pairOf(ours, theirs)]);
  assert.equal(
    verdictLine(comparisons, ["MNIST/baseline"]),
    "0 of 0 arrays of accuracies agree at 1 % after Holm's correction; 0 of 1 arrays without spread equal, the others " +
      "at most 0.25 apart; missing: 1 files in ours, 1 in theirs; left out as wrong: 0; not run: MNIST/baseline",
  );
  const verdicts = csvParse(comparisonCsv(comparisons)).map(({ array, verdict }) => `${array}: ${verdict}`);
  assert.deepEqual(verdicts, [
    "acc_1.npy: apart",
    "acc_theirs.npy: missing in ours",
    "acc_ours.npy: missing in theirs",
  ]);
  const markdown = comparisonMarkdown(comparisons, { introduction: [], verdict: "v", figureOf: () => undefined });
  assert.match(markdown, /\| \*\*apart\*\* \|/);
  assert.match(markdown, /Missing in ours: `acc_theirs\.npy`\./);
});
