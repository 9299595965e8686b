/**
 * Learns a model from which rows can be deleted, and certifies it.
 *
 * `deno task learn --train data/train.csv --schema data/schema.json --model result/models/week --lam 1e-4 --k 10`
 * @module
 */
import { Command, InvalidArgumentError, Option } from "@commander-js/extra-typings";
import { type Choice, CHOICE_NAMES, modelLattice } from "../../core/certificate/mod.ts";
import { newKey } from "../../core/certificate/signed.ts";
import * as cli from "../../core/command_line/mod.ts";
import { checkNewModel, commitRelease, lockModel, tuneFolder } from "../../core/deletion/folder.ts";
import { commitmentOf, newLedger, refuseRemoved } from "../../core/deletion/ledger.ts";
import { planModel, planRequest, sayEpsilon } from "../../core/deletion/plan.ts";
import { openModel, openSuppression, prepareRelease } from "../../core/deletion/release.ts";
import { classNamesOf, parseSchema, requireDeclared, shapeOf } from "../../core/deletion/schema.ts";
import { countClasses, describeOddities, describeOneClass } from "../../core/deletion/table.ts";
import { isEmptyFolder } from "../../core/disk/folders.ts";
import { readText } from "../../core/disk/read_text.ts";
import { startProgress } from "../../core/runs/progress.ts";
import { readTable } from "../../core/runs/read_table.ts";
import { printable } from "../../core/text/messages.ts";
import { formatTable } from "../../core/text/table.ts";
import { freshNoise, walk } from "../../core/walk/mod.ts";

/** A folder, given once: of two lists none could be kept on under the key of the other. */
function once(text: string, before: string | undefined): string {
  if (before !== undefined) {
    throw new InvalidArgumentError("It was given before: the list of one model alone is looked at and kept on.");
  }
  return cli.path(text);
}

/** The script's command line. */
export const command = cli.exitOnUsageError(new Command("learn"))
  .description("Learns a model from which rows can be deleted, again and again, and certifies it.")
  .requiredOption("--train <file>", "the rows, text or Parquet", cli.path)
  .requiredOption("--schema <file>", "what its columns are, as JSON (see docs/deletion.md)", cli.path)
  .requiredOption("--model <folder>", "the folder to make, such as result/models/week", cli.path)
  .requiredOption("--lam <λ>", "L2 regularization of one row", cli.positive)
  .option("--epsilon <ε>", "the ε that every request reaches", cli.positive, 1)
  .option("--delta <δ>", "δ, at most 1/(10n) (default: 1e-6, or that)", cli.probability)
  .option("--capacity <S>", "rows of the largest request that --k is for", cli.integer(1), 1)
  .option(
    "--k <K>",
    "steps that the first such request takes, later ones perhaps more; the least noise follows",
    cli.integer(1, 2 ** 31),
  )
  .option("--sigma <σ>", "noise scale, in place of --k", cli.positive)
  .option("--burn_in <T>", "steps of learning (default: 10/(ηm), which forget the start)", cli.integer(1, 2 ** 31))
  .option(
    "--budget <ε>",
    "ε of a person with one row against one who kept every model (default: that of 52 requests of --capacity rows)",
    cli.positive,
  )
  .option("--not_in <folder>", "another model: refuses rows removed from it, as a backup may have them", once)
  .addOption(
    new Option(
      "--chosen_by <way>",
      "how λ, σ and S were chosen, as the certificate then says: declared, without looking at rows that may go; by " +
        "other_table; by kept_rows, which never go; by these_rows, which no guarantee covers (default: declared)",
    ).argParser(cli.oneOf(CHOICE_NAMES)),
  )
  .addHelpText(
    "after",
    "\nExample:\n  deno task learn --train data/examples/breast_cancer/train.csv \\\n" +
      "    --schema data/examples/breast_cancer/schema.json \\\n" +
      "    --model result/models/breast_cancer --lam 3e-5 --capacity 3 --k 20",
  );

