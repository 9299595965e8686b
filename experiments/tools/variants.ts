/**
 * Prints what the released code, the published files and the corrected method do differently.
 *
 * `deno task variants`
 * @module
 */
import { Command } from "@commander-js/extra-typings";
import { exitOnUsageError, runScript, toggle } from "../../core/command_line/mod.ts";
import { formatParagraph } from "../../core/text/table.ts";
import { DIFFERENCES, VARIANTS, variantsMarkdown } from "../../core/original/variants.ts";

/** The script's command line. */
export const command = exitOnUsageError(new Command("variants"))
  .description("Prints what each --variant does, a paragraph a difference, with the flag that overrides it.")
  .addOption(toggle("--markdown <0|1>", "as the table of docs/original.md"));

if (import.meta.main) {
  await runScript(() => {
    const { markdown } = command.parse(Deno.args, { from: "user" }).opts();
    if (markdown) return console.log(variantsMarkdown());
    for (const { subject, flag, effect, source, ...choices } of Object.values(DIFFERENCES)) {
      console.log(`${subject}, ${flag}`);
      const texts = { ...Object.fromEntries(VARIANTS.map((name) => [name, choices[name].text])), effect, source };
      for (const [label, text] of Object.entries(texts)) {
        console.log(formatParagraph(`  ${label.padEnd(9)}  `, text.replaceAll("`", "")));
      }
      console.log();
    }
  });
}
