/**
 * What a report says of what the tools found: audits, guarantees, and the speed of the engines.
 * @module
 */
import { BENCH_TITLE, benchDrawing } from "../bench/figure.ts";
import { parseMeasurements } from "../bench/measurements.ts";
import { isFile, readFile, readTextFile } from "../disk/files.ts";
import { inside } from "../disk/inside.ts";
import { auditPanels } from "../figures/audit.ts";
import { chartInPage } from "../figures/chart.ts";
import { guaranteePanels } from "../figures/guarantee.ts";
import { svgInPage } from "../figures/svg.ts";
import { inDigits } from "../text/decimal.ts";
import { isObject, parseJson } from "../text/json.ts";
import { csvHtml, definitionsHtml, figureHtml, paragraphHtml, type Section, tableHtml } from "./html.ts";

/** What one test has found. */
interface Found {
  readonly test: string;
  readonly epsilon: number;
  readonly accusing: number;
  readonly normal?: { readonly low: number; readonly high: number };
}

/** As much of an `audit.json` as is shown; its numbers are finite, but that JSON has `null` for infinite ones. */
export interface AuditFile {
  /** The version of the program that made it. */
  readonly program: string;
  /** What was audited. */
  readonly audited: string;
  /** What made the models. */
  readonly engine: string;
  /** What unlearned, which models the adversary sees, and which pair of data sets was told apart. */
  readonly algorithm: string;
  readonly kept: string;
  readonly pair: string;
  readonly neighbours: string;
  /** Constants. */
  readonly n: number;
  readonly d: number;
  readonly classes: number;
  readonly lambda: number;
  readonly sigma: number;
  readonly delta: number;
  /** Steps of learning and of unlearning, and rows removed. */
  readonly T: number;
  readonly K: number;
  readonly S: number;
  /** Models a side. */
  readonly models: number;
  /** The seed of the models; certified walks have none. */
  readonly seed?: number;
  /** What was claimed. */
  readonly claim: { readonly by: string; readonly epsilon: number | null };
  /** Whether that was refuted. */
  readonly refuted: boolean;
  /** What was found after so many steps. */
  readonly after: readonly { readonly K: number; readonly counted: number; readonly findings: readonly Found[] }[];
}

const TEXTS = ["program", "audited", "engine", "algorithm", "kept", "pair", "neighbours"];
const NUMBERS = ["n", "d", "classes", "lambda", "sigma", "delta", "T", "K", "S", "models"];
const isNumberOrNull = (value: unknown) => value === null || typeof value === "number";

const isFound = (value: unknown) =>
  isObject(value) && typeof value.test === "string" && [value.epsilon, value.accusing].every(isNumberOrNull) &&
  (value.normal === undefined || isObject(value.normal) && [value.normal.low, value.normal.high].every(isNumberOrNull));

const isAudit = (value: unknown): boolean =>
  isObject(value) && TEXTS.every((name) => typeof value[name] === "string") &&
  NUMBERS.every((name) => typeof value[name] === "number") && typeof value.refuted === "boolean" &&
  isObject(value.claim) && typeof value.claim.by === "string" && isNumberOrNull(value.claim.epsilon) &&
  Array.isArray(value.after) && value.after.length > 0 &&
  value.after.every((each) => isObject(each) && Array.isArray(each.findings) && each.findings.every(isFound));

/**
 * Reads what `deno task audit` left.
 *
 * @param resultDir The result folder.
 * @returns It, undefined if there is none.
 * @throws {Error} If it is damaged.
 *
 * @example
 * ```ts
 * import { readAudit } from "./tool_sections.ts";
 *
 * // Needs permission to read the folder `result`.
 * const refuted = () => readAudit("result")?.refuted;
 * ```
 */
export function readAudit(resultDir: string): AuditFile | undefined {
  const path = inside(resultDir, "audit/audit.json");
  if (!isFile(path)) return undefined;
  const value = parseJson(readFile(path));
  if (!isAudit(value)) throw new Error(`${path} is damaged, or of another version: run deno task audit again`);
  return value as AuditFile;
}

const digits = (value: number | null) => value === null ? "∞" : inDigits(value, 4);

