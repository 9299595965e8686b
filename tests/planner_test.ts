import assert from "node:assert/strict";
import { type Answer, answersOf, commandLines, DEFAULTS, type Settings, withAnswer } from "../core/pages/planner.ts";
import { command as learn } from "../experiments/deletion/learn.ts";
import { lmcCommand } from "../experiments/main_lmc.ts";
import { command as guarantee } from "../experiments/tools/guarantee.ts";

/** Settings of every kind, with what the exact accountant finds. */
const CASES: readonly Settings[] = ([
  {},
  { find: "sigma", K: 5 },
  { find: "epsilon", K: 50, sigma: 0.02 },
  { delta: 1e-3, neighbours: "replaced" },
  { n: 60_000, classes: 10, S: 100, T: 500, R: 50 },
] as Partial<Settings>[]).map((changes) => {
  const settings = { ...DEFAULTS, ...changes };
  const exact = answersOf(settings).find(({ accountant }): boolean => accountant === "exact") as Answer;
  return withAnswer(settings, exact);
});

const PARSERS: Readonly<Record<string, (args: readonly string[]) => Record<string, unknown>>> = {
  learn: (args) => learn.parse(args, { from: "user" }).opts(),
  main_lmc: (args) => lmcCommand().parse(args, { from: "user" }).opts(),
  main_lmc_multiclass: (args) =>
    lmcCommand({ name: "main_lmc_multiclass", multiclass: true }).parse(args, { from: "user" }).opts(),
  guarantee: (args) => guarantee.parse(args, { from: "user" }).opts(),
};

Deno.test("the planner's command lines are what the commands accept, with the planner's numbers", () => {
  for (const settings of CASES) {
    const lines = commandLines(settings);
    assert.equal(lines.length, settings.neighbours === "null" && settings.R === undefined ? 3 : 2);
    for (const { line } of lines) {
      const [deno, task, name, ...args] = line.split(" ");
      assert.deepEqual([deno, task], ["deno", "task"]);
      const flags = PARSERS[name](args);
      assert.equal(flags.lam, settings.lambda, line);
      assert.deepEqual(flags.capacity ?? flags.num_remove ?? (flags.removes as number[])[0], settings.S, line);
      if (flags.sigma === undefined) assert.equal(flags.k, settings.K, line);
      else assert.equal(flags.sigma, settings.sigma, line);
      assert.ok(name !== "learn" || flags.delta === undefined || flags.delta as number <= 1 / (10 * settings.n), line);
    }
  }
});
