/**
 * The library in a browser: from the file system, without isolation, its chains are those of the command line.
 */
import assert from "node:assert/strict";
import { writeWhole } from "../../core/disk/files.ts";
import { openWasmEngine } from "../../core/engines/wasm_engine.ts";
import { langevin, langevinStart } from "../../core/learning/chains.ts";
import { makeProblem } from "../../core/model/problem.ts";
import { makePage } from "../../core/pages/page.ts";
import { makeRows, relativeError } from "../helpers/scenarios.ts";
import { browserTest, openPage, WEBGPU_BY_SOFTWARE } from "./browser.ts";

type Library = typeof import("../../core/browser.ts");

const [PATH, BUNDLE] = ["result/test/library.html", "result/test/library.js"];

/** The relative error that a step may have between engines, as in tests/webgpu_engine_test.ts. */
const TOLERANCE = 2e-6;

const STEPS = 50;
const PROBLEM = { n: 300, d: 20, lambda: 1e-3 };

/** The library as a page's script. */
async function bundle(): Promise<string> {
  const args = [
    "bundle",
    "--quiet",
    "--platform",
    "browser",
    "--minify",
    "-o",
    BUNDLE,
    "tests/browser/library_page.ts",
  ];
  const { success, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return Deno.readTextFileSync(BUNDLE);
}

browserTest("the same seed gives the command line's weights in a page", async () => {
  const script = await bundle();
  assert.ok(script.length < 150_000, `${script.length} characters`);
  writeWhole(PATH, await makePage({ title: "Library", body: "", script, computes: true }));
  const rows = makeRows({ count: PROBLEM.n, dimension: PROBLEM.d, outputs: 1 }, 0);

  const engine = await openWasmEngine({ threads: 2 });
  const setting = { engine, problem: makeProblem(PROBLEM), seed: 42, trials: 3 };
  const start = langevinStart(setting, "learn", 0.03, { mean: 0 });
  const legs = [{ name: "learn", sigma: 0.03, start, steps: STEPS }];
  const [ours] = await langevin(setting, engine.load(rows), legs);
  engine.dispose();

  await using page = await openPage(WEBGPU_BY_SOFTWARE);
  await page.open(PATH);
  const inPage = async (kind: "wasm" | "webgpu") =>
    await page.evaluate(
      async (kind, numbers, steps, features, labels) => {
        const { library } = globalThis as unknown as { library: Library };
        const engine = kind === "wasm"
          ? await library.openWasmEngine()
          : await library.openWebGpuEngine(await library.openGpuDevice());
        const setting = { engine, problem: library.makeProblem(numbers), seed: 42, trials: 3 };
        const trainingSet = engine.load({
          ...{ features: Float32Array.from(features), labels: Float32Array.from(labels) },
          ...{ count: numbers.n, dimension: numbers.d, outputs: 1 },
        });
        const start = library.langevinStart(setting, "learn", 0.03, { mean: 0 });
        const [weights] = await library.langevin(setting, trainingSet, [{ name: "learn", sigma: 0.03, start, steps }]);
        const { description } = engine;
        engine.dispose();
        return { description, weights: [...weights] };
      },
      kind,
      PROBLEM,
      STEPS,
      [...rows.features],
      [...rows.labels],
    );

  const wasm = await inPage("wasm");
  assert.match(wasm.description, /WebAssembly .*1 thread/);
  assert.deepEqual(Float32Array.from(wasm.weights), ours);

  const webgpu = await inPage("webgpu");
  assert.match(webgpu.description, /WebGPU on .*swiftshader/i);
  const error = relativeError(Float32Array.from(webgpu.weights), ours);
  assert.ok(error < TOLERANCE * STEPS, `relative error ${error}`);
  assert.deepEqual(page.said, []);
});
