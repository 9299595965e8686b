/**
 * What a user should know of a dataset and cannot see from its name.
 * @module
 */
import { countLabels, type Dataset, type Rows } from "../model/rows.ts";
import { printable } from "../text/messages.ts";
import { formatParagraph } from "../text/table.ts";

/**
 * Where the features come from, what the classes are, and how many training rows each has.
 *
 * @param dataset The dataset.
 * @returns Lines of each that the dataset says.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { describeData } from "./describe_data.ts";
 * import { loadMnist } from "./mnist.ts";
 *
 * assert.deepEqual(describeData(await loadMnist()), ["Labels: +1 is 3 (6131 rows), −1 is 8 (5851 rows)"]);
 * ```
 */
export function describeData({ origin, classNames, train }: Dataset): string[] {
  return [...(origin ? [`Data: ${origin}`] : []), ...(classNames ? [describeClasses(classNames, train)] : [])];
}

function describeClasses(classNames: readonly string[], train: Rows): string {
  const counts = countLabels(train);
  const [first, ...others] = classNames.map((name, c) =>
    `${printable(name)} (${counts[c]} row${counts[c] === 1 ? "" : "s"})`
  );
  if (train.outputs === 1) return `Labels: +1 is ${others[0]}, −1 is ${first}`;
  // No line ends within a name.
  const items = [first, ...others].map((item) => item.replaceAll(" ", "\u00a0"));
  return formatParagraph("Classes: ", items.join(", ")).replaceAll("\u00a0", " ");
}
