/**
 * Result folders of published numbers, as an experiment leaves them.
 * @module
 */
import { csvFormat } from "d3-dsv";
import { writeWhole } from "../../core/disk/files.ts";
import { columnsOf } from "../../core/results/summary.ts";
import { moments } from "../../core/statistics/statistics.ts";
import { publishedRows } from "./published_rows.ts";

/**
 * Writes the published numbers of an experiment on MNIST as if two trials of ours had them; L and η are made up.
 *
 * @param parent Folder of the algorithm.
 * @param experiment Name of the experiment.
 * @param dataset Name of the dataset's folder.
 * @returns The experiment's folder.
 */
export function publishedFolder(parent: string, experiment: string, dataset = "MNIST"): string {
  const folder = `${parent}/${dataset}/${experiment}`;
  const { summary, trials } = columnsOf("LMC");
  const rows = publishedRows("MNIST", experiment).map((row) => {
    const accuracies = [row.mean - row.std, row.mean + row.std].map((value) => Math.min(1, Math.max(0, value)));
    const method = row.method.replace(/ \(.*\)$/, ""); // What the published tables say beside it
    return { row: { ...row, method, ...moments(accuracies), L: 0.26, eta: 3.8 }, accuracies };
  });
  writeWhole(`${folder}/summary.csv`, csvFormat(rows.map(({ row }) => row), summary) + "\n");
  const lines = rows.flatMap(({ row, accuracies }) =>
    accuracies.map((accuracy, trial) => ({ ...row, trial, accuracy }))
  );
  writeWhole(`${folder}/trials.csv`, csvFormat(lines, trials) + "\n");
  return folder;
}
