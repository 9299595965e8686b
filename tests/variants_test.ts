import assert from "node:assert/strict";
import { csvParse } from "d3-dsv";
import type { Accountant } from "../core/accountant/accountant.ts";
import { ACCOUNTANTS } from "../core/accountant/accountants.ts";
import { exactPublishingNoise, publishingNoise } from "../core/accountant/descent_to_delete.ts";
import { exactAccountant } from "../core/accountant/exact.ts";
import { checkCombination, type Combination, exactNeeds } from "../core/original/combinations.ts";
import { makeProblem } from "../core/model/problem.ts";
import type { Rows } from "../core/model/rows.ts";
import type { Engine, Walk } from "../core/engines/engine.ts";
import { makeLab } from "../core/runs/lab.ts";
import { decodeNpy } from "../core/formats/read_npy.ts";
import { writeWhole } from "../core/disk/files.ts";
import type { Accounted, Cell } from "../core/results/summary.ts";
import type { Results } from "../core/runs/results.ts";
import { type Experiment, loadSubject } from "../core/runs/run_experiment.ts";
import { ALGORITHMS, experimentsOf } from "../core/original/experiments.ts";
import { choicesOf, DIFFERENCES, VARIANTS, variantsMarkdown } from "../core/original/variants.ts";
import { baseline as runBaseline, baselineExperiment } from "../experiments/baseline.ts";
import { mainLmcExperiment } from "../experiments/main_lmc.ts";
import { mainLmcMulticlassExperiment } from "../experiments/main_lmc_multiclass.ts";
import { mainSgdExperiment } from "../experiments/main_sgd.ts";
import { emptyResultFolder, runTask, startProgram } from "./helpers/run_task.ts";
import steps from "../data/published/sgd_steps.csv" with { type: "text" };
import manual from "../docs/original.md" with { type: "text" };

/** What an experiment asks of its engine, and what it records. */
interface Recording {
  readonly labels: Float32Array;
  readonly walks: Walk[];
  readonly removals: Rows[];
  readonly cells: (Cell & Accounted)[];
  readonly files: Map<string, unknown>;
}

const subjects = new Map<string, ReturnType<typeof loadSubject>>();

/** Loads a dataset once for all experiments on it with the same constants. */
function loadOnce(options: Experiment["options"]): ReturnType<typeof loadSubject> {
  const { dataset, smoothness, M, trainMode, step_size, train_rows } = options;
  const key = JSON.stringify([dataset, smoothness, M, trainMode, step_size, train_rows]);
  const subject = subjects.get(key) ?? loadSubject(options);
  subjects.set(key, subject);
  return subject;
}

/** Conducts an experiment with an engine that leaves all weights where they start. */
async function record({ name, options, conduct }: Experiment): Promise<Recording> {
  const subject = await loadOnce(options);
  const { train } = subject.dataset;
  const recording: Recording = { labels: train.labels, walks: [], removals: [], cells: [], files: new Map() };
  const engine: Engine = {
    description: "stays",
    kind: "stays",
    load: ({ count, dimension, outputs }) => ({ count, dimension, outputs, dispose: () => {} }),
    replace(set, _positions, rows) {
      recording.removals.push(rows);
      return set;
    },
    walk(walk) {
      recording.walks.push(walk);
      return Promise.resolve(walk.start);
    },
    dispose: () => {},
  };
  const results = {
    add: (cell: Cell & Accounted) => void recording.cells.push(cell),
    writeNpy: (file: string, content: Uint8Array) => void recording.files.set(file, decodeNpy(content).data),
  } as Partial<Results> as Results;
  await conduct(makeLab({ experiment: name, options, ...subject }, engine, results));
  return recording;
}

const SHORT = ["--num_trial", "1", "--burn_in", "5"];
const baseline = (...args: string[]) => record(baselineExperiment([...SHORT, ...args]));
const figure3a = (...args: string[]) => baseline("--ks", "2", "--epsilons", "0.5,1", ...args);
const figure3b = (...args: string[]) =>
  baseline("--sequential2", "1", "--removes", "10", "--sequence_rows", "20", ...args);
const figure3c = (...args: string[]) =>
  record(mainLmcExperiment([...SHORT, "--paint_unlearning_sigma", "1", "--sigmas", "0.05", ...args]));
const figure5 = (...args: string[]) =>
  record(mainLmcExperiment([...SHORT, "--paint_utility_s", "1", "--removes", "10,20", "--epsilons", "1", ...args]));
/** The sequel's Figure 3a at ε = 0.5 and 1, and its first three requests of Figure 3b. */
const sgdFigure3a = (...args: string[]) =>
  record(
    mainSgdExperiment([..."--num_trial 1 --compare_baseline_nonconvergent 1 --epsilons 0.5,1".split(" "), ...args]),
  );
const sgdFigure3b = (...args: string[]) =>
  record(mainSgdExperiment([..."--num_trial 1 --sequential 1 --requests 3".split(" "), ...args]));
/** The sequel's Figures 3c and 3d, all hundred requests. */
const sgdFigures3cd = (...args: string[]) =>
  record(mainSgdExperiment([..."--num_trial 1 --paint_unlearning_sigma 1".split(" "), ...args]));
/** The flags for a small table of three classes. */
function threeClasses(): string[] {
  const table = `${emptyResultFolder("variants")}/three_classes.csv`;
  writeWhole(table, "x,y,class\n1,0,a\n0,1,b\n-1,0,c\n0,-1,c\n");
  return ["--dataset", "CSV", "--train_csv", table, "--test_csv", table, "--label", "class"];
}

