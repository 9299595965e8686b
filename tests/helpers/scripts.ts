/**
 * The scripts of the experiments in this process: their command lines, and how many steps they would take.
 * @module
 */
import assert from "node:assert/strict";
import process from "node:process";
import { makeProblem } from "../../core/model/problem.ts";
import { countWork, type Experiment } from "../../core/runs/run_experiment.ts";
import { baselineExperiment } from "../../experiments/baseline.ts";
import { mainLmcExperiment } from "../../experiments/main_lmc.ts";
import { mainLmcMulticlassExperiment } from "../../experiments/main_lmc_multiclass.ts";
import { mainSgdExperiment } from "../../experiments/main_sgd.ts";
import { mainSgdMulticlassExperiment } from "../../experiments/main_sgd_multiclass.ts";
import { assertForUser } from "./fuzz.ts";

/** Thrown instead of the end of the program. */
class Exit {
  constructor(readonly code: number | undefined) {}
}

/** Does what may end the program: its help is returned, and its complaint thrown as an error. */
export function withoutExit<Result>(parse: () => Result): Result | string {
  const { exit } = Deno;
  const { stdout, stderr } = process;
  const writers = [stdout.write, stderr.write];
  const printed = ["", ""];
  Deno.exit = (code) => {
    throw new Exit(code);
  };
  [stdout, stderr].forEach((stream, i) => stream.write = (text: unknown) => (printed[i] += text, true));
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof Exit)) throw error;
    const [help, complaint] = printed;
    assert.ok(error.code === 0 ? help !== "" && complaint === "" : help === "" && error.code === 2, `${error.code}`);
    if (error.code === 0) return help;
    assert.equal(complaint.at(-1), "\n");
    throw new RangeError(complaint.slice(0, -1));
  } finally {
    Deno.exit = exit;
    [stdout, stderr].forEach((stream, i) => stream.write = writers[i] as never);
  }
}

/** The scripts whose command lines choose an experiment. */
export const SCRIPTS = {
  baseline: (args: readonly string[]) => baselineExperiment(args),
  main_lmc: mainLmcExperiment,
  main_lmc_multiclass: mainLmcMulticlassExperiment,
  main_sgd: mainSgdExperiment,
  main_sgd_multiclass: mainSgdMulticlassExperiment,
};

const rows = (count: number) => ({
  features: Float32Array.from({ length: 3 * count }, (_, i) => i % 3 === 0 ? 1 : 0),
  labels: Float32Array.from({ length: count }, (_, i) => i % 2 === 0 ? 1 : -1),
  count,
  dimension: 3,
  outputs: 1,
});
const dataset = { name: "MNIST", train: rows(50), test: rows(2) };

/** Number of chain steps of an experiment on 50 rows of 3 features. */
export async function countSteps(experiment: Experiment): Promise<number> {
  const { lam, M = 1 } = experiment.options;
  const problem = makeProblem({ n: 50, d: 3, lambda: lam, M });
  return (await countWork(experiment, { dataset, problem })).chainSteps;
}

/**
 * Makes sure that a script refuses a command line before it runs a chain: with an error that its program prints on one
 * line, and ends with exit code 2.
 */
export async function assertRefused(
  script: keyof typeof SCRIPTS,
  args: readonly string[],
  message: RegExp,
): Promise<void> {
  const run = async () => {
    const experiment = withoutExit(() => SCRIPTS[script](args));
    assert.ok(typeof experiment !== "string");
    await countSteps(experiment);
  };
  await assert.rejects(run, (error) => {
    assertForUser(error);
    assert.ok(error instanceof RangeError, args.join(" "));
    assert.match(error.message, message, args.join(" "));
    return true;
  });
}
