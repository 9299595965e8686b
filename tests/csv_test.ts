import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { fewestSteps } from "../core/accountant/calibrate.ts";
import { langevinAccountant } from "../core/accountant/langevin.ts";
import { originalOrders } from "../core/original/accountant.ts";
import { hashRows } from "../core/datasets/hash_rows.ts";
import { loadCsv, parseCsv } from "../core/datasets/csv.ts";
import { makeProblem } from "../core/model/problem.ts";
import { writeWhole } from "../core/disk/files.ts";
import { parseSummary } from "../core/results/summary.ts";
import { emptyResultFolder, runTask } from "./helpers/run_task.ts";

const parse = (train: string, test: string, label = "y") =>
  parseCsv({ path: "a.csv", text: train }, { path: "b.csv", text: test }, label);

const GOOD = "x1,x2,y\n3,4,1\n0,-2,0\n";

Deno.test("two labels become signs, the later one +1, and rows have norm 1", async () => {
  const { name, train, test, classNames, featureNames } = await parse(GOOD, "x1,x2,y\n1e-3,0,0\n");
  assert.equal(name, "CSV");
  assert.deepEqual(classNames, ["0", "1"]);
  assert.deepEqual(featureNames, ["x1", "x2"]);
  assert.deepEqual(train, {
    features: Float32Array.of(0.6, 0.8, 0, -1),
    labels: Float32Array.of(1, -1),
    count: 2,
    dimension: 2,
    outputs: 1,
  });
  assert.deepEqual(test.features, Float32Array.of(1, 0));
  assert.deepEqual(test.labels, Float32Array.of(-1));
});

Deno.test("more labels become one-hot vectors, numbers in order of value, texts of their characters", async () => {
  const numbers = await parse("y,x\n10,1\n-2,1\n9,1\n", "y,x\n9,-1\n");
  assert.deepEqual(numbers.classNames, ["-2", "9", "10"]);
  assert.equal(numbers.train.outputs, 3);
  assert.deepEqual(numbers.train.labels, Float32Array.of(0, 0, 1, 1, 0, 0, 0, 1, 0));
  assert.deepEqual(numbers.test.labels, Float32Array.of(0, 1, 0));
  assert.deepEqual((await parse("y,x\n10,1\nb,1\n9,1\na,2\n", "y,x\na,1\n")).classNames, ["10", "9", "a", "b"]);
});

Deno.test("a byte order mark, any line ends, quotes, blanks around cells and blank lines change nothing", async () => {
  const expected = await parse(GOOD, GOOD);
  const variants = [
    GOOD.replaceAll("\n", "\r\n"),
    GOOD.replaceAll("\n", "\r"),
    GOOD.replaceAll(",", " , "),
    GOOD.trim(),
    GOOD + "\n\n",
    GOOD.replace("\n", "\n\n"),
    GOOD.replace("x1", '"x1"').replace("3", '"3"'),
  ];
  for (const text of variants) assert.deepEqual(await parse(text, text), expected, JSON.stringify(text));

  const path = `${emptyResultFolder("csv")}/marked.csv`;
  writeWhole(path, "\uFEFF" + GOOD);
  assert.deepEqual(await loadCsv({ trainPath: path, testPath: path, label: "y" }), expected);
  assert.deepEqual((await loadCsv({ trainPath: path, testPath: path, label: "x1" })).featureNames, ["x2", "y"]);
});

