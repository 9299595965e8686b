/**
 * Figure 3a on MNIST in minutes, beside the published numbers: `baseline.ts` with the fast preset and the smoothness
 * constant of the published run.
 *
 * `deno task quickstart`
 * @module
 */
import { runScript } from "../core/command_line.ts";
import { publishedAccuracies } from "../core/published.ts";
import { zScore } from "../core/statistics.ts";
import { baseline } from "./baseline.ts";

const QUICK = [
  "--preset",
  "fast",
  "--smoothness",
  "spectral",
  "--langevin_ks",
  "1",
  "--result-dir",
  "result/quickstart",
];

await runScript(async () => {
  const results = await baseline([...QUICK, ...Deno.args]);
  if (!results) return;
  const published = publishedAccuracies("MNIST", "baseline");
  const percent = (x: number) => (100 * x).toFixed(2);
  let corrupted = false;
  console.log("\nMean accuracy and standard deviation in percent");
  console.log("method               k     ε        ours     published  difference     z");
  for (const { method, k, epsilon, sigma, array, ...ours } of results.summaries) {
    const theirs = published.get(array);
    if (!theirs) continue;
    const otherNoise = method.startsWith("LMC") && theirs.sigma !== undefined &&
      Math.abs(theirs.sigma / sigma! - 1) > 0.01;
    corrupted ||= otherNoise;
    console.log(
      method.padEnd(20),
      String(k ?? "").padStart(2),
      String(epsilon ?? "").padStart(5),
      `${percent(ours.mean)} ± ${percent(ours.std).padStart(5)}`,
      ` ${percent(theirs.mean)} ± ${percent(theirs.std).padStart(5)}`,
      percent(ours.mean - theirs.mean).padStart(9),
      zScore(ours, theirs).toFixed(1).padStart(5) + (otherNoise ? " *" : ""),
    );
  }
  if (corrupted) {
    console.log("* published with a σ a hundred times too small, by mistake: see the errata in README.md");
  }
});
