/**
 * A damaged file of a run is noticed, whichever it is, and names that come from a file lead nowhere else.
 */
import assert from "node:assert/strict";
import { writeWhole } from "../core/disk/files.ts";
import { mergeParts } from "../core/runs/merge_shards.ts";
import { redraw } from "../core/runs/redraw.ts";
import { readRunIfOver } from "../core/runs/run_folder.ts";
import { assertForUser } from "./helpers/fuzz.ts";
import { bytesBelow, quietly, runHere } from "./helpers/run_here.ts";
import { emptyResultFolder, exists, makeLinks, runTask } from "./helpers/run_task.ts";
import { normals } from "./helpers/scenarios.ts";
import { writeTable } from "./helpers/small_tables.ts";
import { SOAK } from "./helpers/soak.ts";

const ROOT = emptyResultFolder("damage");
const TABLE = writeTable(`${ROOT}/table.csv`, 30, 0, 2);
const EXPERIMENT = "LMC/CSV/paint_unlearning_sigma";

const RUN = [
  ...["--dataset", "CSV", "--train_csv", TABLE, "--test_csv", TABLE, "--label", "class", "--lam", "1e-2"],
  ...["--paint_unlearning_sigma", "1", "--sigmas", "0.5", "--removes", "1", "--init_mean", "0", "--burn_in", "3"],
  ...["--num_trial", "2", "--save_npy", "1", "--backend", "wasm", "--threads", "1"],
];

// No power is cut here, and waiting for the disk is most of the time.
Deno.FsFile.prototype.syncSync = () => {};

type Files = ReadonlyMap<string, Uint8Array<ArrayBuffer>>;

/** Writes files below an empty folder, and returns it. */
function write(name: string, files: Files): string {
  const folder = emptyResultFolder(`damage/${name}`);
  for (const [file, content] of files) writeWhole(`${folder}/${EXPERIMENT}/${file}`, content);
  return folder;
}

/** The results of a run, and what it said last, without what depends on the time. */
function resultsOf(folder: string): Map<string, unknown> {
  const files = bytesBelow(`${folder}/${EXPERIMENT}`);
  const { options, ...run } = JSON.parse(new TextDecoder().decode(files.get("run.json") ?? Uint8Array.of(123, 125)));
  const decided = { ...run, options: { ...options, resultDir: 0 }, started: 0, seconds: 0, digest: 0 };
  return new Map<string, unknown>([...files, ["run.json", decided]]);
}

/** The files of a whole run, and those of one that is killed when it writes its first result. */
async function attempts(...args: string[]): Promise<{ whole: Files; unfinished: Files }> {
  const folder = emptyResultFolder("damage/run");
  const { renameSync } = Deno;
  Deno.renameSync = (from, to) => {
    if (String(to).endsWith("trials.csv")) throw new Error("killed");
    renameSync(from, to);
  };
  try {
    const { error } = await runHere(...RUN, ...args, "--result-dir", folder);
    assert.match(String(error), /killed/);
  } finally {
    Deno.renameSync = renameSync;
  }
  const unfinished = bytesBelow(`${folder}/${EXPERIMENT}`);
  const { error } = await runHere(...RUN, ...args, "--result-dir", folder);
  assert.equal(error, undefined);
  return { whole: bytesBelow(`${folder}/${EXPERIMENT}`), unfinished };
}
const first = await attempts();
const other = await attempts("--seed", "1");
const whole = resultsOf(write("whole", first.whole));

const FLIPS = SOAK ? 100 : 1;

/** What happens to files on disks; `undefined` is no file. */
function damagesOf(name: string, file: Uint8Array<ArrayBuffer>): [damage: string, content?: Uint8Array][] {
  const content = name === "run.json" ? file.subarray(0, -1) : file; // which may do without the end of its last line
  const { length } = content;
  const flips = [...normals(FLIPS, name.length)].map((draw): [string, Uint8Array] => {
    const [at, bit] = [Math.floor(Math.abs(draw) * 1e6) % length, Math.floor(Math.abs(draw) * 1e7) % 8];
    return [`bit ${bit} of byte ${at}`, content.map((byte, i) => i === at ? byte ^ 1 << bit : byte)];
  });
  return [
    ...flips,
    ["its half", content.subarray(0, length >> 1)],
    ["its last byte cut off", content.subarray(0, -1)],
    ["its last line cut off", content.subarray(0, content.subarray(0, -1).lastIndexOf(10) + 1)],
    ["emptied", new Uint8Array()],
    ["zeros", new Uint8Array(length)],
    ["doubled", Uint8Array.from([...content, ...content])],
    ["removed"],
  ];
}

