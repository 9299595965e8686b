/**
 * Tables as people have them: what is read of them, in whatever pieces, and what is refused.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { describeData } from "../core/datasets/describe_data.ts";
import { loadCsv, parseCsv } from "../core/datasets/csv.ts";
import { writeWhole } from "../core/disk/files.ts";
import { openTable } from "../core/disk/open_table.ts";
import { csvSplitter } from "../core/formats/csv.ts";
import { encodeNpy } from "../core/formats/npy.ts";
import { readTable } from "../core/formats/read_table.ts";
import { nameAt, numberAt, type TableFile, type TableOptions, type TableReader } from "../core/formats/table_reader.ts";
import { assertForUser } from "./helpers/fuzz.ts";
import { emptyResultFolder, runDeno } from "./helpers/run_task.ts";

/** people.parquet, long.parquet and flat.parquet are by hyparquet-writer 0.17.0, zstd.parquet by the parquet of Rust (parquet-wasm 0.8.0). */
const FIXTURES = "tests/fixtures/tables";
const utf8 = (text: string) => new TextEncoder().encode(text);

/** Bytes as a file that comes in pieces of a length. */
function fileOf(bytes: Uint8Array<ArrayBuffer>, length = bytes.length, path = "a.csv"): TableFile {
  const starts = Array.from({ length: Math.ceil(bytes.length / length) }, (_, i) => i * length);
  const pieces = () => starts.map((start) => bytes.slice(start, start + length));
  return { path, size: bytes.length, pieces, slice: (start, end) => bytes.slice(start, end) };
}

async function gzip(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const zipped = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(zipped).arrayBuffer());
}

const joined = async (...parts: Uint8Array<ArrayBuffer>[]) => new Uint8Array(await new Blob(parts).arrayBuffer());

/** All of a table. */
async function contentOf(table: TableReader) {
  return { columns: table.columns, rows: (await Array.fromAsync(table.batches())).flat() };
}

const readAll = async (file: TableFile, options: TableOptions = {}) => await contentOf(await readTable(file, options));
const readText = async (text: string, options: TableOptions = {}) => await readAll(fileOf(utf8(text)), options);
const parse = (text: string) => parseCsv({ path: "a.csv", text }, { path: "b.csv", text }, "y");

/** What reading ends with, be it rows or a fault. */
async function endOf(reading: Promise<unknown>): Promise<unknown> {
  try {
    return await reading;
  } catch (error) {
    assertForUser(error);
    return String(error);
  }
}

Deno.test("rows and faults are the same whatever the pieces", async () => {
  const text = fc.array(fc.constantFrom(...'ab1""",,,\n\r\n\r\té€𝄞 ', "x,y\n", '"a""b"', "\r\n", "\0", "\u2028"), {
    maxLength: 40,
  })
    .map((parts) => `x,y\n1,2\n${parts.join("")}`);
  const damage = fc.option(fc.record({ at: fc.nat(60), byte: fc.integer({ min: 0x80, max: 0xff }) }));
  await fc.assert(
    fc.asyncProperty(text, damage, fc.integer({ min: 1, max: 9 }), async (text, damage, length) => {
      const bytes = utf8(text);
      if (damage) bytes[damage.at % bytes.length] = damage.byte;
      const [whole, parts] = await Promise.all(
        [bytes.length, length].map((length) => endOf(readAll(fileOf(bytes, length), { delimiter: "," }))),
      );
      assert.deepEqual(parts, whole);
    }),
    { numRuns: 500 },
  );
});

