/**
 * The figure of an experiment with both sides: ours as curves, theirs as rings.
 * @module
 */
import { chart } from "../figures/chart.ts";
import { figureFor } from "../figures/figures.ts";
import type { Published } from "../original/published.ts";
import { algorithmOf, type Summary } from "../results/summary.ts";
import { LISTED_EPSILON } from "../original/sgd.ts";
import type { Comparison } from "./comparison.ts";
import type { Numbers } from "./contents.ts";

/**
 * Draws both sides of a comparison. Files that were left out as wrong have no rings.
 *
 * @param comparison The comparison.
 * @param source What the legend calls theirs.
 * @returns Name and content of the SVG file.
 * @throws {RangeError} If the experiment has no figure.
 *
 * @example
 * ```ts
 * import { compare } from "./comparison.ts";
 * import { ourContents, publishedContents } from "./contents.ts";
 * import { drawOverlay } from "./overlay.ts";
 *
 * // Needs permission to read the folder `result`.
 * const draw = () => {
 *   const [dataset, experiment] = ["MNIST", "paint_utility_s"];
 *   const ours = ourContents(`result/LMC/${dataset}/${experiment}`);
 *   const pair = { dataset, experiment, ours, theirs: publishedContents(dataset, experiment) };
 *   return drawOverlay(compare([pair])[0], "published").content;
 * };
 * ```
 */
export function drawOverlay(
  { dataset, experiment, ours: { summaries }, theirs, accuracies }: Comparison,
  source: string,
): { file: string; content: string } {
  const { file, panels } = figureFor(experiment, algorithmOf(summaries));
  const compared = new Map(accuracies.map((row) => [row.file, row.theirs]));
  const rings = summaries.flatMap((summary): Published[] => {
    const moments = compared.get(summary.array);
    const K = theirSteps(experiment, summary, theirs.numbers);
    return moments ? [{ array: summary.array, ...moments, ...(K !== undefined && { K }) }] : [];
  });
  const drawn = panels(summaries, rings).map((panel) => {
    const columns = panel.columns.map((entries) =>
      entries.map((entry) => entry.symbol === "ring" ? { ...entry, label: source } : entry)
    );
    return { ...panel, columns };
  });
  return { file: `${dataset}_${file}`, content: chart(...drawn) };
}

/** Their K of one of our cells, where the figure shows it. */
function theirSteps(
  experiment: string,
  { method, b, sigma, num_remove, epsilon, step = NaN, i_factor }: Summary,
  numbers: ReadonlyMap<string, Numbers>,
): number | undefined {
  if (experiment === "sequential") return numbers.get(`k_list_b${b}.npy`)?.get(String(step));
  if (experiment === "paint_unlearning_sigma" && epsilon === LISTED_EPSILON) {
    return numbers.get(`k_list_b${b}_sigma${sigma}.npy`)?.get(String(step));
  }
  if (experiment === "paint_utility_epsilon") return numbers.get("K_list.npy")?.get(`${num_remove}/${epsilon}`);
  if (experiment !== "sequential2") return undefined;
  return method === "D2D unlearn"
    ? numbers.get(`baseline_k_Ifac_${i_factor}.npy`)?.get(String(step - 1))
    : numbers.get(`k_list_nr${num_remove}.npy`)?.get(String(step));
}
