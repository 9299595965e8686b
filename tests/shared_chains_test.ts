/**
 * Chains that cells share with `--share 1`: every cell has the weights that it could have without, in fewer steps.
 */
import assert from "node:assert/strict";
import { chainStepsOf, type Engine, withWalk } from "../core/engines/engine.ts";
import { openWasmEngine } from "../core/engines/wasm_engine.ts";
import { loadMnist } from "../core/datasets/mnist.ts";
import { langevin, langevinStart } from "../core/learning/chains.ts";
import { makeProblem } from "../core/model/problem.ts";
import { problemFor } from "../core/original/problem.ts";
import type { Cell } from "../core/results/summary.ts";
import { experimentSections } from "../core/pages/experiment_sections.ts";
import { mergeParts } from "../core/runs/merge_shards.ts";
import type { Journal } from "../core/runs/journal.ts";
import { type Lab, makeLab } from "../core/runs/lab.ts";
import { resumableEngine } from "../core/runs/resumable_engine.ts";
import { countWork, type Experiment } from "../core/runs/run_experiment.ts";
import { sharedChains } from "../core/runs/shared_chains.ts";
import { baselineExperiment } from "../experiments/baseline.ts";
import { mainLmcExperiment } from "../experiments/main_lmc.ts";
import { assertForUser } from "./helpers/fuzz.ts";
import { bytesBelow, quietly, runHere } from "./helpers/run_here.ts";
import { emptyResultFolder } from "./helpers/run_task.ts";
import { makeRows } from "./helpers/scenarios.ts";
import { writeTable } from "./helpers/small_tables.ts";

const rows = makeRows({ count: 60, dimension: 5, outputs: 1 });
const dataset = { name: "D", train: rows, test: rows };
const SMALL = ["--lam", "1e-2", "--burn_in", "30", "--num_trial", "3", "--init_mean", "0"];
const figure5 = (...args: string[]) =>
  mainLmcExperiment(["--paint_utility_s", "1", "--sigma", "0.1", "--removes", "1,5", ...SMALL, ...args]);
const figure4 = (...args: string[]) =>
  mainLmcExperiment(["--paint_utility_epsilon", "1", "--sigma", "0.1", "--removes", "1,5", ...SMALL, ...args]);
const figure3b = (...args: string[]) =>
  baselineExperiment([
    ...["--sequential2", "1", "--removes", "1,2", "--sequence_rows", "4"],
    ...SMALL,
    ...["--burn_in", "3"], // few enough that descent from several starts does not end in one point
    ...args,
  ]);
const SHARE = ["--share", "1"];

/** A cell as it was recorded, and its weights. */
type Recorded = Cell & { readonly K?: number; readonly weights: Float32Array };

/** Conducts an experiment, and returns its cells by array, the steps that its chains took, and those foreseen. */
async function conduct(experiment: Experiment, changes: Partial<Lab> = {}, wrap = (engine: Engine) => engine) {
  const { name, options } = experiment;
  const subject = { experiment: name, options, dataset, problem: problemFor(rows, options) };
  const { chainSteps: foreseen, looks } = await countWork(experiment, subject);
  const cells = new Map<string, Recorded>();
  const engine = await openWasmEngine({ threads: 1 });
  let taken = 0;
  const counting = withWalk(engine, (walk) => {
    taken += chainStepsOf(walk, walk.steps);
    return engine.walk(walk);
  });
  const lab = makeLab(subject, wrap(counting), undefined, undefined, sharedChains(looks));
  const record = (cell: Cell, weights: Float32Array) => void cells.set(cell.array, { ...cell, weights });
  try {
    await experiment.conduct(Object.assign(lab, { record, ...changes }));
  } finally {
    engine.dispose();
  }
  return { cells, taken, foreseen };
}

/** The weights of cells, by array. */
const weightsOf = ({ cells }: Awaited<ReturnType<typeof conduct>>) =>
  new Map([...cells].map(([array, { weights }]) => [array, weights]));

