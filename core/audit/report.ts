/**
 * An audit as tables of CSV, from which its figure is drawn, and as JSON.
 * @module
 */
import { csvFormat } from "d3-dsv";
import { gaussianEpsilon } from "../accountant/gaussian.ts";
import type { Finding, NormalInterval } from "./audit.ts";
import type { Audits } from "./audits.ts";
import type { Claim } from "./claims.ts";

/** A row of `audit.csv`. */
interface CurvePoint extends Partial<NormalInterval> {
  readonly K: number;
  readonly kind: "certified" | "data" | "found";
  readonly name: string;
  readonly epsilon: number;
  readonly accusing?: number;
}

/**
 * ε from above and from below, for every K: `certified` by each accountant, that of the `data` by the Gaussian
 * approximation, and what each test has `found`, with the interval under normality where there is one.
 *
 * @param claims The claims.
 * @param audits The audits by K.
 * @param delta δ.
 * @returns The CSV.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { curvesCsv } from "./report.ts";
 *
 * assert.match(curvesCsv([], new Map(), 1e-3), /^K,kind,name,epsilon,accusing,low,high\n/);
 * ```
 */
export function curvesCsv(claims: readonly Claim[], audits: Audits, delta: number): string {
  const rows = [...audits].flatMap(([K, { findings, shift }]): CurvePoint[] => [
    ...claims.map(({ name, epsilonAfter }) => ({ K, kind: "certified" as const, name, epsilon: epsilonAfter(K) })),
    { K, kind: "data", name: "Gaussian approximation", epsilon: gaussianEpsilon(shift.predicted, delta) },
    ...findings.map(({ test: name, epsilon, accusing, normal }) => (
      { K, kind: "found" as const, name, epsilon, accusing, ...normal }
    )),
  ]);
  return `${csvFormat(rows, ["K", "kind", "name", "epsilon", "accusing", "low", "high"])}\n`;
}

/** Bars of a histogram. */
const BARS = 40;

/**
 * The scores of the models that a test counted, as a histogram of both sides.
 *
 * @param finding What the test has found.
 * @returns The CSV: bars of equal width, and the threshold of the rule.
 *
 * @example
 * ```ts
 * import { type Finding } from "./audit.ts";
 * import { histogramCsv } from "./report.ts";
 *
 * const barsOf = (finding: Finding) => histogramCsv(finding).split("\n").slice(1);
 * ```
 */
export function histogramCsv({ test, rule: { threshold }, scores }: Finding): string {
  const all = [...scores.unlearned, ...scores.retrained];
  const [least, most] = [all.reduce((a, b) => Math.min(a, b)), all.reduce((a, b) => Math.max(a, b))];
  const width = most > least ? (most - least) / BARS : 1;
  const rows = Object.entries(scores).flatMap(([side, values]: [string, Float64Array]) => {
    const counts = new Array<number>(BARS).fill(0);
    for (const value of values) counts[Math.min(BARS - 1, Math.floor((value - least) / width))]++;
    return counts.map((count, i) => (
      { test, side, from: least + i * width, to: least + (i + 1) * width, count, threshold }
    ));
  });
  return `${csvFormat(rows, ["test", "side", "from", "to", "count", "threshold"])}\n`;
}

/**
 * All that was found, without the scores of single models.
 *
 * @param about What was audited, and how.
 * @param claims The claims.
 * @param audits The audits by K.
 * @returns JSON, in which an infinite number is `null`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { auditJson } from "./report.ts";
 *
 * assert.deepEqual(JSON.parse(auditJson({ n: 5 }, [], new Map())), { n: 5, after: [] });
 * ```
 */
export function auditJson(about: object, claims: readonly Claim[], audits: Audits): string {
  const after = [...audits].map(([K, { findings, ...rest }]) => ({
    K,
    certified: Object.fromEntries(claims.map(({ name, epsilonAfter }) => [name, epsilonAfter(K)])),
    ...rest,
    findings: findings.map(({ scores: _, ...finding }) => finding),
  }));
  return `${JSON.stringify({ ...about, after }, undefined, 2)}\n`;
}
