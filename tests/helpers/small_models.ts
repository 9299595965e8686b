/**
 * Small tables by a schema, and models of them.
 * @module
 */
import assert from "node:assert/strict";
import { writeWhole } from "../../core/disk/files.ts";
import { runTask } from "./run_task.ts";
import { normals } from "./scenarios.ts";

/** What the columns of small tables are. */
export const SMALL_SCHEMA = {
  declared: true,
  columns: [
    { name: "person", role: "id" },
    { name: "x", role: "number", lowest: -3, highest: 3 },
    { name: "y", role: "number", lowest: -3, highest: 3 },
    { name: "kind", role: "label", classes: ["dog", "cat"] },
  ],
  intercept: true,
  scaling: "row",
};

/** The lines of a table of persons p0, p1, …, the header first. */
export function smallLines(count = 40): string[] {
  const draws = normals(2 * count, 1);
  const lines = Array.from({ length: count }, (_, row) => {
    const [x, y] = draws.subarray(2 * row, 2 * row + 2);
    return `p${row},${x},${y},${x > 0 ? "cat" : "dog"}`;
  });
  return ["person,x,y,kind", ...lines];
}

/** Writes a table and its schema; returns the flags that name them. */
export function writeSmallTable(folder: string, lines: readonly string[] = smallLines()): string[] {
  const [train, schema] = [`${folder}/train.csv`, `${folder}/schema.json`];
  writeWhole(train, `${lines.join("\n")}\n`);
  writeWhole(schema, JSON.stringify(SMALL_SCHEMA));
  return ["--train", train, "--schema", schema];
}

/** Learns a small model, and returns its folder. */
export async function learnSmall(folder: string, ...args: string[]): Promise<string> {
  const model = `${folder}/models/week`;
  const table = writeSmallTable(folder);
  const flags = ["--lam", "1e-2", "--k", "3", "--capacity", "2", "--model", model];
  const { code, stderr } = await runTask("learn", ...table, ...flags, ...args);
  assert.equal(code, 0, stderr);
  return model;
}

/** Deletes persons from the model of a folder. */
export async function unlearnSmall(folder: string, ids: readonly string[], ...args: string[]) {
  writeWhole(`${folder}/ids.txt`, ids.map((id) => `${id}\n`).join(""));
  const flags = ["--model", `${folder}/models/week`, "--train", `${folder}/train.csv`, "--remove", `${folder}/ids.txt`];
  return await runTask("unlearn", ...flags, ...args);
}
