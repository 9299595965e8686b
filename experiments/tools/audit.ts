/**
 * Tries to break a certificate: makes many unlearned models and many that were retrained on what remains, and looks for
 * a test that tells them apart better than the certificate allows.
 *
 * `deno task audit --dataset MNIST --num_remove 10 --sigma 0.03 --epsilon 1 --pair adversarial`
 * @module
 */
import { Command, Option } from "@commander-js/extra-typings";
import { basename } from "node:path";
import denoConfig from "../../deno.json" with { type: "json" };
import type { Accountant } from "../../core/accountant/accountant.ts";
import { ACCOUNTANTS, openAccountant } from "../../core/accountant/accountants.ts";
import { fewestSteps, smallestSigma } from "../../core/accountant/calibrate.ts";
import { descentAccountant, descentStepSize } from "../../core/accountant/descent_to_delete.ts";
import { exactAccountant } from "../../core/accountant/exact.ts";
import { gaussianEpsilon } from "../../core/accountant/gaussian.ts";
import type { History, Neighbours } from "../../core/accountant/history.ts";
import { langevinAccountant } from "../../core/accountant/langevin.ts";
import { type Audit, LEVELS, modelsFor, strongest } from "../../core/audit/audit.ts";
import { auditAll } from "../../core/audit/audits.ts";
import { type Claim, claimOf, walkClaim } from "../../core/audit/claims.ts";
import { adversarialPair, givenPair, type Pair } from "../../core/audit/pairs.ts";
import { type DeletionFiles, readRehearsal } from "../../core/audit/rehearsal.ts";
import { auditJson, curvesCsv, histogramCsv } from "../../core/audit/report.ts";
import { chainSampler, descentSampler, type Sampler, walkSampler } from "../../core/audit/samplers.ts";
import * as cli from "../../core/command_line/mod.ts";
import { describeData } from "../../core/datasets/describe_data.ts";
import {
  BINARY_DATASETS,
  checkDataChoice,
  type DataChoice,
  loadDataset,
  MULTICLASS_DATASETS,
} from "../../core/datasets/load_dataset.ts";
import { privateFolder } from "../../core/deletion/folder.ts";
import { makeFolder, remove, writeWhole } from "../../core/disk/files.ts";
import { isEmptyFolder } from "../../core/disk/folders.ts";
import { leadsInto } from "../../core/disk/inside.ts";
import { groupedEngine } from "../../core/engines/grouped_engine.ts";
import { type EngineChoice, openEngine } from "../../core/engines/open_engine.ts";
import { auditPanels } from "../../core/figures/audit.ts";
import { chart } from "../../core/figures/chart.ts";
import { learningSteps, makeProblem, type Problem } from "../../core/model/problem.ts";
import { cellId } from "../../core/model/random.ts";
import { nullRows, replacementRows, rowsToRemove } from "../../core/model/removal.ts";
import { classesOf, type Rows } from "../../core/model/rows.ts";
import { deltaFor, neighboursOf, type Removal } from "../../core/original/accountant.ts";
import { STEP_SIZES, type StepSize } from "../../core/original/problem.ts";
import { startProgress } from "../../core/runs/progress.ts";
import { checkTrials } from "../../core/runs/run_experiment.ts";
import { inDigits } from "../../core/text/decimal.ts";
import { formatTable } from "../../core/text/table.ts";
import { certainRows, type Lattice, latticeOf, walkProblem } from "../../core/walk/mod.ts";

/** Models a side, unless the user asks for another number. */
const MODELS = { fast: 2000, certified: 200 } as const;

const ALGORITHMS = ["langevin", "descent", "retrain"] as const;
const PAIRS = ["given", "adversarial"] as const;
const KEPT = ["last", "every"] as const;

