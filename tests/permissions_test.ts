import assert from "node:assert/strict";
import { resolve } from "node:path";
import denoConfig from "../deno.json" with { type: "json" };
import manual from "../docs/permissions.md" with { type: "text" };
import slurm from "../experiments/slurm.sh" with { type: "text" };
import { writeWhole } from "../core/disk/files.ts";
import { writeSmallTable } from "./helpers/small_models.ts";
import { writeTable } from "./helpers/small_tables.ts";
import { emptyResultFolder, exists, runDeno, SHORT } from "./helpers/run_task.ts";

/** What a task may do with what; any value goes where there is none. */
interface Grant {
  readonly permission: string;
  readonly value?: string;
}

const commands = new Map(
  Object.entries(denoConfig.tasks).map(([task, { command }]): [string, string] => [task, command])
    .filter(([, command]) => command.startsWith("deno run")),
);

const grantsOf = (command: string): Grant[] =>
  [...command.matchAll(/ --allow-(\w+)(?:=(\S+))?/g)].flatMap(([, permission, values]) =>
    values === undefined ? [{ permission }] : values.split(",").map((value) => ({ permission, value }))
  );

/** A grant as the manual writes it, such as read `result`. */
const toText = ({ permission, value }: Grant) => value === undefined ? permission : `${permission} \`${value}\``;

const FOLDER = "result/test/audited";
const RESULT = ["--result-dir", FOLDER];
const NO_NOISE = [...SHORT, "--removes", "1", "--retrain_noiseless", "1", ...RESULT];
const ELSEWHERE = [...NO_NOISE, "--result-dir", `${FOLDER}/blas`];
const NO_DATA = ["--dataset", "ADULT", "--data-dir", "data/none"];
const NO_TABLES = "--dataset CSV --train_csv data/none.csv --test_csv data/none.csv --label y".split(" ");
const [SMALL, NONE] = [`${FOLDER}/three_classes.csv`, "data/none.csv"];
const SMALL_TABLES = ["--dataset", "CSV", "--train_csv", SMALL, "--test_csv", SMALL, "--label", "class"];
const EXAMPLE = "data/examples/breast_cancer"; // A folder: no file takes its place.
const [MODEL, IDS] = [`${FOLDER}/models/week`, `${FOLDER}/table/ids.txt`];
const TABLE = ["--train", `${FOLDER}/table/train.csv`, "--schema", `${FOLDER}/table/schema.json`];
const LEARN_NOTHING = ["--schema", NONE, "--lam", "0.1", "--k", "1", "--model", MODEL];
const FIND = ["--find_k", "1", "--ks", "1", ...RESULT];
const BENCH = ["--problems", "mnist100", "--engines", "wasm-plain", "--seconds", "0.01", ...RESULT];