/** Noise-free retraining on it. */
const softmax = (...args: string[]) =>
  record(
    mainLmcMulticlassExperiment([...SHORT, ...threeClasses(), "--retrain_noiseless", "1", "--removes", "1", ...args]),
  );

const stepsOf = ({ walks }: Recording) => walks.map(({ steps }) => steps);
const valuesOf = <Key extends keyof (Cell & Accounted)>({ cells }: Recording, key: Key, method: Cell["method"]) =>
  cells.filter((cell) => cell.method === method).map((cell) => cell[key]);

Deno.test("--smoothness sets the length of a step, and K", async () => {
  const [bound, spectral] = [await figure5(), await figure5("--smoothness", "spectral")];
  assert.equal(bound.walks[0].dynamics.stepSize, 1 / 0.261982);
  // The published L is that of the features before their rounding to float32.
  assert.ok(Math.abs(spectral.walks[0].dynamics.stepSize / 5.13609126969634 - 1) < 1e-6);
  assert.deepEqual(valuesOf(bound, "K", "LMC unlearn"), [781, 1171]);
  assert.deepEqual(valuesOf(spectral, "K", "LMC unlearn"), [581, 871]);
});

Deno.test("the published L is spectral on MNIST and CIFAR10, but for noise-free retraining", async () => {
  const constantsOf = (experiment: string) =>
    ["MNIST", "CIFAR10", "ADULT"].map((dataset) =>
      choicesOf("published", { multiclass: false, experiment, dataset }).smoothness
    );
  for (const experiment of ["baseline", "sequential2", "paint_unlearning_sigma", "paint_utility_s"]) {
    assert.deepEqual(constantsOf(experiment), ["spectral", "spectral", "bound"]);
  }
  assert.deepEqual(constantsOf("retrain_noiseless"), ["bound", "bound", "bound"]);
  const published = ["--removes", "1", "--variant", "published"];
  const { walks } = await record(mainLmcExperiment([...SHORT, "--retrain_noiseless", "1", ...published]));
  assert.equal(walks[0].dynamics.stepSize, 1 / 0.261982);
});

Deno.test("--noise_scales sets σ of Figure 3a", async () => {
  const sigmas = async (kind: string) => valuesOf(await figure3a("--noise_scales", kind), "sigma", "LMC unlearn");
  assert.deepEqual(await sigmas("intended"), [0.018914795795776367, 0.00956726167840576]);
  assert.deepEqual(await sigmas("corrupted"), [0.00018914795795776368, 0.00956726167840576]);
  const calibrated = await figure3a("--noise_scales", "calibrated");
  assert.deepEqual(valuesOf(calibrated, "K", "LMC unlearn"), [2, 2]);
  const [sigma] = valuesOf(calibrated, "sigma", "LMC unlearn") as number[];
  assert.ok(Math.abs(sigma / 0.0189153913 - 1) < 1e-6);
});

Deno.test("the published σ of k = 1 was corrupted too", async () => {
  const published = await baseline("--ks", "1", "--epsilons", "0.5", "--variant", "published");
  assert.deepEqual(valuesOf(published, "sigma", "LMC unlearn"), [0.00019]);
  assert.deepEqual(valuesOf(published, "K", "LMC unlearn"), [3636]);
});

Deno.test("--k_stride sets which K are tried", async () => {
  assert.deepEqual(valuesOf(await figure5("--k_stride", "1"), "K", "LMC unlearn"), [778, 1163]);
});

Deno.test("--extra_step adds one to every chain", async () => {
  const [extra, exact] = [stepsOf(await figure5()), stepsOf(await figure5("--extra_step", "0"))];
  assert.deepEqual(exact, extra.map((steps) => steps - 1));
});

Deno.test("--init_mean sets where learning starts", async () => {
  const mean = ({ walks: [{ start }] }: Recording) => start.reduce((sum, w) => sum + w) / start.length;
  assert.ok(Math.abs(mean(await figure5()) - 1000) < 0.1);
  assert.ok(Math.abs(mean(await figure5("--init_mean", "0"))) < 0.1);
});

Deno.test("--preset fast learns three times as long, from the norm dσ²/M, where everything is clipped", async () => {
  const sigmas = [0.49, 0.5, 1];
  const figure = ["--paint_unlearning_sigma", "1", "--sigmas", `${sigmas}`, "--num_trial", "1"];
  /** How many steps each σ learns, and from where. */
  const plansOf = async (...args: string[]) => {
    const { walks } = await record(mainLmcExperiment([...figure, ...args]));
    const plans = walks.flatMap(({ chains, start, steps, dynamics }) =>
      chains.map(({ sigma }, i) => {
        const norm = Math.hypot(...start.subarray(784 * i, 784 * (i + 1)));
        const share = norm / (784 * sigma ** 2 / dynamics.clip);
        return { sigma, steps, from: Math.abs(share - 1) < 1e-6 ? "dσ²/M" : share < 2 ? "0" : "1000" };
      })
    );
    return sigmas.map((sigma) => {
      const { steps, from } = plans.find((plan) => plan.sigma === sigma)!;
      return [steps, from];
    });
  };
  const settled = [[501, "0"], [1501, "dσ²/M"], [1501, "dσ²/M"]];
  assert.deepEqual(await plansOf("--preset", "fast"), settled);
  assert.deepEqual(await plansOf("--preset", "fast", "--M", "1.5"), settled);
  assert.deepEqual(await plansOf("--preset", "fast", "--clip_regularizer", "0"), Array(3).fill([501, "0"]));
  assert.deepEqual(await plansOf("--preset", "paper"), Array(3).fill([10_001, "1000"]));
});

