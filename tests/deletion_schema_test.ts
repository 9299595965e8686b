/**
 * Drafts of schemas: what they round, leave out and warn of.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { draftSchema, type DraftWish } from "../core/deletion/draft.ts";
import { type Column, formatSchema, parseSchema, requireDeclared } from "../core/deletion/schema.ts";
import { readTable } from "../core/formats/read_table.ts";
import { textFile } from "../core/formats/table_reader.ts";

const WISH = { label: "y", id: "id" };

/** The draft of a table of one feature beside ids and labels. */
async function draftOf(cells: readonly string[], wish: DraftWish = WISH, labels = ["a", "b"]) {
  const lines = cells.map((cell, i) => `P${i},${cell},${labels[i % labels.length]}`);
  const table = await readTable(textFile({ path: "a.csv", text: ["id,x,y", ...lines, ""].join("\n") }));
  const { schema, remarks } = await draftSchema(table, wish);
  return { schema, column: schema.columns[1], remarks };
}

/** As many cells as there are names times their numbers. */
const cellsOf = (counts: Readonly<Record<string, number>>) =>
  Object.entries(counts).flatMap(([name, count]) => Array<string>(count).fill(name));

Deno.test("bounds are rounded outwards to 1, 2 or 5 × 10^k, and no nearer such number would do", async () => {
  const value = fc.double({ min: -3e38, max: 3e38, noNaN: true });
  const round = Array.from({ length: 120 }, (_, i) => [1, 2, 5].map((digit) => Number(`${digit}e${i - 80}`))).flat();
  await fc.assert(fc.asyncProperty(value, value, async (a, b) => {
    fc.pre([a, b].every((x) => x === 0 || Math.abs(x) > 1e-70) && a !== b);
    const { column } = await draftOf(Array.from({ length: 40 }, (_, i) => String(i % 2 ? a : b)));
    assert.ok(column.role === "number");
    const least = Math.min(a, b), greatest = Math.max(a, b);
    for (const bound of [column.lowest, column.highest]) {
      assert.ok(bound === 0 || /^-?[125]e[+-]\d+$/.test(bound.toExponential()), `${bound}`);
    }
    assert.ok(column.lowest <= least && greatest <= column.highest);
    const between = [0, ...round, ...round.map((x) => -x)]
      .filter((x) => (x > column.lowest && x <= least) || (x >= greatest && x < column.highest));
    assert.deepEqual(between, []);
  }));
  assert.deepEqual((await draftOf(["6.98", "28.11", ...Array<string>(18).fill("14")])).column, {
    ...{ name: "x", role: "number", lowest: 5, highest: 50 },
  });
});

Deno.test("names of fewer than ten rows are in no file, and named to its owner", async () => {
  const { schema, column, remarks } = await draftOf(cellsOf({ Ulm: 20, Rome: 10, Bonn: 9, "1": 4, "1.0": 6 }));
  assert.deepEqual(column, { name: "x", role: "category", levels: ["1", "Rome", "Ulm"] });
  assert.doesNotMatch(formatSchema(schema), /Bonn/);
  assert.deepEqual(remarks, ['"x": levels of fewer than 10 rows, left out: "Bonn" 9']);
  const labelled = await draftOf(cellsOf({ "1": 20, "2": 20 }), WISH, ["a", "b", "a", "b", "a", "b", "c"]);
  assert.deepEqual(labelled.schema.columns[2], { name: "y", role: "label", classes: ["a", "b"] });
  assert.match(labelled.remarks.join(), /"y": classes of fewer than 10 rows, left out: "c" 5/);
});

Deno.test("what is missing is declared and said, however it is spelt", async () => {
  const gaps = ["", "NA", "NaN", "?", "null", "-", "N/A", "<NA>", "NaT", "\\N", "—"];
  const numbers = Array.from({ length: 140 }, (_, i) => `${i % 7}.5`);
  const { column, remarks } = await draftOf([...gaps.flatMap((gap) => Array<string>(10).fill(gap)), ...numbers]);
  assert.deepEqual(column, { name: "x", role: "number", lowest: 0.5, highest: 10, missing: gaps });
  assert.match(remarks.join(), /"x": no value in "" 10, "NA" 10, .* rows: read as the middle, as "missing" says/);
  const two = await draftOf(cellsOf({ Ulm: 20, Rome: 20, '"? "': 10, '" "': 12 }));
  assert.deepEqual(two.column, { name: "x", role: "category", levels: ["Rome", "Ulm"], missing: ["?", ""] });
});

