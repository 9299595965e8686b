/**
 * Figure 3a on MNIST in minutes, beside the published numbers: `baseline.ts` with the fast preset and the smoothness
 * constant of the published run.
 *
 * `deno task quickstart`
 * @module
 */
import { runScript, type Script } from "../core/command_line/mod.ts";
import { publishedAccuracies } from "../core/original/published.ts";
import { runExperiment } from "../core/runs/run_experiment.ts";
import { type Moments, zScore } from "../core/statistics/statistics.ts";
import { formatTable } from "../core/text/table.ts";
import { baselineExperiment } from "./baseline.ts";

const SCRIPT: Script = {
  name: "quickstart",
  multiclass: false,
  description: "Figure 3a on MNIST in minutes, beside the published numbers.",
  defaults: {
    "--preset": "fast",
    "--smoothness": "spectral",
    "--langevin_ks": "1",
    "--result-dir": "result/quickstart",
  },
};

const percent = (share: number) => (100 * share).toFixed(2);
const spread = ({ mean, std }: Moments) => `${percent(mean)} ± ${percent(std).padStart(5)}`;

await runScript(async () => {
  const experiment = baselineExperiment(Deno.args, SCRIPT);
  if (experiment.options.dataset !== "MNIST") throw new RangeError("quickstart is of MNIST: use deno task baseline");
  const summaries = await runExperiment(experiment);
  const published = publishedAccuracies("MNIST", "baseline");
  const rows = summaries.flatMap(({ method, k, epsilon, sigma, array, ...ours }) => {
    const theirs = published.get(array);
    if (!theirs) return [];
    const otherNoise = theirs.sigma !== undefined && sigma !== undefined &&
      Math.abs(theirs.sigma - sigma) > 0.01 * sigma;
    const mark = theirs.copied || otherNoise ? "*" : "";
    const difference = percent(ours.mean - theirs.mean);
    const z = zScore(ours, theirs);
    const cells = [
      method,
      k ?? "",
      epsilon ?? "",
      spread(ours),
      spread(theirs),
      difference,
      Number.isFinite(z) ? z.toFixed(1) : z < 0 ? "−∞" : "∞",
    ];
    return [[...cells.map(String), mark]];
  });
  console.log("\nTest accuracy in percent, mean ± standard deviation; z = difference / its standard error\n");
  console.log(formatTable(["method", "k", "ε", "ours", "published", "difference", "z", ""], rows));
  console.log("\n* known to be wrong as published: see the errata in docs/original.md");
});