Deno.test("--clip_regularizer and --M set what is clipped, and to what", async () => {
  const [{ dynamics }] = (await figure5()).walks;
  assert.ok(dynamics.clipsRegularizer && dynamics.clip === 1);
  const [{ dynamics: changed }] = (await figure5("--clip_regularizer", "0", "--M", "0.5")).walks;
  assert.ok(!changed.clipsRegularizer && changed.clip === 0.5);
  const [{ dynamics: classes }] = (await softmax()).walks;
  assert.ok(!classes.clipsRegularizer && classes.clip === 2);
  const [{ dynamics: corrected }] = (await softmax("--variant", "corrected")).walks;
  const two = mainLmcExperiment([
    ...SHORT,
    ...threeClasses(),
    "--retrain_noiseless",
    "1",
    "--removes",
    "1",
    "--variant",
    "corrected",
  ]);
  assert.equal((await record(two)).walks[0].dynamics.clip, Math.SQRT2, "of three classes in a script for two");
  assert.ok(!corrected.clipsRegularizer && corrected.clip === Math.SQRT2);
});

Deno.test("--train-mode sets the labels of the softmax loss", async () => {
  assert.deepEqual([...(await softmax()).labels.subarray(0, 3)], [1, 0, 0]);
  assert.deepEqual([...(await softmax("--train-mode", "binary")).labels.subarray(0, 3)], [1, -1, -1]);
});

Deno.test("--redraw draws the rows in the place of removed ones anew, or once and nested", async () => {
  const last = ({ features, dimension }: Rows, rows: number) => features.subarray(features.length - rows * dimension);
  const [small, large] = (await figure5()).removals;
  assert.notDeepEqual(last(large, 10), last(small, 10));
  const [first, second] = (await figure5("--redraw", "0")).removals;
  assert.equal(second.count, 20);
  assert.deepEqual(last(second, 10), last(first, 10));
});

Deno.test("--off_by_one shifts the requests of a sequence", async () => {
  const [shifted, aligned] = [await figure3b(), await figure3b("--off_by_one", "0")];
  const counts = ({ removals }: Recording) => removals.map(({ count }) => count).filter((count) => count % 10 === 0);
  assert.deepEqual(counts(shifted).slice(-3), [10, 20, 30]);
  assert.deepEqual(valuesOf(shifted, "K", "LMC unlearn"), [0, 778, 1044]);
  assert.deepEqual(counts(aligned).slice(-2), [10, 20]);
  assert.deepEqual(valuesOf(aligned, "step", "LMC unlearn"), [1, 2]);
  assert.deepEqual(valuesOf(aligned, "K", "LMC unlearn"), [778, 1044]);
});

Deno.test("--triangle sets how a sequence is accounted for", async () => {
  const [first, second] = valuesOf(await figure3b("--triangle", "tight"), "K", "LMC unlearn").slice(1) as number[];
  assert.equal(first, 778);
  assert.ok(second < 1044);
});

Deno.test("--epsilon0 sets which ε0 Figure 3c shows", async () => {
  const [minimum] = valuesOf(await figure3c(), "epsilon0", "LMC unlearn") as number[];
  assert.ok(Math.abs(minimum - 27.993046) < 1e-5);
  const [atAlpha] = valuesOf(await figure3c("--epsilon0", "at_alpha"), "epsilon0", "LMC unlearn") as number[];
  // 4αS²M²/(mσ²n²) at the published α.
  assert.ok(Math.abs(atAlpha - 4 * 11.728841 * 100 ** 2 / (0.011982 * 0.05 ** 2 * 11982 ** 2)) < 1e-3);
});

Deno.test("--mixture files the constants of L = 1/4 + λn, and runs σ = 0.01 with it", async () => {
  const spectral = ["--smoothness", "spectral", "--save_npy", "1", "--sigmas", "0.01,0.05"];
  const [plain, mixed] = [await figure3c(...spectral), await figure3c(...spectral, "--mixture", "1")];
  const filed = ({ files }: Recording) => [files.get("K_dict0.01.npy"), files.get("K_dict0.05.npy")];
  const dictionary = (K: number) => new Map([[100, new Map([[1, K]])]]);
  assert.deepEqual(filed(plain), [dictionary(1901), dictionary(1301)]);
  assert.deepEqual(filed(mixed), [dictionary(2551), dictionary(1741)]);
  assert.deepEqual(valuesOf(plain, "K", "LMC unlearn"), [1901, 1301]);
  const privacy = ({ files }: Recording) => [...files.get("epsilon0.npy") as Float64Array];
  assert.equal(privacy(plain).length, 2);
  const [epsilon0, ...others] = privacy(mixed);
  assert.ok(Math.abs(epsilon0 / 27.993046 - 1) < 1e-7 && others.length === 0);
  assert.deepEqual(valuesOf(mixed, "K", "LMC unlearn"), [2551, 1301]);
});

