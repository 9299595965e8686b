/**
 * Curves of guarantees for a run, that is to be or that is finished, by every accountant; and the tables of the paper's
 * settings.
 *
 * `deno task guarantee --n 11982 --d 784 --sigma 0.03 --num_remove 100 --k 60`
 * @module
 */
import { Command, Option } from "@commander-js/extra-typings";
import { csvFormat } from "d3-dsv";
import type { Accountant } from "../../core/accountant/accountant.ts";
import { ACCOUNTANTS } from "../../core/accountant/accountants.ts";
import { guaranteeCurves, type GuaranteePoint } from "../../core/accountant/curves.ts";
import type { History } from "../../core/accountant/history.ts";
import { sinceStart } from "../../core/certificate/mod.ts";
import * as cli from "../../core/command_line/mod.ts";
import { certificateNames } from "../../core/deletion/folder.ts";
import { openModel } from "../../core/deletion/release.ts";
import { makeFolder, writeWhole } from "../../core/disk/files.ts";
import { chart } from "../../core/figures/chart.ts";
import { guaranteePanels } from "../../core/figures/guarantee.ts";
import { makeProblem } from "../../core/model/problem.ts";
import { deltaFor, neighboursOf, REMOVALS } from "../../core/original/accountant.ts";
import { checkCombination, combinationOf } from "../../core/original/combinations.ts";
import { STEP_SIZES } from "../../core/original/problem.ts";
import { guaranteeTables } from "../../core/original/tables.ts";
import { partsOf } from "../../core/results/paths.ts";
import { algorithmOf, parseSummary } from "../../core/results/summary.ts";
import { readRunFile, readRunIfOver } from "../../core/runs/run_folder.ts";
import { inDigits } from "../../core/text/decimal.ts";
import { formatTable } from "../../core/text/table.ts";

const OF_A_RUN = "Numbers of a run:";

/** The script's command line. */
export const command = cli.exitOnUsageError(new Command("guarantee"))
  .description("Draws ε against δ and against K by every accountant, for a finished run or for given numbers.")
  .argument("[folder]", "a finished run: of an experiment, or the folder of a model; else give the numbers below")
  .option("--array <name>", "which unlearning of an experiment, by its array in summary.csv")
  .optionsGroup(OF_A_RUN)
  .option("--n <n>", "training rows, those to be removed among them", cli.integer(1))
  .option("--d <d>", "features", cli.integer(1))
  .option("--classes <n>", "number of classes", cli.integer(2), 2)
  .addOption(new Option("--lam <λ>", "L2 regularization of one row").argParser(cli.positive).default(1e-6, "1e-6"))
  .option("--M <norm>", "norm to which a row's gradient is clipped (default: 1, several classes √2)", cli.positive)
  .option("--sigma <σ>", "noise scale", cli.positive)
  .option("--burn_in <T>", "steps of learning (default: any number)", cli.integer(0))
  .option("--radius <R>", "norm to which weights are projected (default: none)", cli.positive)
  .option("--num_remove <S>", "rows to remove", cli.integer(1), 1)
  .option("--k <K>", "unlearning steps", cli.integer(0), 1)
  .addOption(
    new Option("--removal <kind>", "what removed rows become").choices(REMOVALS).default("random" as const),
  )
  .addOption(new Option("--step_size <η>", "length of a step").choices(STEP_SIZES).default("1/L" as const))
  .option("--delta <δ>", "δ (default: 1/n)", cli.probability)
  .optionsGroup("Other:")
  .addOption(cli.toggle("--tables <0|1>", "print K and σ of every setting of the paper, the page docs/tables.md"))
  .option("--result-dir <path>", "where the folder guarantee goes", cli.path, "./result");

type Options = ReturnType<typeof command["opts"]>;

/** A run to ask about. */
interface Run {
  /** What it is called in the figure. */
  readonly title: string;
  readonly history: History;
  readonly delta: number;
  /** Throws where the run is none of which an accountant of this name can speak. */
  readonly check: (accountant: string) => void;
}

/** A run by its numbers. */
function givenRun({ n, d, sigma, ...options }: Options): Run {
  if (n === undefined || d === undefined || sigma === undefined) {
    throw new RangeError("give the folder of a finished run, or --n, --d and --sigma");
  }
  const { classes, lam: lambda, M, burn_in: T, radius, num_remove: S, k: K } = options;
  const problem = makeProblem({ n, d, classes, lambda, ...(M !== undefined && { M }) });
  const eta = options.step_size === "1/L" ? problem.eta : 2 / (problem.m + problem.L);
  const history = {
    ...{ problem: { ...problem, eta }, sigma, neighbours: neighboursOf(options), requests: [{ S, K }] },
    ...(T !== undefined && { T }),
    ...(radius !== undefined && { radius }),
  };
  return { title: `n = ${n}, σ = ${sigma}, S = ${S}`, history, delta: deltaFor(options, { n }), check: () => {} };
}

/** The last request of a model that rows were deleted from, after those before it since its last start. */
async function modelRun(folder: string): Promise<Run> {
  const { certificates, lattice: { problem, sigma } } = await openModel(folder);
  const { delta, releases } = certificates.at(-1)!;
  const { T, requests } = sinceStart(releases);
  if (requests.length === 0) throw new RangeError(`${folder} was learned and nothing deleted since: give the numbers`);
  return {
    title: `${folder}, σ = ${Number(sigma.toPrecision(3))}, S = ${requests.at(-1)!.S}`,
    history: { problem, sigma, T, neighbours: "null", requests },
    delta,
    check: () => {},
  };
}

