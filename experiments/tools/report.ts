/**
 * Puts the results into one page to look at, or the certificates of a model.
 *
 * `deno task report`
 * @module
 */
import { Command } from "@commander-js/extra-typings";
import * as cli from "../../core/command_line/mod.ts";
import { privateFolder } from "../../core/deletion/folder.ts";
import { writeWhole } from "../../core/disk/files.ts";
import { leadsInto } from "../../core/disk/inside.ts";
import { modelPage, resultsReport } from "../../core/pages/report.ts";

/** The script's command line. */
export const command = cli.exitOnUsageError(new Command("report"))
  .description("Puts all results into one page: figures, tables, ours beside published, what made them.")
  .option("--result-dir <path>", "where the results are, and report.html goes", cli.path, "result")
  .optionsGroup("The page of a model from which rows can be deleted, in place of the results:")
  .option("--model <folder>", "the model's folder, of which nothing changes", cli.path)
  .addOption(cli.keyOption())
  .addOption(cli.atLeastOption())
  .addOption(cli.toggle("--audit <0|1>", "put the audit of it in: statistics of the rows that were to go"))
  .addHelpText(
    "after",
    "\nExamples:\n  deno task report\n  deno task report --model result/models/breast_cancer",
  );

/**
 * Writes the page.
 *
 * @param args The command line.
 * @throws {RangeError} If it asks for what cannot be had.
 * @throws {Error} If a result is damaged, nothing is there, or the model does not hold.
 */
export async function report(args: readonly string[]): Promise<void> {
  const { model, key, at_least, audit, resultDir } = command.parse(args, { from: "user" }).opts();
  const path = `${resultDir}/report.html`;
  if (model === undefined) {
    cli.refuseIdle(command, ["key", "at_least", "audit"], "without --model");
    writeWhole(path, await resultsReport(resultDir));
    return console.log(path);
  }
  const taken = [model, privateFolder(model)].find((folder) => leadsInto(path, folder));
  if (taken !== undefined) throw new RangeError(`${path} is in ${taken}: give another --result-dir`);
  const { page, leftOut, failure } = await modelPage({ model, key, at_least, audit, resultDir });
  writeWhole(path, page);
  console.log(path);
  if (leftOut) {
    console.log("There is an audit of it: --audit 1 puts that in, with statistics of the rows that were to go");
  }
  if (key === undefined) console.log("WITHOUT --key IT PROVES NOTHING: anybody can sign with a key of his own");
  if (failure) throw failure;
}

if (import.meta.main) {
  await cli.runScript(() => report(Deno.args));
}
