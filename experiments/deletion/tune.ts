/**
 * Looks for λ and K: what `learn` would plan, rehearsed on a table by many fast chains.
 *
 * `deno task tune --train data/train.csv --schema data/schema.json --model result/models/week --epsilon 1 --num_remove 3`
 * @module
 */
import { Command, Option } from "@commander-js/extra-typings";
import { basename, dirname } from "node:path";
import { csvFormat } from "d3-dsv";
import { gaussianEpsilon } from "../../core/accountant/gaussian.ts";
import type { Choice } from "../../core/certificate/mod.ts";
import * as cli from "../../core/command_line/mod.ts";
import { checkNewModel, keptList, tuneFolder } from "../../core/deletion/folder.ts";
import { selectRows } from "../../core/deletion/ledger.ts";
import { classNamesOf, parseSchema, requireDeclared, type Schema, shapeOf } from "../../core/deletion/schema.ts";
import { describeOddities, parseIds, type Table } from "../../core/deletion/table.ts";
import {
  bestOf,
  chainStepsOfPlans,
  inverseRegularization,
  rehearse,
  type Rehearsed,
  type Stage,
  type TunedPlan,
  tunedPlan,
  type TuningWish,
  usualLambdas,
  usualSteps,
} from "../../core/deletion/tuning.ts";
import { makePrivateFolder, PRIVATE } from "../../core/disk/durable.ts";
import { makeFolder, remove, writeThrough } from "../../core/disk/files.ts";
import { readText } from "../../core/disk/read_text.ts";
import { groupedEngine } from "../../core/engines/grouped_engine.ts";
import { type EngineChoice, openEngine } from "../../core/engines/open_engine.ts";
import { tuneFigure } from "../../core/figures/tune.ts";
import { learningSteps } from "../../core/model/problem.ts";
import { countLabels } from "../../core/model/rows.ts";
import { startProgress } from "../../core/runs/progress.ts";
import { readTable } from "../../core/runs/read_table.ts";
import { inDigits } from "../../core/text/decimal.ts";
import { inShell, quoted } from "../../core/text/messages.ts";
import { formatTable, WIDTH } from "../../core/text/table.ts";
import { walkProblem } from "../../core/walk/mod.ts";

type Flags = Required<Pick<EngineChoice, "backend" | "kernels">> & Pick<EngineChoice, "threads"> & {
  readonly train: string;
  readonly schema: string;
  readonly model: string;
  readonly epsilon: number;
  readonly epsilons?: readonly number[];
  readonly delta?: number;
  readonly num_remove: number;
  readonly requests: number;
  readonly budget?: number;
  readonly lam?: readonly number[];
  readonly k?: readonly number[];
  readonly other?: string;
  readonly keep?: string;
  readonly test?: string;
  readonly num_trial: number;
  readonly seed?: number;
};

/** The script's command line. */
export const command = cli.withOptions(
  cli.exitOnUsageError(new Command("tune"))
    .description("Looks for λ and K: rehearses what learn would plan, and prints the command line of the best.")
    .requiredOption("--train <file>", "the rows that learn is to have, text or Parquet", cli.path)
    .requiredOption("--schema <file>", "what its columns are, as JSON (see docs/deletion.md)", cli.path)
    .requiredOption("--model <folder>", "the folder that learn is to make; the results go to MODEL.tune", cli.path)
    .option("--epsilon <ε>", "the ε that every request reaches", cli.positive, 1)
    .option(
      "--epsilons <list>",
      "those of the figure (default: a quarter, half, twice and four times)",
      cli.list(cli.positive),
    )
    .option("--delta <δ>", "δ, at most 1/(10n) (default: 1e-6, or that)", cli.probability)
    .option("--num_remove <S>", "rows of a request", cli.integer(1), 1)
    .option("--requests <n>", "how many such requests are to be cheaper than retraining", cli.integer(1), 1)
    .option("--budget <ε>", "as for learn", cli.positive)
    .option("--lam <list>", "λ to try (default: of T from 20 to 2000)", cli.list(cli.positive))
    .option(
      "--k <list>",
      "K to try of the first request (default: 1, 2, 5, 10, … below T)",
      cli.list(cli.integer(1, 2 ** 31)),
    )
    .option("--other <file>", "another table of these columns, to rehearse on in place of --train", cli.path)
    .option("--keep <file>", "the ids of rows of --train that never go, to rehearse on these alone", cli.path)
    .option(
      "--test <file>",
      "rows to see how well it went (default: every fifth id, which is then not learned)",
      cli.path,
    )
    .option("--num_trial <n>", "models of a plan", cli.integer(2, 2 ** 20), 20) as unknown as Command,
  [
    new Option("--seed <n>", "seed of the chains (default: a fresh one)").argParser(cli.integer(0, 2 ** 32 - 1)),
    ...cli.engineOptions(),
  ] as unknown as readonly Option[],
).addHelpText(
  "after",
  "\nExample:\n  deno task tune --train data/examples/breast_cancer/train.csv \\\n" +
    "    --schema data/examples/breast_cancer/schema.json \\\n" +
    "    --model result/models/breast_cancer --epsilon 1 --num_remove 3",
) as unknown as Command<[], Flags>;