Deno.test("a quote that is not closed is found where it opens, in whatever pieces, and so is a cell that does not end", () => {
  const long = "1,2\n".repeat(2 ** 18 + 1);
  const wrong: [text: string, message: RegExp][] = [
    ['x,y\n1,2\n3,"4\n5,6\n', /^RangeError: a\.csv, line 3, column 2: this quote is not closed$/],
    [
      `x,y\n1,2\n3,"${long}`,
      /^RangeError: a\.csv, line 3, column 2: a cell of more than 1048576 characters: is its quote/,
    ],
    [
      `x,y\n1,2\n3,"${long}"z`,
      /^RangeError: a\.csv, line 3, column 2: a cell of more than 1048576 characters: is its q/,
    ],
    [
      `x,y\n1,${"z".repeat(2 ** 20 + 1)}\n`,
      /^RangeError: a\.csv, line 2, column 2: a cell of more than 1048576 .* table\?$/,
    ],
    [",".repeat(2 ** 20), /^RangeError: a\.csv, line 1: more than 1048576 cells$/],
  ];
  for (const [text, message] of wrong) {
    for (const length of [text.length, 2 ** 19, 99_991]) {
      assert.throws(() => {
        const splitter = csvSplitter("a.csv", ",");
        for (let at = 0; at < text.length; at += length) splitter.read(text.slice(at, at + length));
        splitter.end();
      }, message);
    }
  }
});

Deno.test("a table needs no more memory than what is kept of it", async () => {
  const folder = emptyResultFolder("tables_memory");
  const module = (path: string) => JSON.stringify(new URL(`../${path}`, import.meta.url).href);
  writeWhole(
    `${folder}/read.ts`,
    `import { readTable } from ${module("core/formats/read_table.ts")};
import { nameAt } from ${module("core/formats/table_reader.ts")};
const piece = new TextEncoder().encode("a long name of a row,1.25,-7\\n".repeat(9000));
const size = 160 * piece.length;
function* pieces() {
  yield new TextEncoder().encode("name,x,y\\n");
  for (let i = 0; i < 160; i++) yield piece;
}
const table = await readTable({ path: "a.csv", size, pieces, slice: () => piece });
const names: string[] = [];
let count = 0;
for await (const rows of table.batches()) {
  count += rows.length;
  if (rows.length > 0) names.push(nameAt(table, rows[0], 0));
}
console.log(count, names.length);
`,
  );
  const { code, stdout, stderr } = await runDeno([
    ...["run", "--no-prompt", "--v8-flags=--max-heap-size=28", `${folder}/read.ts`],
  ]);
  assert.equal(code, 0, stderr);
  assert.equal(stdout.trim(), "1440000 160");
});

/** Bytes of the modules, of the heap with its garbage, and of what is read at once, whatever the size of the table. */
const REST = 100e6;

Deno.test({
  name: "loading a table and hashing its rows takes at most twice the memory of its numbers",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const folder = emptyResultFolder("tables_peak");
    const peakAfter = async (script: string) => {
      const say = `console.log(/VmHWM:\\s*(\\d+) kB/.exec(Deno.readTextFileSync("/proc/self/status"))[1])`;
      const { code, stdout, stderr } = await runDeno(["eval", "--no-check", `${script}; ${say}`]);
      assert.equal(code, 0, stderr);
      return 1024 * Number(stdout.trim());
    };
    const [train, test] = [200_000, 100].map((count) => {
      const path = `${folder}/${count}.npy`;
      const numbers = new Float64Array(count * 51).map((_, i) => i % 51 === 50 ? Math.floor(i / 51) % 2 : 1 + i % 1000);
      writeWhole(path, encodeNpy(numbers, [count, 51]));
      return path;
    });
    const bare = await peakAfter("");
    const peak = await peakAfter(`
      import { hashRows, loadCsv } from "./core/datasets/mod.ts";
      hashRows((await loadCsv({ trainPath: "${train}", testPath: "${test}", label: "50" })).train)`);
    assert.ok(peak - bare <= 2 * 4 * 200_000 * 50 + REST, `${peak} bytes, where Deno alone has ${bare}`);
    Deno.removeSync(folder, { recursive: true });
  },
});

