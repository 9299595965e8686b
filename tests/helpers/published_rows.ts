/**
 * The authors' published numbers, as if an experiment had left them in its `summary.csv`.
 * @module
 */
import { csvParse } from "d3-dsv";
import type { Method, Summary } from "../../core/results/summary.ts";
import type { Algorithm } from "../../core/original/experiments.ts";
import accuracies from "../../data/published/accuracies.csv" with { type: "text" };
import sgdAccuracies from "../../data/published/sgd_accuracies.csv" with { type: "text" };
import steps from "../../data/published/steps.csv" with { type: "text" };

const initialPrivacy = csvParse(steps).filter(({ quantity }) => quantity === "epsilon0");

/** The rows of an experiment on a dataset. L and η were not published. */
export function publishedRows(dataset: string, experiment: string, algorithm: Algorithm = "LMC"): Summary[] {
  return csvParse(algorithm === "SGD" ? sgdAccuracies : accuracies)
    .filter((row) => row.dataset === dataset && row.experiment === experiment)
    .map((row) => {
      const { method, num_remove, i_factor } =
        /^(?<method>.*?)( sequential)?( S=(?<num_remove>\d+))?( I_factor=(?<i_factor>.*))?$/
          .exec(row.method)!.groups!;
      const epsilon0 = initialPrivacy.find(({ key, source_file }) =>
        key === `S=100;sigma=${row.sigma}` && source_file.startsWith(`${dataset}/${experiment}/`)
      )?.value;
      return {
        dataset,
        method: method as Method,
        array: row.source_file.split(`${dataset}/${experiment}/`)[1],
        n: Number(row.trials),
        mean: Number(row.mean),
        std: Number(row.std),
        L: NaN,
        eta: NaN,
        ...numbers({
          k: experiment === "baseline" ? row.k : "",
          b: row.b,
          T: row.T,
          epsilon: row.epsilon,
          sigma: row.sigma,
          num_remove: num_remove ?? row.num_remove,
          step: row.step,
          i_factor,
          K: row.k_used,
          epsilon0,
        }),
      };
    });
}

/** The fields that are not empty. */
function numbers<T extends Record<string, string | undefined>>(fields: T): { [field in keyof T]?: number } {
  const given = Object.entries(fields).filter(([, text]) => text);
  return Object.fromEntries(given.map(([field, text]) => [field, Number(text)])) as { [field in keyof T]?: number };
}
