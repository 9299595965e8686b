import assert from "node:assert/strict";
import { csvParse } from "d3-dsv";
import { exactAccountant, gaussianEpsilon, langevinAccountant, makeProblem } from "../core/accountant/mod.ts";
import { guaranteeTables } from "../core/original/tables.ts";
import { chart } from "../core/figures/chart.ts";
import { guaranteePanels } from "../core/figures/guarantee.ts";
import { assertWellFormed } from "./helpers/assert_well_formed.ts";
import { textOf } from "./helpers/documents.ts";
import { emptyResultFolder, exists, runTask } from "./helpers/run_task.ts";
import { learnSmall, unlearnSmall } from "./helpers/small_models.ts";

const MNIST = ["--n", "11982", "--d", "784", "--sigma", "0.03", "--num_remove", "100", "--k", "60"];

Deno.test("docs/tables.md is what the task makes", () => {
  const unpadded = (text: string) => text.replaceAll(/ +/g, " ").replaceAll(/(?<=\| )-+(?= \|)/g, "---");
  const page = unpadded(textOf("docs/tables.md"));
  assert.equal(page, unpadded(guaranteeTables()), "replace it by what deno task guarantee --tables 1 prints");
});

Deno.test("guarantee draws what the accountants say, and gives μ", async () => {
  const folder = emptyResultFolder("guarantee");
  const { code, stdout, stderr } = await runTask("guarantee", ...MNIST, "--result-dir", folder);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^Not covered by sgd: .*no radius$/m);
  const csv = textOf(`${folder}/guarantee/guarantee.csv`);
  const rows = csvParse(csv);
  const history = { problem: makeProblem({ n: 11982, d: 784, lambda: 1e-6 }), sigma: 0.03 };
  for (const { accountant, K, delta, epsilon } of rows) {
    const of = accountant === "exact" ? exactAccountant() : langevinAccountant();
    const expected = of.guarantee({ ...history, requests: [{ S: 100, K: Number(K) }] }, Number(delta)).epsilon;
    assert.equal(Number(epsilon), expected);
  }
  for (const accountant of ["paper", "exact"]) {
    for (const against of ["delta", "K"] as const) {
      const curve = rows.filter((row) => row.accountant === accountant && row.against === against);
      assert.ok(curve.length > 20);
      for (const [i, row] of curve.slice(1).entries()) {
        assert.ok(Number(row[against]) > Number(curve[i][against]) && Number(row.epsilon) <= Number(curve[i].epsilon));
      }
      assert.ok(curve.some(({ K, delta }) => K === "60" && Number(delta) === 1 / 11982), "the run itself");
    }
  }
  const gaussian = csvParse(textOf(`${folder}/guarantee/mu.csv`));
  assert.ok(gaussian.length > 20);
  for (const { mu, epsilon, delta } of gaussian) {
    const ratio = Number(epsilon) / gaussianEpsilon(Number(mu), Number(delta));
    assert.ok(ratio >= 1 && ratio < 1 + 1e-9);
  }
  const svg = textOf(`${folder}/guarantee/guarantee.svg`);
  assert.equal(svg, chart(...guaranteePanels(csv, "n = 11982, σ = 0.03, S = 100")), "from the CSV alone");
  assertWellFormed(svg);
});

/** Runs the task on a copy of files of version 0.2: permission to read is to `result` alone. */
async function ofFixture(source: string, names: readonly string[], copy: string, ...args: string[]) {
  const results = emptyResultFolder("guarantee_fixture");
  Deno.mkdirSync(`${results}/${copy}`, { recursive: true });
  for (const name of names) Deno.writeFileSync(`${results}/${copy}/${name}`, Deno.readFileSync(`${source}/${name}`));
  return await runTask("guarantee", `${results}/${copy}`, ...args, "--result-dir", results);
}

Deno.test("guarantee of finished runs: a model, an experiment, and what the exact accountant refuses", async () => {
  const results = emptyResultFolder("guarantee_model");
  const model = await learnSmall(results);
  const learned = await runTask("guarantee", model, "--result-dir", results);
  assert.equal(learned.code, 2);
  assert.match(learned.stderr, /^error: \S+ was learned and nothing deleted since/);
  assert.equal((await unlearnSmall(results, ["p3"])).code, 0);
  assert.equal((await unlearnSmall(results, ["p8", "p9"])).code, 0);
  const deleted = await runTask("guarantee", model, "--result-dir", results);
  assert.equal(deleted.code, 0, deleted.stderr);
  const { present } = JSON.parse(textOf(`${model}/certificates/0003.json`));
  const epsilon = Number(/^exact +(\S+)/m.exec(deleted.stdout)![1]);
  assert.ok(epsilon <= present.epsilon && epsilon > 0.98 * present.epsilon, "the rounding of the walk is not in it");
  assert.match(deleted.stdout, /^Not covered by paper: /m);

  const source = "tests/fixtures/version_0.2";
  const experiment = "LMC/CSV/paint_unlearning_sigma";
  const folder = `${source}/whole/${experiment}`;
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name);
  const walked = await ofFixture(folder, names, experiment, "--array", "1_acc_finetune.npy");
  assert.equal(walked.code, 0, walked.stderr);
  assert.match(walked.stdout, /^Not covered by exact: --accountant exact needs --clip_regularizer 0/m);
  const { code, stderr } = await ofFixture(folder, names, experiment);
  assert.match(stderr, /^error: name one unlearning of \S+ by --array: \S+, \S+$/m);
  assert.equal(code, 2);
});

Deno.test("guarantee refuses what no accountant covers, in one line, and leaves nothing", async () => {
  const refused: [args: string[], message: RegExp][] = [
    [["result/none"], /neither a run\.json nor certificates/],
    [["result/none", "--k", "3", "--sigma", "1"], /^error: --sigma, --k have no effect with result\/none, which says/],
    [
      ["--n", "100", "--d", "3", "--sigma", "1", "--array", "a.npy"],
      /^error: --array has no effect without the folder/,
    ],
    [["--tables", "1", "--delta", "0.1"], /^error: --delta, --result-dir have no effect with --tables 1/],
    [["--n", "100"], /give the folder of a finished run, or --n, --d and --sigma/],
    [["--n", "100", "--d", "3", "--sigma", "1", "--num_remove", "101"], /S must be at most 100/],
    [
      ["--n", "100", "--d", "3", "--sigma", "1", "--classes", "3", "--M", "1", "--step_size", "2/(m+L)"],
      /paper: the paper's accountant needs eta ≤ 1\/L.*exact: the exact accountant needs M of √2/,
    ],
  ];
  for (const [args, message] of refused) {
    const folder = emptyResultFolder("guarantee_refused");
    const { code, stderr } = await runTask("guarantee", ...args, "--result-dir", folder);
    assert.equal(code, 2);
    assert.match(stderr, message);
    assert.equal(stderr.trimEnd().split("\n").length, 1);
    assert.ok(!exists(`${folder}/guarantee`));
  }
});
