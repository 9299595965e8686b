/**
 * The worked week of docs/week.md, command by command, in this process.
 */
import assert from "node:assert/strict";
import { evaluateModel } from "../experiments/deletion/evaluate.ts";
import { learn } from "../experiments/deletion/learn.ts";
import { schema } from "../experiments/deletion/schema.ts";
import { tune } from "../experiments/deletion/tune.ts";
import { unlearn } from "../experiments/deletion/unlearn.ts";
import { verify } from "../experiments/deletion/verify.ts";
import { auditTask } from "../experiments/tools/audit.ts";
import { textOf } from "./helpers/documents.ts";
import { quietly } from "./helpers/run_here.ts";
import { emptyResultFolder } from "./helpers/run_task.ts";

type Task = (args: readonly string[]) => Promise<void>;
const TASKS: Readonly<Record<string, Task>> = {
  ...{ schema, tune, learn, unlearn, verify, evaluate: evaluateModel, audit: auditTask },
};

/** Runs a line of a shell. */
async function shell(line: string): Promise<void> {
  const { code, stderr } = await new Deno.Command("sh", { args: ["-c", line] }).output();
  assert.equal(code, 0, `${line}: ${new TextDecoder().decode(stderr)}`);
}

Deno.test("the worked week: every command of its page does what the page says", async () => {
  const folder = emptyResultFolder("week_page");
  const text = textOf("docs/week.md");
  let told = "";
  const last = (pattern: RegExp) => [...told.matchAll(pattern)].at(-1)?.[1] ?? "";
  let [count, refused] = [0, 0];
  for (const [, kind, block] of text.matchAll(/^```(sh|console)\n(.*?)^```$/gms)) {
    for (const line of block.trim().replaceAll("result/week", folder).split("\n")) {
      if (kind === "console") {
        await shell(line.replace(/^\$ /, ""));
        continue;
      }
      const [command, reason] = line.split(" # refused: ");
      const [task, ...args] = command.replace("deno task ", "").split(" ");
      const known = { FINGERPRINT: /^Key: (\w+)$/gm, DIGEST: /^Certificate: \d+:(\w+)$/gm };
      const filled = args.map((arg) =>
        Object.entries(known).reduce((whole, [name, pattern]) => whole.replace(name, last(pattern)), arg)
      );
      const { said, error } = await quietly(() => TASKS[task](filled));
      if (reason === undefined) assert.equal(error, undefined, `${command}: ${error}`);
      else assert.match(String(error), new RegExp(reason), command);
      refused += reason === undefined ? 0 : 1;
      told += error === undefined ? said : "";
      if (task === "learn" && count === 2) {
        const printed = last(/^deno task learn (.*)$/gm);
        assert.equal(printed, args.join(" "), "the page has the line that tune printed");
      }
      count++;
    }
  }
  assert.deepEqual([count, refused], [19, 3]);
});