/** Numbers of the rows of ids that a list names, all of which are there. */
function rowsOf(table: Table, list: string): number[] {
  const listed = parseIds({ path: list, text: readText(list) });
  const [there, ids] = [new Set(table.ids), new Set(listed.map(({ id }) => id))];
  const stray = listed.find(({ id }) => !there.has(id));
  if (stray) {
    throw new RangeError(`${list}, line ${stray.line}: ${table.path} has no row with the id ${quoted(stray.id)}`);
  }
  return [...table.ids.keys()].filter((row) => ids.has(table.ids[row]));
}

/** Every fifth id is to see how well it went. */
const HELD_OUT = 5;

/** Rows to learn and rows to see how well it went, none of which share an id. */
function holdOut(table: Table, rows: readonly number[]): Record<"train" | "test", number[]> {
  const numbers = new Map([...new Set(rows.map((row) => table.ids[row]))].map((id, i) => [id, i]));
  const isHeld = (row: number) => numbers.get(table.ids[row])! % HELD_OUT === HELD_OUT - 1;
  return { train: rows.filter((row) => !isHeld(row)), test: rows.filter(isHeld) };
}

/** Refuses a table that has rows which may go. */
function refuseOurs({ path, ids, lines }: Table, own: Table, mayGo: ReadonlySet<string>): void {
  const row = ids.findIndex((id) => mayGo.has(id));
  if (row === -1) return;
  throw new RangeError(
    `${path}, line ${lines[row]}: ${own.path} has ${quoted(ids[row])} too, which may go: leave it out, or give it ` +
      "another id if it is another row",
  );
}

/** What the rows are to rehearse on, and what is to be said of a choice by them. */
async function rehearsalRows({ other, keep, test }: Flags, own: Table, schema: Schema) {
  if (other !== undefined && keep !== undefined) throw new RangeError("give --other or --keep, not both");
  const way: Choice = other !== undefined ? "other_table" : keep !== undefined ? "kept_rows" : "these_rows";
  const keptRows = keep === undefined ? [] : rowsOf(own, keep);
  const kept = new Set(keptRows.map((row) => own.ids[row]));
  const mayGo = new Set(own.ids).difference(kept);
  const readOthers = async (path: string) => {
    const table = await readTable(path, schema);
    if (way !== "these_rows") refuseOurs(table, own, mayGo);
    return table;
  };
  const table = other === undefined ? own : await readOthers(other);
  const rows = keep === undefined ? [...table.ids.keys()] : keptRows;
  if (test !== undefined) {
    return { way, kept, train: selectRows(table.rows, rows), test: (await readOthers(test)).rows };
  }
  const held = holdOut(table, rows);
  if (held.test.length === 0) {
    throw new RangeError(`${table.path}: ${rows.length} rows are too few to hold out a fifth: give --test`);
  }
  return { way, kept, train: selectRows(table.rows, held.train), test: selectRows(table.rows, held.test) };
}

