/**
 * Puts together the results of shards: of runs with the same options but `--shard` or `--trials`.
 *
 * `deno task merge result/0 result/1 --result-dir result`
 * @module
 */
import { Command } from "@commander-js/extra-typings";
import { exitOnUsageError, path, runScript, toggle } from "../../core/command_line/mod.ts";
import { mergeParts } from "../../core/runs/merge_shards.ts";

const paths = (text: string, before: string[] = []) => [...before, path(text)];

/** The script's command line. */
export const command = exitOnUsageError(new Command("merge"))
  .description("Puts together what several runs computed of one, each some of the trials.")
  .argument("<folders...>", "result folders of the parts, as given to their --result-dir", paths)
  .option("--result-dir <path>", "where the whole goes, to LMC or SGD in it", path, "./result")
  .addOption(toggle("--fresh <0|1>", "remove first what an earlier run left in the experiments' folders"))
  .addOption(toggle("--partial <0|1>", "merge what is there although trials or experiments are missing"));

if (import.meta.main) {
  await runScript(async () => {
    command.parse(Deno.args, { from: "user" });
    const [parts] = command.processedArgs as unknown as [string[]];
    await mergeParts(parts, command.opts());
  });
}
