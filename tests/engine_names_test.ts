/**
 * The name of an engine says what decides its bytes.
 */
import assert from "node:assert/strict";
import { runDeno } from "./helpers/run_task.ts";

/** Weights of a walk over every shape, by an engine of one thread that {@linkcode openWasmEngine} opens. */
const WALKS = `
  import { openWasmEngine } from "./core/engines/wasm_engine.ts";
  import { makeRequest, makeRows, SHAPES, walkRows } from "./tests/helpers/scenarios.ts";
  const weights = [];
  const [argument] = Deno.args;
  const engine = await openWasmEngine({ threads: 1, ...(argument === "plain" && { relaxedSimd: false }) });
  for (const shape of SHAPES) weights.push(...await walkRows(engine, makeRows(shape), makeRequest(shape, {})));
  console.log(JSON.stringify({ kind: engine.kind, weights }));
  engine.dispose();
`;

Deno.test("a machine that does not fuse has other bytes, and its engine another name", async () => {
  const walk = async (...args: string[]) => {
    const { stdout, stderr } = await runDeno(["eval", "--no-check", ...args.slice(0, -1), WALKS, args.at(-1)!]);
    assert.notEqual(stdout, "", stderr);
    return JSON.parse(stdout) as { kind: string; weights: number[] };
  };
  const plain = await walk("plain");
  const isAlike = ({ weights }: typeof plain) => weights.every((weight, i) => weight === plain.weights[i]);
  for (const flags of [[], ["--v8-flags=--no-enable-fma3"]]) {
    const found = await walk(...flags, "best");
    assert.equal(isAlike(found), found.kind === plain.kind, `${flags}: ${found.kind}`);
    if (flags.length > 0 && Deno.build.arch === "x86_64") assert.equal(found.kind, plain.kind);
  }
});
