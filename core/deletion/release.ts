/**
 * The releases of a model: what is written of one, and what was written of the last one, checked.
 * @module
 */
import { csvFormatRows } from "d3-dsv";
import denoConfig from "../../deno.json" with { type: "json" };
import {
  certify,
  type Choice,
  type ModelCertificate,
  modelLattice,
  type Numbers,
  verifyCertificates,
} from "../certificate/mod.ts";
import { digestOf, openKey, type SigningKey } from "../certificate/signed.ts";
import { encodeNpy } from "../formats/npy.ts";
import { decodeNpy } from "../formats/read_npy.ts";
import { boundText } from "../text/decimal.ts";
import { printable } from "../text/messages.ts";
import type { Lattice } from "../walk/lattice.ts";
import { stateOf, weightsOf } from "../walk/walk.ts";
import { certificateName, certificateNames, privateFolder, readPart, type ReleaseFiles } from "./folder.ts";
import { type Ledger, parseLedger, type Suppression } from "./ledger.ts";
import { classNamesOf, featureNamesOf, parseSchema, type Schema, shapeOf } from "./schema.ts";

/** The last release of a model, and how it came to be. */
export interface OpenModel {
  /** Its rows. */
  readonly schema: Schema;
  /** The certificates from the first to the last. */
  readonly certificates: readonly ModelCertificate[];
  /** SHA-256 of each certificate. */
  readonly digests: readonly string[];
  /** The lattice. */
  readonly lattice: Lattice;
  /** The point of the lattice that the weights are. */
  readonly state: Float64Array;
}

/** What only the owner of a model has. */
export interface Secrets {
  /** The key that signs. */
  readonly key: SigningKey;
  /** What is kept of rows. */
  readonly ledger: Ledger;
}

/** A state to be released. */
export interface NextRelease extends Secrets, Numbers {
  /** Random name of the model. */
  readonly model: string;
  /** SHA-256 of the certificate before. */
  readonly previous?: string;
  /** How λ, σ and the capacity were chosen; of models of version 0.5 and before it is not known. */
  readonly chosen?: Choice | undefined;
  /** The schema's file. */
  readonly schema: string;
  /** The point of the lattice that the weights are. */
  readonly state: Float64Array;
  /** Commitment to the remaining rows under the ledger's salt. */
  readonly rows: string;
}

const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** The weights as a table: a line a feature, a column a class; of two classes the weights that speak for the second. */
function tableOf(weights: Float64Array, schema: Schema): string {
  const { dimension, outputs } = shapeOf(schema);
  const names = classNamesOf(schema).slice(-outputs);
  const lines = featureNamesOf(schema).map((feature, k) => [
    feature,
    ...names.map((_, output) => String(weights[output * dimension + k])),
  ]);
  return `${csvFormatRows([["feature", ...names], ...lines])}\n`;
}

/** A certificate's numbers for a reader. */
function pageOf(certificate: ModelCertificate, digest: string): string {
  const { model, key, n, d, classes, delta, epsilon, releases, remaining, present, person, request } = certificate;
  const { choice, reference, adversaries, conditions, notCovered, lambda, sigma, steps } = certificate;
  const list = (items: readonly string[]) => items.map((item) => `- ${item}`).join("\n");
  // Pages of version 0.5 and before were rounded to nearest, and are checked as they were.
  const digits = choice === undefined ? (epsilon: number) => epsilon.toPrecision(6) : boundText;
  const bound = (epsilon: number) => `ε = ${digits(epsilon)}, δ = ${delta}`;
  const guarantees = [
    `present: ${bound(present.epsilon)}. ${adversaries.present}`,
    `person: ${bound(person.epsilon)}. ${adversaries.person}`,
    ...(request ? [`request: ${bound(request.epsilon)}. ${adversaries.request}`] : []),
  ];
  return `# Model ${model}

This page repeats certificate ${releases.length}, \`certificates/${certificateName(releases.length)}\`, which alone is
signed. A signature proves who wrote it, not that rows are gone.

A linear model of ${d} features and ${classes} classes, learned from ${n} rows, of which ${remaining} remain:
release ${releases.length}, λ = ${lambda}, σ = ${sigma}, ${steps} steps since the last start. Every request reaches
ε = ${epsilon}.

${list(guarantees)}

${reference}
${choice === undefined ? "" : `\n${choice}\n`}
Conditions:

${list(conditions)}

Not covered:

${list(notCovered)}

To check it, with a fingerprint and a digest that you did not take from this folder:

    deno task verify --model <this folder> --key ${key} --at_least ${releases.length}:${digest}
`;
}