const short = (value: number) => inDigits(value, 3);
const accuracy = ({ mean, std }: { mean: number; std: number }) => `${mean.toFixed(3)} ± ${std.toFixed(3)}`;
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

/**
 * The table for the terminal.
 *
 * @param plans One a line.
 * @param width Columns of the terminal.
 * @returns Its lines; from 100 columns on with C, σ and the accuracy after learning too.
 */
export function tableOf(plans: readonly Rehearsed[], width: number): string {
  const wide = width >= 100;
  const rows = plans.map(({ numbers, T, Ks, learned, unlearned, noiseless }) => [
    numbers.lambda.toExponential(),
    ...(wide ? [short(inverseRegularization(numbers)), short(numbers.sigma)] : []),
    Ks.length === 1 ? `${Ks[0]}` : `${Ks[0]}…${Ks.at(-1)}`,
    String(T),
    ...(wide ? [accuracy(learned)] : []),
    accuracy(unlearned),
    noiseless.toFixed(3),
    gaussianEpsilon(numbers.budget, numbers.delta).toPrecision(3),
  ]);
  const header = [
    "λ",
    ...(wide ? ["C", "σ"] : []),
    "K",
    "T",
    ...(wide ? ["learned"] : []),
    "unlearned",
    "no noise",
    "person",
  ];
  return formatTable(header, rows);
}

/** A line a plan, as `tune.csv` has it. */
function csvOf(groups: Readonly<Record<"K" | "epsilon", readonly Rehearsed[]>>, majority: number): string {
  const rows = Object.entries(groups).flatMap(([against, plans]) =>
    plans.map(({ numbers, T, Ks, learned, unlearned, noiseless }) => ({
      ...{ against, lambda: numbers.lambda, C: inverseRegularization(numbers), K: Ks[0], K_all: sum(Ks), T },
      ...{ sigma: numbers.sigma, epsilon: numbers.epsilon, delta: numbers.delta },
      ...{ learned: learned.mean, learned_std: learned.std, unlearned: unlearned.mean, unlearned_std: unlearned.std },
      ...{ noiseless, majority, person: gaussianEpsilon(numbers.budget, numbers.delta) },
    }))
  );
  return `${csvFormat(rows)}\n`;
}

/** What is typed to learn a plan. */
export function learnLine(
  { train, schema, model, epsilon, delta, num_remove, budget }: Pick<
    Flags,
    "train" | "schema" | "model" | "epsilon" | "delta" | "num_remove" | "budget"
  >,
  { numbers, Ks }: TunedPlan,
  way: Choice,
): string {
  const given = Object.entries({
    ...{
      train,
      schema,
      model,
      lam: numbers.lambda.toExponential(),
      epsilon,
      delta,
      capacity: num_remove,
      k: Ks[0],
      budget,
    },
    chosen_by: way,
  }).filter(([, value]) => value !== undefined);
  return ["deno task learn", ...given.map(([name, value]) => `--${name} ${inShell(String(value))}`)].join(" ");
}

/** The plans of every λ, K first and then ε of the best K, rehearsed. */
async function rehearseAll(stage: Stage, wish: TuningWish, flags: Flags) {
  const { epsilon, epsilons = [1 / 4, 1 / 2, 2, 4].map((factor) => factor * epsilon) } = flags;
  const groups = { K: [] as Rehearsed[], epsilon: [] as Rehearsed[] };
  const planned = (flags.lam ?? usualLambdas(wish)).map((lambda) => {
    const ks = flags.k ?? usualSteps(learningSteps(walkProblem({ ...wish, lambda })));
    return ks.flatMap((k) => tunedPlan(wish, { lambda, epsilon, k }) ?? []);
  }).filter((plans) => plans.length > 0);
  if (planned.length === 0) {
    throw new RangeError(
      "no plan is cheaper than retraining and within the budget: give smaller --k, --num_remove or --requests, or a smaller --lam",
    );
  }
  const others = (best: TunedPlan) =>
    epsilons.filter((other) => other !== epsilon).flatMap((other) =>
      tunedPlan(wish, { lambda: best.numbers.lambda, epsilon: other, k: best.Ks[0] }) ?? []
    );
  const progress = startProgress(
    sum(planned.map((plans) => chainStepsOfPlans(plans, stage.trials) * (1 + epsilons.length / plans.length))),
  );
  const counted = { ...stage, onChainSteps: (done: number) => progress.increment(done) };
  try {
    for (const plans of planned) {
      const rehearsed = await rehearse(counted, plans);
      const best = bestOf(rehearsed);
      const rest = others(best);
      groups.K.push(...rehearsed);
      groups.epsilon.push(best, ...(rest.length > 0 ? await rehearse(counted, rest) : []));
    }
  } finally {
    progress.stop();
  }
  return groups;
}

