import assert from "node:assert/strict";
import fc from "fast-check";
import { csvFormatRows } from "d3-dsv";
import { openTable } from "../core/disk/open_table.ts";
import { writeWhole } from "../core/disk/files.ts";
import { parseSchema, scaledValue, type Schema, textOptionsOf } from "../core/deletion/schema.ts";
import { contentOf, describeOddities, parseIds, readLabelled, readUnlabelled } from "../core/deletion/table.ts";
import { parseCsv } from "../core/datasets/csv.ts";
import { readTable } from "../core/formats/read_table.ts";
import { textFile } from "../core/formats/table_reader.ts";
import { checkCertain } from "../core/walk/rows.ts";
import { emptyResultFolder } from "./helpers/run_task.ts";

const COLUMNS = [
  { name: "person", role: "id" },
  { name: "x", role: "number", lowest: -1, highest: 3 },
  { name: "y", role: "number", lowest: 0, highest: 100 },
  { name: "sick", role: "label", classes: ["0", "1"] },
  { name: "note", role: "dropped" },
] as const;
const SCHEMA: Schema = { columns: COLUMNS, intercept: true, scaling: "row" };
const GOOD = "person,x,y,sick,note\na,1,50,0,\nb,-2,100,1,\n";

const tableOf = (text: string) => readTable(textFile({ path: "a.csv", text }));
const parse = async (text: string, schema = SCHEMA) => await readLabelled(await tableOf(text), schema);

Deno.test("rows have the schema's order and bounds, a constant inside their norm, and clipped values are counted", async () => {
  const table = await parse(GOOD);
  assert.deepEqual(table.ids, ["a", "b"]);
  assert.deepEqual(table.lines, [2, 3]);
  assert.deepEqual(table.values, Float64Array.of(1, 50, -2, 100));
  assert.deepEqual(table.oddities.map(({ clipped }) => clipped), [1, 0]);
  assert.deepEqual(table.rows.labels, Float32Array.of(-1, 1));
  assert.deepEqual(table.features, Float32Array.from([0, 0, 1, ...[-1, 1, 1].map((x) => x / Math.sqrt(3))], certain));
  const shuffled = await parse("note,sick,y,person,x\n,0,50,a,1\n,1,100,b,-2\n");
  assert.deepEqual(shuffled, table);
  const bounds = await parse(GOOD, { ...SCHEMA, scaling: "bounds" });
  assert.deepEqual(
    bounds.features,
    Float32Array.from([0, 0, 1, -1, 1, 1], (x) => x * (1 - 2 ** -22) / Math.sqrt(3)),
  );
});

const certain = (x: number) => x * (1 - 2 ** -23);

Deno.test("whatever the values, norms are 1 at most for certain", async () => {
  const value = fc.oneof(
    fc.double({ min: -3e38, max: 3e38, noNaN: true }),
    fc.double({ min: -2, max: 2, noNaN: true }),
  );
  const schema = fc.record({
    lowest: fc.double({ min: -1e308, max: 0, noNaN: true }),
    highest: fc.double({ min: 1e-300, max: 1e308, noNaN: true }),
    scaling: fc.constantFrom("row", "bounds"),
  });
  await fc.assert(
    fc.asyncProperty(schema, fc.array(value, { minLength: 1, maxLength: 40 }), async ({ scaling, ...bounds }, xs) => {
      const columns = [...xs.map((_, k) => ({ name: `x${k}`, role: "number", ...bounds })), COLUMNS[0], COLUMNS[3]];
      const read = parseSchema(JSON.stringify({ columns, intercept: true, scaling }), "s.json");
      const text = csvFormatRows([[...xs.keys().map((k) => `x${k}`), "person", "sick"], [...xs.map(String), "a", "1"]]);
      const { rows } = await parse(text, read);
      checkCertain(rows, { dimension: xs.length + 1, outputs: 1 });
      for (const x of xs) assert.ok(Math.abs(scaledValue({ name: "x", role: "number", ...bounds }, x)) <= 1);
    }),
  );
});

