/**
 * The report: what its page says, what it refuses, and what never enters it. How it looks and is used is tested in the
 * browser.
 */
import assert from "node:assert/strict";
import { DOMParser } from "linkedom";
import { parseOptions, type SharedFlags } from "../core/command_line/mod.ts";
import { commandLine, differences, type RunRecord } from "../core/runs/run_record.ts";
import { DIFFERENCES } from "../core/original/variants.ts";
import { readFinishedRun } from "../core/runs/run_folder.ts";
import { parseSummary } from "../core/results/summary.ts";
import { writeWhole } from "../core/disk/files.ts";
import { filesBelow } from "../core/disk/folders.ts";
import { boundText } from "../core/text/decimal.ts";
import { learn } from "../experiments/deletion/learn.ts";
import { unlearn } from "../experiments/deletion/unlearn.ts";
import { mainLmcExperiment } from "../experiments/main_lmc.ts";
import { sgdCommand } from "../experiments/main_sgd.ts";
import { auditTask } from "../experiments/tools/audit.ts";
import { report } from "../experiments/tools/report.ts";
import { publishedFolder } from "./helpers/published_folder.ts";
import { quietly, runHere } from "./helpers/run_here.ts";
import { emptyResultFolder, exists, SHORT } from "./helpers/run_task.ts";
import { SMALL_SCHEMA, smallLines } from "./helpers/small_models.ts";

const HOSTILE = `<img src=x onerror="alert(1)">'&amp;</table></script>`;

/** Writes the page of a result folder, and returns it. */
async function pageOf(resultDir: string, ...args: string[]): Promise<{ html: string; page: Document; said: string }> {
  const { error, said } = await quietly(() => report([...args, "--result-dir", resultDir]));
  assert.equal(error, undefined);
  const html = Deno.readTextFileSync(`${resultDir}/report.html`);
  return { html, page: new DOMParser().parseFromString(html, "text/html") as unknown as Document, said };
}

