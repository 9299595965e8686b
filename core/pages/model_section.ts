/**
 * What a report says of a model from which rows are deleted: its certificates, and what each claims to whom. It is made
 * of the model's public part alone.
 * @module
 */
import type { ModelCertificate } from "../certificate/mod.ts";
import { isUnfinished } from "../deletion/folder.ts";
import { sayEpsilon } from "../deletion/plan.ts";
import { checkKnown, type Known, type OpenModel, openModel } from "../deletion/release.ts";
import { classNamesOf, featuresOf } from "../deletion/schema.ts";
import { boundText } from "../text/decimal.ts";
import { inShell } from "../text/messages.ts";
import { definitionsHtml, headingHtml, listHtml, paragraphHtml, preHtml, type Section, tableHtml } from "./html.ts";

/** A model as a report has it. */
export interface ModelReport {
  /** The section. */
  readonly section: Section;
  /** The last certificate, if all holds. */
  readonly last?: ModelCertificate;
  /** What does not hold. */
  readonly failure?: Error;
}

/** What was released, a row a certificate. */
function certificatesHtml({ certificates, digests }: OpenModel): string {
  return tableHtml({
    caption:
      "Certificates: each is signed, follows the one before, and every number of it follows from the public ones",
    header: [
      "certificate",
      "release",
      "rows removed",
      "steps",
      "rows left",
      "ε present",
      "ε person",
      "ε request",
      "SHA-256",
    ],
    words: ["release", "SHA-256"],
    rows: certificates.map(({ releases, remaining, present, person, request }, i) => {
      const { S, T, K } = releases[i];
      return [
        ...[`${i + 1}`, T === undefined ? "unlearned" : "learned", `${S}`, `${T ?? K}`, `${remaining}`],
        ...[
          boundText(present.epsilon),
          boundText(person.epsilon),
          request ? boundText(request.epsilon) : "",
          digests[i],
        ],
      ];
    }),
  });
}

/** To whom the last certificate promises what. */
function promisesHtml({ present, person, request, delta, adversaries }: ModelCertificate): string {
  const promises = [["present", present], ["person", person], ["request", request]] as const;
  return tableHtml({
    caption: `What the last certificate claims, at δ = ${delta}`,
    header: ["guarantee", "against whom", "ε", "μ"],
    words: ["guarantee", "against whom"],
    rows: promises.flatMap(([name, cost]) =>
      cost ? [[name, adversaries[name], sayEpsilon(cost.epsilon).replace(/^ε = /, ""), boundText(cost.mu)]] : []
    ),
  });
}

/** Whose signatures they are, and which state, as far as the reader of the page can tell. */
function knownHtml({ key, at_least }: Known): string[] {
  return [
    key === undefined
      ? paragraphHtml("Without --key THIS PROVES NOTHING: anybody can sign with a key of his own.", "bad")
      : paragraphHtml(`They are signed with the key that --key asked for, ${key}.`, "good"),
    at_least === undefined
      ? paragraphHtml("Without --at_least an older state of the folder passes too.", "bad")
      : paragraphHtml(`Certificate ${at_least.sequence}, which --at_least asked for, is among them.`, "good"),
  ];
}

function heldHtml(folder: string, model: OpenModel, known: Known): string[] {
  const { schema, certificates, digests } = model;
  const last = certificates.at(-1)!;
  const { n, d, remaining, lambda, sigma, epsilon, delta, capacity, program, key, law, reference, choice } = last;
  const columns = featuresOf(schema).map(({ name }) => name);
  return [
    paragraphHtml(
      `${certificates.length === 1 ? "The certificate holds" : `All ${certificates.length} certificates hold`}: ` +
        "spelling, signatures, order and numbers; weights and schema are those of the last one.",
      "good",
    ),
    ...knownHtml(known),
    ...(isUnfinished(folder)
      ? [paragraphHtml("A process was killed after this release: files of the one before may be there until the next.")]
      : []),
    definitionsHtml([
      ["Model", last.model],
      ["Rows", `${remaining} of ${n} remain`],
      ["Columns", columns.join(", ")],
      ["Classes", classNamesOf(schema).join(", ")],
      [
        "Constants",
        `d = ${d}, λ = ${lambda}, σ = ${sigma.toPrecision(6)}, ε = ${epsilon} a request of at most ${capacity} rows`,
      ],
      ["δ", String(delta)],
      ["Key", key],
      ["Version", program],
    ]),
    promisesHtml(last),
    certificatesHtml(model),
    headingHtml(3, "What is compared"),
    paragraphHtml(`${law[0].toUpperCase()}${law.slice(1)}.`),
    paragraphHtml(reference),
    ...(choice === undefined ? [] : [paragraphHtml(choice)]),
    headingHtml(3, "Conditions"),
    listHtml(last.conditions),
    headingHtml(3, "Not covered"),
    listHtml(last.notCovered),
    headingHtml(3, "To check it"),
    paragraphHtml(
      "This page proves nothing: who holds the folder can check it, with a fingerprint and a digest that come neither " +
        "from the folder nor from here.",
    ),
    preHtml(
      "Command line",
      `deno task verify --model ${inShell(folder)} --key ${key} --at_least ${digests.length}:${digests.at(-1)}`,
    ),
  ];
}

/**
 * The section of a model.
 *
 * @param folder The model's folder.
 * @param known What is known of it from elsewhere.
 * @returns The section; if something in the folder does not hold, one that says so and no more.
 * @throws {RangeError} If there is no model.
 *
 * @example
 * ```ts
 * import { modelReport } from "./model_section.ts";
 *
 * // Needs permission to read the folder `result`.
 * const holds = async () => (await modelReport("result/models/week", {})).failure === undefined;
 * ```
 */
export async function modelReport(folder: string, known: Known): Promise<ModelReport> {
  const title = `Certificates of ${folder}`;
  try {
    const model = await openModel(folder);
    checkKnown(model, known);
    return { section: { title, content: heldHtml(folder, model, known) }, last: model.certificates.at(-1)! };
  } catch (error) {
    if (!(error instanceof Error) || error instanceof RangeError) throw error;
    const content = [paragraphHtml(`DOES NOT HOLD: ${error.message}`, "bad")];
    return { section: { title, content }, failure: error };
  }
}