Deno.test("a walk that goes on is the walk of all its steps, bit for bit", async () => {
  const engine = await openWasmEngine({ threads: 1 });
  const problem = makeProblem({ n: 60, d: 5, lambda: 1e-2 });
  const setting = { engine, problem, seed: 3, trials: 3 };
  const leg = { name: "a", sigma: 0.1, start: langevinStart(setting, "a", 0.1, { mean: 0 }) };
  const set = engine.load(rows);
  const [whole] = await langevin(setting, set, [{ ...leg, steps: 12 }]);
  const [start] = await langevin(setting, set, [{ ...leg, steps: 5 }]);
  const [continued, anew] = await langevin(setting, set, [
    { ...leg, start, firstStep: 5, steps: 7 },
    { ...leg, name: "b", start, steps: 7 },
  ]);
  assert.deepEqual(continued, whole);
  assert.notDeepEqual(anew, whole);
  engine.dispose();
});

Deno.test("chains walk once to all the places where they are looked at, and wherever else they are asked for", async () => {
  const walks: string[] = [];
  const chains = sharedChains(new Map([["law", [9, 4, 9, 0]]]));
  const look = async (...looks: readonly (readonly [law: unknown, array: string, steps: number])[]) =>
    (await chains.look(
      looks.map(([law, array, steps]) => ({ law, array, steps, start: () => Float32Array.of(0) })),
      (stretches) => {
        walks.push(stretches.map(({ name, firstStep, steps }) => `${name} ${firstStep}+${steps}`).join(", "));
        return Promise.resolve(stretches.map(({ start, steps }) => start.map((step) => step + steps)));
      },
    )).map(([step]) => step);
  assert.deepEqual(await look(["law", "a", 9], [{}, "own", 2]), [9, 2]);
  assert.deepEqual(walks.splice(0), ["a 0+0, own 0+2", "a 0+4", "a 4+5"]);
  assert.deepEqual(await look(["law", "b", 4], ["law", "c", 9]), [4, 9]);
  assert.deepEqual(walks.splice(0), []);
  assert.deepEqual(await look(["law", "d", 6], ["law", "d", 0]), [6, 0]);
  assert.deepEqual(walks.splice(0), ["a 0+6"], "weights that nobody was to ask for again are gone");
  assert.deepEqual(await look(["law", "e", 5]), [5]);
  assert.deepEqual(walks.splice(0), ["a 0+5"]);
});

Deno.test("cells of Figures 4 and 5 that share have the weights of the first one's chains after their own steps", async () => {
  for (const experiment of [figure4, figure5]) {
    const [alone, shared] = [await conduct(experiment()), await conduct(experiment(...SHARE))];
    assert.deepEqual([...shared.cells.keys()], [...alone.cells.keys()]);
    for (const { array, K, num_remove, method, weights } of shared.cells.values()) {
      const [first] = [...alone.cells.values()].filter((cell) =>
        cell.method === method && cell.num_remove === num_remove
      );
      const one = experiment("--epsilons", `${first.epsilon ?? 1}`, "--removes", `${num_remove ?? 1}`);
      const { cells } = K === undefined || K === first.K ? alone : await conduct(one, { account: () => ({ K }) });
      assert.deepEqual(weights, cells.get(first.array)!.weights, array);
      assert.equal(K, alone.cells.get(array)!.K);
    }
  }
});

Deno.test("the chains of Figure 3b learn once, and go ways of their own from there", async () => {
  const [alone, shared] = [weightsOf(await conduct(figure3b())), weightsOf(await conduct(figure3b(...SHARE)))];
  const learned = (weights: typeof alone, prefix: string) =>
    [...weights].filter(([array]) => array.startsWith(prefix)).map(([, weights]) => weights);
  for (const [prefix, count] of [["baseline_acc_scratch", 3], ["lmc_acc_scratch", 2]] as const) {
    const [first, second] = learned(alone, prefix);
    assert.notDeepEqual(first, second);
    assert.deepEqual(learned(shared, prefix), Array(count).fill(first));
  }
  assert.notDeepEqual(shared.get("lmc_acc_finetune_nr1_step2.npy"), shared.get("lmc_acc_finetune_nr2_step1.npy"));
});