/** What does not hold of any page: it has no name twice, and refers to nothing but its own parts. */
function assertSelfContained(html: string, page: Document): void {
  const ids = [...page.querySelectorAll("[id]")].map(({ id }) => id);
  assert.deepEqual(ids, [...new Set(ids)]);
  assert.equal(page.querySelector("svg [id], [src], link, iframe, object, img"), null);
  for (const link of page.querySelectorAll("[href]")) {
    assert.ok(ids.includes(link.getAttribute("href")!.replace(/^#/, "")), link.outerHTML);
  }
  assert.doesNotMatch(html, /url\(|@import/);
  assert.match(html, /Content-Security-Policy" content="default-src 'none'; script-src 'sha256-/);
}

const textsOf = (page: Document, selector: string) =>
  [...page.querySelectorAll(selector)].map(({ textContent }) => textContent);

const RESULTS = emptyResultFolder("report");
await quietly(() =>
  runHere("--dataset", "MNIST", ...SHORT, "--removes", "1", "--retrain_noiseless", "1", "--result-dir", RESULTS)
);

Deno.test("the report has the figures, tables and origin of every experiment", async () => {
  const folder = `${RESULTS}/LMC/MNIST/retrain_noiseless`;
  const { html, page } = await pageOf(RESULTS);
  assertSelfContained(html, page);
  const [{ mean, array }] = parseSummary(Deno.readTextFileSync(`${folder}/summary.csv`));
  const digits = String(Number(mean.toPrecision(6)));
  const [label] = textsOf(page, ".chart [role=img] title");
  assert.match(label, new RegExp(`^noiseless retraining, at 1: ${digits} ± 0, published 0\\.91`));
  assert.ok(textsOf(page, "td").includes(digits) && textsOf(page, "td").includes(array));
  assert.ok(textsOf(page, "td").includes("apart"), "the verdict of compare");
  const run = readFinishedRun(folder);
  const values = textsOf(page, "dd");
  for (const value of [run.device, run.started, String(run.options.seed), "released --init_mean 0"]) {
    assert.ok(values.includes(value), value);
  }
  assert.deepEqual(textsOf(page, "pre"), [commandLine(run)]);
  assert.ok(textsOf(page, "pre .option").includes("--num_trial"), "an option that does not break");
});

Deno.test("the command line of a run gives the run's options again", () => {
  const { options } = readFinishedRun(`${RESULTS}/LMC/MNIST/retrain_noiseless`);
  for (const more of [[], ["--variant", "corrected"], ["--shard", "1/2", "--num_trial", "10"], ["--trials", "3-7"]]) {
    const flags = ["--dataset", "MNIST", "--lam", "1e-3", "--burn_in", "2", "--removes", "1,5", "--save_npy", "1"];
    const { options: asked, name } = mainLmcExperiment([...flags, "--retrain_noiseless", "1", "--M", "2", ...more]);
    const line = commandLine({ experiment: name, options: asked, problem: { classes: 2 } as never })!;
    assert.match(line, /^deno task main_lmc /);
    assert.deepEqual(mainLmcExperiment(line.split(" ").slice(3)).options, asked);
  }
  const merged = { ...options, trials: "0-1,4-5" };
  assert.equal(
    commandLine({ experiment: "retrain_noiseless", options: merged, problem: { classes: 2 } as never }),
    undefined,
  );
});

Deno.test("what differs between two runs is named by flags that there are", () => {
  const record = (options: object) => (
    { experiment: "", options, problem: {}, rows: "", engine: "", versions: { program: "" } } as unknown as RunRecord
  );
  const command = sgdCommand();
  const options = parseOptions<SharedFlags>(command, ["--forced_T", "0", "--M", "2", "--trials", "3-7"]);
  const named = differences(record({}), record(options)).map((line) => line.split(" was ")[0]);
  assert.ok(["--forced_T", "--M", "--train-mode", "the first trial"].every((name) => named.includes(name)));
  const flags = [...command.options.map(({ long }) => long), ...Object.values(DIFFERENCES).map(({ flag }) => flag)];
  assert.deepEqual(named.filter((name) => !flags.includes(name)), ["the first trial"]);
});

Deno.test("names of the user are text in every part of the page", async () => {
  const folder = emptyResultFolder("report_hostile");
  const path = publishedFolder(`${folder}/LMC`, "retrain_noiseless", `<b title='"'>`);
  Deno.writeTextFileSync(
    `${path}/summary.csv`,
    Deno.readTextFileSync(`${path}/summary.csv`).replaceAll("MNIST", `"${HOSTILE.replaceAll('"', '""')}"`),
  );
  writeWhole(`${folder}/LMC/MNIST/find_k/find_k.csv`, `k,<i>\n1,"${HOSTILE.replaceAll('"', '""')}"\n`);
  const { html, page } = await pageOf(folder);
  assertSelfContained(html, page);
  assert.equal(page.querySelector("img, b, i"), null);
  assert.equal(page.querySelectorAll("script").length, 1);
  assert.ok(textsOf(page, "td").includes(HOSTILE));
  assert.ok(page.querySelector(".chart")!.getAttribute("aria-label")!.includes(HOSTILE));
});

Deno.test("without results the report says what to run, and writes nothing", async () => {
  const folder = emptyResultFolder("report_nothing");
  const { error } = await quietly(() => report(["--result-dir", folder]));
  assert.match(String(error), /no summary\.csv below .*: run an experiment first/);
  assert.ok(!exists(`${folder}/report.html`));
});

Deno.test("the report refuses damaged results by name, and leaves the page that is there", async () => {
  const folder = emptyResultFolder("report_damaged");
  const path = publishedFolder(`${folder}/LMC`, "retrain_noiseless", "MNIST");
  await pageOf(folder);
  const before = Deno.readTextFileSync(`${folder}/report.html`);
  for (
    const [name, content, message] of [
      ["LMC/MNIST/retrain_noiseless/run.json", "{}", /retrain_noiseless\/run\.json is not a run\.json/],
      ["LMC/MNIST/retrain_noiseless/summary.csv", "method\nLMC learn\n", /retrain_noiseless\/summary\.csv: the column/],
      ["audit/audit.json", "{", /audit\/audit\.json is damaged/],
      ["guarantee/guarantee.csv", "against\n", /guarantee\.csv: .*: run deno task guarantee again/],
      ["bench.csv", "problem\nMNIST\n", /bench\.csv: the column n is missing/],
    ] as const
  ) {
    const file = `${folder}/${name}`;
    const whole = exists(file) ? Deno.readTextFileSync(file) : undefined;
    writeWhole(file, content);
    const { error } = await quietly(() => report(["--result-dir", folder]));
    assert.match(String(error), message);
    assert.equal(Deno.readTextFileSync(`${folder}/report.html`), before);
    if (whole === undefined) Deno.removeSync(file);
    else writeWhole(file, whole);
  }
  assert.ok(exists(path));
});

const MODELS = emptyResultFolder("report_model");
const MODEL = `${MODELS}/models/week`;
const TRAIN = `${MODELS}/train.csv`;

/** A model of hostile names, from which a row was deleted, and an audit of that. */
const prepared = (async () => {
  const [id, x, y, label] = SMALL_SCHEMA.columns;
  const columns = [id, { ...x, name: `x ${HOSTILE}` }, y, { ...label, classes: ["dog", `cat ${HOSTILE}`] }];
  writeWhole(`${MODELS}/schema.json`, JSON.stringify({ ...SMALL_SCHEMA, columns }));
  const field = (text: string) => `"${text.replaceAll('"', '""')}"`;
  const [, ...lines] = smallLines();
  const rows = lines.map((line) => line.replace(/cat$/, field(`cat ${HOSTILE}`)));
  writeWhole(TRAIN, [`person,${field(`x ${HOSTILE}`)},y,kind`, ...rows, ""].join("\n"));
  writeWhole(`${MODELS}/ids.txt`, "p1\n");
  const files = ["--model", MODEL, "--train", TRAIN];
  const steps = await quietly(async () => {
    await learn([...files, "--schema", `${MODELS}/schema.json`, "--lam", "1e-2", "--k", "3", "--capacity", "2"]);
    await auditTask([
      ...files,
      "--remove",
      `${MODELS}/ids.txt`,
      "--num_trial",
      "8",
      "--seed",
      "1",
      "--result-dir",
      MODELS,
    ]);
    await unlearn([...files, "--remove", `${MODELS}/ids.txt`]);
  });
  assert.equal(steps.error, undefined);
  const last = Deno.readTextFileSync(`${MODEL}/certificates/0002.json`);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(last))).toHex();
  return { key: JSON.parse(last).key as string, digest, last: JSON.parse(last) };
})();

Deno.test("the page of a model has what each certificate claims to whom, and that it holds", async () => {
  const { key, digest, last } = await prepared;
  const known = ["--key", key, "--at_least", `2:${digest}`];
  const { html, page, said } = await pageOf(MODELS, "--model", MODEL, ...known);
  assertSelfContained(html, page);
  assert.equal(page.querySelector(".bad"), null);
  assert.match(textsOf(page, ".good").join("\n"), /All 2 certificates hold/);
  for (const text of Object.values(last.adversaries)) assert.ok(textsOf(page, "td").includes(text as string));
  for (const text of [...last.conditions, ...last.notCovered]) assert.ok(textsOf(page, "li").includes(text));
  assert.ok(textsOf(page, "p").includes(last.choice), "how λ and σ were chosen");
  const cells = textsOf(page, "td");
  for (const cost of [last.present, last.person, last.request]) assert.ok(cells.includes(boundText(cost.mu)));
  assert.ok(cells.includes(digest));
  assert.deepEqual(textsOf(page, "pre"), [`deno task verify --model ${MODEL} --key ${key} --at_least 2:${digest}`]);
  assert.ok(textsOf(page, "dd").includes(`dog, cat ${HOSTILE}`), "the classes, as text");
  assert.equal(page.querySelectorAll("script").length, 1);
  assert.doesNotMatch(html, /<h2[^>]*>Audit/);
  assert.match(said, /--audit 1 puts that in/);
});

Deno.test("the audit of a model enters its page when it is asked for, and no other audit does", async () => {
  await prepared;
  const { html, page, said } = await pageOf(MODELS, "--model", MODEL, "--audit", "1");
  assertSelfContained(html, page);
  assert.match(textsOf(page, "h2").join(), /Audit: week, σ = /);
  assert.match(said, /WITHOUT --key IT PROVES NOTHING/);
  assert.match(textsOf(page, ".bad").join(), /Without --key THIS PROVES NOTHING.*Without --at_least/s);
  const path = `${MODELS}/audit/audit.json`;
  const audit = Deno.readTextFileSync(path);
  writeWhole(path, JSON.stringify({ ...JSON.parse(audit), sigma: 1 }));
  const { error } = await quietly(() => report(["--model", MODEL, "--audit", "1", "--result-dir", MODELS]));
  writeWhole(path, audit);
  assert.ok(error instanceof RangeError);
  assert.match(error.message, /has no audit of/);
});

Deno.test("nothing of the private folder is in the page of a model", async () => {
  const { last, digest } = await prepared;
  const { html } = await pageOf(MODELS, "--model", MODEL, "--audit", "1");
  const secrets = filesBelow(`${MODEL}.private`, "").flatMap((path) => {
    const strings: string[] = [];
    const text = Deno.readTextFileSync(path);
    if (text !== "") JSON.parse(text, (_, value) => typeof value === "string" ? strings.push(value) && value : value);
    return strings;
  });
  const known = new Set(["OKP", "Ed25519"]);
  const hidden = secrets.filter((secret) =>
    !known.has(secret) && !JSON.stringify(last).includes(secret) && secret !== digest
  );
  assert.ok(hidden.length > 20, `${hidden.length} secrets`);
  const words = new Set(html.split(/[^\w+/=-]+/));
  for (const secret of hidden) {
    assert.ok(secret.length < 8 ? !words.has(secret) : !html.includes(secret), secret);
  }
});

Deno.test("a model that does not hold has a page that says so and no more", async () => {
  const { key } = await prepared;
  const other = "0".repeat(64);
  const path = `${MODEL}/certificates/0001.json`;
  const certificate = Deno.readTextFileSync(path);
  const pageThatFails = async (...args: string[]) => {
    const { error } = await quietly(() => report(["--model", MODEL, ...args, "--result-dir", MODELS]));
    assert.ok(error instanceof Error);
    const html = Deno.readTextFileSync(`${MODELS}/report.html`);
    assert.match(html, /<p class="bad">DOES NOT HOLD: /);
    assert.doesNotMatch(html, /class="good"|<table/);
    return error.message;
  };
  assert.match(await pageThatFails("--key", other), new RegExp(`signed by another key, ${key}`));
  assert.match(await pageThatFails("--at_least", `9:${other}`), /rolled back/);
  writeWhole(path, certificate.replace('"sequence":1', '"sequence":2'));
  assert.match(await pageThatFails(), /certificate 1: its signature/);
  writeWhole(path, certificate);
});

Deno.test("the command line to check a model by is of one command, whatever the folder's name", async () => {
  const { key, digest } = await prepared;
  const folder = `${MODELS}/models/it's; touch <b>`;
  for (const path of filesBelow(MODEL, "")) writeWhole(path.replace(MODEL, folder), Deno.readFileSync(path));
  const { html, page } = await pageOf(MODELS, "--model", folder);
  assertSelfContained(html, page);
  const word = `'${MODELS}/models/it'\\''s; touch <b>'`;
  assert.deepEqual(textsOf(page, "pre"), [`deno task verify --model ${word} --key ${key} --at_least 2:${digest}`]);
});

Deno.test("what cannot be had of a model is a usage error", async () => {
  for (
    const [args, message] of [
      [["--key", "0".repeat(64)], /^--key has no effect without --model$/],
      [["--audit", "1"], /^--audit has no effect without --model$/],
      [["--model", `${MODELS}/models/none`], /no model in/],
      [["--model", MODEL, "--result-dir", MODEL], /report\.html is in .*week: give another --result-dir/],
      [["--model", MODEL, "--result-dir", `${MODEL}.private`], /is in .*week\.private/],
    ] as const
  ) {
    await prepared;
    const { error } = await quietly(() => report(["--result-dir", MODELS, ...args]));
    assert.ok(error instanceof RangeError, String(error));
    assert.match(error.message, message);
  }
});
