/**
 * Deletes rows from a model that `learn` has learned, and certifies that.
 *
 * `deno task unlearn --model result/models/week --train data/current.csv --remove data/ids.txt`
 * @module
 */
import { Command } from "@commander-js/extra-typings";
import { checkBudget, consequencesOf, type Numbers, type Release } from "../../core/certificate/mod.ts";
import * as cli from "../../core/command_line/mod.ts";
import {
  certificateNames,
  commitRelease,
  keptList,
  lockModel,
  readPart,
  tuneFolder,
} from "../../core/deletion/folder.ts";
import { commitmentOf, findRemaining, findRemoval, keepRows, ledgerWithout } from "../../core/deletion/ledger.ts";
import { planRequest, sayEpsilon } from "../../core/deletion/plan.ts";
import { openModel, openSecrets, prepareRelease } from "../../core/deletion/release.ts";
import { classNamesOf } from "../../core/deletion/schema.ts";
import { countClasses, describeOddities, describeOneClass, parseIds } from "../../core/deletion/table.ts";
import { isFile } from "../../core/disk/files.ts";
import { isEmptyFolder } from "../../core/disk/folders.ts";
import { readText } from "../../core/disk/read_text.ts";
import { startProgress } from "../../core/runs/progress.ts";
import { readTable } from "../../core/runs/read_table.ts";
import { boundText } from "../../core/text/decimal.ts";
import { quoted } from "../../core/text/messages.ts";
import { freshNoise, walk } from "../../core/walk/mod.ts";

/** The script's command line. */
export const command = cli.exitOnUsageError(new Command("unlearn"))
  .description("Deletes rows from a model that learn has learned, by their ids, and certifies that.")
  .requiredOption("--model <folder>", "the model's folder", cli.path)
  .requiredOption("--train <file>", "the rows as they are now: those that remain, perhaps still the others", cli.path)
  .requiredOption("--remove <file>", "the ids of the rows to delete, one a line", cli.path)
  .addOption(cli.toggle("--retrain <0|1>", "learn anew on the remaining rows, in T steps, in place of K more steps"))
  .addHelpText(
    "after",
    "\nExample:\n  deno task unlearn --model result/models/breast_cancer \\\n" +
      "    --train data/examples/breast_cancer/train.csv \\\n" +
      "    --remove data/examples/breast_cancer/remove_1.txt",
  );

const plural = (count: number, noun: string) => `${count} ${noun}${count === 1 ? "" : "s"}`;

/** Refuses a release that would exceed the budget, in the user's words. */
function requireBudget(numbers: Numbers): void {
  try {
    checkBudget(numbers);
  } catch {
    throw new RangeError(
      "the request would exceed the budget that was fixed at learn, of a person with one row against one who kept " +
        "every model: learn a new model from the remaining rows into another folder, and delete this one",
    );
  }
}

/** Refuses rows of which the certificates say that they never go. */
function refuseKept(list: string, ids: ReadonlySet<string>): void {
  const kept = parseIds({ path: list, text: readText(list) }).find(({ id }) => ids.has(id));
  if (kept === undefined) return;
  throw new RangeError(
    `${list}, line ${kept.line}: λ and σ were chosen by ${
      quoted(kept.id)
    } too, which never goes, as the certificates ` +
      "say: learn the rows that remain anew into another folder, with --chosen_by these_rows, or tune without it",
  );
}

/**
 * Deletes what the command line says.
 *
 * @param args The command line.
 * @throws {RangeError} If it asks for what cannot be had.
 * @throws {Error} If a file cannot be read, or the model not be written.
 */
