/**
 * Downloads ADULT from where the original reads it.
 *
 * `deno task data:adult`
 * @module
 */
import { Command } from "@commander-js/extra-typings";
import { exitOnUsageError, path, runScript } from "../../core/command_line/mod.ts";
import { ADULT_SHA256, ADULT_URL, adultPath } from "../../core/datasets/adult.ts";
import { download } from "../../core/disk/download.ts";

const command = exitOnUsageError(new Command("fetch_adult"))
  .description(`Downloads ${ADULT_URL}.`)
  .option("--data-dir <path>", "where the folder ADULT goes", path, "./data");

await runScript(async () => {
  const path = adultPath(command.parse(Deno.args, { from: "user" }).opts().dataDir);
  await download(ADULT_URL, ADULT_SHA256, path);
  console.log(path);
});