Deno.test("a spelling of a missing value that few rows have is in no file", async () => {
  for (const cells of [cellsOf({ "1": 20, "2": 20, "?": 9 }), cellsOf({ Ulm: 20, Rome: 20, "?": 9 })]) {
    const { schema, remarks } = await draftOf(cells);
    assert.doesNotMatch(formatSchema(schema), /\?|missing/);
    assert.deepEqual(remarks, ['"x": no value in "?" 9 rows: learn refuses them, unless "missing" says so']);
  }
});

Deno.test("with decimal commas names are one by value as numbers are", async () => {
  const wish = { ...WISH, delimiter: ";", decimal_comma: true };
  const lines = Array.from(
    { length: 60 },
    (_, i) => `P${i};${["0,50", "0,5", "low", "high"][i % 4]};${["10,0", "9,5"][i % 2]}`,
  );
  const table = await readTable(textFile({ path: "a.csv", text: ["id;x;y", ...lines].join("\n") }), wish);
  const { schema } = await draftSchema(table, { ...wish, label: "y" });
  assert.deepEqual(schema.columns[1], { name: "x", role: "category", levels: ["0,50", "high", "low"] });
  assert.deepEqual(schema.columns[2], { name: "y", role: "label", classes: ["9,5", "10,0"] });
  const text = formatSchema(schema);
  assert.deepEqual(parseSchema(text, "s.json"), schema);
  const twice = text.replace('"10,0"', '"9,50"');
  assert.throws(() => parseSchema(twice, "s.json"), /columns\[2\]\.classes: "9,50" and "9,5" are one$/);
  parseSchema(twice.replace('"decimal_comma": true', '"decimal_comma": false'), "s.json");
});

Deno.test("ids, free texts, constants and numbers that are none are dropped, and it is said", async () => {
  const many = <Item>(of: (i: number) => Item) => Array.from({ length: 60 }, (_, i) => of(i));
  const cases: [cells: string[], remark: RegExp][] = [
    [many((i) => `${i + 100}`), /"x": dropped: its integers all differ, as ids do/],
    [many((i) => `name ${i}`), /"x": dropped: its values nearly all differ/],
    [many((i) => `2012-01-${i}`), /"x": dropped: its values nearly all differ/],
    [many(() => "7"), /"x": dropped: every value is "7"/],
    [many((i) => i % 2 ? "7" : "7.0"), /"x": dropped: every value is "7.0"/],
    [many((i) => i % 2 ? "0x10" : "0x11"), /"x": dropped: "0x10" is like a number, and none that is read/],
    [many((i) => i % 2 ? '"1,200"' : '"1,300"'), /"x": dropped: "1,200" is like a number, and none that is read/],
    [many((i) => i % 3 ? `${i % 9}` : '"1,200"'), /such as "1,200": take commas between thousands out/],
    [many(() => ""), /"x": dropped: it has no values/],
    [many((i) => i < 3 ? "many" : `${i % 9}`), /"x": dropped: 3 of its values are no numbers, such as "many"/],
    [many((i) => `"${i % 9},5"`), /"x": dropped: no value has 10 rows/],
    [
      many((i) => i % 2 ? `"${i % 9},5"` : `${i % 9}`).concat("3"),
      /such as "1,5": is it a decimal comma\? --decimal_comma 1/,
    ],
    [many((i) => `0${i % 30}`), /"x": dropped: no value has 10 rows/],
  ];
  for (const [cells, remark] of cases) {
    const lines = cells.map((cell, i) => `P${i},${i % 7}.5,${cell},${i % 2}`);
    const table = await readTable(textFile({ path: "a.csv", text: ["id,z,x,y", ...lines].join("\n") }));
    const { schema, remarks } = await draftSchema(table, WISH);
    assert.deepEqual(schema.columns[2], { name: "x", role: "dropped" });
    assert.match(remarks.join("\n"), remark);
  }
  const { remarks } = await draftOf(many((i) => `${1970 + i % 50}`).concat("1970"));
  assert.match(remarks.join(), /Values fill less than half of the bounds of "x": closer bounds learn better/);
});