Deno.test("a table that is not as it should be is refused with file, line and column", async () => {
  const wrong: [train: string, test: string, message: RegExp][] = [
    ["x1,x2,y\n3,4,1\n,2,0\n", GOOD, /^RangeError: a\.csv, line 3, column "x1": no value$/],
    ["x1,x2,y\n3,4,1\n0,2, \n", GOOD, /^RangeError: a\.csv, line 3, column "y": no value$/],
    [GOOD, "x1,x2,y\n3,NA,1\n", /^RangeError: b\.csv, line 2, column "x2": "NA" is not a number/],
    [GOOD, "x1,x2,y\n3,1e39,1\n", /"1e39" is not a number within/],
    [GOOD, "x1,x2,y\n3,-Infinity,1\n", /"-Infinity" is not a number/],
    [GOOD, "x1,x2,y\n\n3,1,1\n0,0,1\n", /^RangeError: b\.csv, line 4: every feature is 0/],
    ['x1,x2,y\n3,"4\n",1\n0,0,0\n', GOOD, /^RangeError: a\.csv, line 2, column "x2": "4\\n" is not a number/],
    ['x1,x2,y\n3,4,"a\nb"\n0,0,0\n', GOOD, /^RangeError: a\.csv, line 2, column "y": "a\\nb" is more than a line/],
    [GOOD, "x1,x2,y\n3,1,2\n", /^RangeError: b\.csv, line 2, column "y": a\.csv has no row with the label "2"$/],
    [GOOD, "x1,x3,y\n3,1,1\n", /^RangeError: b\.csv, column 2: "x3", where a\.csv has "x2"$/],
    [GOOD, "x1,x2\n3,1\n", /^RangeError: b\.csv, column 3: nothing, where a\.csv has "y"$/],
    [GOOD, "x1,x2,y,z\n3,1,1,1\n", /^RangeError: b\.csv, column 4: "z", where a\.csv has nothing$/],
    ["x1,x2\n3,4\n", GOOD, /^RangeError: a\.csv has no column "y"; it has "x1, x2"$/],
    ["y\n1\n0\n", GOOD, /^RangeError: a\.csv: its first line has no comma, semicolon or tab: say what/],
    ["", GOOD, /^RangeError: a\.csv is empty$/],
    [GOOD, " \n\n", /^RangeError: b\.csv is empty$/],
    [GOOD, "x1,x2,y\n", /^RangeError: b\.csv has no rows below its header$/],
    ["x1,x2,y\n3,4,1\n5,2,1\n", GOOD, /^RangeError: a\.csv, column "y": all rows are "1", learning takes two classes$/],
    ["x1,x1,y\n3,4,1\n", GOOD, /^RangeError: a\.csv, line 1, column 2: "x1" is the name of an earlier column too$/],
    [",x1,y\n0,4,1\n", GOOD, /^RangeError: a\.csv, line 1, column 1 has no name: name it, or leave it out$/],
    ["x1,x2,y\n3,4,1\n3,4\n", GOOD, /^RangeError: a\.csv, line 3: cells: 2; columns in the header: 3$/],
    [
      "x1,x2,y\n3,4,1,5\n",
      GOOD,
      /^RangeError: a\.csv, line 2: cells: 4; columns in the header: 3: is line 1 a line of names\?$/,
    ],
  ];
  for (const [train, test, message] of wrong) await assert.rejects(parse(train, test), message);
});

const load = (path: string) => () => loadCsv({ trainPath: path, testPath: path, label: "y" });

Deno.test("a file that is not there or is a folder is named", async () => {
  await assert.rejects(load("result/no.csv"), /^RangeError: no file result\/no\.csv: check the path$/);
  await assert.rejects(load("core"), /^RangeError: core is a folder, not a file$/);
});

Deno.test({
  name: "a file that may not be read is named, with the flag that permits it",
  permissions: { read: ["data"] },
  fn: () =>
    assert.rejects(load("core/a.csv"), /^Error: core\/a\.csv is outside .*--allow-read .*docs\/permissions\.md\)$/),
});

Deno.test("the hash is that of the bytes", async () => {
  const { train, test } = await parse(GOOD, GOOD + "-1,7,1\n");
  const sha256 = ({ features, labels }: typeof train) =>
    createHash("sha256").update(new Uint8Array(features.buffer)).update(new Uint8Array(labels.buffer)).digest("hex");
  assert.equal(hashRows(train), sha256(train));
  assert.equal(hashRows(test), sha256(test));
  assert.notEqual(hashRows(train), hashRows(test));
  assert.notEqual(hashRows(train), hashRows({ ...train, labels: Float32Array.of(1, 1) }));
});