Deno.test("--mixture of the sequel runs with the K of ε = 1 in January 2024, and files the published lists", async () => {
  const of = (...args: string[]) => sgdFigures3cd("--sigmas", "0.01,0.05", "--batch_sizes", "512,0", ...args);
  const published = csvParse(steps).filter(({ dataset, experiment, list }) =>
    dataset === "MNIST" && experiment === "paint_unlearning_sigma" && list === "K"
  );
  const listOf = (source: string, b: number, sigma: number) =>
    published.find(({ source_file }) =>
      source_file.startsWith(source) && source_file.endsWith(`/k_list_b${b}_sigma${sigma}.npy`)
    )!.values.split(" ").map(Number);
  const cells = [[512, 0.01], [512, 0.05], [0, 0.01], [0, 0.05]];
  const [plain, mixed] = [await of("--save_npy", "1"), await of("--save_npy", "1", "--variant", "published")];
  for (const { files } of [plain, mixed]) {
    for (const [b, sigma] of cells) {
      const list = [...files.get(`k_list_b${b}_sigma${sigma}.npy`) as BigInt64Array].map(Number);
      assert.deepEqual(list, listOf("MNIST/", b, sigma));
    }
  }
  const ran = (source: string) => cells.flatMap(([b, sigma]) => listOf(source, b, sigma).slice(1));
  assert.deepEqual(valuesOf(plain, "K", "SGD unlearn"), ran("MNIST/"));
  assert.deepEqual(valuesOf(mixed, "K", "SGD unlearn"), ran("history@"));
  assert.ok(valuesOf(mixed, "epsilon", "SGD unlearn").every((epsilon) => epsilon === 1));
  await assert.rejects(
    of("--mixture", "1", "--accountant", "exact"),
    /^RangeError: --mixture 1 needs --accountant sgd: there is no bound of January of exact$/,
  );
});

Deno.test("Figures 3c and 3d of the sequel: every published list of epochs that is of ε = 0.01", async () => {
  const { files, walks } = await sgdFigures3cd();
  const lists = csvParse(steps).filter(({ dataset, experiment, epsilon }) =>
    dataset === "MNIST" && experiment === "paint_unlearning_sigma" && epsilon === "0.01"
  );
  assert.equal(lists.length, 24);
  for (const { source_file, values } of lists) {
    const list = files.get(source_file.split("paint_unlearning_sigma/")[1]) as BigInt64Array;
    assert.equal(list.join(" "), values, source_file);
  }
  const learned = walks.filter((_, i) => i % 102 === 0).map(({ steps, batches }) => [batches?.batchSize, steps]);
  const epochs: [b: number | undefined, T: number][] = [[32, 51], [128, 101], [512, 201], [undefined, 1001]];
  assert.deepEqual(learned, epochs.flatMap(([b, T]) => Array(6).fill([b, T * 11264 / (b ?? 11264)])));
});

/** An accountant of one object: S rows cost S/K. */
const TOY: Accountant = {
  name: "toy",
  theorem: "none",
  guarantee: ({ requests }) => ({ epsilon: requests.reduce((sum, { S, K }) => sum + S / K, 0), at: {} }),
};

Deno.test("--accountant sets what K costs: one object and one row of the table run in every experiment", async () => {
  ACCOUNTANTS.toy = () => TOY;
  try {
    const toy = ["--accountant", "toy"];
    const many = await figure5(...toy);
    assert.deepEqual(valuesOf(many, "K", "LMC unlearn"), [10, 20], "11 and 21 with the step that is taken more");
    assert.deepEqual(valuesOf(many, "alpha", "LMC unlearn"), [undefined, undefined]);
    assert.deepEqual(valuesOf(many, "epsilon0", "LMC unlearn"), [undefined, undefined], "ε0 is infinite");
    assert.deepEqual(valuesOf(await figure3a(...toy, "--extra_step", "0"), "K", "LMC unlearn"), [2, 1]);
    await assert.rejects(figure3a(...toy, "--noise_scales", "calibrated"), /^RangeError: σ = 2\.23e-308 of .* float32/);
    await assert.rejects(figure3b(...toy), /^RangeError: epsilon 1 is out of reach for 20 rows/);
    assert.deepEqual(valuesOf(await figure3c(...toy), "K", "LMC unlearn"), [100]);
    await assert.rejects(figure3c(...toy, "--epsilon0", "at_alpha"), /--epsilon0 at_alpha: toy has no order α/);
    const { options } = mainLmcExperiment(["--paint_utility_s", "1", ...toy]);
    assert.equal(options.departures, "--accountant toy");
  } finally {
    delete ACCOUNTANTS.toy;
  }
  assert.deepEqual(valuesOf(await figure5("--accountant", "paper"), "K", "LMC unlearn"), [781, 1171]);
  await assert.rejects(
    figure5("--accountant", "sgd", "--clip_regularizer", "0"),
    /^RangeError: the accountant sgd is for chains that are projected/,
  );
});

Deno.test("--delta sets δ, also of Descent-to-Delete", async () => {
  const smaller = ["--delta", "1e-9"];
  const [first, second] = valuesOf(await figure5(...smaller), "K", "LMC unlearn") as number[];
  assert.ok(first > 781 && second > 1171);
  const epsilon0 = async (...args: string[]) => valuesOf(await figure3c(...args), "epsilon0", "LMC unlearn")[0]!;
  assert.ok(await epsilon0(...smaller) > await epsilon0());
  const sigmas = async (...args: string[]) => valuesOf(await figure3a(...args), "sigma", "D2D unlearn") as number[];
  const [usual, more] = [await sigmas(), await sigmas(...smaller)];
  assert.ok(more.every((sigma, i) => sigma > usual[i]));
  assert.deepEqual(await sigmas("--delta", String(1 / 11982)), usual);
  const stepsOfD2d = async (...args: string[]) => valuesOf(await figure3b(...args), "K", "D2D unlearn") as number[];
  assert.ok((await stepsOfD2d(...smaller))[0] > (await stepsOfD2d())[0]);
});

