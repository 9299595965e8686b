/**
 * A comparison in words and tables: one line, a CSV, and a Markdown file.
 * @module
 */
import { csvFormat } from "d3-dsv";
import { inDigits } from "../text/decimal.ts";
import type { AccuracyRow, Comparison, NumbersRow } from "./comparison.ts";
import { LEVEL } from "./comparison.ts";
import { markdownTable } from "../text/table.ts";
import type { FinishedRun } from "../runs/run_folder.ts";

/**
 * What came out, in one line.
 *
 * @param comparisons The comparisons.
 * @param notRun Their experiments that we have not run.
 * @returns The line.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { verdictLine } from "./report.ts";
 *
 * assert.match(verdictLine([]), /^0 of 0 arrays of accuracies agree at 1 %/);
 * ```
 */
export function verdictLine(comparisons: readonly Comparison[], notRun: readonly string[] = []): string {
  const accuracies = comparisons.flatMap(({ accuracies }) => accuracies);
  const tested = accuracies.filter(({ p }) => p !== undefined);
  const without = accuracies.filter(({ verdict }) => verdict === "equal" || verdict === "apart");
  const numbers = comparisons.flatMap(({ numbers }) => numbers);
  const steps = numbers.filter(({ file }) => !isPrivacy(file));
  const privacy = numbers.filter(({ file }) => isPrivacy(file));
  const count = (files: "missingInOurs" | "missingInTheirs" | "leftOut") =>
    comparisons.reduce((sum, comparison) => sum + comparison[files].length, 0);
  const parts = [
    `${
      tested.filter(({ verdict }) => verdict === "agrees").length
    } of ${tested.length} arrays of accuracies agree at ` +
    `${100 * LEVEL} % after Holm's correction${tested.length ? ` (least p ${short(leastP(tested))})` : ""}`,
    ...(steps.length ? [`${equalOf(steps)} K equal`] : []),
    ...(privacy.length ? [`${equalOf(privacy)} α and ε0 equal`] : []),
    ...(without.length
      ? [
        `${without.filter(({ verdict }) => verdict === "equal").length} of ${without.length} arrays without spread ` +
        `equal, the others at most ${short(Math.max(...without.map(distance)))} apart`,
      ]
      : []),
    `missing: ${count("missingInOurs")} files in ours, ${count("missingInTheirs")} in theirs`,
    `left out as wrong: ${count("leftOut")}`,
    ...(notRun.length ? [`not run: ${notRun.join(", ")}`] : []),
  ];
  return parts.join("; ");
}

const TOGETHER = "Holm's correction holds all the same, but arrays agree or are off together, and their number is no " +
  "measure of evidence.";

/**
 * What the verdict does not say of runs over batches, and of those with `--share 1`: their arrays are no independent
 * evidence.
 *
 * @param comparisons The comparisons.
 * @param runs Our runs, those that are over.
 * @returns A paragraph for each of the two, or nothing where there are none.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { dependence } from "./report.ts";
 *
 * assert.deepEqual(dependence([], []), []);
 * ```
 */
export function dependence(
  comparisons: readonly Comparison[],
  runs: readonly (Pick<FinishedRun, "experiment" | "options"> | undefined)[],
): string[] {
  const sharing = runs.flatMap((run) => run?.options.share ? [run.experiment] : []);
  return [
    ...(comparisons.some(({ algorithm }) => algorithm === "SGD")
      ? [
        "All cells of a run over batches share the orders of rows of its trials: trial accuracies of two cells correlate " +
        `by up to 0.998. ${TOGETHER}`,
      ]
      : []),
    ...(sharing.length > 0
      ? [`Cells of ${[...new Set(sharing)].join(", ")} share chains (--share 1), some all of them. ${TOGETHER}`]
      : []),
  ];
}