/** Draws from files that a tool left, and says which they are if they cannot be drawn. */
function drawnFrom(folder: string, tool: string, draw: () => string): string {
  try {
    return draw();
  } catch (error) {
    throw new Error(`${folder}: ${(error as Error).message}: run deno task ${tool} again`, { cause: error });
  }
}

/**
 * The section of an audit.
 *
 * @param resultDir The result folder.
 * @param audit Its audit.
 * @returns The section.
 * @throws {Error} If its tables cannot be read or drawn.
 *
 * @example
 * ```ts
 * import { auditSection, readAudit } from "./tool_sections.ts";
 *
 * // Needs permission to read the folder `result`.
 * const title = () => auditSection("result", readAudit("result")!).title;
 * ```
 */
export function auditSection(resultDir: string, audit: AuditFile): Section {
  const { audited, T, K, S, delta, claim, refuted, after, models, engine, seed } = audit;
  const folder = inside(resultDir, "audit");
  const [curves, scores] = ["audit.csv", "histogram.csv"].map((name) => readTextFile(inside(folder, name)));
  const { findings, counted } = after.at(-1)!;
  return {
    title: `Audit: ${audited}`,
    content: [
      paragraphHtml(
        refuted
          ? `The claim DOES NOT HOLD: a test shows more than ε = ${digits(claim.epsilon)}.`
          : `No test refuted ε = ${
            digits(claim.epsilon)
          }. What was not found may be there all the same: a lower bound ` +
            "is no guarantee.",
        refuted ? "bad" : undefined,
      ),
      figureHtml(
        drawnFrom(folder, "audit", () => chartInPage(...auditPanels(curves, scores, audited))),
        `Above, the scores of the models that were counted; below, ε from above and from below. ${folder}`,
      ),
      definitionsHtml([
        ["Claimed", `ε = ${digits(claim.epsilon)}, δ = ${digits(delta)}, by ${claim.by}`],
        ["Learned", `in T = ${T} steps, then unlearned S = ${S} rows in K = ${K}; ${audit.algorithm}`],
        ["Told apart", `${audit.pair} pair, removed rows ${audit.neighbours}; kept: ${audit.kept}`],
        ["Models", `${models} a side, of which ${counted} were counted${seed === undefined ? "" : `; seed ${seed}`}`],
        ["Engine", engine],
        ["Version", audit.program],
      ]),
      tableHtml({
        caption: `Lower bounds of ε after K = ${K} steps`,
        header: ["test", "95 %", "99.9 %", "if normal, from", "to"],
        words: ["test"],
        rows: findings.map(({ test, epsilon, accusing, normal }) => [
          ...[test, digits(epsilon), digits(accusing)],
          ...(normal ? [digits(normal.low), digits(normal.high)] : ["–", "–"]),
        ]),
      }),
      csvHtml(`${folder}/audit.csv`, curves),
    ],
  };
}

function guaranteeSection(path: string): Section {
  const csv = readTextFile(path);
  return {
    title: "Guarantee",
    content: [
      figureHtml(drawnFrom(path, "guarantee", () => chartInPage(...guaranteePanels(csv, "ε of a run"))), path),
      csvHtml(path, csv),
    ],
  };
}

function benchSection(path: string): Section {
  const csv = readTextFile(path);
  const svg = svgInPage(BENCH_TITLE, benchDrawing(parseMeasurements(csv, path)));
  return { title: `Speed of the engines, ${path}`, content: [figureHtml(svg, path), csvHtml(path, csv)] };
}

/**
 * What the tools left in a result folder: `audit`, `guarantee` and `bench`.
 *
 * @param resultDir The folder.
 * @returns The sections, none where nothing is there.
 * @throws {Error} If a file is damaged.
 *
 * @example
 * ```ts
 * import { toolSections } from "./tool_sections.ts";
 *
 * // Needs permission to read the folder `result`.
 * const titles = () => toolSections("result").map(({ title }) => title);
 * ```
 */
export function toolSections(resultDir: string): Section[] {
  const audit = readAudit(resultDir);
  const there = (...names: readonly string[]) => names.map((name) => inside(resultDir, name)).filter(isFile);
  return [
    ...(audit ? [auditSection(resultDir, audit)] : []),
    ...there("guarantee/guarantee.csv").map(guaranteeSection),
    ...there("bench.csv", "v8/bench.csv").map(benchSection),
  ];
}