Deno.test("--bound_version sets the version of the sequel's bounds, and K", async () => {
  const stepsOf = async (...args: string[]) => valuesOf(await sgdFigure3b(...args), "K", "SGD unlearn");
  assert.deepEqual(await stepsOf("--batch_sizes", "512,0"), [1, 1, 1, 4, 4, 7]);
  assert.deepEqual(await stepsOf("--batch_sizes", "512,0", "--bound_version", "jan29"), [1, 1, 1, 2, 5, 7]);
  assert.deepEqual(await stepsOf("--batch_sizes", "512,0", "--bound_version", "jan25"), [3, 3, 3, 2, 5, 7]);
  assert.deepEqual(await stepsOf("--batch_sizes", "512,0", "--variant", "published"), [3, 3, 3, 2, 5, 7]);
});

Deno.test("--projection sets the radius of the ball, and no σ", async () => {
  const of = async (...args: string[]) => {
    const recording = await sgdFigure3a(...args);
    return [recording.walks[0].dynamics.radius, valuesOf(recording, "sigma", "SGD unlearn").slice(0, 2)];
  };
  const sigmas = [0.008046599105001495, 0.004100073128939674];
  assert.deepEqual(await of(), [100, sigmas]);
  assert.deepEqual(await of("--projection", "0"), [undefined, sigmas]);
  assert.deepEqual(await of("--variant", "published"), [undefined, sigmas]);
  assert.deepEqual((await of("--projection", "7"))[0], 7);
});

Deno.test("--forced_T sets whether the accountant has the original's T, or the T that is learned", async () => {
  const sigmaOf = async (...args: string[]) =>
    valuesOf(await sgdFigure3a("--epochs", "2", "--noise_scales", "calibrated", ...args), "sigma", "SGD learn");
  const [batches, , full] = await sigmaOf() as number[];
  assert.ok(Math.abs(full - 0.09606817737221818) < 1e-8);
  const [few, , learned] = await sigmaOf("--forced_T", "0") as number[];
  assert.ok(learned > 1000 * full && few > 2 * batches, "after two epochs chains can be apart by the ball");
  assert.ok(Math.abs(batches - 0.008046599105001495) < 1e-8, "that of 30 epochs, though 2 are learned");
});

Deno.test("--drop_last leaves the rows out that do not fill a batch, or makes a smaller one of them", async () => {
  const exact = ["--accountant", "exact"];
  const odd = ["--train_rows", "1000", "--batch_sizes", "300", "--epochs", "2", ...exact];
  const of = async (...args: string[]) =>
    (await sgdFigure3a(...odd, ...args)).walks.map((
      { steps, batches },
    ) => [steps, batches?.batchSize, batches?.dropsRest]);
  assert.deepEqual(await of(), [[9, 300, true], [9, 300, true], [3, 300, true]]);
  assert.deepEqual(await of("--drop_last", "0"), [[12, 300, false], [12, 300, false], [4, 300, false]]);
  await assert.rejects(of("--drop_last", "0", "--accountant", "sgd"), /the accountant sgd is for batches of one size/);
  await assert.rejects(
    of("--batch_sizes", "1001"),
    /^RangeError: b, the rows of a batch, must be an integer from 1 to n = 1000/,
  );
});

Deno.test("--train_rows sets how many of the training rows are taken", async () => {
  const countOf = async (...args: string[]) => (await sgdFigure3b(...args)).labels.length;
  assert.deepEqual([await countOf(), await countOf("--train_rows", "512", "--batch_sizes", "128")], [11264, 512]);
  await assert.rejects(
    countOf("--train_rows", "11983"),
    /^RangeError: --train_rows 11983 is more than there are: MNIST/,
  );
});

Deno.test("the sequel starts at 0, clips a row's gradient alone, takes an epoch more, and has σ of its bisection", async () => {
  const { walks, cells } = await sgdFigure3a();
  assert.ok(walks.every(({ dynamics }) => !dynamics.clipsRegularizer && dynamics.clip === 1));
  assert.deepEqual(walks.map(({ steps }) => steps), [101 * 88, 101 * 88, 2 * 88, 3001, 3001, 2]);
  assert.ok(Math.abs(walks[0].start.reduce((sum, w) => sum + w) / 784) < 0.1);
  assert.deepEqual(cells.map(({ T }) => T), [
    100,
    100,
    100,
    100,
    undefined,
    undefined,
    3000,
    3000,
    3000,
    3000,
    undefined,
    undefined,
  ]);
  const [calibrated] = valuesOf(await sgdFigure3a("--noise_scales", "calibrated"), "sigma", "SGD learn") as number[];
  assert.ok(calibrated < 0.008046599105001495 && calibrated > 0.008046599105001495 - 1e-8);
  assert.deepEqual((await sgdFigure3a("--extra_step", "0")).walks.map(({ steps }) => steps).slice(0, 3), [
    8800,
    8800,
    88,
  ]);
});

Deno.test("the corrected sequel has all rows, the exact accountant, and fewer epochs and less noise", async () => {
  const corrected = ["--variant", "corrected"];
  const figure = await sgdFigure3a(...corrected);
  assert.equal(figure.labels.length, 11982);
  assert.deepEqual(figure.walks.map(({ steps }) => steps), [100 * 94, 100 * 94, 94, 3000, 3000, 1]);
  assert.ok(figure.removals.every(({ features }) => features.every((x) => x === 0)));
  const released = valuesOf(await sgdFigure3a(), "sigma", "SGD learn") as number[];
  (valuesOf(figure, "sigma", "SGD learn") as number[]).forEach((sigma, i) => assert.ok(sigma < released[i] / 1.5));
  const sequence = await sgdFigure3b(...corrected, "--requests", "20");
  assert.ok((valuesOf(sequence, "K", "SGD unlearn") as number[]).every((K) => K === 1));
});

