import assert from "node:assert/strict";
import denoConfig from "../deno.json" with { type: "json" };
import * as library from "../core/accountant/mod.ts";
import { publishedAccuracies } from "../core/original/published.ts";
import { textOf, userDocuments } from "./helpers/documents.ts";
import { assertFilesAreTheAuthors } from "./helpers/npy_inventory.ts";
import { emptyResultFolder, exists, runTask, SHORT } from "./helpers/run_task.ts";
import { SOAK } from "./helpers/soak.ts";

/** Tasks whose commands tests/deletion_docs_test.ts runs, one after the other. */
const DELETION = ["schema", "tune", "learn", "unlearn", "status", "verify", "predict", "evaluate"];

/** Tasks of the README and of the manual that other tests, or these tests themselves, run as they stand. */
const ELSEWHERE = [
  ...["quickstart", "test", "bench", "bench:v8", "audit", "compare", "data:cifar10", "features"],
  "main_lmc_multiclass:blas",
  ...DELETION,
];

/** What makes tasks short that do not have the flags of the experiments. */
const SHORTENED: Readonly<Record<string, readonly string[]>> = {
  plot: [],
  report: [],
  guarantee: [],
  planner: [],
  try: [],
};

/** Parts of the grids of the scripts that take long on ten classes, of whose commands `test:soak` runs all, not one. */
const PARTS: Readonly<Record<string, readonly string[]>> = {
  baseline_multiclass: ["--lam", "1e-3", "--epsilons", "1", "--ks", "1", "--removes", "1", "--sequence_rows", "1"],
  main_sgd: ["--lam", "1e-6", "--epochs", "4", "--requests", "2"],
  main_sgd_multiclass: ["--lam", "1e-6", "--epsilons", "1", "--epochs", "4"],
  main_lmc_multiclass: ["--epsilons", "1", "--removes", "1", "--sigmas", "0.1", "--burn_ins", "1"],
};

/** The command lines of the code blocks of the README and of the manual, without comments. */
const commands = userDocuments().flatMap((path) => [...textOf(path).matchAll(/^```sh\n(.*?)^```$/gms)])
  .flatMap(([, block]) => block.split("\n"))
  .map((line) => line.replace(/\s+#.*$/, "").trim())
  .filter((line) => line !== "");

Deno.test("every command of the README and of the manual is a task", () => {
  assert.ok(new Set(commands).size > 20);
  for (const command of commands) {
    const task = command.match(/^(?:npx -y deno@[\d.]+|deno) task (\S+)/)?.[1];
    assert.ok(task !== undefined && task in denoConfig.tasks, command);
  }
});

Deno.test("the README's example has the numbers of its comments", () => {
  const [, code] = textOf("README.md").match(/^```ts\nimport .*\n\n([^]*?)^```$/m)!;
  const [constants, ...uses] = code.split(/^(?=fewest|smallest)/m);
  const values = uses.map((use) => use.match(/^(.*); \/\/ ([\d.]+)/)!.slice(1));
  assert.equal(values.length, 3);
  const names = Object.keys(library);
  const compute = new Function(...names, `${constants} return [${values.map(([expression]) => expression)}]`);
  const computed: number[] = compute(...Object.values(library));
  values.forEach(([use, said], i) => assert.ok(String(computed[i]).startsWith(said), `${use}: ${computed[i]}`));
});

for (const command of new Set(commands)) {
  const [task, ...args] = command.replace(/^.*? task /, "").split(" ");
  if (ELSEWHERE.includes(task)) continue;
  if (task in PARTS && !SOAK && command !== commands.find((other) => other.includes(task))) continue;
  Deno.test(`documented: ${command}`, async () => {
    const folder = emptyResultFolder(`readme`);
    if (task === "plot" || task === "report") {
      await runTask("main_lmc", "--retrain_noiseless", "1", ...SHORT, "--result-dir", folder);
    }
    // An even larger λ: fewer steps unlearn.
    const short = SHORTENED[task] ?? [...SHORT, "--lam", "0.1", "--save_npy", "1", ...(PARTS[task] ?? [])];
    const { code, stderr, stdout } = await runTask(task, ...args, ...short, "--result-dir", folder);
    assert.equal(code, 0, stderr);
    const written = stdout.match(/^result\/\S+$/gm) ?? [];
    assert.ok(written.length > 0, "the command says what it wrote");
    for (const path of written) assert.ok(exists(path), path);
    if (task === "main_lmc" || task === "baseline") assertArraysAreTheAuthors(folder, written);
  });
}

/** The arrays of a trials.csv are those that the authors published, and the noiseless ones, which they did not. */
function assertArraysAreTheAuthors(folder: string, written: string[]): void {
  const trials = written.find((path) => path.endsWith("trials.csv"));
  if (!trials) return;
  const experiment = trials.slice(folder.length + "/LMC/MNIST/".length).split("/")[0];
  const published = publishedAccuracies("MNIST", experiment);
  const arrays = new Set(
    Deno.readTextFileSync(trials).trim().split("\n").slice(1).map((line) => line.split(",").at(-1)!),
  );
  const comparable = [...arrays].filter((array) => !array.endsWith("lmc_acc_noiseless.npy"));
  assert.deepEqual(comparable.sort(), [...published.keys()].sort());
  assertFilesAreTheAuthors(`${folder}/LMC/MNIST/${experiment}`, 2);
}
