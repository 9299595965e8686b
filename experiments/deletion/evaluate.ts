/**
 * How well a model does on a table.
 *
 * `deno task evaluate --model result/models/breast_cancer --table data/examples/breast_cancer/test.csv`
 * @module
 */
import { Command } from "@commander-js/extra-typings";
import * as cli from "../../core/command_line/mod.ts";
import { evaluate, type Evaluation, logProbabilities, modelOf, withoutNoise } from "../../core/deletion/model.ts";
import { type OpenModel, openModel } from "../../core/deletion/release.ts";
import { classNamesOf } from "../../core/deletion/schema.ts";
import { describeOddities, type Table } from "../../core/deletion/table.ts";
import { readTable } from "../../core/runs/read_table.ts";
import { printable } from "../../core/text/messages.ts";
import { formatTable, WIDTH } from "../../core/text/table.ts";

/** The script's command line. */
export const command = cli.exitOnUsageError(new Command("evaluate"))
  .description("Says how well a model does on a table, beside one that always says the commonest class.")
  .requiredOption("--model <folder>", "the model's folder", cli.path)
  .requiredOption("--table <file>", "rows with their labels, best of rows not learned", cli.path)
  .option("--train <file>", "the rows that remain: says how well these do without noise, for their owner", cli.path)
  .addHelpText(
    "after",
    "\nExample:\n  deno task evaluate --model result/models/breast_cancer \\\n" +
      "    --table data/examples/breast_cancer/test.csv",
  );

/** Which classes rows were given, or where that is no table for a terminal, how many rows were given theirs. */
function formatConfusion(names: readonly string[], confusion: Evaluation["confusion"]): string {
  const sizes = confusion.map((row) => row.reduce((sum, count) => sum + count, 0));
  const whole = formatTable(
    ["is, and was given", ...names, "rows"],
    confusion.map((counts, c) => [names[c], ...counts.map(String), `${sizes[c]}`]),
  );
  if (whole.split("\n").every((line) => line.length <= WIDTH)) return whole;
  return formatTable(["class", "rows", "right"], names.map((name, c) => [name, `${sizes[c]}`, `${confusion[c][c]}`]));
}

/** How well the same steps would do without noise. */
async function evaluateWithoutNoise(model: OpenModel, train: string, table: Table): Promise<Evaluation> {
  const { schema, lattice, certificates } = model;
  const { rows } = await readTable(train, schema);
  const weights = withoutNoise(lattice.problem, rows, certificates.at(-1)!.steps);
  return evaluate(logProbabilities({ schema, weights }, table.features), table.classes, classNamesOf(schema).length);
}

/**
 * Evaluates what the command line says.
 *
 * @param args The command line.
 * @throws {RangeError} If it asks for what cannot be had.
 * @throws {Error} If the model cannot be read.
 */
export async function evaluateModel(args: readonly string[]): Promise<void> {
  const { model: folder, table: path, train } = command.parse(args, { from: "user" }).opts();
  const release = await openModel(folder);
  const { schema } = release;
  const table = await readTable(path, schema);
  const names = classNamesOf(schema).map(printable);
  const logs = logProbabilities(modelOf(release), table.features);
  const { accuracy, logLoss, confusion, majority } = evaluate(logs, table.classes, names.length);
  const optimum = train === undefined ? undefined : await evaluateWithoutNoise(release, train, table);
  for (const line of describeOddities(table, schema)) console.log(line);
  console.log(formatTable([`${table.ids.length} rows`, "accuracy", "log loss, nats a row"], [
    ["the model", accuracy.toFixed(4), logLoss.toFixed(4)],
    ...optimum ? [["without noise", optimum.accuracy.toFixed(4), optimum.logLoss.toFixed(4)]] : [],
    [`always ${names[majority.class]}`, majority.share.toFixed(4), ""],
  ]));
  console.log(`\n${formatConfusion(names, confusion)}`);
  if (optimum) console.error(`Without noise is a number of the rows of ${train}: no guarantee covers it`);
  if (accuracy > majority.share) return;
  console.error(`warning: always saying ${names[majority.class]} is as good, or better, on this table`);
}

if (import.meta.main) {
  await cli.runScript(() => evaluateModel(Deno.args));
}