export async function unlearn(args: readonly string[]): Promise<void> {
  const { model: folder, train, remove, retrain } = command.parse(args, { from: "user" }).opts();
  if (certificateNames(folder).length === 0) throw new RangeError(`no model in ${folder}: learn one`);
  // Before the lock, which puts in place what a killed request has left.
  openSecrets(folder, (await openModel(folder)).digests.at(-1)!);
  const lock = lockModel(folder);
  try {
    const { schema, certificates, digests, lattice, state } = await openModel(folder);
    const { key, ledger } = openSecrets(folder, digests.at(-1)!);
    const last = certificates.at(-1)!;
    if (key.fingerprint !== last.key) throw new Error(`${folder}: the private key is not that of the certificates`);
    const { ids, S, before } = await findRemoval(ledger, {
      path: remove,
      ids: parseIds({ path: remove, text: readText(remove) }),
    });
    if (before > 0) console.log(`Removed before, and asked for nothing now: ${plural(before, "id")}`);
    if (S === 0) return console.log(`Nothing to do: certificate ${certificates.length} stands`);
    const keptRows = keptList(folder);
    const byKept = last.chosen === "kept_rows" && isFile(keptRows);
    if (byKept) refuseKept(keptRows, ids);
    const table = await readTable(train, schema);
    for (const line of describeOddities(table, schema)) console.log(line);
    const { kept, goneBefore } = await findRemaining(ledger, table, ids);
    if (goneBefore > 0) console.log(`${train} still has ${plural(goneBefore, "row")} removed before: left out`);
    const names = classNamesOf(schema);
    const oneClass = describeOneClass(countClasses(kept.map((row) => table.classes[row]), names), names);
    if (oneClass !== undefined) console.error(`warning: ${oneClass}`);

    const plan = planRequest(last, S);
    const next: Release = retrain ? { S, T: plan.T } : { S, K: plan.K };
    const numbers = { ...last, releases: [...last.releases, next] };
    requireBudget(numbers);
    const { present: { epsilon: after } } = consequencesOf(numbers);
    console.log(`Removing ${plural(S, "row")} takes K = ${plan.K} steps, retraining T = ${plan.T}`);
    console.log(`ε of these rows: ${boundText(plan.before)} before, ${boundText(after)} after`);
    if (retrain) {
      console.log("Retraining: exact only if λ, σ and the schema did not come from the rows that went");
    } else if (plan.T <= plan.K) console.log("Retraining is not dearer: --retrain 1 does it");

    const steps = next.T ?? next.K!;
    const progress = startProgress(steps);
    try {
      const remaining = keepRows(table.rows, kept);
      const start = retrain ? new Float64Array(state.length) : state;
      const noise = await freshNoise(lattice);
      const walked = await walk(lattice, () => [remaining], start, steps, noise, (taken) => progress.update(taken));
      progress.stop();
      const remembered = await ledgerWithout(ledger, ids);
      const { certificate, digest, files } = await prepareRelease({
        ...{
          ...numbersOf(numbers),
          model: last.model,
          chosen: last.chosen,
          previous: digests.at(-1)!,
          state: walked,
          key,
          ledger: remembered,
        },
        schema: new TextDecoder().decode(readPart(folder, "schema.json")),
        rows: await commitmentOf(remembered.salt, table, kept),
      });
      lock.confirm();
      commitRelease(folder, files);
      const { present, person, request, remaining: left } = certificate;
      console.log(`Certified: ${sayEpsilon(present.epsilon)} against one who sees the present model`);
      console.log(`Against one who kept every model: ${sayEpsilon(person.epsilon)} for a person with one row,`);
      console.log(`  ${sayEpsilon(request!.epsilon)} for the ${plural(S, "row")} of this request together`);
      console.log(`${plural(left, "row")} remain; erase the removed ones from ${train}, its backups and ${remove}`);
      const tuned = tuneFolder(folder);
      if (!byKept && !isEmptyFolder(tuned)) {
        console.log(`Erase ${tuned} too: it has statistics of rows, perhaps of these`);
      }
      console.log(`Certificate: ${certificates.length + 1}:${digest}`);
    } finally {
      progress.stop();
    }
  } finally {
    lock.release();
  }
}

/** The numbers of a certificate, alone. */
function numbersOf({ n, d, classes, lambda, sigma, epsilon, delta, capacity, budget, releases }: Numbers): Numbers {
  return { n, d, classes, lambda, sigma, epsilon, delta, capacity, budget, releases };
}

if (import.meta.main) {
  await cli.runScript(() => unlearn(Deno.args));
}