/**
 * Certifies a state.
 *
 * @param next The state.
 * @returns Its certificate, the digest of that, and the files to commit.
 * @throws {Error} If a number of it does not hold.
 *
 * @example
 * ```ts
 * import { commitRelease } from "./folder.ts";
 * import { type NextRelease, prepareRelease } from "./release.ts";
 *
 * // Needs permission to read and write the folder `result`.
 * const publish = async (next: NextRelease) => {
 *   const { files } = await prepareRelease(next);
 *   commitRelease("result/models/week", files);
 * };
 * ```
 */
export async function prepareRelease(
  next: NextRelease,
): Promise<{ readonly certificate: ModelCertificate; readonly digest: string; readonly files: ReleaseFiles }> {
  const { state, schema: schemaText, key, ledger, chosen, ...claim } = next;
  const schema = parseSchema(schemaText, "schema.json");
  const { outputs, dimension } = shapeOf(schema);
  const weights = weightsOf(modelLattice(next), state);
  const npy = Uint8Array.from(encodeNpy(weights, [outputs, dimension]));
  const hashes = { weights: await digestOf(npy), schema: await digestOf(schemaText) };
  const text = await certify({ ...claim, ...(chosen && { chosen }), program: denoConfig.version, files: hashes }, key);
  const digest = await digestOf(text);
  const certificate = JSON.parse(text) as ModelCertificate;
  const sequence = claim.releases.length;
  const files = {
    [certificateName(sequence)]: text,
    "weights.npy": npy,
    "weights.csv": tableOf(weights, schema),
    "MODEL.md": pageOf(certificate, digest),
    state: JSON.stringify({ ...ledger, certificate: digest }),
    ...(sequence === 1 && { key: key.secret, "schema.json": schemaText }),
  };
  return { certificate, digest, files };
}

/** Reads a file that a model has. */
function requirePart(folder: string, name: string): Uint8Array<ArrayBuffer> {
  const content = readPart(folder, name);
  if (content) return content;
  throw new Error(`it lacks ${name}`);
}

function refuse(name: string, problem: string): never {
  throw new Error(`${name} ${problem}`);
}

/** Weights that a walk has ended at, of the shape that the schema says. */
function decodeWeights(file: Uint8Array, schema: Schema, lattice: Lattice): Float64Array {
  const { outputs, dimension } = shapeOf(schema);
  const { data, shape } = decodeNpy(file);
  if (!(data instanceof Float64Array) || `${shape}` !== `${[outputs, dimension]}`) {
    refuse("weights.npy", `is not float64 of shape (${outputs}, ${dimension}), as the schema says`);
  }
  return stateOf(lattice, data);
}

async function readModelOnce(folder: string): Promise<OpenModel> {
  const names = certificateNames(folder);
  const gap = names.findIndex((name, i) => name !== certificateName(i + 1));
  if (gap >= 0) throw new Error(`certificate ${gap + 1} is missing, where ${printable(names[gap])} is there`);
  const texts = names.map((name) => textOf(requirePart(folder, name)));
  const [weights, schemaFile] = ["weights.npy", "schema.json"].map((name) => requirePart(folder, name));
  const table = requirePart(folder, "weights.csv");
  const page = textOf(requirePart(folder, "MODEL.md"));
  const certificates = await verifyCertificates(texts);
  const { files, d, classes, ...numbers } = certificates.at(-1)!;
  const ofLast = `is not that of certificate ${names.length}`;
  if (await digestOf(weights) !== files.weights) refuse("weights.npy", ofLast);
  if (await digestOf(schemaFile) !== files.schema) refuse("schema.json", ofLast);
  const schema = parseSchema(textOf(schemaFile), "schema.json");
  if (shapeOf(schema).dimension !== d || classNamesOf(schema).length !== classes) {
    refuse("schema.json", `is not one of ${d} features and ${classes} classes, as the certificate says`);
  }
  const lattice = modelLattice({ ...numbers, d, classes });
  const state = decodeWeights(weights, schema, lattice);
  if (textOf(table) !== tableOf(weightsOf(lattice, state), schema)) {
    refuse("weights.csv", "has other weights than weights.npy");
  }
  const digests = await Promise.all(texts.map((text) => digestOf(text)));
  if (page !== pageOf(certificates.at(-1)!, digests.at(-1)!)) refuse("MODEL.md", `${ofLast}, or was edited`);
  return { schema, certificates, digests, lattice, state };
}