Deno.test("the first refusal of the sequel: its theorem is for steps of 1/L and a row's gradient clipped alone", async () => {
  await assert.rejects(sgdFigure3a("--step_size", "2/(m+L)"), /^RangeError: --accountant sgd needs --step_size 1\/L/);
  await assert.rejects(
    sgdFigure3a("--clip_regularizer", "1"),
    /^RangeError: --accountant sgd needs --clip_regularizer 0/,
  );
});

Deno.test("--orders sets which Rényi orders are searched", async () => {
  const tiny = (...args: string[]) => figure5("--removes", "1", "--epsilons", "0.0005", "--sigma", "10", ...args);
  await assert.rejects(tiny(), /^RangeError: epsilon 0.0005 is out of reach for 1 row and sigma = 10/);
  const [K] = valuesOf(await tiny("--orders", "all"), "K", "LMC unlearn") as number[];
  assert.ok(K > 1 && K < 1e9);
  assert.deepEqual(valuesOf(await figure5("--orders", "all"), "K", "LMC unlearn"), [781, 1171]);
});

Deno.test("run.json names the variant and every flag that departs from it", () => {
  const { options } = mainLmcExperiment(["--paint_utility_s", "1", "--variant", "published", "--init_mean", "0"]);
  assert.equal(options.variant, "published");
  assert.equal(options.departures, "--init_mean 0");
  assert.equal(options.smoothness, "spectral");
});

Deno.test("every cell of the table of variants names the flag's value", () => {
  const experiments = ALGORITHMS.flatMap((algorithm) =>
    experimentsOf(algorithm).map(({ name }) => [algorithm, name] as const)
  );
  for (const dataset of ["MNIST", "CIFAR10", "ADULT", "MNIST_MULTI"]) {
    for (const [algorithm, experiment] of experiments) {
      const setting = { algorithm, multiclass: dataset === "MNIST_MULTI", experiment, dataset };
      for (const variant of VARIANTS) {
        for (const [option, value] of Object.entries(choicesOf(variant, setting))) {
          if (value === undefined) continue;
          const { text } = DIFFERENCES[option as keyof typeof DIFFERENCES][variant];
          const written = value === Math.SQRT2 ? "√2" : `\`${typeof value === "boolean" ? Number(value) : value}\``;
          assert.ok(text.includes(written), `${option} of ${variant}: ${text} without ${written}`);
        }
      }
    }
  }
});

Deno.test("deno task variants fits a terminal of 80 columns", async () => {
  const { stdout } = await runTask("variants");
  assert.match(stdout, /^ {2}corrected {2}calibrated: the smallest σ/m);
  for (const line of stdout.split("\n")) assert.ok(line.length <= 80, line);
});

Deno.test("the table of variants is that of docs/original.md, and each row of it has a test here", async () => {
  const unpadded = manual.replaceAll(/ +/g, " ").replaceAll(/-{3,}/g, "---");
  assert.ok(unpadded.includes(variantsMarkdown()), "replace it by what deno task variants --markdown 1 prints");
  const text = await Deno.readTextFile(new URL(import.meta.url));
  for (const { flag } of Object.values(DIFFERENCES)) {
    assert.match(text, new RegExp(`^Deno.test\\(".*${flag} `, "m"), flag);
  }
  const setting = { multiclass: false, experiment: "baseline", dataset: "MNIST" };
  for (const variant of VARIANTS) assert.ok(Object.values(choicesOf(variant, setting)).length > 10);
});

/** Why a run is refused. */
function refusalOf(run: Combination): string | undefined {
  try {
    checkCombination(run);
  } catch (error) {
    return (error as Error).message;
  }
}

const CERTIFIED = ["--accountant", "exact", "--clip_regularizer", "0"];
const LEARNED = ["--burn_in", "1000"];

Deno.test("--removal sets what removed rows become", async () => {
  const random = await figure5();
  const zeros = await figure5("--removal", "null", "--clip_regularizer", "0");
  assert.ok(random.removals.every(({ features }) => features.some((x) => x !== 0)));
  assert.deepEqual(zeros.removals.map(({ count }) => count), [10, 20]);
  assert.ok(zeros.removals.every(({ features }) => features.every((x) => x === 0)));
  assert.ok((valuesOf(zeros, "K", "LMC unlearn")[0] as number) < (valuesOf(random, "K", "LMC unlearn")[0] as number));
});

Deno.test("--step_size sets the length of a Langevin step, and K", async () => {
  const stepsOf = async (...args: string[]) => {
    const recording = await figure5("--removes", "100", ...LEARNED, ...CERTIFIED, ...args);
    return { K: valuesOf(recording, "K", "LMC unlearn")[0], stepSize: recording.walks[0].dynamics.stepSize };
  };
  const exactly = ["--extra_step", "0", "--k_stride", "1"];
  const long = ["--step_size", "2/(m+L)"];
  const zeros = ["--removal", "null"];
  assert.deepEqual(await stepsOf(...exactly), { K: 60, stepSize: 1 / 0.261982 });
  assert.deepEqual(await stepsOf(...exactly, ...long), { K: 31, stepSize: 2 / (0.261982 + 0.011982) });
  assert.equal((await stepsOf(...exactly, ...zeros)).K, 45);
  assert.equal((await stepsOf(...exactly, ...zeros, ...long)).K, 23);
  assert.equal((await stepsOf("--k_stride", "1")).K, 59, "the step that is taken more is counted");
});

