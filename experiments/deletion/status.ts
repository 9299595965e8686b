/**
 * What the folder of a model holds.
 *
 * `deno task status --model result/models/breast_cancer`
 * @module
 */
import { Command } from "@commander-js/extra-typings";
import { muOfTranscript } from "../../core/accountant/transcript.ts";
import { releasePhases } from "../../core/certificate/mod.ts";
import * as cli from "../../core/command_line/mod.ts";
import { isUnfinished } from "../../core/deletion/folder.ts";
import { planRequest } from "../../core/deletion/plan.ts";
import { type OpenModel, openModel } from "../../core/deletion/release.ts";
import { classNamesOf } from "../../core/deletion/schema.ts";
import { boundText } from "../../core/text/decimal.ts";
import { formatTable } from "../../core/text/table.ts";

/** The script's command line. */
export const command = cli.exitOnUsageError(new Command("status"))
  .description("Says what a model's folder holds: its releases, guarantees, and what a next request takes.")
  .requiredOption("--model <folder>", "the model's folder", cli.path)
  .addOption(cli.toggle("--json <0|1>", "as JSON"))
  .addHelpText("after", "\nExample:\n  deno task status --model result/models/breast_cancer");

/** What a folder holds, from its public part alone. */
function statusOf(folder: string, { schema, certificates, digests, lattice }: OpenModel) {
  const last = certificates.at(-1)!;
  const { model, n, d, lambda, sigma, delta, capacity, releases, remaining, present, person, request, key } = last;
  const spent = muOfTranscript(releasePhases(lattice, releases, 1)) / last.budget;
  const S = Math.min(capacity, remaining - 1);
  return {
    ...{ model, n, remaining, features: d, classes: classNamesOf(schema), lambda, sigma, delta, releases },
    ...{ present, person, ...(request && { request }) },
    spent: spent ** 2, // Of the squares of μ: its own ε is no guarantee, for one who stops when it suits him exceeds it.
    ...(S > 0 && { next: { S, ...planRequest(last, S) } }),
    ...{ certificate: { sequence: digests.length, digest: digests.at(-1)! }, key, unfinished: isUnfinished(folder) },
  };
}

function print(folder: string, status: ReturnType<typeof statusOf>): void {
  const { model, n, remaining, features, classes, lambda, sigma, delta, releases, present, person, spent } = status;
  const { request, next, certificate, key, unfinished } = status;
  console.log(`${folder}\nModel ${model}`);
  console.log(`${remaining} of ${n} rows remain`);
  console.log(`${features} features, ${classes.length} classes, λ = ${lambda}, σ = ${sigma.toPrecision(6)}\n`);
  console.log(formatTable(
    ["release", "rows removed", "steps"],
    releases.map(({ S, T, K }, i) => [`${i + 1}, ${T === undefined ? "unlearned" : "learned"}`, `${S}`, `${T ?? K}`]),
  ));
  console.log(`\nε at δ = ${delta}, against one who`);
  console.log(formatTable(["", "ε"], [
    ["sees the present model", boundText(present.epsilon)],
    ["kept every model: a person with one row", boundText(person.epsilon)],
    ["  of which budget is used", `${(100 * spent).toPrecision(3)} %`],
    ...(request ? [["kept every model: all rows of the last request", boundText(request.epsilon)]] : []),
  ]));
  console.log();
  if (next) console.log(`A request of ${next.S} takes K = ${next.K} steps, retraining T = ${next.T}`);
  console.log(`Certificate: ${certificate.sequence}:${certificate.digest}`);
  console.log(`Key: ${key}`);
  if (unfinished) console.log("A process was killed after this release: files of the one before may still be there");
}

/**
 * Says what the command line asks for.
 *
 * @param args The command line.
 * @throws {RangeError} If there is no model.
 * @throws {Error} If something in its folder does not hold.
 */
export async function status(args: readonly string[]): Promise<void> {
  const { model: folder, json } = command.parse(args, { from: "user" }).opts();
  const found = statusOf(folder, await openModel(folder));
  if (json) console.log(JSON.stringify(found, null, 2));
  else print(folder, found);
}

if (import.meta.main) {
  await cli.runScript(() => status(Deno.args));
}