const encode = (text: string) => new TextEncoder().encode(text);

/** Checks that a run is refused, or ends with the bytes of one that nothing disturbed; returns which. */
async function endsWellOrNot(folder: string, what: string): Promise<"refused" | "healed"> {
  const { error } = await runHere(...RUN, "--result-dir", folder);
  if (error === undefined) {
    assert.deepEqual(resultsOf(folder), whole, what);
    return "healed";
  }
  assertForUser(error);
  assert.match(String(error), /damage.*: .*--fresh 1/, what);
  return "refused";
}

Deno.test("a damaged file of an unfinished run is refused or computed again, never used", async () => {
  const outcomes = { refused: 0, healed: 0 };
  for (const [name, content] of first.unfinished) {
    const values = ["[0.5]", "[0.5,0.5]", "[0.5,0.5,0.5]"].map((text): [string, Uint8Array] => [text, encode(text)]);
    const others: [string, Uint8Array | undefined][] = [
      ...(name.includes("cell") ? values : []),
      ["that of another cell or walk", first.unfinished.get(name.replace(/\d+$/, (digits) => String(1 + +digits)))],
      ...(name.includes("/run.json") ? [] : [["that of another run", other.unfinished.get(name)] as const]),
    ].map(([damage, content]) => [damage, content] as [string, Uint8Array | undefined]);
    for (const [damage, damaged] of [...damagesOf(name, content), ...others]) {
      const files = new Map(first.unfinished);
      if (damaged) files.set(name, Uint8Array.from(damaged));
      else files.delete(name);
      outcomes[await endsWellOrNot(write("unfinished", files), `${name}: ${damage}`)]++;
    }
  }
  assert.ok(outcomes.refused >= 7 && outcomes.healed > 70, JSON.stringify(outcomes));
});

Deno.test("a damaged file of a run that is over is named, with what to do, by all that reads it", async () => {
  const outcomes = { refused: 0, healed: 0 };
  for (const [name, content] of first.whole) {
    for (const [damage, damaged] of damagesOf(name, content)) {
      const what = `${name}: ${damage}`;
      const files = new Map(first.whole);
      if (damaged) files.set(name, Uint8Array.from(damaged));
      else files.delete(name);
      const folder = write("over", files);
      const experiment = `${folder}/${EXPERIMENT}`;
      const isFigure = name.endsWith(".svg");

      const merged = emptyResultFolder("damage/merged");
      const reads = [
        () => runHere(...RUN, "--result-dir", folder),
        () => quietly(() => mergeParts([folder], { resultDir: merged, fresh: false, partial: false })),
        () => quietly(() => readRunIfOver(experiment)),
        () => quietly(() => redraw(experiment)),
      ];
      if (name === "run.json" && damage === "removed") {
        assert.equal(await endsWellOrNot(folder, what), "healed");
        outcomes.healed++;
        continue;
      }
      for (const read of isFigure ? reads.slice(0, 1) : reads) {
        const { error } = await read();
        assert.ok(error, `${what} is used by ${read}`);
        assertForUser(error);
        assert.ok(
          String(error).includes(`${experiment}/${name}`) && /--fresh 1/.test(String(error)),
          `${what}: ${error}`,
        );
      }
      outcomes.refused++;
      if (isFigure) {
        assert.equal((await quietly(() => redraw(experiment))).error, undefined);
        assert.match((await runHere(...RUN, "--result-dir", folder)).said, /^Complete already/m);
        assert.deepEqual(resultsOf(folder), whole);
      }
    }
  }
  assert.ok(outcomes.healed === 1 && outcomes.refused > 80, JSON.stringify(outcomes));
});

/** Files as a stranger would hand them in: changed, and without checksums as those of earlier versions. */
function forged(change: (files: Map<string, string>) => void): Files {
  const texts = new Map<string, string>(
    [...first.whole].filter(([name]) => /\.(csv|json)$/.test(name))
      .map(([name, content]) => [name, new TextDecoder().decode(content)]),
  );
  const { sha256: _, digest: __, ...run } = JSON.parse(texts.get("run.json")!);
  texts.set("run.json", JSON.stringify(run));
  change(texts);
  return new Map([...first.whole, ...[...texts].map(([name, text]) => [name, encode(text)] as const)]);
}

/** Replaces a text in some files. */
const replaced = (from: string, to: string, names: readonly string[]) =>
  forged((files) => names.forEach((name) => files.set(name, files.get(name)!.replaceAll(from, to))));