/** What was removed from another model and must not come back. */
async function suppressionOf(other: string | undefined) {
  return other === undefined ? undefined : openSuppression(other, (await openModel(other)).digests.at(-1)!);
}

/** How the numbers were chosen; whoever has tuned says so himself. */
function choiceOf(folder: string, chosen: Choice | undefined): Choice {
  if (chosen !== undefined || isEmptyFolder(tuneFolder(folder))) return chosen ?? "declared";
  throw new RangeError(`${tuneFolder(folder)} is there: give --chosen_by, as tune printed it`);
}

/**
 * Learns what the command line says.
 *
 * @param args The command line.
 * @throws {RangeError} If it asks for what cannot be had.
 * @throws {Error} If the table cannot be read or the model not be written.
 */
export async function learn(args: readonly string[]): Promise<void> {
  const { train, schema: schemaPath, model: folder, ...options } = command.parse(args, { from: "user" }).opts();
  const { lam, epsilon, delta, capacity, k, sigma, burn_in, budget } = options;
  if ((k === undefined) === (sigma === undefined)) throw new RangeError("give either --k or --sigma");
  const schemaText = readText(schemaPath);
  const schema = parseSchema(schemaText, schemaPath);
  requireDeclared(schema, schemaPath);
  const suppression = await suppressionOf(options.not_in);
  const table = await readTable(train, schema);
  if (suppression) await refuseRemoved(suppression, table);
  const [{ dimension: d, outputs }, n, names] = [shapeOf(schema), table.rows.count, classNamesOf(schema)];
  const shape = { n, d, classes: names.length, lambda: lam };
  const numbers = planModel({ ...shape, epsilon, delta, capacity, k, sigma, T: burn_in, budget });
  checkNewModel(folder);
  const chosen = choiceOf(folder, options.chosen_by);
  const lock = lockModel(folder);
  try {
    checkNewModel(folder);
    for (const line of describeOddities(table, schema)) console.log(line);
    const counts = countClasses(table.classes, names);
    console.log(`n = ${n}, d = ${d}`);
    console.log(formatTable(["class", "rows"], names.map((name, index) => [printable(name), `${counts[index]}`])));
    const oneClass = describeOneClass(counts, names);
    if (oneClass !== undefined) console.error(`warning: ${oneClass}`);
    const [{ T }] = numbers.releases;
    const { K } = planRequest(numbers, capacity);
    if (K >= T!) {
      console.log(`A request of ${capacity} rows takes ${K} steps, no fewer than retraining: give a smaller --k`);
    }
    console.log(`Learning in T = ${T} steps with σ = ${numbers.sigma}, δ = ${numbers.delta}`);
    const lattice = modelLattice(numbers);
    const progress = startProgress(T!);
    try {
      const start = new Float64Array(outputs * d);
      const noise = await freshNoise(lattice);
      const state = await walk(lattice, () => [table.rows], start, T!, noise, (taken) => progress.update(taken));
      progress.stop();
      const ledger = await newLedger(table, suppression);
      const rows = await commitmentOf(ledger.salt, table, [...table.ids.keys()]);
      const [key, model] = [await newKey(), crypto.getRandomValues(new Uint8Array(16)).toHex()];
      const { certificate, digest, files } = await prepareRelease({
        ...{ ...numbers, model, chosen, schema: schemaText, state, rows, key, ledger },
      });
      lock.confirm();
      commitRelease(folder, files);
      console.log(`Budget of a person with one row, all models kept: ${sayEpsilon(certificate.person.epsilon)}`);
      console.log(`Key: ${key.fingerprint}`);
      console.log(`Certificate: 1:${digest}`);
      console.log(folder);
    } finally {
      progress.stop();
    }
  } finally {
    lock.release();
  }
}

if (import.meta.main) {
  await cli.runScript(() => learn(Deno.args));
}