Deno.test("--variant corrected is the best certified unlearning", async () => {
  const corrected = ["--variant", "corrected"];
  const { walks, cells } = await figure5("--removes", "100", ...LEARNED, ...corrected);
  assert.equal(cells.at(-1)!.K, 23);
  assert.deepEqual(walks.map(({ steps }) => steps), [1000, 1000, 23]);
  assert.ok(walks.every(({ dynamics }) => !dynamics.clipsRegularizer && dynamics.clip === 1));
  const sequence = async (S: number) => {
    const args = ["--sequential2", "1", "--removes", String(S), "--sequence_rows", "100", ...LEARNED, ...corrected];
    const steps = valuesOf(await baseline(...args), "K", "LMC unlearn") as number[];
    return steps.reduce((sum, K) => sum + K);
  };
  assert.deepEqual([await sequence(5), await sequence(10), await sequence(20)], [70, 60, 50]);
});

/** All runs that flags can describe. */
function allCombinations(): Combination[] {
  const values: { [Key in keyof Combination]: readonly Combination[Key][] } = {
    accountant: ["paper", "sgd", "exact"],
    removal: ["random", "null"],
    step_size: ["1/L", "2/(m+L)"],
    smoothness: ["bound", "theorem", "spectral"],
    redraw: [true, false],
    off_by_one: [true, false],
    trainMode: ["binary", "multi"],
    experiment: ["baseline", "sequential2"],
    clipsRegularizer: [true, false],
    softmax: [true, false],
    clipsSoftmax: [true, false],
  };
  return Object.entries(values).reduce<object[]>(
    (runs, [key, choices]) => runs.flatMap((run) => choices.map((choice) => ({ ...run, [key]: choice }))),
    [{}],
  ) as Combination[];
}

/** The run with a flag that a refusal asks for. */
function withFlag(run: Combination, flag: string): Combination {
  const [name, value] = flag.replace(/^--/, "").split(" ");
  const changes: Readonly<Record<string, Partial<Combination>>> = {
    step_size: { step_size: value as Combination["step_size"] },
    smoothness: { smoothness: value as Combination["smoothness"] },
    clip_regularizer: { clipsRegularizer: value === "1" },
    off_by_one: { off_by_one: value === "1" },
    "train-mode": { trainMode: value as Combination["trainMode"] },
    M: { clipsSoftmax: Number(value) < Math.SQRT2 },
  };
  assert.ok(name in changes, flag);
  return { ...run, ...changes[name] };
}

Deno.test("which flags go together, cell by cell", async () => {
  const cells = allCombinations();
  assert.equal(cells.length, 3 ** 2 * 2 ** 9);
  for (const run of cells) {
    // The conditions of the theorems: the paper's, null rows', the exact one's.
    const shifts = run.off_by_one && run.experiment === "sequential2";
    const constant = !run.clipsRegularizer && run.smoothness !== "spectral" && !shifts;
    const monotone = !(run.softmax && run.trainMode === "binary") && !run.clipsSoftmax;
    const isSmall = run.step_size === "1/L" && !(run.accountant === "sgd" && run.clipsRegularizer);
    const isCovered = (run.accountant === "exact" ? constant && monotone : isSmall) &&
      (run.removal === "random" || constant);
    const refusals = [];
    let mended = run;
    for (let message = refusalOf(mended); message !== undefined; message = refusalOf(mended)) {
      refusals.push(message);
      assert.ok(refusals.length < 6, message);
      mended = withFlag(mended, message.match(/ needs (--\S+ \S+): /)![1]);
    }
    assert.equal(refusals.length === 0, isCovered, `${JSON.stringify(run)} ${refusals}`);
    const exactly = exactNeeds(run).reduce(withFlag, { ...run, accountant: "exact" });
    assert.equal(refusalOf(exactly), undefined);
  }

  const exact = ["--accountant", "exact"];
  const plain = ["--clip_regularizer", "0"];
  const refused: [args: string[], message: RegExp][] = [
    [["--step_size", "2/(m+L)"], /--accountant paper needs --step_size 1\/L/],
    [["--removal", "null"], /--removal null needs --clip_regularizer 0/],
    [exact, /--accountant exact needs --clip_regularizer 0/],
    [[...exact, ...plain, "--smoothness", "spectral"], /--accountant exact needs --smoothness bound/],
    [[...plain, "--smoothness", "spectral", "--removal", "null"], /a spectral L, and so η, depends/],
  ];
  const findK = ["--find_k", "1", "--ks", "1", "--epsilons", "1", "--result-dir", emptyResultFolder("variants")];
  for (const [args, message] of refused) {
    await assert.rejects(figure5(...args), { name: "RangeError", message });
    await assert.rejects(runBaseline([...findK, ...args]), { name: "RangeError", message });
  }
  await assert.rejects(figure3b(...exact, ...plain), /--accountant exact needs --off_by_one 0/);
  await assert.rejects(softmax(...exact, "--train-mode", "binary"), /--accountant exact needs --train-mode multi/);
  await figure5(...exact, ...plain, "--smoothness", "theorem", "--removal", "null", "--step_size", "2/(m+L)");
  await figure5(...exact, ...plain, "--extra_step", "0");
  await softmax(...exact);

  // Rows drawn anew at every request all count.
  const aligned = [...LEARNED, ...exact, ...plain, "--off_by_one", "0", "--extra_step", "0"];
  const [kept, redrawn] = [await figure3b(...aligned, "--redraw", "0"), await figure3b(...aligned)];
  const [first, second] = [kept, redrawn].map((recording) => valuesOf(recording, "K", "LMC unlearn") as number[]);
  assert.equal(first[0], second[0]);
  assert.ok(second[1] > first[1], `${first} ${second}`);
});