const merge = (parts: readonly string[], resultDir: string, partial = false) =>
  quietly(() => mergeParts(parts, { resultDir, fresh: false, partial }));

Deno.test("without checksums results are read with a warning, unless they contradict each other", async () => {
  const folder = write("old", forged(() => {}));
  const experiment = `${folder}/${EXPERIMENT}`;
  const merged = emptyResultFolder("damage/merged");
  for (const read of [() => merge([folder], merged), () => quietly(() => redraw(experiment))]) {
    const { error, warnings } = await read();
    assert.equal(error, undefined);
    assert.match(warnings, new RegExp(`^${experiment} is of a version without checksums: damage`, "m"));
  }
  assert.deepEqual(resultsOf(merged).get("trials.csv"), whole.get("trials.csv"));

  const lines = (name: string) => new TextDecoder().decode(first.whole.get(name)).split("\n");
  const accuracy = `,${lines("trials.csv")[1].split(",")[8]},`;
  const wrong: [files: Files, message: RegExp][] = [
    [
      forged((files) => files.set("summary.csv", lines("summary.csv").slice(0, 2).join("\n"))),
      /summary\.csv has no row of/,
    ],
    [forged((files) => files.set("trials.csv", lines("trials.csv").slice(0, 2).join("\n"))), /trials\.csv/],
    [forged((files) => files.set("trials.csv", lines("trials.csv").toSpliced(1, 1).join("\n"))), /trials\.csv/],
    [replaced(accuracy, ",0.123,", ["trials.csv"]), /summary\.csv: n, mean or std of/],
    [replaced(",2,", ",-2,", ["summary.csv"]), /row 1, column n: "-2" is not an integer from 0/],
    [replaced("LMC learn", "LMC", ["summary.csv"]), /column method: "LMC" is not a method/],
    [replaced(',"num_trial":2', ',"num_trial":3', ["run.json"]), /trials\.csv has the trials 0-1, run\.json has 0-2/],
    [replaced(',"num_trial":2', ',"num_trial":9007199254740991', ["run.json"]), /run\.json has 0-9007199254740990/],
    [replaced('"seconds":', '"seconds":"x","s":', ["run.json"]), /run\.json is not a run\.json of this version/],
    [forged((files) => files.set("run.json", "null")), /run\.json is not a run\.json of this version/],
    [replaced(accuracy, ",0x1,", ["trials.csv"]), /trials\.csv, row 1, column accuracy: "0x1" is not a number/],
    [replaced(accuracy, ",-5,", ["trials.csv"]), /column accuracy: "-5" is not from 0 to 1/],
  ];
  for (const [files, message] of wrong) {
    const { error } = await merge([write("forged", files)], emptyResultFolder("damage/merged"));
    assertForUser(error);
    assert.match(String(error), message);
  }
});

Deno.test("a name that comes from a file is of a file in the folder, or refused", async () => {
  const [name] = [...first.whole.keys()].filter((name) => name.includes("_acc_"));
  const outside = `${ROOT}/escaped.npy`;
  const names = [
    ...["../../../../escaped.npy", `${Deno.cwd()}/${outside}`, "1/../../../../../escaped.npy", "..\\escaped.npy"],
    ...["run.json", "lock", "trials.csv", "unfinished/cell0", "C:escaped.npy", "./a.npy", ".npy/", "a\u0007.npy"],
  ];
  for (const other of names) {
    const escaped = JSON.stringify(other).slice(1, -1);
    for (const files of [["summary.csv", "trials.csv"], ["summary.csv", "trials.csv", "run.json"], ["run.json"]]) {
      if (other === "trials.csv" && files.length === 1) continue; // a name of the run, twice
      const forgery = forged((texts) => {
        for (const file of files) {
          texts.set(file, texts.get(file)!.replaceAll(name, file === "run.json" ? escaped : other));
        }
      });
      const folder = write("forged", forgery);
      const merged = emptyResultFolder("damage/merged");
      const { error } = await merge([folder], merged);
      assertForUser(error);
      assert.ok(!exists(outside) && bytesBelow(merged).size === 0, `${other} of ${files}`);
      const fresh = await runHere(...RUN, "--fresh", "1", "--result-dir", folder);
      assert.equal(fresh.error, undefined, other);
      assert.ok(exists(TABLE));
    }
  }
});

