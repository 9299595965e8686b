/**
 * The page that learns and unlearns, on both engines: the weights are those of Deno with the same seed.
 */
import assert from "node:assert/strict";
import { threesAndEights } from "../../core/datasets/mnist_rows.ts";
import { writeWhole } from "../../core/disk/files.ts";
import { openWasmEngine } from "../../core/engines/wasm_engine.ts";
import { learnModel } from "../../core/pages/try.ts";
import { inlinedFiles, tryPage } from "../../experiments/tools/try.ts";
import { relativeError } from "../helpers/scenarios.ts";
import { browserTest, openPage, type Page, WEBGPU_BY_SOFTWARE } from "./browser.ts";

const PATH = "result/test/try.html";
const WISHES = { lambda: 3e-5, sigma: 0.01, epsilon: 1, delta: 1e-4, seed: 0 };

/** The relative error that a step may have between engines, as in tests/webgpu_engine_test.ts. */
const TOLERANCE = 2e-6;

/** The weights, the accuracy and the last sentence of the page, once something happened for the nth time. */
async function shownAfter(page: Page, button: string, events: number) {
  await page.evaluate((button) => document.querySelector<HTMLElement>(button)!.click(), button);
  while (await page.evaluate(() => document.querySelectorAll("#events li").length) < events) {
    const error = await page.evaluate(() => document.querySelector("#error")!.textContent!);
    assert.equal(error, "");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return await page.evaluate(() => {
    const { shown } = globalThis as unknown as { shown: { weights: Float32Array; accuracy: number; steps: number } };
    const sentence = document.querySelector("#told")!.textContent!;
    return { ...shown, weights: [...shown.weights], sentence };
  });
}

browserTest("a page from the file system learns and unlearns as Deno does", async (t) => {
  const html = await tryPage();
  assert.ok(html.length < 400_000, `${html.length} characters`);
  writeWhole(PATH, html);
  const files = await inlinedFiles();
  const engine = await openWasmEngine({ threads: 2 });
  const model = await learnModel(engine, threesAndEights(files), WISHES);
  const learned = model.shown;
  const unlearned = await model.unlearn([0, 1, 200]);
  engine.dispose();
  assert.ok(learned.accuracy > 0.9 && unlearned.steps < learned.T);

  await using page = await openPage(WEBGPU_BY_SOFTWARE);
  for (const kind of ["wasm", "webgpu"]) {
    await t.step(kind, async () => {
      await page.open(PATH);
      await page.until(() => document.querySelectorAll("#digits button").length === 60);
      await page.evaluate((kind) => document.querySelector<HTMLInputElement>(`[value=${kind}]`)!.click(), kind);
      const first = await shownAfter(page, "#learn", 1);
      await page.evaluate(() => {
        for (const row of [0, 1, 200]) document.querySelector<HTMLElement>(`[data-row="${row}"]`)!.click();
      });
      const second = await shownAfter(page, "#unlearn", 2);
      for (const [shown, ours, steps] of [[first, learned, learned.T], [second, unlearned, learned.T]] as const) {
        const weights = Float32Array.from(shown.weights);
        if (kind === "wasm") assert.deepEqual(weights, ours.weights);
        else assert.ok(relativeError(weights, ours.weights) < TOLERANCE * steps);
        assert.equal(shown.steps, ours.steps);
      }
      const told = Number(/ to ([\d.]+)\. Test/.exec(second.sentence)![1]);
      const { after } = unlearned.epsilon!;
      assert.ok(told >= after && told < 1.01 * after, `${told}, of ${after}`);
      assert.match(second.sentence, /^Unlearned 3 rows in K = \d+ steps?, where retraining takes \d+: by the exact /);
      assert.deepEqual(page.said, []);
    });
  }
  await t.step("the user's own files", async () => {
    const names = { trainImages: "train-images-idx3-ubyte", trainLabels: "train-labels-idx1-ubyte" };
    const tests = { testImages: "t10k-images-idx3-ubyte", testLabels: "t10k-labels-idx1-ubyte" };
    const paths = Object.entries({ ...names, ...tests }).map(([kind, name]) => {
      writeWhole(`result/test/mnist/${name}`, files[kind as keyof typeof files]);
      return `result/test/mnist/${name}`;
    });
    await page.open(PATH);
    await page.chooseFiles("#files", paths);
    const { weights } = await shownAfter(page, "#learn", 1);
    assert.deepEqual(Float32Array.from(weights), learned.weights);
  });
  await t.step("no fault for a keyboard or a screen reader, nothing wider than a narrow window", async () => {
    for (const theme of ["light", "dark"] as const) {
      await page.look({ theme, width: 400 });
      assert.deepEqual(await page.accessibilityFaults(), [], theme);
    }
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= 400));
  });
});