/** What runs did that have no flags for it, those of version 0.2. */
const BEFORE_THE_FLAGS = { accountant: "paper", removal: "random", step_size: "1/L" } as const;

/** An unlearning of an experiment: T is any number, which bounds every one; K is what was walked. */
function experimentRun(folder: string, array: string | undefined): Run {
  const { dataset, experiment } = partsOf(folder);
  const run = readRunIfOver(folder);
  if (run === undefined) throw new RangeError(`${folder} has neither a run.json nor certificates`);
  const { options: given, problem } = run;
  const options = { ...BEFORE_THE_FLAGS, ...given };
  if (experiment === "sequential2") {
    throw new RangeError(`${folder} is a sequence of requests, of which there is a K each: give the numbers of one`);
  }
  const csv = new TextDecoder().decode(readRunFile(folder, "summary.csv", run));
  if (algorithmOf(parseSummary(csv, `${folder}/summary.csv`)) === "SGD") {
    throw new RangeError(`${folder} is a run of main_sgd, whose curves are not drawn`);
  }
  const unlearned = parseSummary(csv, `${folder}/summary.csv`).filter(({ method }) => method === "LMC unlearn");
  const matching = unlearned.filter((row) => array === undefined || row.array === array);
  if (matching.length !== 1) {
    const names = unlearned.map(({ array }) => array).join(", ");
    throw new RangeError(
      unlearned.length === 0 ? `${folder} unlearns nothing` : `name one unlearning of ${folder} by --array: ${names}`,
    );
  }
  const [{ sigma, num_remove: S, K }] = matching;
  if (sigma === undefined || S === undefined || K === undefined) {
    throw new Error(`${folder}/summary.csv lacks σ, S or K`);
  }
  const combination = combinationOf(options, experiment, problem);
  return {
    title: `${dataset}, σ = ${Number(sigma.toPrecision(3))}, S = ${S}`,
    history: {
      problem: { ...problem, lambda: options.lam },
      sigma,
      neighbours: neighboursOf(options),
      clipsRegularizer: combination.clipsRegularizer,
      requests: [{ S, K: K + Number(options.extra_step) }],
    },
    delta: deltaFor(options, problem),
    check: (accountant) => checkCombination({ ...combination, accountant }),
  };
}

/** The flags that are numbers of a run. */
const NUMBERS = command.options.filter(({ helpGroupHeading }) => helpGroupHeading === OF_A_RUN)
  .map((option) => option.attributeName());

async function runOf(folder: string | undefined, options: Options): Promise<Run> {
  if (folder === undefined) {
    cli.refuseIdle(command, ["array"], "without the folder of an experiment");
    return givenRun(options);
  }
  cli.refuseIdle(command, NUMBERS, `with ${folder}, which says them`);
  if (certificateNames(folder).length === 0) return experimentRun(folder, options.array);
  cli.refuseIdle(command, ["array"], `with ${folder}, a model`);
  return await modelRun(folder);
}

/** The curves by every accountant that covers the run, and why the others do not. */
function curvesOf({ history, delta, check }: Run, accountants: readonly Accountant[]) {
  const points: GuaranteePoint[] = [];
  const refusals: string[] = [];
  for (const accountant of accountants) {
    try {
      check(accountant.name);
      points.push(...guaranteeCurves(accountant, history, delta));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      refusals.push(`${accountant.name}: ${error.message}`);
    }
  }
  if (points.length === 0) throw new RangeError(`no accountant covers the run: ${refusals.join("; ")}`);
  return { points, refusals };
}

if (import.meta.main) {
  await cli.runScript(async () => {
    const parsed = command.parse(Deno.args, { from: "user" });
    const options = parsed.opts();
    const [folder] = parsed.args;
    if (options.tables) {
      const because = "with --tables 1, which prints the paper's settings";
      if (folder !== undefined) throw new RangeError(`${folder} has no effect ${because}`);
      cli.refuseIdle(command, [...NUMBERS, "array", "resultDir"], because);
      return console.log(guaranteeTables().trimEnd());
    }
    const run = await runOf(folder, options);
    const { points, refusals } = curvesOf(run, Object.values(ACCOUNTANTS).map((open) => open()));
    const { K } = run.history.requests.at(-1)!;
    const own = points.filter((point) => point.against === "delta" && point.delta === run.delta);
    console.log(`${run.title}, K = ${K}, δ = ${run.delta}`);
    const digits = (value?: number) => value === undefined ? "" : inDigits(value, 6);
    console.log(
      formatTable(
        ["accountant", "ε", "μ"],
        own.map(({ accountant, epsilon, mu }) => [accountant, digits(epsilon), digits(mu)]),
      ),
    );
    for (const refusal of refusals) console.log(`Not covered by ${refusal}`);
    const csv = csvFormat(points, ["against", "accountant", "K", "delta", "epsilon", "mu"]) + "\n";
    const gaussian = points.filter(({ against, mu }) => against === "delta" && mu !== undefined);
    const results = `${options.resultDir}/guarantee`;
    const files = {
      "guarantee.csv": csv,
      "guarantee.svg": chart(...guaranteePanels(csv, run.title)),
      ...(gaussian.length > 0 && { "mu.csv": csvFormat(gaussian, ["mu", "epsilon", "delta"]) + "\n" }),
    };
    makeFolder(results);
    for (const [file, content] of Object.entries(files)) {
      writeWhole(`${results}/${file}`, content);
      console.log(`${results}/${file}`);
    }
  });
}
