/**
 * The entry points of the library.
 */
import assert from "node:assert/strict";
import denoConfig from "../deno.json" with { type: "json" };
import { runDeno } from "./helpers/run_task.ts";

/** The modules behind one, as paths in the project or names of packages, but types. */
async function modulesBehind(entry: string): Promise<string[]> {
  const { stdout, stderr } = await runDeno(["info", "--json", entry]);
  const { modules }: { modules: { specifier: string }[] } = JSON.parse(stdout);
  assert.ok(modules.length > 1, stderr);
  const root = import.meta.resolve("../");
  return modules.map(({ specifier }) => specifier.replace(root, "")).filter((name) => !name.includes("@types/"));
}

Deno.test("./accountant and ./walk have no TensorFlow.js, no data, and nothing of Deno or Node", async () => {
  const entries = [denoConfig.exports["./accountant"], denoConfig.exports["./walk"]];
  const modules = (await Promise.all(entries.map(modulesBehind))).flat();
  const [inside, outside] = [true, false].map((own) => modules.filter((name) => /^core\/.*\.ts$/.test(name) === own));
  assert.deepEqual(outside, []);
  for (const path of inside) {
    assert.doesNotMatch(path, /core\/(datasets|engines|runs|learning|original)\//);
    const code = Deno.readTextFileSync(path).replaceAll(/\/\*\*.*?\*\//gs, "");
    assert.doesNotMatch(code, /\bDeno\.|"node:/, path);
  }
});

Deno.test("./chains and ./data take no part of each other's packages", async () => {
  const [chains, data] = await Promise.all([
    modulesBehind(denoConfig.exports["./chains"]),
    modulesBehind(denoConfig.exports["./data"]),
  ]);
  assert.ok(chains.some((name) => name.includes("tensorflow")));
  assert.ok(!chains.some((name) => name.includes("mnist") || name.includes("d3-dsv")), `${chains}`);
  assert.ok(data.some((name) => name.includes("mnist")));
});

Deno.test("mod.ts is a choice of the others' names", async () => {
  const [all, ...parts] = await Promise.all(
    Object.values(denoConfig.exports).map((path) => import(import.meta.resolve(`../${path}`))),
  );
  const others = new Map(parts.flatMap((part) => Object.entries(part)));
  const names = Object.keys(all);
  assert.ok(names.length < 40, `${names.length}`);
  for (const name of names) assert.equal(all[name], others.get(name), name);
});