type Flags = DataChoice & Required<Pick<EngineChoice, "backend" | "kernels">> & Pick<EngineChoice, "threads"> & {
  readonly num_remove: number;
  readonly lam: number;
  readonly sigma?: number;
  readonly k?: number;
  readonly epsilon?: number;
  readonly burn_in?: number;
  readonly step_size: StepSize;
  readonly accountant: string;
  readonly removal: Removal;
  readonly delta?: number;
  readonly algorithm: typeof ALGORITHMS[number];
  readonly model?: string;
  readonly train?: string;
  readonly remove?: string;
  readonly engine: keyof typeof MODELS;
  readonly pair: typeof PAIRS[number];
  readonly kept: typeof KEPT[number];
  readonly num_trial?: number;
  readonly seed?: number;
  readonly resultDir: string;
};

const DELETION = ["model", "train", "remove"] as const;

/** The options of an experiment, which no deletion has: its certificates say the same. */
const ofExperiments = [
  ...cli.datasetOptions([...new Set([...BINARY_DATASETS, ...MULTICLASS_DATASETS])]),
  ...cli.tableOptions(),
  new Option("--num_remove <S>", "rows to remove").argParser(cli.integer(1)).default(1),
  new Option("--lam <λ>", "L2 regularization of one row").argParser(cli.positive).default(1e-6, "1e-6"),
  new Option("--sigma <σ>", "noise scale (default: the least with which --k steps reach --epsilon)")
    .argParser(cli.positive),
  new Option("--k <K>", "unlearning steps (default: the fewest that reach --epsilon)")
    .argParser(cli.integer(0, 2 ** 31)),
  new Option("--epsilon <ε>", "what is claimed (default: what the accountant certifies after --k steps)")
    .argParser(cli.positive),
  new Option("--burn_in <T>", "steps of learning (default: 10/(ηm), which forget the start)")
    .argParser(cli.integer(0, 2 ** 31)),
  new Option("--step_size <η>", "length of a step").choices(STEP_SIZES).default("1/L"),
  ...cli.guaranteeOptions({ accountant: "exact", removal: "null" }),
  new Option("--algorithm <name>", "langevin; descent: Descent-to-Delete; retrain: retraining, which hides all")
    .choices(ALGORITHMS).default("langevin"),
] as unknown as readonly Option[];

const ofDeletions = [
  new Option("--model <folder>", "the model's folder, of which nothing changes").argParser(cli.path),
  new Option("--train <file>", "the rows as they are now").argParser(cli.path),
  new Option("--remove <file>", "the ids of the rows to delete, one a line").argParser(cli.path),
] as unknown as readonly Option[];

const ofAudits = [
  new Option("--engine <name>", "fast: float32 chains side by side; certified: the walk of deletions, slower")
    .choices(Object.keys(MODELS)).default("fast"),
  new Option("--pair <name>", "given: the rows as they are; adversarial: rows built to be hard to forget")
    .choices(PAIRS).default("given"),
  new Option("--kept <which>", "what the adversary sees: the last model, or every one, the learned one too")
    .choices(KEPT).default("last"),
  new Option("--num_trial <n>", `models a side (default: ${MODELS.fast}; certified: ${MODELS.certified})`)
    .argParser(cli.integer(8, 2 ** 24)),
  new Option("--seed <n>", "seed of the chains (default: a fresh one)").argParser(cli.integer(0, 2 ** 32 - 1)),
  ...cli.engineOptions(),
  new Option("--result-dir <path>", "where the folder audit goes").argParser(cli.path).default("./result"),
] as unknown as readonly Option[];

/** The script's command line. */
export const command = cli.withOptions(
  cli.exitOnUsageError(new Command("audit"))
    .description("Tries to break a certificate by tests that tell unlearned models from retrained ones."),
  [
    ...ofExperiments.map((option) => option.helpGroup("An experiment:")),
    ...ofDeletions.map((option) => option.helpGroup("A deletion before it happens:")),
    ...ofAudits.map((option) => option.helpGroup("The audit:")),
  ],
).addHelpText(
  "after",
  "\nExamples:\n  deno task audit --dataset MNIST --num_remove 10 --sigma 0.03 --epsilon 1 \\\n" +
    "    --pair adversarial\n" +
    "  deno task audit --model result/models/breast_cancer \\\n" +
    "    --train data/examples/breast_cancer/train.csv \\\n" +
    "    --remove data/examples/breast_cancer/remove_1.txt",
) as unknown as Command<[], Flags>;