const isPrivacy = (file: string) => /alpha|epsilon0/.test(file);
const leastP = (rows: readonly AccuracyRow[]) => Math.min(...rows.map(({ p }) => p!));
const distance = ({ ours, theirs }: AccuracyRow) => Math.abs(ours.mean - theirs.mean);
const equalOf = (rows: readonly NumbersRow[]) =>
  ["equal", "total"].map((column) => rows.reduce((sum, row) => sum + row[column as "equal" | "total"], 0)).join(" of ");
const short = (value: number) => inDigits(value, 2);

const COLUMNS = [
  ...["dataset", "experiment", "array", "verdict", "n_ours", "mean_ours", "std_ours", "n_theirs", "mean_theirs"],
  ...["std_theirs", "difference", "t", "df", "p_welch", "D", "p_ks", "p_holm", "equal", "total", "first_difference"],
  "note",
];

/**
 * Every row of the comparisons as CSV: arrays, lists, what was left out and what is missing.
 *
 * @param comparisons The comparisons.
 * @returns The file's content. `std` is the population's, `p_holm` the least p-value of the row after the correction.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { comparisonCsv } from "./report.ts";
 *
 * assert.match(comparisonCsv([]), /^dataset,experiment,array,verdict,n_ours/);
 * ```
 */
export function comparisonCsv(comparisons: readonly Comparison[]): string {
  const rows = comparisons.flatMap(({ dataset, experiment, ...comparison }) =>
    [
      ...comparison.accuracies.map(({ file, ours, theirs, welch, ks, p, verdict }) => ({
        ...{ array: file, verdict, n_ours: ours.n, mean_ours: ours.mean, std_ours: ours.std },
        ...{ n_theirs: theirs.n, mean_theirs: theirs.mean, std_theirs: theirs.std },
        ...{ difference: ours.mean - theirs.mean, t: welch?.t, df: welch?.df, p_welch: welch?.p },
        ...{ D: ks?.D, p_ks: ks?.p, p_holm: p },
      })),
      ...comparison.numbers.map(({ file, equal, total, firstDifference, note }) => ({
        ...{ array: file, verdict: equal === total ? "equal" : "differs", equal, total },
        ...{ first_difference: firstDifference, note },
      })),
      ...comparison.leftOut.map(({ file, reason }) => ({ array: file, verdict: "left out", note: reason })),
      ...comparison.missingInOurs.map((file) => ({ array: file, verdict: "missing in ours" })),
      ...comparison.missingInTheirs.map((file) => ({ array: file, verdict: "missing in theirs" })),
    ].map((row) => ({ dataset, experiment, ...row }))
  );
  return csvFormat(rows, COLUMNS as never) + "\n";
}

/** What the Markdown file says beside the tables. */
export interface Frame {
  /** What is compared with what, and how it was made: lines of Markdown. */
  readonly introduction: readonly string[];
  /** The line that says what came out. */
  readonly verdict: string;
  /** The figure of an experiment, if one was drawn: a file in the same folder. */
  figureOf(comparison: Comparison): string | undefined;
}

/**
 * The comparisons as Markdown.
 *
 * @param comparisons The comparisons.
 * @param frame What stands around the tables.
 * @returns The file's content.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { comparisonMarkdown } from "./report.ts";
 *
 * const text = comparisonMarkdown([], { introduction: ["Nothing."], verdict: "All", figureOf: () => undefined });
 * assert.match(text, /^# Ours and theirs\n\nNothing\./);
 * ```
 */
export function comparisonMarkdown(
  comparisons: readonly Comparison[],
  { introduction, verdict, figureOf }: Frame,
): string {
  const blocks = comparisons.flatMap((comparison) => [
    `## ${comparison.dataset}, ${comparison.experiment}`,
    ...(figureOf(comparison) ? [`![Ours and theirs](${figureOf(comparison)})`] : []),
    ...accuracyTable(comparison.accuracies),
    ...numbersTable(comparison.numbers),
    ...[...Map.groupBy(comparison.leftOut, ({ reason }) => reason)]
      .flatMap(([reason, files]) => fileList(`Left out, ${reason}`, files.map(({ file }) => file))),
    ...fileList("Missing in ours", comparison.missingInOurs),
    ...fileList("Missing in theirs", comparison.missingInTheirs),
  ]);
  return ["# Ours and theirs", ...introduction, `**${verdict}.**`, ...blocks].join("\n\n") + "\n";
}

