/**
 * What a report says of experiments: figures, what made them, their numbers beside the published ones.
 * @module
 */
import type { Comparison } from "../compare/comparison.ts";
import { compareBelow } from "../compare/folders.ts";
import {
  ACCURACY_COLUMNS,
  accuracyCells,
  dependence,
  NUMBERS_COLUMNS,
  numbersCells,
  verdictLine,
} from "../compare/report.ts";
import { isFile, readTextFile } from "../disk/files.ts";
import { inside } from "../disk/inside.ts";
import { chartInPage } from "../figures/chart.ts";
import { panelsOf } from "../figures/plot_folder.ts";
import { experimentsOf } from "../original/experiments.ts";
import { experimentFolders, partsOf } from "../results/paths.ts";
import { algorithmOf, columnsOf, parseSummary, type Summary } from "../results/summary.ts";
import { type FinishedRun, readRunIfOver } from "../runs/run_folder.ts";
import { commandLine, nameVariant } from "../runs/run_record.ts";
import { inDigits } from "../text/decimal.ts";
import { formatDuration } from "../text/time.ts";
import {
  csvHtml,
  definitionsHtml,
  figureHtml,
  headingHtml,
  paragraphHtml,
  preHtml,
  type Section,
  tableHtml,
} from "./html.ts";

/** Columns of words in `summary.csv`. */
const WORDS = ["method", "array"];

/** Columns of `summary.csv` that mostly have one value for all rows. */
const CONSTANTS: readonly string[] = ["n", "L", "eta"];

/** The rows of a `summary.csv`; what is the same of all stands above. */
function summaryTable(path: string, summaries: readonly Summary[]): string {
  const { summary } = columnsOf(algorithmOf(summaries));
  const cellOf = (row: Summary, column: typeof summary[number]) => {
    const value = row[column];
    return typeof value === "number" ? inDigits(value, 6) : value ?? "";
  };
  const isShared = (column: typeof summary[number]) =>
    CONSTANTS.includes(column) && new Set(summaries.map((row) => cellOf(row, column))).size === 1;
  const columns = summary.filter((column) => column !== "dataset" && column !== "variant" && !isShared(column));
  const shared = summary.filter(isShared).map((column) => `${column} = ${cellOf(summaries[0], column)}`);
  return tableHtml({
    caption: `${path}: accuracies (mean, population standard deviation) and the accountant's numbers` +
      (shared.length > 0 ? `; ${shared.join(", ")} of all rows` : ""),
    header: columns,
    words: WORDS,
    rows: summaries.map((row) => columns.map((column) => cellOf(row, column))),
  });
}

/** What made a run. */
function originHtml(run: FinishedRun | undefined): string {
  if (!run) {
    return paragraphHtml("There is no run.json: nothing tells what made these files, or whether they are whole.");
  }
  const { options, problem: { n, d, classes, lambda }, versions, device, started, seconds, data, named } = run;
  const { seed, num_trial, trials } = options;
  const command = commandLine(run);
  return definitionsHtml([
    ["Variant", nameVariant(options)],
    ["Seed", String(seed)],
    ["Trials", trials === undefined ? String(num_trial) : `${num_trial}, put together by deno task merge: ${trials}`],
    ["Data", `n = ${n}, d = ${d}, ${classes} classes, λ = ${lambda}${data === undefined ? "" : `; ${data}`}`],
    ...(named === undefined ? [] : [["Removed rows", named] as const]),
    ["Engine", device ?? run.engine],
    ["Version", Object.entries(versions).map(([name, version]) => `${name} ${version}`).join(", ")],
    ["Began", started],
    ...(seconds === undefined ? [] : [["Took", formatDuration(seconds)] as const]),
  ]) + (command === undefined ? "" : `\n${preHtml("Command line", command)}`);
}