/**
 * Reads the last release of a model and checks all that can be checked without rows: the certificates, and that weights
 * and schema are those of the last one.
 *
 * @param folder The model's folder.
 * @returns The model.
 * @throws {RangeError} If there is none.
 * @throws {Error} If something in it does not hold.
 *
 * @example
 * ```ts
 * import { openModel } from "./release.ts";
 *
 * // Needs permission to read the folder `result`.
 * const load = () => openModel("result/models/week");
 * ```
 */
export async function openModel(folder: string): Promise<OpenModel> {
  for (let attempt = 1;; attempt++) {
    const before = certificateNames(folder).length;
    if (before === 0) throw new RangeError(`no model in ${folder}: it has no certificates`);
    try {
      return await readModelOnce(folder);
    } catch (error) {
      // A request may have been committed in between.
      if (certificateNames(folder).length === before || attempt === 3) {
        throw new Error(`${folder}: ${(error as Error).message}`, { cause: error });
      }
    }
  }
}

/** What a stranger knows of a model, and not from its folder. */
export interface Known {
  /** The fingerprint of the key that signs. */
  readonly key?: string | undefined;
  /** A certificate that was there before: its number and its SHA-256. */
  readonly at_least?: { readonly sequence: number; readonly digest: string } | undefined;
}

/**
 * Makes sure that a model is the one that a stranger knows, and in no older state.
 *
 * @param model The model.
 * @param known What is known of it.
 * @throws {Error} If another key signs it, or the certificate is not in it.
 *
 * @example
 * ```ts
 * import { checkKnown, openModel } from "./release.ts";
 *
 * // Needs permission to read the folder `result`.
 * const check = async (key: string) => checkKnown(await openModel("result/models/week"), { key });
 * ```
 */
export function checkKnown({ certificates, digests }: OpenModel, { key, at_least }: Known): void {
  const found = certificates[0].key;
  if (key !== undefined && found !== key) throw new Error(`the certificates are signed by another key, ${found}`);
  if (at_least === undefined) return;
  const { sequence, digest } = at_least;
  if (digests.length < sequence) {
    throw new Error(
      `certificate ${sequence} was there before, now there are ${digests.length}: the folder was rolled back`,
    );
  }
  if (digests[sequence - 1] !== digest) throw new Error(`certificate ${sequence} is not the one that was there before`);
}

/**
 * Reads which ids were removed from a model, which need not have its key any more.
 *
 * @param folder The model's folder.
 * @param digest SHA-256 of the model's last certificate.
 * @returns The ids, as hashes under a key.
 * @throws {RangeError} If they are not there.
 * @throws {Error} If they are damaged, or of another release: some may then be missing.
 *
 * @example
 * ```ts
 * import { openModel, openSuppression } from "./release.ts";
 *
 * // Needs permission to read the folder `result`.
 * const load = async (folder: string) => openSuppression(folder, (await openModel(folder)).digests.at(-1)!);
 * ```
 */
export function openSuppression(folder: string, digest: string): Suppression {
  const { secret, removed } = openLedger(folder, digest);
  return { secret, removed };
}

function openLedger(folder: string, digest: string): Ledger {
  const state = readPart(folder, "state");
  if (!state) {
    throw new RangeError(
      `${privateFolder(folder)} lacks the state of ${folder}: without it nobody knows who was removed`,
    );
  }
  const { certificate, ...ledger } = parseLedger(state);
  if (certificate === digest) return ledger;
  throw new Error(
    `${folder} and ${privateFolder(folder)} are not of one release: put both back from one backup, and remove again ` +
      "what was removed since, or learn a new model",
  );
}

/**
 * Reads what only the owner of a model has.
 *
 * @param folder The model's folder.
 * @param digest SHA-256 of the model's last certificate.
 * @returns The key and what is kept of rows.
 * @throws {RangeError} If they are not there.
 * @throws {Error} If they are damaged, or of another release, since one of the two folders was put back from a backup.
 *
 * @example
 * ```ts
 * import { openModel, openSecrets } from "./release.ts";
 *
 * // Needs permission to read the folder `result`.
 * const load = async (folder: string) => openSecrets(folder, (await openModel(folder)).digests.at(-1)!);
 * ```
 */
export function openSecrets(folder: string, digest: string): Secrets {
  const [key, state] = ["key", "state"].map((name) => readPart(folder, name));
  if (key && state) return { key: openKey(textOf(key)), ledger: openLedger(folder, digest) };
  throw new RangeError(
    `${
      privateFolder(folder)
    } lacks the key or the state of ${folder}: without them it ends here; learn the rows that ` +
      "remain anew into another folder" + (state ? `, with --not_in ${folder}` : ""),
  );
}
