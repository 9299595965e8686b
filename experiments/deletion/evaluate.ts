/**
 * How well a model does on a table.
 *
 * `deno task evaluate --model result/models/breast_cancer --table data/examples/breast_cancer/test.csv`
 * @module
 */
import { Command } from "@commander-js/extra-typings";
import * as cli from "../../core/command_line/mod.ts";
import { evaluate, logProbabilities, readModel } from "../../core/deletion/model.ts";
import { classNamesOf } from "../../core/deletion/schema.ts";
import { describeOddities, readLabelled } from "../../core/deletion/table.ts";
import { openTable } from "../../core/disk/open_table.ts";
import { printable } from "../../core/text/messages.ts";
import { formatTable } from "../../core/text/table.ts";

/** The script's command line. */
export const command = cli.exitOnUsageError(new Command("evaluate"))
  .description("Says how well a model does on a table, beside one that always says the commonest class.")
  .requiredOption("--model <folder>", "the model's folder", cli.path)
  .requiredOption("--table <file>", "CSV of rows with their labels, best of rows not learned", cli.path)
  .addHelpText(
    "after",
    "\nExample:\n  deno task evaluate --model result/models/breast_cancer \\\n" +
      "    --table data/examples/breast_cancer/test.csv",
  );

/** More classes make a table that no terminal shows. */
const MOST_CLASSES = 20;

/**
 * Evaluates what the command line says.
 *
 * @param args The command line.
 * @throws {RangeError} If it asks for what cannot be had.
 * @throws {Error} If the model cannot be read.
 */
export async function evaluateModel(args: readonly string[]): Promise<void> {
  const { model: folder, table: path } = command.parse(args, { from: "user" }).opts();
  const model = await readModel(folder);
  const table = await readLabelled(await openTable(path), model.schema);
  const names = classNamesOf(model.schema).map(printable);
  const logs = logProbabilities(model, table.features);
  const { accuracy, logLoss, confusion, majority } = evaluate(logs, table.classes, names.length);
  for (const line of describeOddities(table, model.schema)) console.log(line);
  console.log(formatTable([`${table.ids.length} rows`, ""], [
    ["accuracy", accuracy.toFixed(4)],
    [`always ${names[majority.class]}`, majority.share.toFixed(4)],
    ["log loss, nats a row", logLoss.toFixed(4)],
  ]));
  if (names.length <= MOST_CLASSES) {
    console.log();
    console.log(formatTable(
      ["is, and was given", ...names],
      confusion.map((counts, c) => [names[c], ...counts.map(String)]),
    ));
  }
  if (accuracy > majority.share) return;
  console.error(`warning: always saying ${names[majority.class]} is as good, or better, on this table`);
}

if (import.meta.main) {
  await cli.runScript(() => evaluateModel(Deno.args));
}