/** What is audited. */
interface Subject {
  /** What it is called in the figure. */
  readonly title: string;
  /** D, the rows before the request. */
  readonly rows: Rows;
  /** The rows to remove. */
  readonly positions: readonly number[];
  readonly neighbours: Neighbours;
  readonly problem: Problem;
  readonly sigma: number;
  readonly T: number;
  readonly K: number;
  readonly delta: number;
  /** The lattice of the certified walk. */
  readonly lattice?: Lattice;
  /** What accountants say. */
  readonly claims: readonly Claim[];
  /** What is put to the test. */
  readonly claimed: Claim;
}

/** What an audit is called in its figure. */
function titleOf(name: string, sigma: number, S: number, { pair }: Flags): string {
  return `${name}, σ = ${Number(sigma.toPrecision(3))}, S = ${S}, ${pair} pair`;
}

/** The accountant of the claim. */
function accountantOf({ algorithm, kept, accountant }: Flags): Accountant {
  if (algorithm === "descent") return descentAccountant();
  return kept === "every" ? exactAccountant({ kept }) : openAccountant(accountant);
}

/** The claims of all accountants; of those that do not cover the history it is said why. */
function claimsOf(options: Flags, history: (K: number) => History, delta: number): Claim[] {
  const canonne = { ...langevinAccountant({ conversion: "cks" }), name: "paper, Canonne's conversion" };
  const { paper, ...others } = ACCOUNTANTS;
  const accountants = options.algorithm === "descent" || options.kept === "every"
    ? [accountantOf(options)]
    : [paper(), canonne, ...Object.values(others).map((open) => open())];
  return accountants.flatMap((accountant) => {
    const claim = claimOf(accountant, history, delta);
    try {
      claim.epsilonAfter(1);
      return [claim];
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      console.log(`Not covered by ${accountant.name}: ${error.message}`);
      return [];
    }
  });
}

/** σ and K: two of them and ε are given, and the third is what the accountant asks for. */
function calibrate(
  { sigma, k, epsilon, num_remove: S }: Flags,
  accountant: Accountant,
  chain: Omit<History, "sigma" | "requests">,
  delta: number,
): { readonly sigma: number; readonly K: number } {
  if (sigma !== undefined && k !== undefined) return { sigma, K: k };
  if (epsilon !== undefined && sigma !== undefined) {
    return { sigma, K: fewestSteps(accountant, { ...chain, sigma, requests: [] }, S, { epsilon, delta }).K };
  }
  if (epsilon !== undefined && k !== undefined) {
    return { sigma: smallestSigma(accountant, { ...chain, requests: [{ S, K: k }] }, { epsilon, delta }), K: k };
  }
  throw new RangeError("give two of --sigma, --k and --epsilon: the third follows");
}

/** Refuses flags that do not go together. */
function checkFlags({ engine, algorithm, kept, removal, step_size }: Flags): void {
  if (algorithm !== "langevin" && (engine === "certified" || kept === "every")) {
    throw new RangeError(`--algorithm ${algorithm} goes with --engine fast and --kept last`);
  }
  if (engine === "certified" && (removal !== "null" || step_size !== "2/(m+L)")) {
    throw new RangeError("--engine certified needs --removal null and --step_size 2/(m+L), as deletions have them");
  }
}

