/**
 * Checks the certificates of a model, or one that version 0.2 or 0.3 left.
 *
 * `deno task verify --model result/models/week --key FINGERPRINT --at_least 3:DIGEST`
 * @module
 */
import { Command } from "@commander-js/extra-typings";
import { verifyCertificate } from "../../core/certificate/mod.ts";
import * as cli from "../../core/command_line/mod.ts";
import { isUnfinished } from "../../core/deletion/folder.ts";
import { commitmentOf } from "../../core/deletion/ledger.ts";
import { sayEpsilon } from "../../core/deletion/plan.ts";
import { checkKnown, type OpenModel, openModel, openSecrets } from "../../core/deletion/release.ts";
import { readTable } from "../../core/runs/read_table.ts";
import { readText } from "../../core/disk/read_text.ts";
import { formatParagraph } from "../../core/text/table.ts";

/** The script's command line. */
export const command = cli.exitOnUsageError(new Command("verify"))
  .description("Checks every number of a model's certificates, their order and signatures, and its weights.")
  .option("--model <folder>", "the model's folder", cli.path)
  .addOption(cli.keyOption())
  .addOption(cli.atLeastOption())
  .option("--train <file>", "the remaining rows: its owner alone can check that it was these", cli.path)
  .option("--certificate <file>", "a certificate.json of version 0.2 or 0.3, in place of --model", cli.path)
  .addHelpText("after", "\nExample:\n  deno task verify --model result/models/breast_cancer");

/** Checks that the rows of a table are those of the last certificate. */
async function checkRows(folder: string, { schema, certificates, digests }: OpenModel, train: string): Promise<void> {
  const { ledger: { salt } } = openSecrets(folder, digests.at(-1)!);
  const table = await readTable(train, schema);
  const { rows, remaining } = certificates.at(-1)!;
  if (await commitmentOf(salt, table, [...table.ids.keys()]) === rows) return;
  throw new Error(
    `${train} has not the ${remaining} rows of certificate ${certificates.length} and no others: take out those that ` +
      "were removed",
  );
}

async function verifyRun(path: string): Promise<void> {
  let content: unknown;
  try {
    content = JSON.parse(readText(path));
  } catch (error) {
    if (error instanceof SyntaxError) throw new Error(`${path} is no JSON`);
    throw error;
  }
  console.log(`${path} holds: ε = ${await verifyCertificate(content)}, in real arithmetic, unsigned`);
}

/**
 * Checks what the command line says.
 *
 * @param args The command line.
 * @throws {RangeError} If it asks for what cannot be had.
 * @throws {Error} If something does not hold.
 */
export async function verify(args: readonly string[]): Promise<void> {
  const { model: folder, certificate, train, ...known } = command.parse(args, { from: "user" }).opts();
  if ((folder === undefined) === (certificate === undefined)) {
    throw new RangeError("give either --model or --certificate");
  }
  if (certificate !== undefined) {
    if (train !== undefined || known.key !== undefined || known.at_least !== undefined) {
      throw new RangeError("--key, --at_least and --train go with --model");
    }
    return await verifyRun(certificate);
  }
  const model = await openModel(folder!);
  checkKnown(model, known);
  if (train !== undefined) await checkRows(folder!, model, train);
  const { certificates, digests } = model;
  const { key, n, remaining, delta, present, person, request, choice } = certificates.at(-1)!;
  console.log(`${folder} holds: ${remaining} of ${n} rows remain, δ = ${delta}`);
  console.log(`Against one who sees the present model: ${sayEpsilon(present.epsilon)}`);
  console.log(`Against one who kept every model: ${sayEpsilon(person.epsilon)} for a person with one row`);
  if (request) console.log(`  and ${sayEpsilon(request.epsilon)} for the rows of the last request together`);
  if (choice !== undefined) console.log(formatParagraph("", choice));
  console.log(`Certificate: ${digests.length}:${digests.at(-1)}`);
  console.log(`Key: ${key}`);
  if (known.key === undefined) console.log("WITHOUT --key THIS PROVES NOTHING: anybody can sign with a key of his own");
  if (known.at_least === undefined) console.log("Without --at_least an older state of the folder passes too");
  if (isUnfinished(folder!)) {
    console.log("A process was killed after this release: files of the one before may be there until the next unlearn");
  }
}

if (import.meta.main) {
  await cli.runScript(() => verify(Deno.args));
}