Deno.test("a sequence keeps its guarantee with the --extra_step that its chains take", async () => {
  const args = [...CERTIFIED, "--redraw", "0", "--off_by_one", "0", "--sequence_rows", "100", "--burn_in", "0"];
  const { cells } = await baseline("--sequential2", "1", "--removes", "5", ...args);
  const asked = cells.filter(({ method }) => method === "LMC unlearn").map(({ K }) => K!);
  assert.ok(asked.includes(0), "a request for which the step that is taken anyway is enough");
  const problem = makeProblem({ n: 11982, d: 784, lambda: 1e-6, M: 1 });
  const requests = asked.map((K) => ({ S: 5, K: K + 1 }));
  for (const [i] of requests.entries()) {
    const history = { problem, sigma: 0.03, T: 1, requests: requests.slice(0, i + 1) };
    assert.ok(exactAccountant().guarantee(history, 1 / 11982).epsilon <= 1, `request ${i}`);
  }
});

Deno.test("Descent-to-Delete beside exact chains has its exact noise", async () => {
  const noise = async (...args: string[]) => valuesOf(await figure3a("--ks", "1", ...args), "sigma", "D2D unlearn");
  const target = (epsilon: number) => ({ epsilon, delta: 1 / 11982 });
  const problem = makeProblem({ n: 11982, d: 784, lambda: 1e-6, M: 1 });
  assert.deepEqual(await noise(), [0.5, 1].map((epsilon) => publishingNoise(problem, 1, target(epsilon))));
  assert.deepEqual(
    await noise(...CERTIFIED),
    [0.5, 1].map((epsilon) => exactPublishingNoise(problem, 1, target(epsilon))),
  );
  const [nulls] = await noise("--variant", "corrected");
  assert.equal(nulls, exactPublishingNoise(problem, 1, target(0.5), { neighbours: "null" }));
  const sequence = await baseline(
    "--sequential2",
    "1",
    "--removes",
    "1",
    "--sequence_rows",
    "2",
    "--variant",
    "corrected",
  );
  const { sigma, K } = sequence.cells.find(({ method }) => method === "D2D unlearn")!;
  assert.equal(sigma, exactPublishingNoise(problem, K!, target(1), { requests: "any", neighbours: "null" }));
  const later = sequence.cells.findLast(({ method, i_factor }) => method === "D2D unlearn" && i_factor === 1)!;
  assert.equal(
    later.sigma,
    exactPublishingNoise(problem, later.K!, target(1), { requests: "any", leastI: K!, neighbours: "null" }),
  );
});

Deno.test("find_k asks both accountants, each with constants that its theorem covers", async () => {
  const folder = emptyResultFolder("variants_find_k");
  const columns = async (...args: string[]) => {
    await runBaseline(["--find_k", "1", "--ks", "1", "--epsilons", "0.05", "--result-dir", folder, ...args]);
    const dataset = args.includes("CSV") ? "CSV" : "MNIST";
    const [row] = csvParse(Deno.readTextFileSync(`${folder}/LMC/${dataset}/find_k/find_k.csv`));
    return [row.smallest_sigma, row.exact_sigma].map((sigma) => Number(Number(sigma).toPrecision(6)));
  };
  assert.deepEqual(await columns(), [0.187157, 0.065975]);
  assert.deepEqual(await columns(...CERTIFIED), [0.187157, 0.065975]);
  assert.deepEqual(await columns("--variant", "published"), [0.187153, 0.065975]);
  assert.deepEqual(await columns("--variant", "corrected"), [0.0935785, 0.0312061]);
  assert.deepEqual(await columns("--step_size", "1/L", "--M", "2"), [0.374314, 0.13195]);
  const [, uncovered] = await columns(...threeClasses(), "--M", "1");
  assert.equal(uncovered, 0, "the exact one, which nobody asked for, has nothing to say");
  await assert.rejects(
    columns(...threeClasses(), "--M", "1", "--accountant", "exact"),
    /--accountant exact needs --M 1.4142135623730951/,
  );
  await assert.rejects(
    columns("--accountant", "sgd", "--clip_regularizer", "0"),
    /the accountant sgd is for chains that are projected/,
  );
});

Deno.test("both accountants' K stand side by side, whatever the run's constants are", async () => {
  const table = async (...args: string[]) => {
    const folder = emptyResultFolder("variants_sides");
    const figure = [
      "--paint_utility_s",
      "1",
      "--removes",
      "100",
      "--epsilons",
      "5",
      "--burn_in",
      "300",
      "--num_trial",
      "1",
    ];
    const program = startProgram("main_lmc", ...figure, ...args, "--result-dir", folder);
    await program.said(/^Device: /m); // after all that is asked for here
    program.kill("SIGKILL");
    const { stdout } = await program.outcome;
    return stdout.split("\n").filter((line) => /^100 {2}|would be with|one step more/.test(line))
      .map((line) => line.replace(/ +/g, " "))
      .map((line) =>
        line.replace(/(?<=^100( \S+){5}.*) (\S+)/g, (_, _column, least) => ` σ ${least <= 0.03 ? "<" : ">"}`)
      );
  };
  const more = "Chains take one step more than K, here (--extra_step 1).";
  assert.deepEqual(await table("--variant", "published"), [
    "100 5 0.03 243 30 251 σ < σ <",
    "What the accountant exact says would be with --clip_regularizer 0 --smoothness bound",
    more,
  ]);
  assert.deepEqual(await table("--variant", "corrected"), [
    "100 5 0.03 222 8 8 σ > σ <",
    "What the accountant paper says would be with --step_size 1/L",
  ]);
});