const table = (header: readonly string[], rows: readonly (readonly string[])[]): string[] =>
  rows.length === 0 ? [] : [markdownTable(header, rows)];

const fixed = (value: number) => value.toFixed(4);
const probability = (value: number | undefined) => value === undefined ? "" : value.toPrecision(2);

/** The columns of {@linkcode accuracyCells}, the verdict beside them. */
export const ACCURACY_COLUMNS = [
  "array",
  "ours",
  "theirs",
  "difference",
  "t",
  "p (Welch)",
  "D",
  "p (KS)",
  "p (Holm)",
] as const;

/** The columns of {@linkcode numbersCells}. */
export const NUMBERS_COLUMNS = ["numbers", "equal", "first difference", "note"] as const;

/**
 * Two arrays of accuracies as cells of a table.
 *
 * @param row The arrays.
 * @returns A cell for each of {@linkcode ACCURACY_COLUMNS}.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { accuracyCells } from "./report.ts";
 *
 * const [ours, theirs] = [{ n: 20, mean: 0.9, std: 0 }, { n: 100, mean: 0.9, std: 0 }];
 * const cells = accuracyCells({ file: "a.npy", ours, theirs, verdict: "equal" });
 * assert.deepEqual(cells.slice(0, 2), ["a.npy", "0.9000 ± 0.0000 (20)"]);
 * ```
 */
export function accuracyCells({ file, ours, theirs, welch, ks, p }: AccuracyRow): string[] {
  return [
    file,
    ...[ours, theirs].map(({ n, mean, std }) => `${fixed(mean)} ± ${fixed(std)} (${n})`),
    fixed(ours.mean - theirs.mean),
    welch?.t.toFixed(2) ?? "",
    probability(welch?.p),
    ks?.D.toFixed(3) ?? "",
    probability(ks?.p),
    probability(p),
  ];
}

/**
 * Two files of the accountant's numbers as cells of a table.
 *
 * @param row The files.
 * @returns A cell for each of {@linkcode NUMBERS_COLUMNS}.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { numbersCells } from "./report.ts";
 *
 * const row = { file: "K_list.npy", equal: 2, total: 2, firstDifference: "", note: "" };
 * assert.deepEqual(numbersCells(row), ["K_list.npy", "2 of 2", "", ""]);
 * ```
 */
export function numbersCells({ file, equal, total, firstDifference, note }: NumbersRow): string[] {
  return [file, `${equal} of ${total}`, firstDifference, firstDifference && note];
}

const inCode = ([file, ...cells]: readonly string[]) => [`\`${file}\``, ...cells];

function accuracyTable(rows: readonly AccuracyRow[]): string[] {
  return table(
    [...ACCURACY_COLUMNS, ""],
    rows.map((row) => {
      const { verdict } = row;
      return [...inCode(accuracyCells(row)), verdict === "agrees" ? verdict : `**${verdict}**`];
    }),
  );
}

function numbersTable(rows: readonly NumbersRow[]): string[] {
  return table(NUMBERS_COLUMNS, rows.map((row) => inCode(numbersCells(row))));
}

/** More files than these are only counted. */
const LISTED = 12;

function fileList(title: string, files: readonly string[]): string[] {
  if (files.length === 0) return [];
  const more = files.length > LISTED ? ` and ${files.length - LISTED} more, see the CSV` : "";
  return [`${title}: ${files.slice(0, LISTED).map((file) => `\`${file}\``).join(", ")}${more}.`];
}