/** Short command lines of every task that together take all that it may do, one after the other. */
const AUDITED: Readonly<Record<string, readonly (readonly string[])[]>> = {
  quickstart: [[...SHORT, "--ks", "1", "--epsilons", "5", ...RESULT]],
  baseline: [FIND, NO_DATA],
  main_lmc: [[...NO_NOISE, "--save_npy", "1"], [...NO_NOISE, ...NO_DATA]],
  "main_lmc:blas": [[...ELSEWHERE, "--backend", "wasm"], [...ELSEWHERE, ...SMALL_TABLES], [...ELSEWHERE, ...NO_DATA]],
  baseline_multiclass: [FIND, NO_TABLES],
  main_lmc_multiclass: [
    [...SHORT, "--search_burnin", "1", "--burn_ins", "1", "--sigmas", "1", ...SMALL_TABLES, ...RESULT],
    [...NO_NOISE, ...NO_TABLES],
  ],
  main_sgd: [[...NO_NOISE, "--save_npy", "1"], [...NO_NOISE, ...NO_DATA]],
  main_sgd_multiclass: [[...NO_NOISE, "--save_npy", "1"], [...NO_NOISE, ...NO_TABLES]],
  schema: [
    [TABLE[1], "--label", "kind", "--id", "person", "--out", `${FOLDER}/drafts/schema.json`],
    [`${EXAMPLE}/test.csv`, "--label", "diagnosis", "--id", "id", "--out", EXAMPLE],
  ],
  tune: [
    [...TABLE, "--lam", "1e-2", "--k", "2", "--num_trial", "2", "--model", `${FOLDER}/tuned/week`],
    ["--train", NONE, "--schema", NONE, "--model", MODEL],
  ],
  learn: [[...TABLE, "--lam", "0.1", "--k", "1", "--model", MODEL], ["--train", NONE, ...LEARN_NOTHING]],
  audit: [
    [...TABLE.slice(0, 2), "--model", MODEL, "--remove", IDS, "--num_trial", "8", ...RESULT],
    [...NO_DATA, "--k", "1", "--sigma", "1"],
  ],
  unlearn: [[...TABLE.slice(0, 2), "--model", MODEL, "--remove", IDS], [
    "--train",
    NONE,
    "--model",
    MODEL,
    "--remove",
    NONE,
  ]],
  verify: [["--model", MODEL], ["--certificate", NONE]],
  predict: [
    ["--model", MODEL, "--table", TABLE[1], "--out", `${FOLDER}/predictions.csv`],
    ["--model", MODEL, "--table", NONE],
  ],
  status: [["--model", MODEL]],
  evaluate: [["--model", MODEL, "--table", NONE]],
  plot: [RESULT],
  merge: [[FOLDER, "--result-dir", `${FOLDER}/merged`]],
  guarantee: [["--n", "100", "--d", "3", "--sigma", "0.1", ...RESULT], ["result/none"]],
  planner: [RESULT],
  try: [RESULT],
  report: [RESULT],
  compare: [["--ours", `${FOLDER}/LMC`, "--out", `${FOLDER}/compare`]],
  variants: [[]],
  bench: [BENCH, ["--openblas", "1", "--openblas_library", "none.so"]],
  "build:check": [[]],
};

const DATA = [{ permission: "read", value: "data" }, { permission: "write", value: "data" }];

/** What runs the tests, which have permissions of their own: they read all, and write `result` and `tests/figures`. */
const RUNNER = [
  { permission: "read", value: "." },
  { permission: "write", value: "result" },
  { permission: "env", value: "CI" },
  { permission: "run" },
];

/** Tasks that change the user's data or this program, or that take long, and what they need. */
const NOT_AUDITED: Readonly<Record<string, readonly Grant[]>> = {
  "data:adult": [...DATA, { permission: "net", value: "archive.ics.uci.edu" }],
  "data:cifar10": DATA,
  features: [
    ...DATA,
    { permission: "read", value: "core" },
    { permission: "net", value: "download.pytorch.org" },
  ],
  "bench:v8": grantsOf(commands.get("bench")!),
  ...Object.fromEntries(
    ["baseline", "baseline_multiclass", "main_lmc_multiclass"].map((task) => [
      `${task}:blas`,
      [...grantsOf(commands.get(task)!), { permission: "ffi" }],
    ]),
  ),
  build: [...grantsOf(commands.get("build:check")!), { permission: "write", value: "core/engines/kernels" }],
  test: RUNNER,
  "test:unit": RUNNER,
  "test:soak": RUNNER,
  "test:gpu": RUNNER,
};

/** Whether a grant covers a use. */
function covers(grant: Grant, use: Grant): boolean {
  if (grant.permission !== use.permission) return false;
  if (grant.value === undefined || grant.value === use.value) return true;
  if (use.value === undefined || !["read", "write"].includes(grant.permission)) return false;
  return `${resolve(use.value)}/`.startsWith(`${resolve(grant.value)}/`);
}

Deno.test("every task that runs a script is audited, or says why not", () => {
  assert.deepEqual([...commands.keys()].sort(), [...Object.keys(AUDITED), ...Object.keys(NOT_AUDITED)].sort());
});

