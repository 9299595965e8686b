/**
 * Compares the bundles that are committed with those that `deno task build:check` has just made.
 * @module
 */
import { readIfThere } from "../../disk/files.ts";
import { filesBelow } from "../../disk/folders.ts";

const [COMMITTED, MADE] = ["core/pages/bundles", "result/bundles"];

const names = [COMMITTED, MADE].flatMap((folder) => filesBelow(folder, ".js").map((path) => path.split("/").at(-1)!));
for (const name of new Set(names)) {
  const [committed, made] = [COMMITTED, MADE].map((folder) => readIfThere(`${folder}/${name}`));
  if (committed && made && committed.length === made.length && committed.every((byte, i) => byte === made[i])) continue;
  console.error(`${name} is not what core/pages/scripts bundles to: run deno task build`);
  Deno.exitCode = 1;
}
