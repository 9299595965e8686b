import assert from "node:assert/strict";
import notation from "../docs/notation.md" with { type: "text" };
import changelog from "../CHANGELOG.md" with { type: "text" };
import denoConfig from "../deno.json" with { type: "json" };
import { ACCOUNTANTS, exactAccountant, langevinAccountant, makeProblem } from "../core/accountant/mod.ts";
import type { Chain, Request } from "../core/accountant/history.ts";
import type { Setting } from "../core/learning/chains.ts";
import { columnsOf } from "../core/results/summary.ts";
import summary from "./fixtures/version_0.2/whole/LMC/CSV/paint_unlearning_sigma/summary.csv" with { type: "text" };
import certificate from "./fixtures/version_0.2/certificate.json" with { type: "json" };
import { runTask } from "./helpers/run_task.ts";

const rows = notation.split("\n").filter((line) => line.startsWith("| ")).slice(2)
  .map((line) => line.split("|").slice(1, -1).map((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name)));

Deno.test("every flag and column of the notation is one", async () => {
  const names = rows.flatMap(([, , names]) => names);
  const [flags, columns] = [true, false].map((isFlag) => names.filter((name) => name.startsWith("--") === isFlag));
  assert.ok(flags.length > 10 && columns.length > 8);
  const tasks = ["baseline", "main_lmc", "main_sgd", "learn"];
  const help = (await Promise.all(tasks.map((task) => runTask(task, "--help")))).map(({ stdout }) => stdout).join("\n");
  for (const flag of flags) assert.match(help, new RegExp(`^ +(-\\w, )?${flag}[ =]`, "m"), flag);
  const header = [...summary.split("\n")[0].split(","), ...columnsOf("SGD").summary];
  for (const column of columns) assert.ok(header.includes(column), column);
});

Deno.test("every name in code of the notation is one", () => {
  const problem = makeProblem({ n: 100, d: 5, lambda: 1e-3 });
  const steps = { batchSize: 100, radius: 1, clipsRegularizer: false };
  const chain: Required<Chain> = { problem, sigma: 1, T: 9, neighbours: "null", ...steps };
  const request: Request = { S: 1, K: 2 };
  const guarantees = [langevinAccountant(), exactAccountant()].map((accountant) =>
    accountant.guarantee({ ...chain, requests: [request] }, 0.1)
  );
  const target = { epsilon: 1, delta: 0.1 };
  const setting: Pick<Setting, "trials"> = { trials: 1 };
  const at = guarantees.flatMap(({ at }) => Object.keys(at)).map((name) => `at.${name}`);
  const known = new Set([
    ...[problem, chain, request, target, setting].flatMap((object) => Object.keys(object)),
    ...[...at, "requests", "accountant", ...Object.keys(certificate).filter((field) => field === "epsilon0")],
  ]);
  for (const name of rows.flatMap(([, , , names]) => names)) assert.ok(known.has(name), name);
  assert.ok(Object.hasOwn(ACCOUNTANTS, "paper"));
});

Deno.test("the changelog begins with this version", () => {
  assert.equal(/^## (.*)$/m.exec(changelog)![1], denoConfig.version);
});