/** Chain steps of figures of MNIST for a trial, as docs/runs.md has them: without sharing, and with it. */
const STEPS = [...Deno.readTextFileSync("docs/runs.md").matchAll(/^\| (3b|4|5) +\| `(.*?)` +\| (\d+) +\| (\d+) /gm)]
  .map(([, figure, flags, alone, shared]) => ({ figure, flags, expected: [Number(alone), Number(shared)] }));

Deno.test("the steps that sharing saves are those of docs/runs.md", async () => {
  const dataset = await loadMnist();
  const scripts: Readonly<Record<string, (...args: string[]) => Experiment>> = {
    "3b": (...args) => baselineExperiment(["--sequential2", "1", ...args]),
    "4": (...args) => mainLmcExperiment(["--paint_utility_epsilon", "1", ...args]),
    "5": (...args) => mainLmcExperiment(["--paint_utility_s", "1", ...args]),
  };
  assert.equal(STEPS.length, 7);
  for (const { figure, flags, expected } of STEPS) {
    const counted = ["0", "1"].map(async (share) => {
      const experiment = scripts[figure](...flags.split(" "), "--num_trial", "1", "--share", share);
      return (await countWork(experiment, { dataset, problem: problemFor(dataset.train, experiment.options) }))
        .chainSteps;
    });
    assert.deepEqual(await Promise.all(counted), expected, `Figure ${figure}, ${flags}`);
  }
});

Deno.test("chains take as many steps as were foreseen, and fewer if cells share them", async () => {
  for (const experiment of [figure3b, figure4, figure5]) {
    const [alone, shared] = [await conduct(experiment()), await conduct(experiment(...SHARE))];
    for (const { taken, foreseen } of [alone, shared]) assert.equal(taken, foreseen);
    assert.ok(shared.taken < alone.taken);
  }
});

Deno.test("cells that have nothing to share do not say that they share", async () => {
  const subject = { dataset, problem: problemFor(rows, figure5().options) };
  const experiments = [
    figure5("--epsilons", "1"),
    figure4("--epsilons", "1"),
    mainLmcExperiment(["--retrain_noiseless", "1", "--removes", "1,5", ...SMALL]),
    mainLmcExperiment(["--paint_unlearning_sigma", "1", "--removes", "1", ...SMALL]),
    baselineExperiment(["--ks", "1", "--epsilons", "1,2", ...SMALL]),
  ];
  for (const { options, ...experiment } of experiments) {
    await countWork({ ...experiment, options }, subject);
    const sharing = countWork({ ...experiment, options: { ...options, share: true } }, subject);
    await assert.rejects(sharing, /^RangeError: --share 1: no two cells of .* draw from one law here/, experiment.name);
  }
});

Deno.test("chains of one name on one call are refused, with --share 1 and without", async () => {
  for (const options of [figure5().options, figure5(...SHARE).options]) {
    const engine = await openWasmEngine({ threads: 1 });
    const lab = makeLab({ experiment: "example", options, dataset, problem: problemFor(rows, options) }, engine);
    const cell = { method: "LMC learn", array: "a.npy", sigma: 0.1 } as const;
    const starts = [1, 2].map((w) => new Float32Array(lab.trials * rows.dimension).fill(w));
    const walk = async () => await lab.walk(lab.trainingSet, [cell, cell], () => 3, starts);
    await assert.rejects(walk, /two cells are called .*a\.npy.* would draw the same noise/);
    engine.dispose();
  }
});

