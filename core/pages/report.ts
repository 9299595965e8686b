/**
 * The report of a result folder, or of a model from which rows are deleted: a page that is one file.
 * @module
 */
import { basename } from "node:path";
import denoConfig from "../../deno.json" with { type: "json" };
import type { ModelCertificate } from "../certificate/mod.ts";
import type { Known } from "../deletion/release.ts";
import { inside } from "../disk/inside.ts";
import { noExperiment } from "../results/paths.ts";
import { inShell } from "../text/messages.ts";
import { experimentSections } from "./experiment_sections.ts";
import { paragraphHtml, type Section, sectionsHtml } from "./html.ts";
import script from "./bundles/report.js" with { type: "text" };
import { modelReport } from "./model_section.ts";
import { makePage } from "./page.ts";
import { type AuditFile, auditSection, readAudit, toolSections } from "./tool_sections.ts";

/** Where the tasks leave experiments, in the result folder: the quickstart has two folders of its own. */
const PLACES = ["", "/quickstart", "/quickstart/exact"];

const pageOf = async (title: string, sections: readonly Section[]) =>
  await makePage({
    title,
    body: [paragraphHtml(`Langevin unlearning ${denoConfig.version}`, "faint"), sectionsHtml(sections)].join("\n"),
    script,
  });

/**
 * The report of all results in a folder: experiments beside the published numbers, and what the tools found.
 *
 * @param resultDir The folder.
 * @returns The page.
 * @throws {Error} If nothing is there, or a result is damaged.
 *
 * @example
 * ```ts
 * import { resultsReport } from "./report.ts";
 *
 * // Needs permission to read the folder `result`.
 * const page = () => resultsReport("result");
 * ```
 */
export async function resultsReport(resultDir: string): Promise<string> {
  const experiments = PLACES.flatMap((place) =>
    experimentSections(place === "" ? resultDir : `${inside(resultDir, place.slice(1))}`)
  );
  const sections = [...experiments, ...toolSections(resultDir)];
  if (sections.length === 0) throw noExperiment(resultDir, "summary.csv");
  return await pageOf(`Results in ${resultDir}`, sections);
}

/** Whether an audit was of deletions from a model: of its name and with its numbers. */
function isOf(audit: AuditFile, folder: string, certificate: ModelCertificate): boolean {
  const numbers = ["n", "d", "classes", "lambda", "sigma", "delta"] as const;
  return audit.audited.startsWith(`${basename(folder)}, `) &&
    numbers.every((name) => audit[name] === certificate[name]);
}

/** A page about a model. */
export interface ModelPage {
  /** The page. */
  readonly page: string;
  /** Whether there is an audit of the model that the page has not. */
  readonly leftOut: boolean;
  /** What does not hold of the model. */
  readonly failure?: Error;
}

/** What the page of a model is made of. */
export interface ModelWish extends Known {
  /** The model's folder. */
  readonly model: string;
  /** The result folder, where an audit may be. */
  readonly resultDir: string;
  /** Whether the audit goes into the page; it has statistics of the rows that were to go. */
  readonly audit: boolean;
}

/**
 * The page that an auditor gets: the certificates of a model and, if asked for, the audit of it.
 *
 * @param wish What goes into it.
 * @returns The page; if the model does not hold, one that says so.
 * @throws {RangeError} If there is no model, or no audit of it where one is asked for.
 * @throws {Error} If the audit is damaged.
 *
 * @example
 * ```ts
 * import { modelPage } from "./report.ts";
 *
 * // Needs permission to read the folder `result`.
 * const page = () => modelPage({ model: "result/models/week", resultDir: "result", audit: false });
 * ```
 */
export async function modelPage({ model, resultDir, audit: wanted, ...known }: ModelWish): Promise<ModelPage> {
  const { section, last, failure } = await modelReport(model, known);
  const found = readAudit(resultDir);
  const audit = found && last && isOf(found, model, last) ? found : undefined;
  if (wanted && last && !audit) {
    throw new RangeError(
      `--audit 1: ${resultDir}/audit has no audit of ${model}: run deno task audit --model ${inShell(model)}`,
    );
  }
  const sections = [section, ...(wanted && audit ? [auditSection(resultDir, audit)] : [])];
  const page = await pageOf(`Model ${basename(model)}`, sections);
  return { page, leftOut: audit !== undefined && !wanted, ...(failure && { failure }) };
}
