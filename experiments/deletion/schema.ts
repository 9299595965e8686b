/**
 * Drafts the schema of a table, for its owner to declare.
 *
 * `deno task schema data/train.csv --label y --id id --out data/schema.json`
 * @module
 */
import { Command } from "@commander-js/extra-typings";
import * as cli from "../../core/command_line/mod.ts";
import { draftSchema } from "../../core/deletion/draft.ts";
import { formatSchema } from "../../core/deletion/schema.ts";
import { isFile, writeWhole } from "../../core/disk/files.ts";
import { openTable } from "../../core/disk/open_table.ts";
import { showReading } from "../../core/runs/progress.ts";

/** The script's command line. */
export const command = cli.exitOnUsageError(new Command("schema"))
  .description("Drafts what the columns of a table are, for you to edit and declare: learn takes it then.")
  .argument("<table>", "the rows", cli.path)
  .requiredOption("--label <column>", "the column of labels")
  .option("--id <column>", "the column of ids, by which requests name rows")
  .option("--above <number>", "labels are numbers, and those above this one are the second of two classes", cli.number)
  .option("--delimiter <character>", "what separates cells: , ; | : or tab (default: found)", cli.delimiter)
  .addOption(cli.toggle("--decimal_comma <0|1>", "numbers have a comma in place of a point"))
  .option("--out <file>", "the schema to write (default: to the terminal)", cli.path)
  .addHelpText(
    "after",
    "\nExample:\n  deno task schema data/examples/breast_cancer/train.csv \\\n" +
      "    --label diagnosis --id id --out data/schema.json",
  );

/**
 * Drafts what the command line says.
 *
 * @param args The command line.
 * @throws {RangeError} If it asks for what cannot be had.
 * @throws {Error} If the table cannot be read or the schema not be written.
 */
export async function schema(args: readonly string[]): Promise<void> {
  const [path] = command.parse(args, { from: "user" }).processedArgs as unknown as [string];
  const { out, delimiter, decimal_comma, ...wish } = command.opts();
  if (out !== undefined && isFile(out)) throw new RangeError(`${out} is there: choose another --out, or remove it`);
  const { rows, schema: drafted, remarks } = await showReading(async (onRead) => {
    const table = await openTable(path, { delimiter, decimalComma: decimal_comma }, onRead);
    const text = { ...(delimiter !== undefined && { delimiter }), ...(decimal_comma && { decimal_comma }) };
    return await draftSchema(table, { ...wish, ...text });
  });
  for (const remark of remarks) console.error(remark);
  console.error(
    `Drafted from ${rows} rows, some of which may have to go: make bounds, levels and classes what you know ` +
      'without them, and set "declared": true',
  );
  if (out === undefined) return console.log(formatSchema(drafted).trimEnd());
  writeWhole(out, formatSchema(drafted));
  console.log(out);
}

if (import.meta.main) {
  await cli.runScript(() => schema(Deno.args));
}
