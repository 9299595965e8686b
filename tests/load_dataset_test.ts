import assert from "node:assert/strict";
import {
  BINARY_DATASETS,
  checkDataChoice,
  type DataChoice,
  loadDataset,
  MULTICLASS_DATASETS,
} from "../core/datasets/load_dataset.ts";
import { writeWhole } from "../core/disk/files.ts";
import { emptyResultFolder } from "./helpers/run_task.ts";

const DATA = { dataDir: "data" };
const CSV = { ...DATA, dataset: "CSV", train_csv: "a.csv", test_csv: "b.csv", label: "y" };

Deno.test("a dataset knows its name", async () => {
  assert.ok(BINARY_DATASETS.includes("MNIST") && MULTICLASS_DATASETS.includes("MNIST_MULTI"));
  for (const dataset of ["MNIST", "MNIST_MULTI"]) {
    assert.equal((await loadDataset({ ...DATA, dataset })).name, dataset);
  }
});

Deno.test("rows that the user names stay where they are, and are known in the user's order", async () => {
  const folder = emptyResultFolder("load_dataset");
  writeWhole(`${folder}/rows.txt`, "7\n0\n11981\n");
  const { train, named } = await loadDataset({ ...DATA, dataset: "MNIST", remove_rows: `${folder}/rows.txt` });
  assert.deepEqual(named, [7, 0, 11981]);
  assert.deepEqual(train, (await loadDataset({ ...DATA, dataset: "MNIST" })).train);
});

Deno.test("a dataset that there is not is refused with the names of those that there are", async () => {
  for (const dataset of ["mnist", "", "toString"]) {
    await assert.rejects(loadDataset({ ...DATA, dataset }), /^RangeError: no dataset .*: there are MNIST, .*CSV/);
  }
});

Deno.test("the flags of CSV are given with it, all of them, and with nothing else", async () => {
  checkDataChoice(CSV);
  checkDataChoice({ ...DATA, dataset: "MNIST" });
  for (const flag of ["train_csv", "test_csv", "label"] as const) {
    const { [flag]: value, ...rest } = CSV;
    const wrong: [DataChoice, RegExp][] = [
      [rest, /^RangeError: --dataset CSV needs --train_csv, --test_csv and --label$/],
      [{ ...DATA, dataset: "MNIST", [flag]: value }, new RegExp(`^RangeError: --${flag} goes with --dataset CSV, not`)],
    ];
    for (const [choice, message] of wrong) {
      assert.throws(() => checkDataChoice(choice), message);
      await assert.rejects(loadDataset(choice), message);
    }
  }
  for (const how of [{ delimiter: ";" }, { decimal_comma: true }]) {
    checkDataChoice({ ...CSV, ...how });
    const message = new RegExp(`^RangeError: --${Object.keys(how)} goes with --dataset CSV, not MNIST$`);
    assert.throws(() => checkDataChoice({ ...DATA, dataset: "MNIST", ...how }), message);
  }
});