Deno.test("the same table is read of every format", async () => {
  const folder = emptyResultFolder("tables");
  const rows = Array.from(
    { length: 60 },
    (_, k) => [(k * 37 % 11 - 5) / 4, k % 3 === 0 ? 1 : -1, k % 3 === 0 ? "yes" : "no"],
  );
  const text = (delimiter: string) => [["x1", "x2", "y"], ...rows].map((cells) => cells.join(delimiter)).join("\n");
  const files: Record<string, Uint8Array> = {
    "comma.csv": utf8(text(",")),
    "semicolon.txt": utf8(text(";")),
    "tab.tsv": utf8(`\ufeff${text("\t")}\n`),
    "zipped.gz": await gzip(utf8(text(",").replaceAll("\n", "\r\n"))),
    "zstd.parquet": Deno.readFileSync(`${FIXTURES}/zstd.parquet`),
  };
  const load = (name: string) => loadCsv({ trainPath: name, testPath: `${folder}/comma.csv`, label: "y" });
  for (const [name, bytes] of Object.entries(files)) writeWhole(`${folder}/${name}`, bytes);
  const expected = await parse(text(","));
  assert.deepEqual(expected.classNames, ["no", "yes"]);
  for (const name of Object.keys(files)) assert.deepEqual(await load(`${folder}/${name}`), expected, name);

  const commas = text(";").replaceAll(/(\d)\.(\d)/g, "$1,$2");
  writeWhole(`${folder}/commas.csv`, commas);
  const path = `${folder}/commas.csv`;
  const declared = { trainPath: path, testPath: path, label: "y", decimalComma: true };
  assert.deepEqual(await loadCsv(declared), expected);
  writeWhole(`${folder}/points.csv`, "x1;x2;y\n1,5;1;1.500\n1,5;1;1,5\n");
  await assert.rejects(
    loadCsv({ ...declared, trainPath: `${folder}/points.csv`, testPath: `${folder}/points.csv` }),
    /points\.csv, line 2, column "y": "1\.500" has a point, where numbers have a comma$/,
  );
  await assert.rejects(
    load(path),
    /^RangeError: .*commas\.csv, line 2, column "x1": "-1,25" is not a .*--decimal_comma 1/,
  );

  const numbers = Float64Array.from(rows.flatMap(([x1, x2, y]) => [Number(x1), Number(x2), y === "yes" ? 7 : 3]));
  const npy = `${folder}/numbers.npy`;
  writeWhole(npy, encodeNpy(numbers, [60, 3]));
  const { train, classNames, featureNames } = await loadCsv({ trainPath: npy, testPath: npy, label: "2" });
  assert.deepEqual([train, classNames, featureNames], [expected.train, ["3", "7"], ["0", "1"]]);
  await assert.rejects(loadCsv({ ...declared, trainPath: npy }), /numbers\.npy is no text: --delimiter and/);
});

Deno.test("values of Parquet are read as what they are", async () => {
  const table = await openTable(`${FIXTURES}/people.parquet`);
  const { columns, rows } = await contentOf(table);
  assert.deepEqual(columns, ["person", "age", "income", "code", "member", "joined", "tags", "sick"]);
  assert.equal(rows.length, 60);
  const [day, code] = ["1970-02-01T00:00:00.123", "9007199254741023"]; // 2^53 + 31, which no float64 is.
  assert.deepEqual(rows[31], { line: 31, cells: ["person 31", null, -0.5, code, false, day, undefined, "no"] });
  assert.equal(nameAt(table, rows[31], 3), code);
  assert.equal(numberAt(table, rows[31], 4), 0);
  const place = "^RangeError: .*people\\.parquet, row 31, column ";
  assert.throws(() => numberAt(table, rows[31], 1), new RegExp(`${place}"age": no value$`));
  assert.throws(() => numberAt(table, rows[31], 5), new RegExp(`${place}"joined": "1970-02-01.*" is not a number`));
  assert.throws(() => numberAt(table, rows[31], 6), new RegExp(`${place}"tags": neither a number nor a text$`));
  assert.throws(() => nameAt(table, rows[31], 6), new RegExp(`${place}"tags": neither a number nor a text$`));
  const large = { line: 0, cells: [2 ** 53] };
  assert.throws(() => nameAt(table, large, 0), /9007199254740992 is too large a number to be told from others/);
});

