/**
 * Writes the planner, a page in which every accountant answers as one moves a slider.
 *
 * `deno task planner`
 * @module
 */
import { Command } from "@commander-js/extra-typings";
import * as cli from "../../core/command_line/mod.ts";
import { writeWhole } from "../../core/disk/files.ts";
import script from "../../core/pages/bundles/planner.js" with { type: "text" };
import { makePage } from "../../core/pages/page.ts";
import body from "../../core/pages/planner.html" with { type: "text" };

/** The script's command line. */
export const command = cli.exitOnUsageError(new Command("planner"))
  .description("Writes planner.html, to open in a browser: K, σ and ε by every accountant, and what a month costs.")
  .option("--result-dir <path>", "where it goes", cli.path, "result");

/** The page. */
export const plannerPage = () => makePage({ title: "Unlearning planner", body, script });

if (import.meta.main) {
  await cli.runScript(async () => {
    const { resultDir } = command.parse(Deno.args, { from: "user" }).opts();
    const path = `${resultDir}/planner.html`;
    writeWhole(path, await plannerPage());
    console.log(path);
  });
}