/** The squared norm of a row of float32, times 2²⁹⁸: exactly. */
const squaredNorm = (row: Float32Array) => row.reduce((sum, x) => sum + BigInt(x * 2 ** 149) ** 2n, 0n);

Deno.test("whatever the schema, no row is longer than 1 in exact arithmetic, nor depends on another row", async () => {
  const number = fc.tuple(
    fc.double({ min: -1e308, max: 0, noNaN: true }),
    fc.double({ min: 1e-300, max: 1e308, noNaN: true }),
  )
    .map(([lowest, highest]) => ({ role: "number", lowest, highest, missing: ["NA"] }));
  const category = fc.integer({ min: 1, max: 5 })
    .map((levels) => ({
      role: "category",
      levels: Array.from({ length: levels }, (_, i) => `l${i}`),
      missing: ["NA"],
    }));
  const cell = fc.oneof(fc.double({ min: -3e38, max: 3e38, noNaN: true }), fc.constantFrom(0, 1));
  const rows = fc.integer({ min: 1, max: 5 });
  const shape = fc.record({ columns: fc.array(fc.oneof(number, category), { minLength: 1, maxLength: 12 }), rows });
  const scaling = fc.constantFrom("row", "bounds");
  await fc.assert(
    fc.asyncProperty(shape, scaling, fc.infiniteStream(cell), async ({ columns, rows }, scaling, cells) => {
      const features = columns.map((column, k) => ({ name: `x${k}`, ...column }));
      const all = { columns: [COLUMNS[0], COLUMNS[3], ...features], intercept: true, scaling };
      const schema = parseSchema(JSON.stringify(all), "s.json");
      const next = (role: string) => {
        const value = cells.next().value;
        return value === 0 ? "NA" : role === "number" ? String(value) : `l${Math.floor(Math.abs(value)) % 7}`;
      };
      const lines = Array.from({ length: rows }, (_, i) =>
        [
          `${i}`,
          "1",
          ...columns.map(({ role }) => next(role)),
        ].join(","));
      const header = ["person", "sick", ...features.map(({ name }) => name)].join(",");
      const together = await parse([header, ...lines].join("\n"), schema);
      const { dimension } = together.rows;
      for (const [i, line] of lines.entries()) {
        const row = together.features.subarray(i * dimension, (i + 1) * dimension);
        assert.ok(squaredNorm(row) < 2n ** 298n);
        assert.deepEqual((await parse(`${header}\n${line}`, schema)).features, row.slice());
      }
    }),
  );
});

Deno.test("a category has a feature a level; other names have none, missing values too, and both are counted", async () => {
  const columns = [
    COLUMNS[0],
    COLUMNS[3],
    { name: "town", role: "category", levels: ["Ulm", "1"], missing: ["", "?"] },
    { name: "x", role: "number", lowest: -1, highest: 3, missing: ["-9"] },
  ] as const;
  const schema = { columns, intercept: true, scaling: "bounds" } as const;
  const lines = ["a,1,Ulm,3", "b,1,1.0,3", "c,0,Rome,1", "d,0,,1", "e,0,?,-9.0", "f,0,Ulm,5"].map((line) =>
    line.replace("?", '" ? "')
  );
  const table = await parse(["person,sick,town,x", ...lines].join("\n"), schema);
  const expected = [[1, 0, 1, 1], [0, 1, 1, 1], [0, 0, 0, 1], [0, 0, 0, 1], [0, 0, 0, 1], [1, 0, 1, 1]].flat();
  const scale = (1 - 2 ** -22) / Math.sqrt(3);
  assert.deepEqual(table.features, Float32Array.from(expected, (x) => x * scale));
  assert.deepEqual(table.oddities, [
    { clipped: 0, unknown: 1, missing: 2 },
    { clipped: 1, unknown: 0, missing: 1 },
  ]);
  assert.deepEqual(describeOddities(table, schema), [
    'a.csv: values clipped to the schema\'s bounds: 1, most of "x": 1 of 6 rows',
    'a.csv: names that are none of the schema\'s levels, read as none of them: 1, most of "town": 1 of 6 rows',
    'a.csv: missing values, read as the middle of the bounds, or as none of the levels: 3, most of "town": 2 of 6 rows',
  ]);
  const refused = async (line: string, message: RegExp) =>
    await assert.rejects(parse(`person,sick,town,x\n${line}`, schema), message);
  await refused(
    "a,1,NA,3",
    /^RangeError: a\.csv, line 2, column "town": no value, "NA": give it, or add its spelling to/,
  );
  await refused(
    "a,1,Ulm,",
    /^RangeError: a\.csv, line 2, column "x": no value: give it, or add its spelling to "missing"/,
  );
  const contents = [2, 3, 4].map((row) => contentOf({ ...table, ids: table.ids.map(() => "a") }, row).toHex());
  assert.deepEqual([contents[0] === contents[1], contents[1] === contents[2]], [true, false], "NaN is not the middle");
});