/** Ours beside what was published of an experiment. */
function comparisonHtml(comparison: Comparison): string[] {
  const { dataset, experiment, accuracies, numbers, leftOut, missingInOurs, missingInTheirs } = comparison;
  const of = `of ${dataset}, ${experiment}`;
  if (accuracies.length + numbers.length + leftOut.length === 0) return [];
  return [
    headingHtml(4, "Beside the published numbers"),
    tableHtml({
      caption: `Accuracies ${of}: mean ± population standard deviation (trials); theirs are the published ones`,
      header: [...ACCURACY_COLUMNS, "verdict"],
      words: ["array", "verdict"],
      rows: accuracies.map((row) => [...accuracyCells(row), row.verdict]),
    }),
    tableHtml({
      caption: `The accountant's numbers ${of}, one by one`,
      header: NUMBERS_COLUMNS,
      words: ["numbers", "first difference", "note"],
      rows: numbers.map(numbersCells),
    }),
    tableHtml({
      caption: `Errata ${of}: published files that are not compared`,
      header: ["array", "why"],
      words: ["array", "why"],
      rows: leftOut.map(({ file, reason }) => [file, reason]),
    }),
    paragraphHtml(
      `Files that only one side has: ${missingInOurs.length} of theirs, ${missingInTheirs.length} of ours.`,
      "faint",
    ),
  ];
}

/** An experiment: its figure, what made it, its numbers. */
function experimentHtml(folder: string, comparison: Comparison | undefined): string[] {
  const { dataset, experiment } = partsOf(folder);
  const run = readRunIfOver(folder);
  const path = `${folder}/summary.csv`;
  const summaries = parseSummary(readTextFile(inside(folder, "summary.csv")), path);
  const { figure } = experimentsOf(algorithmOf(summaries)).find(({ name }) => name === experiment) ?? {};
  return [
    headingHtml(3, `${dataset}, ${experiment}${figure === undefined ? "" : `: Figure ${figure}`}`),
    figureHtml(chartInPage(...panelsOf(experiment, summaries)), folder),
    originHtml(run),
    summaryTable(path, summaries),
    ...(comparison ? comparisonHtml(comparison) : []),
  ];
}

/** What `--find_k` found. */
function findKHtml(folder: string): string[] {
  const path = inside(folder, "find_k.csv");
  return [headingHtml(3, `${partsOf(folder).dataset}, find_k`), csvHtml(path, readTextFile(path))];
}

/**
 * All experiments in a result folder, a section for each of its folders `LMC` and `SGD`.
 *
 * @param resultDir The folder.
 * @returns The sections, none where nothing is there.
 * @throws {Error} If a result is damaged, as its name says.
 * @throws {RangeError} If an experiment has no figure.
 *
 * @example
 * ```ts
 * import { experimentSections } from "./experiment_sections.ts";
 *
 * // Needs permission to read the folder `result`.
 * const titles = () => experimentSections("result").map(({ title }) => title);
 * ```
 */
export function experimentSections(resultDir: string): Section[] {
  const folders = experimentFolders(resultDir, "summary.csv", "find_k.csv");
  return [...Map.groupBy(folders, (folder) => partsOf(folder).parent)].map(([parent, folders]) => {
    const { runs, comparisons, notRun } = compareBelow(parent);
    const comparisonOf = (folder: string) =>
      comparisons.find(({ dataset, experiment }) => folder === `${parent}/${dataset}/${experiment}`);
    const compared = comparisons.filter(({ accuracies, numbers }) => accuracies.length + numbers.length > 0);
    return {
      title: parent,
      content: [
        ...(compared.length > 0
          ? [`${verdictLine(comparisons, notRun)}.`, ...dependence(comparisons, runs)].map((line) =>
            paragraphHtml(line)
          )
          : []),
        ...folders.flatMap((folder) => [
          ...(isFile(`${folder}/summary.csv`) ? experimentHtml(folder, comparisonOf(folder)) : []),
          ...(isFile(`${folder}/find_k.csv`) ? findKHtml(folder) : []),
        ]),
      ],
    };
  });
}
