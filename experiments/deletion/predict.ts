/**
 * What a model says of the rows of a table.
 *
 * `deno task predict --model result/models/breast_cancer --table data/examples/breast_cancer/test.csv`
 * @module
 */
import { Command } from "@commander-js/extra-typings";
import { csvFormatRows } from "d3-dsv";
import { dirname } from "node:path";
import * as cli from "../../core/command_line/mod.ts";
import { likeliest, logProbabilities, readModel } from "../../core/deletion/model.ts";
import { classNamesOf, textOptionsOf } from "../../core/deletion/schema.ts";
import { describeOddities, readUnlabelled } from "../../core/deletion/table.ts";
import { isFile, writeWhole } from "../../core/disk/files.ts";
import { leadsInto } from "../../core/disk/inside.ts";
import { openTable } from "../../core/disk/open_table.ts";
import { showReading } from "../../core/runs/progress.ts";

/** The script's command line. */
export const command = cli.exitOnUsageError(new Command("predict"))
  .description("Writes the class that a model gives each row, and the probabilities of all classes, as CSV.")
  .requiredOption("--model <folder>", "the model's folder", cli.path)
  .requiredOption("--table <file>", "the rows; labels are not looked at and may be missing", cli.path)
  .option("--out <file>", "the CSV to write (default: to the terminal)", cli.path)
  .addHelpText(
    "after",
    "\nExample:\n  deno task predict --model result/models/breast_cancer \\\n" +
      "    --table data/examples/breast_cancer/test.csv",
  );

/** Throws unless a file can be written without touching what is there, or a model. */
function checkOut(out: string, model: string): void {
  if (isFile(out)) throw new RangeError(`${out} is there: choose another --out, or remove it`);
  if (leadsInto(out, dirname(model))) {
    throw new RangeError(`${out} is among models, whose folders hold nothing else: choose another --out`);
  }
}

/**
 * Predicts what the command line says.
 *
 * @param args The command line.
 * @throws {RangeError} If it asks for what cannot be had.
 * @throws {Error} If the model cannot be read or the result not be written.
 */
export async function predict(args: readonly string[]): Promise<void> {
  const { model: folder, table: path, out } = command.parse(args, { from: "user" }).opts();
  if (out !== undefined) checkOut(out, folder);
  const model = await readModel(folder);
  const table = await showReading(async (onRead) =>
    await readUnlabelled(await openTable(path, textOptionsOf(model.schema), onRead), model.schema)
  );
  const names = classNamesOf(model.schema);
  const logs = logProbabilities(model, table.features);
  const classes = likeliest(logs, names.length);
  const lines = table.ids.map((id, row) => {
    const ofRow = logs.subarray(row * names.length, (row + 1) * names.length);
    return [id, names[classes[row]], ...Array.from(ofRow, (log) => Math.exp(log).toPrecision(6))];
  });
  const csv = csvFormatRows([["id", "class", ...names.map((name) => `P(${name})`)], ...lines]);
  for (const line of describeOddities(table, model.schema)) console.error(line);
  if (out === undefined) return console.log(csv);
  writeWhole(out, `${csv}\n`);
  console.log(out);
}

if (import.meta.main) {
  await cli.runScript(() => predict(Deno.args));
}