/**
 * Looks for what the command line says.
 *
 * @param args The command line.
 * @throws {RangeError} If it asks for what cannot be had.
 * @throws {Error} If a file cannot be read or written.
 */
export async function tune(args: readonly string[]): Promise<void> {
  const flags = command.parse(args, { from: "user" }).opts();
  const { train, schema: schemaPath, model, delta, num_remove: capacity, requests, budget, num_trial: trials } = flags;
  const schema = parseSchema(readText(schemaPath), schemaPath);
  requireDeclared(schema, schemaPath);
  checkNewModel(model);
  const own = await readTable(train, schema);
  for (const line of describeOddities(own, schema)) console.log(line);
  const names = classNamesOf(schema);
  const wish = {
    n: own.rows.count,
    d: shapeOf(schema).dimension,
    classes: names.length,
    capacity,
    requests,
    delta,
    budget,
  };
  const rows = await rehearsalRows(flags, own, schema);
  console.log(`n = ${wish.n}, d = ${wish.d}; rehearsed on ${rows.train.count} rows, seen on ${rows.test.count} others`);

  const seed = flags.seed ?? crypto.getRandomValues(new Uint32Array(1))[0];
  const engine = groupedEngine(await openEngine(flags));
  const groups = await rehearseAll({ ...rows, engine, trials, seed }, wish, flags).finally(() => engine.dispose());
  const counts = countLabels(rows.test);
  const majority = Math.max(...counts) / rows.test.count;
  const best = bestOf(groups.K);
  const { columns } = Deno.stdout.isTerminal() ? Deno.consoleSize() : { columns: WIDTH };
  const perLambda = [...Map.groupBy(groups.K, ({ numbers }) => numbers.lambda).values()].map(bestOf);
  console.log(`\nAccuracy of ${trials} models, seed ${seed}; of each λ the best K:\n`);
  console.log(tableOf(perLambda, columns));
  console.log("person: ε of one with one row, against one who kept every model, as --budget says");
  console.log(`always ${names[counts.indexOf(Math.max(...counts))]}: ${majority.toFixed(3)}\n`);

  const csv = csvOf(groups, majority);
  const files = { "tune.csv": csv, "tune.svg": tuneFigure(csv, basename(model)) };
  const folder = tuneFolder(model);
  makeFolder(dirname(folder));
  makePrivateFolder(folder);
  if (rows.way === "kept_rows") writeThrough(keptList(model), [...rows.kept, ""].join("\n"), PRIVATE.file);
  else remove(keptList(model));
  for (const [name, content] of Object.entries(files)) {
    writeThrough(`${folder}/${name}`, content, PRIVATE.file);
    console.log(`${folder}/${name}`);
  }
  sayWay(rows.way, folder);
  const { numbers } = best;
  console.log(`The best: σ = ${numbers.sigma}, T = ${best.T}, K = ${best.Ks.join(", ")},`);
  console.log(
    `C = ${short(inverseRegularization(numbers))} in scikit-learn. To learn it:\n\n${learnLine(flags, best, rows.way)}`,
  );
}

/** Says what a choice by these rows means. */
function sayWay(way: Choice, folder: string): void {
  if (way !== "these_rows") return;
  console.log(`${folder} has statistics of rows that may go: erase it with them`);
  console.error(
    "warning: λ and K chosen by rows that may go tell of them, which no guarantee covers: the certificate will say so. " +
      "--other and --keep choose without them",
  );
}

if (import.meta.main) {
  await cli.runScript(() => tune(Deno.args));
}
