/**
 * Compares our results with the authors', array by array, without Python: with a result folder of the original, or with
 * the published numbers that come with the program. Or runs the authors' scripts and compares with that.
 *
 * `deno task compare --theirs ../Langevin_unlearning/result/LMC`
 * @module
 */
import { Command } from "@commander-js/extra-typings";
import { AUTHORS_SCRIPTS, hasScript, importScript, runAuthorsScript } from "../../core/original/scripts.ts";
import * as cli from "../../core/command_line/mod.ts";
import type { Comparison } from "../../core/compare/comparison.ts";
import { compareBelow } from "../../core/compare/folders.ts";
import { drawOverlay } from "../../core/compare/overlay.ts";
import { comparisonCsv, comparisonMarkdown, dependence, verdictLine } from "../../core/compare/report.ts";
import { type Algorithm, ALGORITHMS, experimentsOf } from "../../core/original/experiments.ts";
import { foldersIn } from "../../core/disk/folders.ts";
import { remove, writeWhole } from "../../core/disk/files.ts";
import { countWork, loadSubject, runExperiment } from "../../core/runs/run_experiment.ts";
import type { FinishedRun } from "../../core/runs/run_folder.ts";
import { inShell, printable } from "../../core/text/messages.ts";
import { mainLmcExperiment } from "../main_lmc.ts";
import { mainSgdExperiment } from "../main_sgd.ts";

/** The script's command line. */
export const command = cli.exitOnUsageError(new Command("compare"))
  .description("Compares our results with the authors', array by array.")
  .option("--ours <path>", "our results: the folder with one folder a dataset", cli.path, "result/LMC")
  .option(
    "--theirs <path>",
    "the same folder of the original (default: the published numbers of this program)",
    cli.path,
  )
  .option("--out <path>", "where compare.csv, compare.md and the figures go", cli.path, "result/compare")
  .optionsGroup("A fresh run of the authors' code, and ours with the same settings, on MNIST:")
  .option(
    "--run_python <folder>",
    "their repository, of either paper, run by a Python with PyTorch, instead of --ours and --theirs",
    cli.path,
  )
  .option("--python <program>", "name of that Python", "python3")
  .option("--lam <λ>", "L2 regularization of one row (default: 1e-3, of the sequel 1e-6)", cli.positive)
  .option("--burn_in <steps>", "steps, of the sequel epochs, of learning; one more is taken", cli.integer(1), 5)
  .option("--num_trial <n>", "noisy chains a cell", cli.integer(2), 20)
  .option("--seed <n>", "seed of all random numbers", cli.integer(0, 2 ** 32 - 1), 0);

type Options = ReturnType<typeof parse>;
const parse = () => command.parse(Deno.args, { from: "user" }).opts();

/** Settings of a run that decide what it should be compared with. */
const SETTINGS = ["variant", "departures", "preset", "burn_in", "num_trial", "seed"];

/** What `run.json` says of a run, in one line. */
function describeRun(run: FinishedRun | undefined): string {
  if (!run) return "not finished";
  const options: Readonly<Record<string, unknown>> = { ...run.options };
  return SETTINGS.filter((name) => options[name] !== undefined && options[name] !== "").map((name) =>
    printable(`${name} ${options[name]}`)
  ).join(", ");
}

interface Sides {
  /** Our folder. */
  readonly ours: string;
  /** Theirs; the published numbers without it. */
  readonly theirs?: string | undefined;
  /** What theirs are called. */
  readonly source: string;
  /** Where the report goes. */
  readonly out: string;
}

/** Compares two folders, writes the report, and says the verdict. */
function compareFolders({ ours, theirs, source, out }: Sides): void {
  const { folders, runs, comparisons, notRun } = compareBelow(ours, theirs);
  if (folders.length === 0) throw new Error(`no trials.csv below ${ours}: run an experiment first`);
  if (comparisons.every(({ accuracies, numbers }) => accuracies.length + numbers.length === 0)) {
    throw new Error(`nothing to compare: ${theirs ?? "what was published"} has no array of ${folders.join(", ")}`);
  }
  folders.filter((_, i) => !runs[i]).forEach((folder) => console.warn(`${folder} has no run.json: it is not finished`));
  const written: string[] = [];
  const write = (name: string, content: string) => {
    writeWhole(`${out}/${name}`, content);
    written.push(`${out}/${name}`);
  };
  const figures = new Map(
    comparisons.filter(({ accuracies }) => accuracies.length > 0).map((comparison) => {
      const { file, content } = drawOverlay(comparison, source);
      write(file, content);
      return [comparison, file];
    }),
  );
  const verdict = verdictLine(comparisons, notRun);
  const cautions = dependence(comparisons, runs);
  write("compare.csv", comparisonCsv(comparisons));
  const introduction = [
    `Made by \`deno task compare ${Deno.args.map(inShell).join(" ")}\`. Theirs: ${
      theirs ?? "the published numbers"
    }. Ours:`,
    folders.map((folder, i) => `- \`${folder}\`: ${describeRun(runs[i])}`).join("\n"),
    "Accuracies are mean ± population standard deviation (trials).",
    ...cautions,
  ];
  write(
    "compare.md",
    comparisonMarkdown(comparisons, {
      introduction,
      verdict,
      figureOf: (comparison: Comparison) => figures.get(comparison),
    }),
  );
  for (const path of written) console.log(path);
  for (const line of [...cautions, verdict]) console.log(line);
}

