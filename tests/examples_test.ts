/**
 * The examples of the documentation run, each a module of its own. One process for all takes a fifth of the time of
 * `deno test --doc`, which begins anew with each; their types are checked by `deno task check`.
 */
import assert from "node:assert/strict";
import { writeWhole } from "../core/disk/files.ts";
import { documentedExamples } from "./helpers/examples.ts";
import { emptyResultFolder } from "./helpers/run_task.ts";

const folder = emptyResultFolder("examples");

for (const [number, { name, code }] of documentedExamples().entries()) {
  Deno.test(name, async () => {
    const path = `${folder}/${number}.ts`;
    writeWhole(path, code);
    await import(`../${path}`);
  });
}

Deno.test("the library's entry points and the README have examples", () => {
  const files = new Set(documentedExamples().map(({ name }) => name.replace(/#.*/, "")));
  for (const file of ["mod.ts", "core/accountant/mod.ts", "core/certificate/mod.ts", "core/walk/mod.ts", "README.md"]) {
    assert.ok(files.has(file), file);
  }
});