Deno.test("a Parquet file is read in parts, which begin and end within its pages and row groups", async () => {
  // 220000 rows of 20 numbers and a text, in row groups of 150000 and a page a column.
  const table = await openTable(`${FIXTURES}/long.parquet`);
  let count = 0;
  for await (const rows of table.batches()) {
    for (const { line, cells } of rows) {
      assert.equal(line, count++);
      const first = 1 + Math.floor(line / 1000) % 7;
      for (let k = 0; k < 20; k++) if (cells[k] !== first + k / 64) assert.fail(`row ${line}: ${cells}`);
      assert.equal(cells[20], line < 110_000 ? "yes" : "no");
    }
  }
  assert.equal(count, 220_000);
});

Deno.test("a .npy table is the same by rows and by columns, in either order of bytes, however it is read", async () => {
  const [count, width] = [3000, 700]; // more numbers than are read at once
  const numbers = new Float64Array(count * width).map((_, i) => i);
  const byColumns = numbers.map((_, i) => (i % count) * width + Math.floor(i / count));
  const fileWith = (numbers: Float64Array, { order = "<", fortran = false }) => {
    const text = `{'descr': '${order}f8', 'fortran_order': ${
      fortran ? "True" : "False"
    }, 'shape': (${count}, ${width}), }`;
    const file = Uint8Array.from(encodeNpy(numbers, [count, width]));
    file.set(utf8(text.padEnd(117) + "\n"), 10);
    if (order === ">") {
      const body = new Uint8Array(file.buffer, 128);
      for (let at = 0; at < body.length; at += 8) body.subarray(at, at + 8).reverse();
    }
    return fileOf(file, file.length, "a.npy");
  };
  const kinds = [fileWith(numbers, {}), fileWith(numbers, { order: ">" }), fileWith(byColumns, { fortran: true })];
  for (const file of kinds) {
    let next = 0;
    for await (const rows of (await readTable(file)).batches()) {
      for (const { line, cells } of rows) {
        assert.equal(line * width, next);
        for (const cell of cells) if (cell !== next++) assert.fail(`row ${line}: ${cell}, not ${next - 1}`);
      }
    }
    assert.equal(next, count * width);
  }
});

Deno.test("what lies column by column is read in four parts at most, however many columns there are", async () => {
  const [count, width] = [40, 2 ** 17];
  const text = `{'descr': '|u1', 'fortran_order': True, 'shape': (${count}, ${width}), }`;
  const header = encodeNpy(new Float64Array(0), [0, 0]).slice(0, 128);
  header.set(utf8(text.padEnd(117) + "\n"), 10);
  const [size, lengths] = [128 + count * width, new Set<number>()];
  const slice = (start: number, end: number) => {
    if (start === 0) return Uint8Array.from({ length: end }, (_, i) => header[i] ?? 0);
    lengths.add(end - start);
    return new Uint8Array(end - start).fill((start - 128) % count);
  };
  const table = await readTable({ path: "a.npy", size, pieces: () => [], slice });
  for await (const rows of table.batches()) {
    assert.equal(rows.length, count / 4);
    assert.ok(rows.every(({ cells }) => cells.every((cell) => cell === 0)));
    break;
  }
  assert.deepEqual([...lengths], [count / 4]);

  // 100000 rows of 50 columns in a row group.
  const bytes = Deno.readFileSync(`${FIXTURES}/flat.parquet`);
  const shares: number[] = [];
  const flat = await readTable({ ...fileOf(bytes, bytes.length, "a.parquet"), onShare: (share) => shares.push(share) });
  for await (const _ of flat.batches()) if (shares.length > 0) break;
  assert.deepEqual(shares, [1 / 4]);
});