Deno.test("a draft without ids or with a label of numbers says what to do; a threshold makes two classes", async () => {
  const delays = Array.from({ length: 60 }, (_, i) => `${i % 7}.5`);
  await assert.rejects(draftOf(delays, { label: "y" }), /requests name rows by their ids: .*--id; .*differ in "id"$/);
  const { schema } = await draftOf(cellsOf({ Ulm: 30, Rome: 30 }), { label: "y", id: "id", above: 15 }, [
    "3",
    "15",
    "16",
  ]);
  const label: Column = { name: "y", role: "label", classes: ["at most 15", "above 15"], above: 15 };
  assert.deepEqual(schema.columns[2], label);
  await assert.rejects(
    draftOf(delays, { ...WISH, above: 15 }),
    /a\.csv, column "y": "a" is no number, as --above needs/,
  );
  await assert.rejects(draftOf(delays.slice(0, 12)), /column "y": fewer than two classes of 10 rows: "a" 6, "b" 6/);
  await assert.rejects(draftOf(delays, { ...WISH, label: "z" }), /a\.csv has no column "z"; it has "id, x, y"/);
  const numbers = Array.from({ length: 2000 }, (_, i) => `${i}`);
  await assert.rejects(draftOf(numbers, { label: "x", id: "id" }), /column "x": more than 1000 values: .*--above/);
});

Deno.test("of names that a reader takes for something else labels are refused, and other columns dropped", async () => {
  const wrong: [names: [string, string], fault: string][] = [
    [['" Ulm"', "Rome"], '" Ulm" has blanks around it'],
    [["New York", "New\u00a0York"], '"New York" and "New\u00a0York" look the same: make them one'],
    [["Ulm", "U\u200blm"], '"U\\u{200b}lm" has a character that is not seen'],
    [["Ulm", "U\u200dlm"], '"Ulm" and "U\\u{200d}lm" look the same: make them one'],
    [['"a\tb"', "c"], '"a\\tb" is more than a line of text'],
  ];
  for (const [[one, other], fault] of wrong) {
    const cells = cellsOf({ [one]: 20, [other]: 20 }).map((cell, i) => `P${i},${i % 7}.5,${cell},${i % 2}`);
    const table = await readTable(textFile({ path: "a.csv", text: ["id,z,x,y", ...cells].join("\n") }));
    const { schema, remarks } = await draftSchema(table, WISH);
    assert.deepEqual(schema.columns[2], { name: "x", role: "dropped" });
    assert.ok(remarks.includes(`"x": dropped: ${fault}`), remarks.join("\n"));
    await assert.rejects(draftOf(cellsOf({ Ulm: 20, Rome: 20 }), WISH, [one, other]), {
      name: "RangeError",
      message: `a.csv, column "y": ${fault}`,
    });
  }
  await assert.rejects(draftOf(cellsOf({ Ulm: 20, Rome: 20 }), WISH, ["0x10", "1"]), /"0x10" is like a number/);
  const lines = Array.from({ length: 40 }, (_, i) => `P${i},${i % 7},${i % 2}`);
  const table = await readTable(textFile({ path: "a.csv", text: ["id,intercept,y", ...lines].join("\n") }));
  await assert.rejects(
    draftSchema(table, WISH),
    /^RangeError: the draft of a\.csv: two weights would have the name "intercept": rename a column or a level$/,
  );
});

Deno.test("a draft is read as it was written, and is not declared", async () => {
  const { schema } = await draftOf(cellsOf({ '"a ""quoted"" name"': 20, b: 20 }), { ...WISH, decimal_comma: true });
  const text = formatSchema(schema);
  assert.deepEqual(parseSchema(text, "s.json"), schema);
  assert.throws(
    () => requireDeclared(schema, "s.json"),
    /^RangeError: s\.json is not declared: .* set "declared": true$/,
  );
  requireDeclared(parseSchema(text.replace('"declared": false', '"declared": true'), "s.json"), "s.json");
  const old = text.replace('  "declared": false,\n', "");
  assert.throws(() => requireDeclared(parseSchema(old, "s.json"), "s.json"), /is not declared/);
  const classes = Array.from({ length: 1001 }, (_, i) => `c${i}`);
  const wide = {
    ...schema,
    declared: true,
    columns: [schema.columns[0], { name: "y", role: "label", classes } as const],
  };
  assert.throws(() => requireDeclared(wide, "s.json"), /s\.json has 1001 classes, more than 1000/);
});