/** An experiment, by its flags. */
async function experimentSubject(options: Flags): Promise<Subject> {
  const { engine, algorithm, kept, num_remove: S, lam: lambda, epsilon } = options;
  checkDataChoice(options);
  checkFlags(options);
  const dataset = await loadDataset(options);
  for (const line of describeData(dataset)) console.log(line);
  const { train: { count: n, dimension: d, features }, named } = dataset;
  const positions = rowsToRemove(S, n, named);
  if (positions.length < S) throw new RangeError(`cannot remove ${S} rows: ${positions.length} are named`);
  const shape = { n, d, classes: classesOf(dataset.train), lambda };
  const problem = options.step_size === "1/L" ? makeProblem(shape) : walkProblem(shape);
  const eta = algorithm === "descent" ? descentStepSize(problem) : problem.eta;
  const T = options.burn_in ?? learningSteps({ eta, m: problem.m });
  const [delta, neighbours, accountant] = [deltaFor(options, problem), neighboursOf(options), accountantOf(options)];
  const { sigma, K } = calibrate(options, accountant, { problem, T, neighbours }, delta);
  const history = (K: number) => ({ problem, sigma, T, neighbours, requests: [{ S, K }] });
  const subject = {
    title: titleOf(dataset.name, sigma, S, options),
    ...{ rows: dataset.train, positions, neighbours, problem, sigma, T, K, delta },
  };
  const asked = epsilon === undefined ? undefined : { name: "--epsilon", epsilonAfter: () => epsilon };
  if (algorithm === "retrain") {
    const retraining = { name: "retraining", epsilonAfter: () => 0 };
    return { ...subject, claims: [retraining], claimed: asked ?? retraining };
  }
  const claims = claimsOf(options, history, delta);
  if (engine === "fast") return { ...subject, claims, claimed: asked ?? claimOf(accountant, history, delta) };
  const lattice = latticeOf(problem, sigma, 24);
  const claim = walkClaim({ lattice, T, S, delta }, kept === "every");
  const rows = { ...dataset.train, features: certainRows(features, d) };
  return { ...subject, rows, lattice, claims: [...claims, claim], claimed: asked ?? claim };
}

/** A deletion before it happens. */
async function rehearsalSubject(files: DeletionFiles, options: Flags): Promise<Subject> {
  const rehearsal = await readRehearsal(files);
  const { lattice, S } = rehearsal;
  const claimed = walkClaim(rehearsal, options.kept === "every");
  const { problem, sigma } = lattice;
  const title = titleOf(basename(files.model), sigma, S, options);
  return { ...rehearsal, title, neighbours: "null", problem, sigma, claims: [claimed], claimed };
}

/** The two data sets. */
function pairOf({ rows, positions, neighbours, problem }: Subject, { pair }: Flags, seed: number): Pair {
  const S = positions.length;
  const nulls = neighbours === "null" ? nullRows(S, rows) : undefined;
  if (pair === "adversarial") return adversarialPair(rows, positions, problem, nulls);
  const others = nulls ?? replacementRows(S, rows, { seed, cell: cellId("removed") });
  return givenPair(rows, positions.toReversed(), others);
}

/** What makes the models, what it is, and how to free it. */
interface Maker {
  readonly sampler: Sampler<unknown>;
  readonly description: string;
  readonly dispose: () => void;
}

async function openMaker(
  { problem, sigma, lattice }: Subject,
  pair: Pair,
  { engine: kind, num_trial: trials = MODELS[kind], algorithm, ...choice }: Flags,
  seed: number,
  onChainSteps: (done: number) => void,
): Promise<Maker> {
  if (kind === "certified") {
    const sampler = walkSampler(lattice!, pair, trials, onChainSteps) as Sampler<unknown>;
    return { sampler, description: "certified", dispose: () => {} };
  }
  const engine = groupedEngine(await openEngine(choice));
  const open = algorithm === "descent" ? descentSampler : chainSampler;
  return {
    sampler: open({ engine, problem, sigma, pair, trials, seed, onChainSteps }) as Sampler<unknown>,
    description: `fast, ${engine.description}`,
    dispose: () => engine.dispose(),
  };
}

/** Numbers of steps at which the figure measures: 0, 1, 2, 5, 10, 20, … below K, and K. */
function stepsUpTo(K: number): number[] {
  const round = Array.from({ length: 10 }, (_, power) => [1, 2, 5].map((digit) => digit * 10 ** power)).flat();
  return [...[0, ...round].filter((steps) => steps < K), K];
}