Deno.test("deno task compare and plot name a damaged run.json in one line", async () => {
  const [half] = [first.whole.get("run.json")!].map((content) => content.subarray(0, content.length >> 1));
  for (const content of [half, encode("null"), encode('{"options": null}')]) {
    const folder = write("compare", new Map([...first.whole, ["run.json", content]]));
    const tasks = [["compare", "--ours", `${folder}/LMC`, "--out", `${folder}/compare`], [
      "plot",
      "--result-dir",
      folder,
    ]];
    for (const task of content === half ? tasks : tasks.slice(0, 1)) {
      const { code, stderr } = await runTask(...task);
      assert.match(stderr, new RegExp(`^error: ${folder}/${EXPERIMENT}/run\\.json [^\n]*--fresh 1\n$`));
      assert.equal(code, 2);
    }
  }
});

Deno.test("no link in a result folder is followed out of it", async () => {
  const outside = `${Deno.cwd()}/${emptyResultFolder("damage/outside")}`;
  const keep = (name: string) => writeWhole(`${outside}/${name}`, "kept");
  const places = [
    ...["lock", "trials.csv", "trials.csv.tmp", "run.json", "run.json.tmp", "figure3c.svg", "0.5_acc_finetune.npy"],
    ...["unfinished", "unfinished/run.json", "unfinished/run.json.tmp", "unfinished/cell0", "unfinished/walk0.tmp"],
  ];
  const folders = places.map((place) => {
    const isFolder = place === "unfinished";
    const folder = write(
      `link_${place.replaceAll("/", "_")}`,
      new Map([["a.txt", encode("")], ["unfinished/a", encode("")]]),
    );
    const path = `${folder}/${EXPERIMENT}/${place}`;
    if (isFolder) Deno.removeSync(path, { recursive: true });
    return { folder, path, to: isFolder ? outside : `${outside}/${place.replaceAll("/", "_")}` };
  });
  const above = ["LMC", "LMC/CSV", EXPERIMENT].map((place, i) => {
    const folder = emptyResultFolder(`damage/above_${i}`);
    writeWhole(`${folder}/${place}`, "");
    Deno.removeSync(`${folder}/${place}`);
    return { folder, path: `${folder}/${place}`, to: outside };
  });
  for (const place of places) keep(place.replaceAll("/", "_"));
  const before = bytesBelow(outside);
  await makeLinks([...folders, ...above].map(({ to, path }) => [to, path] as const));
  for (const { folder, path } of [...folders, ...above]) {
    for (const args of [[], ["--fresh", "1"]]) {
      const { error } = await runHere(...RUN, ...args, "--result-dir", folder);
      assert.deepEqual(bytesBelow(outside), before, path);
      if (error === undefined) break;
      assertForUser(error);
      assert.match(String(error), /is a link/, path);
    }
  }
  const folder = write("link_plot", first.whole);
  const experiment = `${folder}/${EXPERIMENT}`;
  for (const file of ["figure3c.svg", "summary.csv", "figure3c.svg.tmp"]) {
    const path = `${experiment}/${file}`;
    if (exists(path)) Deno.removeSync(path);
    keep(file);
    const before = bytesBelow(outside);
    await makeLinks([[`${outside}/${file}`, path]]);
    const { error } = await quietly(() => redraw(experiment));
    assert.deepEqual(bytesBelow(outside), before, path);
    assert.match(String(error), /is a link|^undefined$/, path);
    if (exists(path)) Deno.removeSync(path);
    writeWhole(path, first.whole.get(file) ?? "");
  }
});

Deno.test("what is thrown away, or stays although it may be an old run's, is said", async () => {
  const headless = new Map([...first.unfinished].filter(([name]) => name !== "unfinished/run.json"));
  const lost = write("headless", headless);
  const { error, warnings } = await runHere(...RUN, "--result-dir", lost);
  assert.equal(error, undefined);
  assert.match(warnings, /unfinished has no run\.json: .* all is computed again/);
  const damaged = write("fresh", new Map([...first.whole, ["run.json", encode("null")]]));
  const fresh = await runHere(...RUN, "--result-dir", damaged, "--fresh", "1");
  assert.equal(fresh.error, undefined);
  assert.match(fresh.warnings, /run\.json is damaged: which files its run has written is not known, and they stay/);
  const part = emptyResultFolder("damage/linked_part");
  Deno.mkdirSync(`${part}/LMC/CSV`, { recursive: true });
  await makeLinks([[`${Deno.cwd()}/${write("linked_to", first.whole)}/${EXPERIMENT}`, `${part}/${EXPERIMENT}`]]);
  const parts = [write("not_linked", first.whole), part];
  const merged = await quietly(() =>
    mergeParts(parts, { resultDir: emptyResultFolder("damage/linked_whole"), fresh: false, partial: true })
  );
  assert.match(String(merged.error), /is a link, which is not followed/);
});