/** Asks the user for a permission, where there is a terminal. */
function askFor(permission: Deno.PermissionDescriptor, what: string, flags: string): void {
  if (Deno.permissions.requestSync(permission).state === "granted") return;
  throw new Error(
    `no permission to ${what}: deno run ${flags} --allow-write=result experiments/tools/compare.ts and the same flags`,
  );
}

function askToRead(path: string): void {
  askFor({ name: "read", path }, `read ${path}`, `--allow-read=result,${path}`);
}

/** The folder with one folder a dataset, if a user gives a folder above it. */
function datasetsOf(path: string): string {
  askToRead(path);
  const candidates = [...ALGORITHMS.flatMap((name) => [`${path}/result/${name}`, `${path}/${name}`]), path];
  const found = candidates.find((candidate) => foldersIn(candidate).length > 0);
  if (found === undefined) throw new RangeError(`--theirs ${path}: no folder of a dataset is there`);
  return found;
}

/**
 * A fresh run of each paper: its noisy experiment, λ (at which K are few, and σ of an epoch is not 0), our script, and
 * the flags with which that does the same.
 */
const FRESH = {
  LMC: { noisy: "paint_unlearning_sigma", lam: 1e-3, experiment: mainLmcExperiment, own: () => ["--sigmas", "0.01"] },
  SGD: {
    noisy: "baseline_nonconvergent",
    lam: 1e-6,
    experiment: mainSgdExperiment,
    own: (epochs: number) => ["--epochs", String(epochs)],
  },
};

/** The paper whose script is in a repository. */
async function algorithmIn(python: string, repository: string): Promise<Algorithm> {
  for (const algorithm of ALGORITHMS) {
    if (await hasScript(python, repository, AUTHORS_SCRIPTS[algorithm])) return algorithm;
  }
  const scripts = ALGORITHMS.map((name) => `${AUTHORS_SCRIPTS[name]}.py`).join(" or ");
  throw new RangeError(`--run_python ${repository}: no ${scripts} is there`);
}

/**
 * Runs the authors' code and ours alike: learning, retraining and unlearning with noise, and retraining without. Ours
 * goes first: it takes seconds, and refuses settings that theirs would search through without end.
 */
async function compareFresh(repository: string, options: Options): Promise<void> {
  const { python, burn_in, num_trial, seed } = options;
  const out = `${options.out}/python`;
  askFor({ name: "run", command: python }, `run ${python}`, `--allow-read=result --allow-run=${python}`);
  const algorithm = await algorithmIn(python, repository);
  const { noisy, experiment, own, lam } = FRESH[algorithm];
  const shared = ["--dataset", "MNIST", "--lam", String(options.lam ?? lam), "--burn_in", String(burn_in)];
  const trials = { retrain_noiseless: 1, [noisy]: num_trial };
  const experiments = Object.entries(trials).map(([name, count]) => {
    const { flag } = experimentsOf(algorithm).find((experiment) => experiment.name === name)!;
    return experiment([
      ...[...shared, `--${flag}`, "1", "--num_trial", String(count), "--seed", String(seed)],
      ...["--init_mean", "0", "--save_npy", "1", "--result-dir", `${out}/ours`],
      ...(name === noisy ? own(burn_in) : []),
    ]);
  });
  // An earlier comparison stays where theirs cannot start, or ours refuses.
  await importScript(python, repository, AUTHORS_SCRIPTS[algorithm]);
  for (const experiment of experiments) await countWork(experiment, await loadSubject(experiment.options));
  remove(out, true);
  for (const experiment of experiments) await runExperiment(experiment);
  console.log(`${python} runs ${AUTHORS_SCRIPTS[algorithm]}.py of ${repository}: some minutes`);
  const run = { python, repository, algorithm, trials, flags: shared, initMean: 0, mostEpochs: burn_in, seed };
  await runAuthorsScript(run, `${out}/theirs`);
  const folders = { ours: `${out}/ours/${algorithm}`, theirs: `${out}/theirs/result/${algorithm}` };
  compareFolders({ ...folders, source: "authors' code", out });
}

if (import.meta.main) {
  await cli.runScript(async () => {
    const options = parse();
    const { ours, theirs, out, run_python } = options;
    if (run_python !== undefined) {
      cli.refuseIdle(command, ["ours", "theirs"], "with --run_python, which computes both");
      return await compareFresh(run_python, options);
    }
    cli.refuseIdle(command, ["python", "lam", "burn_in", "num_trial", "seed"], "without --run_python");
    askToRead(ours);
    compareFolders({ ours, theirs: theirs && datasetsOf(theirs), source: "published", out });
  });
}