const digits = (value: number) => inDigits(value, 4);

/** Says what is audited, before it takes long. */
function sayWhat({ title, T, K, delta, claimed, neighbours }: Subject, { pair }: Flags): void {
  console.log(`${title}: learned in T = ${T} steps, unlearned in K = ${K}`);
  console.log(`Claimed: ε = ${digits(claimed.epsilonAfter(K))}, δ = ${digits(delta)}, by ${claimed.name}`);
  if (pair === "adversarial") {
    const others = neighbours === "replaced" ? "their mirror images" : "null rows";
    return console.log(`Removed rows that are built to be hard to forget; in their place ${others}`);
  }
  console.log(
    neighbours === "replaced"
      ? "Random rows in the place of the removed ones test next to nothing: --pair adversarial tests the claim"
      : "The rows as they are: what is found is of them, not of the worst that the claim is for",
  );
}

/** Says what was found. */
function sayFound(
  { K, delta, claims, claimed }: Subject,
  { findings, shift, distinct, counted, largest }: Audit,
): void {
  const above = claims.map(({ name, epsilonAfter }) => [`certified: ${name}`, digits(epsilonAfter(K)), "", ""]);
  const data = ["these data, if Gaussian", digits(gaussianEpsilon(shift.predicted, delta)), "", ""];
  const found = findings.map(({ test, epsilon, accusing, normal }) => [
    `found: ${test}`,
    `≥ ${digits(epsilon)}`,
    `≥ ${digits(accusing)}`,
    normal ? `${digits(normal.low)} to ${digits(normal.high)}` : "–",
  ]);
  console.log(`\n${formatTable(["ε", "95 %", "99.9 %", "if normal"], [...above, data, ...found])}\n`);
  const { unlearned, retrained } = distinct;
  console.log(`Different models: ${unlearned.models} unlearned, ${retrained.models} retrained;`);
  console.log(`  different values of the weight that has the fewest: ${unlearned.values} and ${retrained.values}`);
  console.log(`Distance of the two: ${digits(shift.predicted)} standard deviations in theory,`);
  console.log(
    shift.measured === Infinity
      ? "  infinite as measured: neither side varies"
      : `  ${digits(shift.measured)} ± ${digits(shift.error)} as measured`,
  );
  const epsilon = claimed.epsilonAfter(K);
  const needed = modelsFor(epsilon, delta);
  console.log(`${counted} models a side were counted: the most that they could have shown is`);
  console.log(`  ε = ${digits(largest.shown)} at 95 %, ${digits(largest.accusing)} at 99.9 %;`);
  console.log(
    needed === undefined
      ? `  no number of models refutes the claim`
      : `  to refute the claim at 99.9 % takes ${needed} models a side at least${
        largest.accusing > epsilon ? "" : ", MORE THAN WERE MADE"
      }`,
  );
  console.log("What was not found may be there all the same: a lower bound is no guarantee");
}

/** The folder of the results. */
const folderOf = (resultDir: string) => `${resultDir}/audit`;

/** Refuses a folder of results in that of the model. */
function checkResultFolder({ model, resultDir }: Flags): void {
  if (model === undefined) return;
  const results = folderOf(resultDir);
  const taken = [model, privateFolder(model)].find((folder) => leadsInto(results, folder));
  if (taken !== undefined) throw new RangeError(`the results' ${results} is in ${taken}: give another --result-dir`);
}

/** The subject that the command line names. */
async function openSubject(options: Flags): Promise<Subject> {
  const refuse = (flags: readonly (keyof Flags)[], because: string) => cli.refuseIdle(command, flags, because);
  const isGiven = (option: string) => command.getOptionValueSource(option as keyof Flags) === "cli";
  if (options.engine === "certified") {
    refuse(
      ["seed", "backend", "kernels", "threads"],
      "with --engine certified, a walk in float64 of noise without a seed",
    );
  }
  if (options.algorithm === "descent") refuse(["accountant"], "with --algorithm descent, which has its own");
  if (options.kept === "every" && options.accountant !== "exact") {
    refuse(["accountant"], "with --kept every, of which the exact one speaks alone");
  }
  if (!DELETION.some(isGiven)) return await experimentSubject(options);
  const stray = ofExperiments.find((option) => isGiven(option.attributeName()));
  if (stray !== undefined) throw new RangeError(`${stray.long} does not go with --model, whose certificates say it`);
  const { model, train, remove } = options;
  if (model === undefined || train === undefined || remove === undefined) {
    throw new RangeError("a deletion before it happens takes --model, --train and --remove");
  }
  return await rehearsalSubject({ model, train, remove }, options);
}