/** Rows of two features, 1 in the first where the label is `yes` and −1 else, and something in the second. */
const table = (count: number, names: readonly string[]) =>
  [
    "effect,other,sick",
    ...Array.from({ length: count }, (_, i) => {
      const name = names[i % names.length];
      return `${name === "yes" ? 1 : -1},${((i * 7) % 11 - 5) / 5},${name}`;
    }),
  ].join("\n");

Deno.test("an experiment learns and unlearns the user's tables", async () => {
  const folder = emptyResultFolder("csv");
  writeWhole(`${folder}/train.csv`, table(200, ["yes", "no"]));
  writeWhole(`${folder}/test.csv`, table(40, ["yes", "no"]));
  writeWhole(`${folder}/pipes.csv`, table(200, ["yes", "no"]).replaceAll(",", "|").replaceAll(".", ","));
  const run = (train: string, label = "sick", test = `${folder}/test.csv`, ...how: string[]) =>
    runTask(
      ...["main_lmc", "--paint_utility_s", "1", "--removes", "5", "--epsilons", "1", "--sigma", "0.03"],
      ...["--dataset", "CSV", "--train_csv", train, "--test_csv", test, "--label", label, ...how],
      ...["--lam", "1e-3", "--burn_in", "100", "--init_mean", "0", "--num_trial", "3", "--result-dir", folder],
    );

  const { code, stdout, stderr } = await run(`${folder}/train.csv`);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^CSV: n = 200, d = 2, /m);
  assert.match(stdout, /^Labels: \+1 is yes \(100 rows\), −1 is no \(100 rows\)$/m);
  const summaries = parseSummary(Deno.readTextFileSync(`${folder}/LMC/CSV/paint_utility_s/summary.csv`));
  const chain = { problem: makeProblem({ n: 200, d: 2, lambda: 1e-3 }), sigma: 0.03, requests: [] };
  const { K, at: { alpha } } = fewestSteps(
    langevinAccountant({ orders: originalOrders("paint_utility_s") }),
    chain,
    5,
    { epsilon: 1, delta: 1 / 200 },
    10,
  );
  const unlearned = summaries.find(({ method }) => method === "LMC unlearn");
  assert.deepEqual([unlearned?.K, unlearned?.alpha], [K, alpha]);
  for (const { mean, method } of summaries) assert.ok(mean > 0.95, `${method}: ${mean}`);

  const pipes = `${folder}/pipes.csv`;
  const declared = await run(pipes, "sick", pipes, "--delimiter", "|", "--decimal_comma", "1");
  assert.equal(declared.code, 2, declared.stdout);
  assert.match(declared.stderr, /the rows was (\w+) \w+, is \1 \1: /, "the same training rows");

  const wrong: [train: string, label: string, code: number, message: RegExp][] = [
    [`${folder}/train.csv`, "ill", 2, /train\.csv has no column "ill"; it has "effect, other, sick"$/],
    [`${folder}/none.csv`, "sick", 2, /no file .*none\.csv/],
    ["core/train.csv", "sick", 1, /core\/train\.csv is outside .*--allow-read .*docs\/permissions\.md\)$/],
  ];
  for (const [train, label, code, message] of wrong) {
    const outcome = await run(train, label);
    assert.equal(outcome.code, code, train);
    assert.match(outcome.stderr.trim(), message);
    assert.equal(outcome.stderr.trim().split("\n").length, 1, outcome.stderr);
  }
});

Deno.test("a column of numbers that is named as that of the labels is refused", async () => {
  const text = ["x,y", ...Array.from({ length: 60_000 }, (_, i) => `1,${i}`)].join("\n");
  const file = { path: "a.csv", text };
  await assert.rejects(parseCsv(file, file, "y"), /^RangeError: a\.csv, column "y" has more than 1000 classes/);
});