Deno.test("a threshold makes two classes of numbers; semicolons and decimal commas are as they are declared", async () => {
  const columns = [COLUMNS[0], COLUMNS[1], { ...COLUMNS[3], classes: ["in time", "late"], above: 1.5 }];
  const text = "person;x;sick\na;0,5;1,5\nb;1;1,6\nc;2;-7\n";
  const declared = { delimiter: ";", decimal_comma: true, columns, intercept: true, scaling: "row" };
  const schema = parseSchema(JSON.stringify(declared), "s.json");
  const read = async (text: string) =>
    await readLabelled(await readTable(textFile({ path: "a.csv", text }), textOptionsOf(schema)), schema);
  const { classes, values } = await read(text);
  assert.deepEqual([classes, values], [Int32Array.of(0, 1, 0), Float64Array.of(0.5, 1, 2)]);
  await assert.rejects(read(text.replace("1,6", "1.6")), /line 3, column "sick": "1\.6" is not a number/);
  await assert.rejects(read(text.replace("1,6", "")), /line 3, column "sick": no value: give it$/);
});

Deno.test("with decimal commas names are numbers as values are: 1,50 is 1,5, and 1.50 is a text", async () => {
  const town = { name: "town", role: "category", levels: ["1,5", "1.500"] };
  const columns = [COLUMNS[0], { ...COLUMNS[3], classes: ["1,0", "2"] }, town];
  const declared = { delimiter: ";", decimal_comma: true, columns, intercept: true, scaling: "bounds" };
  const schema = parseSchema(JSON.stringify(declared), "s.json");
  const read = async (text: string) =>
    await readLabelled(await readTable(textFile({ path: "a.csv", text }), textOptionsOf(schema)), schema);
  const { classes, values } = await read("person;sick;town\na;1;1,50\nb;2,00;1.500\nc;2;1.50\n");
  assert.deepEqual([classes, values], [Int32Array.of(0, 1, 1), Float64Array.of(0, 1, -1)]);
  await assert.rejects(read("person;sick;town\na;1.0;1,5\n"), /"1\.0" is none of the schema's classes$/);
});

Deno.test("columns may have numbers as names where the schema declares them", async () => {
  const columns = [COLUMNS[0], COLUMNS[3], { name: "1990", role: "number", lowest: 0, highest: 1 }];
  const schema = parseSchema(JSON.stringify({ columns, intercept: true, scaling: "row" }), "s.json");
  const open = (options = {}) => readTable(textFile({ path: "a.csv", text: "person,1990,sick\na,1,0\n" }), options);
  assert.deepEqual((await readLabelled(await open(textOptionsOf(schema)), schema)).values, Float64Array.of(1));
  await assert.rejects(open(), /a\.csv, line 1: "1990" is no name of a column/);
});

Deno.test("numbers and numeric classes are read by value, a row's content too", async () => {
  const [plain, spelt] = await Promise.all(
    [GOOD, GOOD.replace("a,1,50,0,", "a,+1.0,5e1,0.0,").replace("b,-2,100,1", 'b,-2.,"100",1.0')]
      .map((text) => parse(text)),
  );
  assert.deepEqual(spelt, plain);
  const contents = async (text: string) => {
    const table = await parse(text);
    return [0, 1].map((row) => contentOf(table, row).toHex());
  };
  assert.deepEqual(await contents(GOOD), await contents(GOOD.replace("1,50", "1.0,50").replace("0,\n", "0,seen\n")));
  const changed = ["A,1,50,0", "a,1.0000000000000002,50,0", "a,1,51,0", "a,1,50,1"];
  const all = await Promise.all(["a,1,50,0", ...changed].map((row) => contents(GOOD.replace("a,1,50,0", row))));
  assert.equal(new Set(all.map(([first]) => first)).size, 5);
  const beyond = GOOD.replace("-2", "-3");
  assert.deepEqual((await parse(beyond)).features, (await parse(GOOD)).features);
  assert.notDeepEqual(await contents(beyond), await contents(GOOD), "a change is noticed where it is clipped");
});

Deno.test("a table that is read as nothing else is refused with file, line and column", async () => {
  const wrong: [from: string, to: string, message: RegExp][] = [
    ["50", '"50', /^RangeError: a\.csv, line 2, column 3: this quote is not closed$/],
    ["50", '"1"24', /^RangeError: a\.csv, line 2, column 3: text behind the closing quote of a cell$/],
    ["50", '"50" ', /^RangeError: a\.csv, line 2, column 3: text behind the closing quote/],
    ["50", ' "50"', /^RangeError: a\.csv, line 2, column 3: a quote inside a cell: quote the whole cell/],
    ["50", '5"0', /^RangeError: a\.csv, line 2, column 3: a quote inside a cell/],
    ["50", "50\0", /^RangeError: a\.csv, line 2, column 3: "\\u0000" in a cell: is this a text file\?$/],
    ["a,", "a\u001b[2J,", /line 2, column 1: "\\u001b" in a cell/],
    ["\na", "\n\ufeffa", /line 2, column 1: "\\u\{feff\}" in a cell/],
    ["person", "\ufeff\ufeffperson", /line 1, column 1: "\\u\{feff\}" in a cell/],
    ["50", "0x32", /^RangeError: a\.csv, line 2, column "y": "0x32" is not a number/],
    ["50", "5_0", /"5_0" is not a number/],
    ["50", '"1,234"', /"1,234" is not a number/],
    ["50", '"1,5"', /"1,5" is not a number/],
    ["50", "Infinity", /"Infinity" is not a number/],
    ["50", "1e39", /"1e39" is not a number within/],
    ["50", "NaN", /line 2, column "y": no value, "NaN": give it, or add its spelling to "missing" of the column$/],
    ["50", "٣", /"٣" is not a number/],
    [
      "50",
      "",
      /^RangeError: a\.csv, line 2, column "y": no value: give it, or add its spelling to "missing" of the column$/,
    ],
    ["50", '" "', /^RangeError: a\.csv, line 2, column "y": no value: give it/],
    ["a,1,50,0", ",1,50,0", /^RangeError: a\.csv, line 2, column "person": no value$/],
    ["a,1,50,0", '" a",1,50,0', /line 2, column "person": " a" has blanks around it$/],
    ["a,1,50,0", '"a\nb",1,50,0', /line 2, column "person": "a\\nb" is more than a line of text$/],
    ["50,0", "50,2", /^RangeError: a\.csv, line 2, column "sick": "2" is none of the schema's classes$/],
    ["50,0", "50,0x0", /"0x0" is none of the schema's classes$/],
    ["50,0", "50,", /line 2, column "sick": no value$/],
    ["50,0,", "50,0", /^RangeError: a\.csv, line 2: cells: 4; columns in the header: 5: is line 1 a line/],
    ["50,0,", "50,0,,", /^RangeError: a\.csv, line 2: cells: 6; columns in the header: 5: is line 1 a line/],
    ["person,x,", "person,X,", /^RangeError: a\.csv has no column "x", which the schema has$/],
    ["person,x,", 'person,"x ",', /^RangeError: a\.csv, line 1, column 2: "x " has blanks around it$/],
    ["note", "more", /^RangeError: a\.csv has a column "more", which the schema has not: declare it/],
    ["note", "x", /^RangeError: a\.csv, line 1, column 5: "x" is the name of an earlier column too$/],
    [GOOD, "person,x,y,sick,note\n", /^RangeError: a\.csv has no rows below its header$/],
  ];
  for (const [from, to, message] of wrong) {
    assert.ok(GOOD.includes(from), from);
    await assert.rejects(parse(GOOD.replace(from, () => to)), message, JSON.stringify(to));
  }
  const amid = { ...SCHEMA, intercept: false };
  await assert.rejects(parse(GOOD, amid), /^RangeError: a\.csv, line 2: every value is amid its bounds.*intercept/);
});

Deno.test("what is no table of the experiments is refused by the same reader", async () => {
  const good = "x,y\n1,0\n2,1\n";
  for (const [from, to] of [["1,0", '"1"24,0'], ["1,0", '"1,0'], ["1,0", "0x10,0"], ["1,0", "1\0,0"]]) {
    const text = good.replace(from, to);
    await assert.rejects(parseCsv({ path: "a.csv", text }, { path: "b.csv", text: good }, "y"), /a\.csv, line 2, col/);
  }
  const spellings = { path: "a.csv", text: "x,y\n1,0\n2,1\n3,+1\n4,1.0\n5,00\n" };
  const { classNames, train } = await parseCsv(spellings, spellings, "y");
  assert.deepEqual([classNames, train.labels], [["0", "1"], Float32Array.of(-1, 1, 1, 1, -1)]);
});

Deno.test("any cells are read back as they were written", async () => {
  const cell = fc.string({ unit: fc.constantFrom(..."ab\",;' é1\n\r\t") })
    .map((text) => text.trim() === text ? text : `${text}.`).filter((text) => text.trim() === text);
  await fc.assert(fc.asyncProperty(fc.array(fc.tuple(cell, cell), { minLength: 1 }), async (rows) => {
    const text = csvFormatRows([["a", "b"], ...rows]);
    const read = (await Array.fromAsync((await tableOf(text)).batches())).flat();
    assert.deepEqual(read.map(({ cells }) => cells), rows);
    const lines = text.split(/\r\n|\r|\n/);
    for (const { line, cells: [first] } of read) {
      const [begin] = String(first).split(/[",\r\n]/);
      assert.ok(lines[line - 1].replace(/^"/, "").startsWith(begin));
    }
  }));
});

Deno.test("a table to predict needs no labels, and does not look at them", async () => {
  const unlabelled = "person,x,y\na,1,50\n";
  const table = await readUnlabelled(await tableOf(unlabelled), SCHEMA);
  assert.deepEqual([table.ids, table.features.length], [["a"], 3]);
  await readUnlabelled(await tableOf(GOOD.replace("50,0", "50,unknown")), SCHEMA);
  await assert.rejects(parse(unlabelled), /a\.csv has no column "sick"/);
  await assert.rejects(parse(unlabelled.replace("person", "sick")), /a\.csv has no column "person"/);
});

Deno.test("three classes are one-hot", async () => {
  const columns = [COLUMNS[0], COLUMNS[1], { name: "sick", role: "label", classes: ["lo", "mid", "hi"] }] as const;
  const { rows } = await parse("person,x,sick\na,1,hi\nb,1,lo\n", { columns, intercept: false, scaling: "bounds" });
  assert.deepEqual(rows.labels, Float32Array.of(0, 0, 1, 1, 0, 0));
  assert.equal(rows.outputs, 3);
});

Deno.test("ids are texts, one a line", () => {
  const ids = (text: string) => parseIds({ path: "ids.txt", text });
  assert.deepEqual(ids(" 007 \r\n\r7\n\n7"), [{ line: 1, id: "007" }, { line: 3, id: "7" }, { line: 5, id: "7" }]);
  assert.deepEqual(ids("\n \n"), []);
  assert.throws(() => ids("a\nb\0\n"), /^RangeError: ids\.txt, line 2: "b\\u0000" is more than a line of text$/);
});

Deno.test("a file that is not UTF-8 is refused, a byte order mark is skipped", async () => {
  const path = `${emptyResultFolder("deletion_table")}/a.csv`;
  const read = async () => await readLabelled(await openTable(path), SCHEMA);
  writeWhole(path, `\ufeff${GOOD}`);
  assert.deepEqual({ ...await read(), path: "a.csv" }, await parse(GOOD));
  writeWhole(path, Uint8Array.from(GOOD.replace("a,", "é,"), (c) => c.charCodeAt(0)));
  await assert.rejects(read, /^RangeError: .*a\.csv, line 2, column 1: no text in UTF-8: save the table as that$/);
  writeWhole(path, Uint8Array.from(`\xff\xfe${[...GOOD].join("\0")}\0`, (c) => c.charCodeAt(0)));
  await assert.rejects(read, /^RangeError: .*a\.csv is text in UTF-16: save the table as CSV in UTF-8$/);
  writeWhole(path, Uint8Array.from(`${[...GOOD].join("\0")}\0`, (c) => c.charCodeAt(0)));
  await assert.rejects(read, /^RangeError: .*a\.csv is text in UTF-16/);
});

Deno.test("a schema that is not as it should be is refused with file and field", () => {
  const good = { columns: COLUMNS, intercept: true, scaling: "row" };
  assert.deepEqual(parseSchema(JSON.stringify(good), "s.json"), {
    ...{ declared: false, decimal_comma: false, ...good },
  });
  const column = (index: number, change: object) => ({
    ...good,
    columns: COLUMNS.map((column, i) => i === index ? { ...column, ...change } : column),
  });
  const wrong: [value: unknown, message: RegExp][] = [
    [[], /^RangeError: s\.json must be an object, got \[\]$/],
    [{ ...good, columns: {} }, /^RangeError: s\.json: columns must be a list$/],
    [{ columns: COLUMNS, intercept: true }, /^RangeError: s\.json has no field "scaling"$/],
    [
      { ...good, scale: 1 },
      /^RangeError: s\.json has a field "scale": it has columns, intercept, scaling, declared, delimiter, decimal_comma$/,
    ],
    [{ ...good, intercept: 1 }, /s\.json: intercept must be true or false, got 1$/],
    [{ ...good, scaling: "rows" }, /s\.json: scaling must be one of row, bounds, got "rows"$/],
    [{ ...good, columns: [1] }, /s\.json: columns\[0\] must be an object, got 1$/],
    [column(0, { name: 7 }), /s\.json: columns\[0\]\.name must be a text, got 7$/],
    [column(0, { name: "" }), /s\.json: columns\[0\]\.name: no value$/],
    [column(0, { name: "x" }), /s\.json: columns\[1\]\.name: "x" is columns\[0\] too$/],
    [
      column(1, { name: "intercept" }),
      /s\.json: two weights would have the name "intercept": rename a column or a level$/,
    ],
    [
      column(0, { role: "toString" }),
      /columns\[0\]\.role must be one of id, dropped, label, number, category, got "toString"$/,
    ],
    [column(0, { lowest: 1 }), /columns\[0\] has a field "lowest": it has name, role$/],
    [column(0, { role: "dropped" }), /s\.json: columns with the role id: 0; there must be 1$/],
    [column(4, { role: "id" }), /s\.json: columns with the role id: 2; there must be 1$/],
    [column(1, { lowest: "0" }), /columns\[1\]\.lowest must be a number, got "0"$/],
    [column(1, { highest: null }), /columns\[1\]\.highest must be a number, got null$/],
    [column(1, { highest: -1 }), /columns\[1\]: lowest must be below highest, got -1 and -1$/],
    [column(3, { classes: ["1"] }), /columns\[3\]\.classes must be a list of two classes or more, got \["1"\]$/],
    [column(3, { classes: [0, 1] }), /columns\[3\]\.classes: classes are texts, "1" not 1, got 0$/],
    [column(3, { classes: ["1", "+1.0"] }), /columns\[3\]\.classes: "\+1\.0" and "1" are one$/],
    [column(3, { classes: ["a", "a\u0007"] }), /columns\[3\]\.classes: "a\\u0007" is more than a line of text$/],
    [column(1, { missing: "NA" }), /columns\[1\]\.missing must be a list of spellings, got "NA"$/],
    [column(1, { missing: ["-9", "-9.0"] }), /columns\[1\]\.missing: "-9\.0" and "-9" are one$/],
    [column(3, { missing: ["NA"] }), /columns\[3\] has a field "missing": it has name, role, classes, above$/],
    [column(3, { above: "15" }), /columns\[3\]\.above must be a number, got "15"$/],
    [column(3, { above: 15, classes: ["a", "b", "c"] }), /columns\[3\]: with above there are two classes/],
    [column(4, { role: "category" }), /columns\[4\] has no field "levels"$/],
    [column(4, { role: "category", levels: [] }), /columns\[4\]\.levels must be a list of levels, got \[\]$/],
    [
      column(4, { role: "category", levels: ["a"], missing: ["a"] }),
      /columns\[4\]: "a" is a level and a missing value$/,
    ],
    [{
      ...good,
      columns: [...COLUMNS, { name: "t", role: "category", levels: ["u"] }, {
        name: "t=u",
        role: "number",
        lowest: 0,
        highest: 1,
      }],
    }, /two weights would have the name "t=u"/],
    [{ ...good, declared: "yes" }, /s\.json: declared must be true or false, got "yes"$/],
    [{ ...good, delimiter: "." }, /s\.json: delimiter must be one of \[.*\], got "\."$/],
    [{ ...good, decimal_comma: 1 }, /s\.json: decimal_comma must be true or false, got 1$/],
    [{ ...good, columns: [COLUMNS[0], COLUMNS[3]] }, /s\.json: no column has the role number or category$/],
  ];
  for (const [value, message] of wrong) {
    assert.throws(() => parseSchema(JSON.stringify(value), "s.json"), message, JSON.stringify(value));
  }
  const twice = JSON.stringify(good).replace('"highest":3', '"highest":3,"highest":5');
  assert.throws(() => parseSchema(twice, "s.json"), /^RangeError: s\.json gives a field twice in one object$/);
  const colons = column(4, { name: '"a":\\"b": {' });
  assert.deepEqual(parseSchema(JSON.stringify(colons, null, 2), "s.json").columns, colons.columns);
  assert.throws(() => parseSchema("{", "s.json"), /^RangeError: s\.json is no JSON: /);
  assert.throws(
    () => parseSchema(JSON.stringify(good).replace('"highest":3', '"highest":1e999'), "s.json"),
    /columns\[1\]\.highest must be a number/,
  );
  const endless = JSON.stringify(column(3, { ...COLUMNS[3], above: 15 })).replace('"above":15', '"above":1e999');
  assert.throws(() => parseSchema(endless, "s.json"), /columns\[3\]\.above must be a number/);
});