/**
 * Audits what the command line says.
 *
 * @param args The command line.
 * @throws {RangeError} If it asks for what cannot be had.
 * @throws {Error} If a file cannot be read or written, or the claim does not hold.
 */
export async function auditTask(args: readonly string[]): Promise<void> {
  const options = command.parse(args, { from: "user" }).opts();
  const { engine, algorithm, kept, num_trial: trials = MODELS[engine], resultDir } = options;
  checkResultFolder(options);
  const subject = await openSubject(options);
  const { title, problem, sigma, T, K, delta, claims, claimed, neighbours, positions: { length: S } } = subject;
  checkTrials(trials, problem);
  sayWhat(subject, options);

  const seed = options.seed ?? crypto.getRandomValues(new Uint32Array(1))[0];
  const pair = pairOf(subject, options, seed);
  const maker = await openMaker(subject, pair, options, seed, (done) => progress.increment(done));
  console.log(`Engine: ${maker.description}`);
  console.log(
    engine === "fast"
      ? "  This audits the algorithm, in float32: not the walk of certified deletions"
      : "  This audits the walk of certified deletions itself",
  );
  console.log(`${trials} models a side${engine === "fast" ? `, seed ${seed}` : ", of noise without a seed"}`);
  const folder = folderOf(resultDir);
  makeFolder(folder);
  const progress = startProgress(2 * (algorithm === "descent" ? 1 : trials) * (T + K));
  const plan = { T, Ks: stepsUpTo(K), retrains: algorithm === "retrain", keepsLearned: kept === "every" };
  const audits = await auditAll(maker.sampler, { pair, problem, delta }, plan).finally(() => {
    progress.stop();
    maker.dispose();
    if (isEmptyFolder(folder)) remove(folder);
  });

  const last = audits.get(K)!;
  sayFound(subject, last);
  const epsilon = claimed.epsilonAfter(K);
  const refuting = last.findings.filter(({ accusing }) => accusing > epsilon);
  const about = {
    ...{ program: denoConfig.version, audited: title, engine: maker.description, algorithm, kept, pair: options.pair },
    ...{ neighbours, ...problem, sigma, T, K, S, delta, models: trials, ...(engine === "fast" && { seed }) },
    ...{ levels: LEVELS, claim: { by: claimed.name, epsilon }, refuted: refuting.length > 0 },
  };
  const [curves, scores] = [curvesCsv(claims, audits, delta), histogramCsv(strongest(last))];
  const files = {
    "audit.csv": curves,
    "histogram.csv": scores,
    "audit.json": auditJson(about, claims, audits),
    "audit.svg": chart(...auditPanels(curves, scores, title)),
  };
  for (const [file, content] of Object.entries(files)) {
    writeWhole(`${folder}/${file}`, content);
    console.log(`${folder}/${file}`);
  }
  if (options.model !== undefined) {
    console.log(`${folder} has statistics of rows that are to go, neither rows nor weights: erase it with the rows`);
  }
  if (refuting.length === 0) return;
  const { test, accusing } = refuting.reduce((one, other) => other.accusing > one.accusing ? other : one);
  throw new Error(
    `the claim does not hold: ε ≥ ${digits(accusing)} by the ${test}, at a level of ${LEVELS.accusing}, where ` +
      `${claimed.name} says ${digits(epsilon)}`,
  );
}

if (import.meta.main) {
  await cli.runScript(() => auditTask(Deno.args));
}