Deno.test("one reader of a Parquet file gives its rows to several at a time", async () => {
  const table = await openTable(`${FIXTURES}/people.parquet`);
  const alone = await contentOf(table);
  const later = async (turns: number) => {
    for (let i = 0; i < turns; i++) await undefined;
    return await contentOf(table);
  };
  for (let turns = 0; turns < 20; turns++) {
    assert.deepEqual(await Promise.all([later(0), later(turns)]), [alone, alone], `${turns} turns later`);
  }
});

Deno.test("a Parquet file that is cut or damaged ends in one line, or in the cells that are there", async () => {
  const bytes = Deno.readFileSync(`${FIXTURES}/zstd.parquet`);
  const read = (bytes: Uint8Array<ArrayBuffer>) => readAll(fileOf(bytes, bytes.length, "a.parquet"));
  const whole = await read(bytes);
  for (const length of [bytes.length - 1, bytes.length >> 1, 8, 5]) {
    await assert.rejects(read(bytes.slice(0, length)), /^RangeError: a\.parquet: the Parquet file is cut, damaged or/);
  }
  let refused = 0;
  for (let at = 4; at < bytes.length - 8; at += 3) {
    const damaged = bytes.slice();
    damaged[at] ^= 0x41;
    const end = await endOf(read(damaged));
    if (typeof end === "string") refused++;
    else assert.equal((end as typeof whole).rows.length, 60, `byte ${at}`);
  }
  assert.ok(refused > 100, `${refused}`);
});

Deno.test("a gzip file that is cut, damaged or followed by another is refused with the line that it reaches", async () => {
  const text = "x,y\n" + Array.from({ length: 50_000 }, (_, i) => `${i * 7919 % 50_021},1\n`).join("");
  const zipped = await gzip(utf8(text));
  assert.equal((await readAll(fileOf(zipped, 5000))).rows.length, 50_000);
  const damaged = zipped.slice();
  damaged[zipped.length - 6] ^= 1; // Of the checksum.
  for (const length of [zipped.length, 5000]) {
    for (const bytes of [zipped.slice(0, -9), damaged, await joined(zipped, await gzip(utf8("3,4\n")))]) {
      await assert.rejects(
        readAll(fileOf(bytes, length)),
        /^RangeError: a\.csv, line \d+: here the gzip file is cut, dam/,
      );
    }
    await assert.rejects(readAll(fileOf(zipped.slice(0, zipped.length >> 1), length)), ({ message }: Error) => {
      const line = Number(/^a\.csv, line (\d+): here/.exec(message)?.[1]);
      return line > 10_000 && line < 40_000;
    });
  }
});

Deno.test("what is no UTF-8 is refused with line and column, after any number of rows", async () => {
  const good = "x,y\n" + "1,é\n".repeat(50_000);
  const latin = await joined(utf8(good), Uint8Array.from("2,caf\xe9\n", (c) => c.charCodeAt(0)));
  await assert.rejects(
    readAll(fileOf(latin, 4099)),
    /^RangeError: a\.csv, line 50002, column 2: no text in UTF-8: save/,
  );
  await assert.rejects(readText("x,y\n1,a\ufffd\n"), /^RangeError: a\.csv, line 2, column 2: no text in UTF-8/);
});

