/**
 * What was measured on a GPU, as one table.
 * @module
 */
import { formatTable } from "../text/table.ts";
import { type Measurement, threeDigits } from "./measurements.ts";

/** What the fused kernels are compared with: whole steps, and cuBLAS's two products alone. */
const YARDSTICKS = ["torch-cuda", "cublas"] as const;

/**
 * The medians of several problems side by side, how many times as fast as cuBLAS the fused kernels of WebGPU are, and
 * how far their weights are from those of another engine; below it what computed, and who did not.
 *
 * @param measurements Those of all problems, of the same contestants.
 * @param differences Of each problem, the largest difference of a weight over the largest weight.
 * @returns The table.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { gpuTable } from "./gpu_table.ts";
 * import { measure } from "./measurements.ts";
 * import { problems } from "./problems.ts";
 *
 * const timing = (name: string, ms: number) => ({ name, device: "a card", turns: [ms], cpuTurns: [ms], note: "" });
 * const rows = measure(await problems.mnist100(), [timing("webgpu-fused", 4), timing("torch-cuda", 3)]);
 * assert.match(gpuTable(rows, [1e-6]), /^× torch-cuda +0\.75$/m);
 * ```
 */
export function gpuTable(measurements: readonly Measurement[], differences: readonly number[]): string {
  const columns = [...Map.groupBy(measurements, ({ problem }) => problem)];
  const cell = (value: number | undefined) => value === undefined ? "–" : threeDigits(value);
  const msOf = (rows: readonly Measurement[], name: string) => rows.find(({ engine }) => engine === name)?.ms;
  const times = columns[0][1].map(({ engine }) => [engine, ...columns.map(([, rows]) => cell(msOf(rows, engine)))]);
  const measured = YARDSTICKS.filter((name) =>
    measurements.some(({ engine, ms }) => engine === name && ms !== undefined)
  );
  const ratios = measured.map((yardstick) => [
    `× ${yardstick}`,
    ...columns.map(([, rows]) => {
      const [theirs, ours] = [yardstick, "webgpu-fused"].map((name) => msOf(rows, name));
      return cell(theirs === undefined || ours === undefined ? undefined : theirs / ours);
    }),
  ]);
  const table = formatTable(["ms a step", ...columns.map(([problem]) => problem)], [
    ...times,
    ...ratios,
    ["difference", ...differences.map((difference) => difference.toExponential(1))],
  ]);
  const about = new Set(
    measurements.flatMap(({ engine, device, note }) =>
      [device, note].filter((text) => text !== "").map((text) => `${engine}: ${text}`)
    ),
  );
  return [table, "", ...about].join("\n");
}
