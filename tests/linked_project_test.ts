/**
 * A project that links this one as the README says: its `deno check` reports its own errors and none of this project.
 */
import assert from "node:assert/strict";
import denoConfig from "../deno.json" with { type: "json" };
import readme from "../README.md" with { type: "text" };
import { writeWhole } from "../core/disk/files.ts";
import { emptyResultFolder, runDeno } from "./helpers/run_task.ts";

const { name, version } = denoConfig;

/** The project's `deno.json`, where the clone is in the folder `link`. */
const configOf = (link: string) => ({
  links: [link],
  unstable: ["raw-imports"],
  imports: { [name]: `jsr:${name}@${version}` },
});

/** A program that certifies, learns and unlearns, and imports every entry point. */
function programOf(sigma: string): string {
  const exports: string | Record<string, string> = denoConfig.exports;
  const entries = typeof exports === "string" ? ["."] : Object.keys(exports);
  return [
    ...entries.map((entry) => `import "${name}${entry.slice(1)}";`),
    `
import {
  fewestSteps,
  langevin,
  langevinAccountant,
  langevinStart,
  makeProblem,
  openEngine,
  parseCsv,
  replacementRows,
  rowsToRemove,
  testAccuracies,
  verifyCertificate,
} from "${name}";

const table = { path: "table.csv", text: "x,y,class\\n1,0,a\\n0,1,b\\n" };
const { train, test } = await parseCsv(table, table, "class");
const problem = makeProblem({ n: train.count, d: train.dimension, lambda: 0.1 });
const sigma = ${sigma};
const chain = { problem, sigma, requests: [] };
const { K: steps } = fewestSteps(langevinAccountant(), chain, 1, { epsilon: 1, delta: 0.1 });
const engine = await openEngine();
const setting = { engine, problem, seed: 0, trials: 1 };
const start = langevinStart(setting, "learn", sigma, { mean: 0 });
const remaining = engine.replace(engine.load(train), rowsToRemove(1, 2), replacementRows(1, train, { seed: 0, cell: 1 }));
const [weights] = await langevin(setting, remaining, [{ name: "unlearn", sigma, start, steps }]);
const accuracies: number[] = testAccuracies(test, weights);
const reached: number = await verifyCertificate({});
engine.dispose();
console.log(accuracies, reached);
`,
  ].join("\n");
}

Deno.test("the README shows the configuration of a project that links this one", () => {
  const blocks = [...readme.matchAll(/^```json\n(.*?)^```$/gms)].map(([, block]) => JSON.parse(block));
  assert.deepEqual(blocks, [configOf("./langevin")]);
});

Deno.test("a project that links this one has no type errors but its own", async () => {
  const folder = emptyResultFolder("linked_project");
  writeWhole(`${folder}/deno.json`, JSON.stringify(configOf("../../..")));
  writeWhole(`${folder}/deno.lock`, Deno.readTextFileSync("deno.lock"));
  const check = async (sigma: string) => {
    writeWhole(`${folder}/main.ts`, programOf(sigma));
    return await runDeno(["check", "--config", `${folder}/deno.json`, `${folder}/main.ts`]);
  };
  const right = await check("0.03");
  assert.equal(right.code, 0, right.stderr);
  const wrong = await check('"0.03"');
  assert.equal(wrong.code, 1, wrong.stderr);
  const places = wrong.stderr.match(/^ {4}at .*$/gm)!;
  assert.match(wrong.stderr, /^TS2322 .*: Type 'string' is not assignable to type 'number'/m);
  assert.ok(places.length > 0 && places.every((place) => place.includes("/linked_project/main.ts:")), `${places}`);
});