Deno.test("the delimiter is found, or asked for", async () => {
  const found: [text: string, columns: string[]][] = [
    ["x;y\n1,5;2,5\n3,5;4,5\n", ["x", "y"]],
    ['x,"a;b"\n1,"2;3"\n', ["x", "a;b"]],
    ["name;note\nu;hello, you\nv;well, well\n", ["name", "note"]],
    ["x,note\n1,a;b\n2,c\td\n", ["x", "note"]],
    [`x,note\n${`1,${"-".repeat(1000)}\n`.repeat(1100)}3,";\t"\n`, ["x", "note"]],
  ];
  for (const [text, columns] of found) assert.deepEqual((await readText(text)).columns, columns);
  assert.deepEqual((await readText("x|y\n1|2\n", { delimiter: "|" })).columns, ["x", "y"]);
  assert.deepEqual((await readText("a,b;c\n1,2;3\n", { delimiter: ";" })).rows[0].cells, ["1,2", "3"]);
  const wrong: [text: string, message: RegExp][] = [
    ["a,b;c\n1,2;3\n", /^RangeError: a\.csv: "," and ";" may separate its columns: say what separates columns \(--del/],
    ["x y\n1 2\n", /^RangeError: a\.csv: its first line has no comma, semicolon or tab: say what separates columns/],
    ["x;y\n1;2\n3;4;5\n", /^RangeError: a\.csv, line 3: cells: 3; columns in the header: 2$/],
    ['x;y\n1;2\n3;"4\n', /^RangeError: a\.csv, line 3, column 2: this quote is not closed$/],
  ];
  for (const [text, message] of wrong) await assert.rejects(readText(text), message);
});

Deno.test("a first line that is a row, not names, is refused with what to do", async () => {
  const wrong: [text: string, message: RegExp][] = [
    [
      "569,2,malignant,benign\n17.9,10.4,0\n",
      /^RangeError: a\.csv, line 1: "569" is no name of a column: put a line of names/,
    ],
    ["5.1,3.5,setosa\n4.9,3.0,setosa\n", /line 1: "5\.1" is no name/],
    ["5,1;3;setosa\n4,9;3;setosa\n", /a\.csv: "," and ";" may separate its columns/],
    ["5,1;3;setosa\n4;3;setosa\n", /line 1: "5,1" is no name/],
    ["0,1,2\n3,4,5\n", /line 1: "0" is no name/],
    ["\n7,M,20\n8,F,30\n", /line 2: "7" is no name/],
    [
      "x,y\n1,2,3\n4,5,6\n",
      /^RangeError: a\.csv, line 2: cells: 3; columns in the header: 2: is line 1 a line of names\?$/,
    ],
    ["x,y,\n1,2,\n", /^RangeError: a\.csv, line 1, column 3 has no name: name it, or leave it out$/],
    [",x,y\n0,1,2\n", /^RangeError: a\.csv, line 1, column 1 has no name/],
    ["x,\u00e9,e\u0301\n1,2,3\n", /^RangeError: a\.csv, line 1, column 3: .* is the name of an earlier column too$/],
    ["x,a\u200bb\n1,2\n", /^RangeError: a\.csv, line 1, column 2: "a\\u\{200b\}b" has a character that is not seen$/],
    ['x,"a\nb"\n1,2\n', /^RangeError: a\.csv, line 1, column 2: "a\\nb" is more than a line of text$/],
  ];
  for (const [text, message] of wrong) await assert.rejects(readText(text), message, JSON.stringify(text));
  assert.deepEqual((await readText("0,1,target\n5,6,a\n")).columns, ["0", "1", "target"]);
  const index = "x,Unnamed: 0,y\n1,0,a\n2,1,b\n";
  await assert.rejects(
    parse(index),
    /a\.csv has a column "Unnamed: 0", row numbers of pandas: write with index=False$/,
  );
});

Deno.test("a file that is something else is told by name", async () => {
  const others: [start: string, what: RegExp][] = [
    ["\xff\xfex\0,\0", /is text in UTF-16/],
    ["x\0,\0y\0\n\0", /is text in UTF-16/],
    ["PK\x03\x04 and more", /is a zip archive, as Excel's workbooks/],
    ["\xd0\xcf\x11\xe0\xa1\xb1", /is an old Excel workbook/],
    ["ARROW1\0\0", /is an Arrow or Feather file/],
    ["\x89HDF\r\n", /is an HDF5 file/],
    ["SQLite format 3\0", /is an SQLite database/],
    ["\x80\x04\x95", /is a Python pickle/],
    ["%PDF-1.7\n", /is a PDF document/],
    ["BZh91AY&SY", /is compressed in a way that is not read/],
    ["\n<!DOCTYPE html>\n<html>", /is HTML or XML/],
    ['[{"x": 1, "y": 2}]', /is JSON/],
    ['{"x": 1, "y": 2}\n{"x": 3, "y": 4}\n', /is JSON/],
    ["version https://git-lfs.github.com/spec/v1\noid sha256:00\n", /is a pointer of Git LFS: get the file itself/],
    ["% comment\n@RELATION iris\n", /is an ARFF file/],
    ["sep=;\nx;y\n1;2\n", /is a table with Excel's line sep=/],
    [" \n\n", /is empty$/],
    ["", /is empty$/],
  ];
  for (const [start, what] of others) {
    const bytes = Uint8Array.from(start, (c) => c.charCodeAt(0));
    await assert.rejects(
      readAll(fileOf(bytes)),
      new RegExp(`^RangeError: a\\.csv ${what.source}`),
      JSON.stringify(start),
    );
  }
  await assert.rejects(readAll(fileOf(await gzip(utf8("<html>")))), /a\.csv is HTML or XML/);
  await assert.rejects(
    readText("\x01\x02 binary"),
    /^RangeError: a\.csv, line 1, column 1: "\\u0001" in a cell: is this a/,
  );
  assert.deepEqual((await readText("PAR1,ORC,BZh\n1,2,3\n")).columns, ["PAR1", "ORC", "BZh"], "names of columns");
});

Deno.test("labels are classes by value, and what another reads as a number is no class", async () => {
  const labels = (...texts: string[]) => parse(["x,y", ...texts.map((text, i) => `${i + 1},${text}`)].join("\n"));
  const signs = await labels("\u22121", "1", "-1.0", "+1", "1e0");
  assert.deepEqual([signs.classNames, signs.train.labels], [["\u22121", "1"], Float32Array.of(-1, 1, -1, 1, 1)]);
  const long = await labels("9007199254740993", "9007199254740992");
  assert.equal(long.train.outputs, 1, "two classes, though no float64 tells them apart");
  for (const text of ["0x1", "1_0", "1e999", "Infinity", "\u20131", "\uff11", '"1,5"', "1 000"]) {
    await assert.rejects(labels("0", text), /^RangeError: a\.csv, line 3, column "y": ".*" is like a number, and none/);
  }
  for (const text of ["NA", "nan", "null", "?", "N/A", "<NA>", "NaT", "\\N", "\u2014"]) {
    await assert.rejects(
      labels("0", text),
      /^RangeError: a\.csv, line 3, column "y": ".*" says that there is no value/,
    );
  }
  for (const pair of [["New York", "New\u00a0York"], ["\u00e9", "e\u0301"], ["a-b", "a\u2013b"]]) {
    await assert.rejects(labels(...pair), /^RangeError: a\.csv, column "y": the classes ".*" and ".*" look the same/);
  }
  await assert.rejects(
    labels("a", "a\u202eb"),
    /line 3, column "y": "a\\u\{202e\}b" has a character that is not seen$/,
  );
});

Deno.test("classes are said with how many rows each has, for any number of them", async () => {
  const dataset = (classes: number) =>
    parse(["x,y", ...Array.from({ length: 2 * classes + 1 }, (_, i) => `1,class ${i % classes + 10}`)].join("\n"));
  assert.deepEqual(describeData(await dataset(2)), ["Labels: +1 is class 11 (2 rows), −1 is class 10 (3 rows)"]);
  const [text] = describeData(await dataset(80));
  const lines = text.split("\n");
  assert.match(text, /^Classes: class 10 \(3 rows\), class 11 \(2 rows\),/);
  assert.equal(text.match(/class \d/g)?.length, 80);
  assert.ok(lines.length > 10 && lines.every((line) => line.length <= 80), text);
});
