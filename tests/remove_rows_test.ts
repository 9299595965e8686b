/**
 * The rows that the user names for removal.
 */
import assert from "node:assert/strict";
import { parseRowNumbers, rowsToRemove } from "../core/model/removal.ts";
import { writeWhole } from "../core/disk/files.ts";
import { parseSummary } from "../core/results/summary.ts";
import { emptyResultFolder, runTask } from "./helpers/run_task.ts";
import { writeTable } from "./helpers/small_tables.ts";

const ROWS = [5, 17, 190];

Deno.test("a file of row numbers is read or refused", () => {
  assert.deepEqual(parseRowNumbers(" 3 \r\n\r\n0\n", "rows.txt", 4), [3, 0]);
  const bad: [text: string, message: RegExp][] = [
    ["", /^RangeError: rows\.txt names no rows/],
    ["\n\n", /names no rows/],
    ["1\n4", /line 2: there is no row 4, rows are 0 to 3/],
    ["-1", /line 1: "-1" is not the number of a row/],
    ["1.5", /"1.5" is not/],
    ["row", /"row" is not/],
    ["1,2", /"1,2" is not/],
    ["2\n\n2", /line 3: row 2 is in line 1 too/],
    ["99999999999999999999", /there is no row 100000000000000000000/],
  ];
  for (const [text, message] of bad) assert.throws(() => parseRowNumbers(text, "rows.txt", 4), message);
});

Deno.test("the rows to remove are the first ones named, or the last", () => {
  assert.deepEqual(rowsToRemove(3, 7), [6, 5, 4]);
  assert.deepEqual(rowsToRemove(2, 7, [1, 6, 0]), [1, 6]);
  assert.deepEqual(rowsToRemove(0, 7, [1]), []);
});

Deno.test("--remove_rows: S is the number of rows named, and no more can be removed", async () => {
  const folder = emptyResultFolder("remove_rows");
  const train = writeTable(`${folder}/train.csv`, 400, 0);
  writeWhole(`${folder}/rows.txt`, ROWS.join("\n"));
  writeWhole(`${folder}/bad.txt`, "5\n400\n");
  const run = (rows: string, ...args: string[]) =>
    runTask(
      ...["main_lmc_multiclass", "--retrain_noiseless", "1", "--lam", "1e-3", "--burn_in", "60", "--num_trial", "1"],
      ...["--dataset", "CSV", "--train_csv", train, "--test_csv", train, "--label", "class", "--save_npy", "1"],
      ...["--remove_rows", `${folder}/${rows}`, "--result-dir", folder, ...args],
    );
  assert.equal((await run("rows.txt")).code, 0);
  const [{ num_remove }] = parseSummary(Deno.readTextFileSync(`${folder}/LMC/CSV/retrain_noiseless/summary.csv`));
  assert.equal(num_remove, 3);
  const tooMany = await run("rows.txt", "--removes", "1,4");
  assert.equal(tooMany.code, 2);
  assert.match(tooMany.stderr, /cannot remove 4 rows: .*rows\.txt names 3/);
  const bad = await run("bad.txt");
  assert.equal(bad.code, 2);
  assert.match(bad.stderr, /^error: .*bad\.txt, line 2: there is no row 400/);

  // Runs are told apart by the number of the rows that are named, by which these are, and by their order.
  writeWhole(`${folder}/two.txt`, "399\n398\n");
  writeWhole(`${folder}/three.txt`, "399\n398\n397\n");
  writeWhole(`${folder}/others.txt`, "399\n3\n");
  writeWhole(`${folder}/turned.txt`, "398\n399\n");
  assert.equal((await run("two.txt", "--fresh", "1")).code, 0);
  assert.match((await run("two.txt")).stdout, /^Complete already/m);
  for (const [rows, count] of [["three.txt", 3], ["others.txt", 2], ["turned.txt", 2]] as const) {
    const other = await run(rows);
    assert.equal(other.code, 2, other.stdout);
    assert.match(other.stderr, new RegExp(`the named rows was 2 rows, [0-9a-f]{16}, is ${count} rows, [0-9a-f]{16}`));
  }
});