/** Runs a task and returns what it took, or asked for in vain. */
async function usesOf(task: string, args: readonly string[]): Promise<Grant[]> {
  const log = `${emptyResultFolder("audit")}.jsonl`;
  if (exists(log)) Deno.removeSync(log);
  await runDeno(["task", "--quiet", task, ...args], { DENO_AUDIT_PERMISSIONS: resolve(log) });
  return Deno.readTextFileSync(log).split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
}

emptyResultFolder("audited");
writeSmallTable(`${FOLDER}/table`);
writeTable(SMALL, 30, 0);
writeWhole(IDS, "p1\n");

for (const [task, lines] of Object.entries(AUDITED)) {
  Deno.test(`${task} takes all its permissions and no other`, async () => {
    const uses: Grant[] = [];
    for (const line of lines) uses.push(...await usesOf(task, line));
    // Deno's audit passes over programs that are run: bench_test.ts and compare_test.ts show that python3 is.
    const grants = grantsOf(commands.get(task)!).filter(({ permission }) => permission !== "run");
    assert.deepEqual(uses.filter((use) => !grants.some((grant) => covers(grant, use))), [], "used without a grant");
    assert.deepEqual(grants.filter((grant) => !uses.some((use) => covers(grant, use))), [], "granted without a use");
  });
}

Deno.test("tasks that are not audited have the permissions that they are known to need", () => {
  for (const [task, expected] of Object.entries(NOT_AUDITED)) {
    assert.deepEqual(grantsOf(commands.get(task)!).map(toText).sort(), expected.map(toText).sort(), task);
  }
});

Deno.test("no task but compare asks, and only some have the network, run a program or read the environment", () => {
  const allowed: Readonly<Record<string, (task: string, value?: string) => boolean>> = {
    read: (_, value) => value !== undefined,
    write: (_, value) => value !== undefined,
    net: (task, value) => /^(data:|features)/.test(task) && value !== undefined,
    run: (task, value) => /^(bench|compare)/.test(task) ? value === "python3" : /^test/.test(task),
    ffi: (task) => /^bench|:blas$/.test(task),
    env: (task, value) => /^(build|test)/.test(task) && value === "CI",
  };
  for (const [task, command] of commands) {
    if (task !== "compare") assert.match(command, / --no-prompt /, task);
    assert.doesNotMatch(command, / (-A|--allow-all|-[RWNES]) /, task);
    const grants = grantsOf(command);
    for (const grant of grants) {
      assert.ok(allowed[grant.permission]?.(task, grant.value), `${task}: ${toText(grant)}`);
    }
    assert.ok(grants.filter(({ permission }) => permission === "net").length <= 1, `${task} has more than one host`);
  }
});

Deno.test("the manual's table of permissions is that of deno.json", () => {
  const [, table] = /^# Permissions\n\n((?:\|.*\n)+)/m.exec(manual)!;
  const rows = table.trim().split("\n").slice(2).map((row) => row.split("|").slice(1, 3).map((cell) => cell.trim()));
  const documented = rows.flatMap(([tasks, permissions]) =>
    [...tasks.matchAll(/`([^`]+)`/g)].map(([, task]): [string, string] => [task, permissions])
  );
  for (const [task, permissions] of documented) {
    const { command } = denoConfig.tasks[task as keyof typeof denoConfig.tasks];
    if (!/^deno (run|test)/.test(command)) continue;
    assert.equal(permissions, grantsOf(command).map(toText).join(", ") || "none", task);
  }
  const tasks = documented.map(([task]) => task);
  assert.deepEqual([...commands.keys()].filter((task) => !tasks.includes(task)), [], "tasks that the table lacks");
});

Deno.test("the job script of Slurm has the permissions of the experiments, and may name the machine", () => {
  const [run] = slurm.match(/^exec "\$\{DENO:-deno\}" run .*/m)!;
  for (
    const task of [
      "baseline",
      "main_lmc",
      "baseline_multiclass",
      "main_lmc_multiclass",
      "main_sgd",
      "main_sgd_multiclass",
    ]
  ) {
    assert.deepEqual(grantsOf(run), [...grantsOf(commands.get(task)!), { permission: "sys", value: "hostname" }]);
  }
  assert.match(run, / --no-prompt /);
});