Deno.test("a shared run that is stopped after any walk ends like one that is not", async () => {
  const entries = new Map<string, Uint8Array<ArrayBuffer>>();
  const journal: Journal = {
    read: (name) => entries.get(name),
    write: (name, content) => void entries.set(name, Uint8Array.from(content as Uint8Array)),
  };
  const keeping = { checkpointSeconds: 1e-6, signal: new AbortController().signal };
  /** An engine that remembers its walks, and breaks after two. */
  const breaking = (engine: Engine) => {
    let left = 2;
    return resumableEngine(
      withWalk(engine, (walk) => left-- > 0 ? engine.walk(walk) : Promise.reject(new Error("stopped"))),
      journal,
      keeping,
    );
  };
  const whole = weightsOf(await conduct(figure5(...SHARE)));
  let stops = 0;
  for (;;) {
    try {
      assert.deepEqual(weightsOf(await conduct(figure5(...SHARE), {}, breaking)), whole);
      break;
    } catch (error) {
      assert.equal((error as Error).message, "stopped");
      stops++;
    }
  }
  assert.ok(stops > 5);
});

const ROOT = emptyResultFolder("share");
const TABLE = writeTable(`${ROOT}/table.csv`, 40, 0, 2);
const RUN = [
  ...["--dataset", "CSV", "--train_csv", TABLE, "--test_csv", TABLE, "--label", "class", "--lam", "1e-2"],
  ...["--paint_utility_s", "1", "--sigma", "0.1", "--removes", "1,5", "--init_mean", "0", "--burn_in", "9"],
  ...["--num_trial", "3", "--save_npy", "1", "--backend", "wasm", "--threads", "1"],
];
const EXPERIMENT = "LMC/CSV/paint_utility_s";

const MERGE = (resultDir: string) => ({ resultDir, fresh: false, partial: false });

/** Runs Figure 5, and returns its result folder. */
async function run(name: string, ...args: string[]): Promise<string> {
  const folder = `${ROOT}/${name}`;
  assert.equal((await runHere(...RUN, ...args, "--result-dir", folder)).error, undefined);
  return folder;
}

/** The results below a folder, without `run.json`. */
function resultsIn(folder: string): Map<string, Uint8Array> {
  const files = bytesBelow(folder);
  files.delete(`${EXPERIMENT}/run.json`);
  return files;
}

Deno.test("shards of a shared run, and groups of its chains, have its bytes; its figure says that cells share", async () => {
  const whole = await run("whole", ...SHARE);
  assert.deepEqual(resultsIn(await run("groups", ...SHARE, "--chains_at_once", "2")), resultsIn(whole));
  const shards = [await run("0", ...SHARE, "--shard", "0/2"), await run("1", ...SHARE, "--shard", "1/2")];
  const merged = `${ROOT}/merged`;
  assert.equal((await quietly(() => mergeParts(shards, MERGE(merged)))).error, undefined);
  assert.deepEqual(resultsIn(merged), resultsIn(whole));
  const [run0, svg] = ["run.json", "figure5.svg"].map((file) =>
    Deno.readTextFileSync(`${whole}/${EXPERIMENT}/${file}`)
  );
  assert.equal(JSON.parse(run0).options.share, true);
  assert.match(svg, /variant: released --init_mean 0 --share 1; cells share</);
  const page = experimentSections(whole).flatMap(({ content }) => content).join();
  assert.match(page, /<dt>Variant<\/dt><dd>released --init_mean 0 --share 1</);
  const dashes = (svg: string) => svg.match(/<g [^>]*stroke-dasharray[^>]*aria-label="line"/g)?.length;
  assert.equal(dashes(svg), 1, "retraining is one line");

  const alone = await run("alone", "--shard", "1/2");
  assert.equal(dashes(Deno.readTextFileSync(`${alone}/${EXPERIMENT}/figure5.svg`)), 3);
  const { error } = await quietly(() => mergeParts([shards[0], alone], MERGE(`${ROOT}/mixed`)));
  assertForUser(error);
  assert.match(String(error), /are not of one run: --share was 1, is 0/);
});
