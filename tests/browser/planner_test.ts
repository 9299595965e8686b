/**
 * The planner, as its reader has it: the library's numbers, a quick answer, the keyboard and the screen reader.
 */
import assert from "node:assert/strict";
import { ACCOUNTANTS } from "../../core/accountant/accountants.ts";
import { fewestSteps, fewestStepsEach, smallestSigma } from "../../core/accountant/calibrate.ts";
import { writeWhole } from "../../core/disk/files.ts";
import { makeProblem } from "../../core/model/problem.ts";
import { upwards } from "../../core/text/decimal.ts";
import { plannerPage } from "../../experiments/tools/planner.ts";
import { browserTest, openPage, type Page } from "./browser.ts";

const PATH = "result/test/planner.html";

/** The longest that a slider may wait for its numbers, in milliseconds. */
const PATIENCE = 50;

/** The planner at an address, when all is drawn. */
async function openPlanner(page: Page, hash = ""): Promise<void> {
  await page.open("result/test/planner.html", hash);
  await page.until(() => document.documentElement.dataset.shown);
}

/** What the table says: by accountant K, σ, ε after and before. */
const readTable = (page: Page) =>
  page.evaluate(() =>
    [...document.querySelectorAll("#answers tr")].map((row) => [...row.children].map((cell) => cell.textContent))
  );

writeWhole(PATH, await plannerPage());

/** The planner's values are the library's to the last digit shown. */
async function testValues(t: Deno.TestContext, page: Page): Promise<void> {
  const mnist = makeProblem({ n: 11982, d: 784, lambda: 1e-6 });
  const features = makeProblem({ n: 50_000, d: 512, classes: 10, lambda: 1e-6 });
  const target = { epsilon: 0.5, delta: 1e-6 };
  const [paper, exact] = ["paper", "exact"].map((name) => ACCOUNTANTS[name]());

  await t.step("K", async () => {
    await openPlanner(page, "#find=K&S=100&epsilon=0.5&sigma=0.03&neighbours=replaced");
    const chain = { problem: mnist, sigma: 0.03, neighbours: "replaced" } as const;
    const expected = [paper, exact].map((accountant) => {
      const { K, epsilon } = fewestSteps(accountant, { ...chain, requests: [] }, 100, target);
      const before = accountant.guarantee({ ...chain, requests: [{ S: 100, K: 0 }] }, target.delta);
      return [accountant.name, `${K}`, "0.03", upwards(epsilon), upwards(before.epsilon)];
    });
    assert.deepEqual(await readTable(page), expected);
  });
  await t.step("σ", async () => {
    await openPlanner(page, "#find=sigma&n=50000&d=512&classes=10&S=7&epsilon=0.5&K=33");
    const expected = [paper, exact].map((accountant) => {
      const history = { problem: features, neighbours: "null", requests: [{ S: 7, K: 33 }] } as const;
      return upwards(smallestSigma(accountant, history, target));
    });
    assert.deepEqual((await readTable(page)).map(([, , sigma]) => sigma), expected);
  });
  await t.step("ε, the sequel's accountant among them", async () => {
    await openPlanner(page, "#find=epsilon&S=1&sigma=0.03&K=2&b=1997&R=100&T=1000");
    const history = { problem: mnist, sigma: 0.03, neighbours: "null", requests: [{ S: 1, K: 2 }] } as const;
    const batches = { ...history, batchSize: 1997, radius: 100, T: 1000 };
    const expected = ["exact", "sgd"].map((name) => [
      name,
      upwards(ACCOUNTANTS[name]().guarantee(batches, 1e-6).epsilon),
    ]);
    assert.deepEqual((await readTable(page)).map(([name, , , epsilon]) => [name, epsilon]), expected);
    assert.match(await page.evaluate(() => document.querySelector("#refusals")!.textContent!), /^Not paper: /);
  });
  await t.step("a month of requests against retraining", async () => {
    await openPlanner(page, "#S=10&sigma=0.03&month=5");
    const chain = { problem: mnist, sigma: 0.03, neighbours: "null" } as const;
    const steps = fewestStepsEach(exact, chain, Array(5).fill(10), { epsilon: 1, delta: 1e-6 });
    const total = steps.reduce((sum, K) => sum + K, 0);
    const T = Math.ceil(10 / (mnist.eta * mnist.m));
    const sentence = await page.evaluate(() => document.querySelector("#month")!.textContent!);
    const numbers = `a month of 5 requests takes ${total} steps (${steps.join(", ")})`;
    assert.ok(sentence.startsWith(`Yes, ${(5 * T / total).toPrecision(2)} times: ${numbers}`), sentence);
    assert.ok(sentence.includes(`${5 * T} if each retrains in T = ${T}.`), sentence);
  });
}

/** The planner answers a slider within 50 ms. */
async function testPatience(page: Page): Promise<void> {
  await openPlanner(page);
  const { times, values } = await page.evaluate(() => {
    const slider = document.querySelector<HTMLInputElement>("[data-for=sigma]")!;
    const times: number[] = [];
    const values = new Set<string>();
    for (let i = 0; i < 41; i++) {
      const began = performance.now();
      slider.value = String(-3 + i / 20);
      slider.dispatchEvent(new Event("input", { bubbles: true }));
      document.body.getBoundingClientRect(); // lays it out
      times.push(performance.now() - began);
      values.add(document.querySelector("#answers")!.textContent!);
    }
    return { times: times.sort((a, b) => a - b), values: values.size };
  });
  assert.equal(values, 41);
  console.log(`the planner answers a slider in ${times[20].toFixed(1)} ms, ${times[40].toFixed(1)} ms at the most`);
  assert.ok(times[20] < PATIENCE, `${times[20]} ms`);
}

/** The planner without a mouse, in light and dark, narrow and wide. */
async function testAccess(t: Deno.TestContext, page: Page): Promise<void> {
  await openPlanner(page);
  await t.step("no fault for a keyboard or a screen reader", async () => {
    for (const theme of ["light", "dark"] as const) {
      await page.look({ theme });
      assert.deepEqual(await page.accessibilityFaults(), [], theme);
    }
  });
  await t.step("the arrows move a slider, and the answer is told and kept in the address", async () => {
    await page.evaluate(() => document.querySelector<HTMLElement>("[data-for=S]")!.focus());
    const told = await page.evaluate(() => document.querySelector("#told")!.textContent!);
    for (let i = 0; i < 10; i++) await page.press("ArrowRight");
    await page.until(() => /[#&]S=13&/.test(location.hash));
    assert.match(told, /unlearn 10 rows/);
    const now = await page.evaluate(() => document.querySelector("[role=status]")!.textContent!);
    assert.match(now, /unlearn 13 rows/);
  });
  await t.step("all of it is reached by Tab, in the order of the page", async () => {
    await page.evaluate(() => (document.activeElement as HTMLElement).blur());
    const reached = new Set<string>();
    for (let i = 0; i < 30; i++) {
      await page.press("Tab");
      reached.add(
        await page.evaluate(() => (document.activeElement as HTMLInputElement).name || document.activeElement!.tagName),
      );
    }
    for (
      const name of [
        "find",
        "n",
        "d",
        "classes",
        "lambda",
        "neighbours",
        "S",
        "delta",
        "month",
        "epsilon",
        "sigma",
        "BUTTON",
      ]
    ) {
      assert.ok(reached.has(name), `${name} of ${[...reached]}`);
    }
  });
  await t.step("what cannot be is marked and said", async () => {
    const error = await page.evaluate(() => {
      const field = document.querySelector<HTMLInputElement>("[name=n]")!;
      field.value = "1.5";
      field.dispatchEvent(new Event("input", { bubbles: true }));
      return [field.getAttribute("aria-invalid"), document.querySelector("[role=alert]")!.textContent];
    });
    assert.deepEqual(error, ["true", "n is a whole number from 2 to 1000000000, got 1.5"]);
  });
  await t.step("an address that cannot be is refused, and the planner opens", async () => {
    await openPlanner(page, "#S=none");
    const text = await page.evaluate(() => document.querySelector("[role=alert]")!.textContent!);
    assert.match(text, /^The address: S is a whole number/);
    assert.equal((await readTable(page)).length, 2);
  });
  await t.step("nothing is wider than a narrow window", async () => {
    await page.look({ width: 400 });
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= 400));
  });
  await t.step("no option of a command line is broken over two lines", async () => {
    await openPlanner(page);
    const parts = await page.evaluate(() =>
      [...document.querySelectorAll("pre .option")].map((option) => option.getClientRects().length)
    );
    assert.ok(parts.length > 20 && parts.every((count) => count === 1), parts.join());
  });
}

browserTest("the planner", async (t) => {
  await using page = await openPage();
  await t.step("its values are the library's to the last digit shown", (t) => testValues(t, page));
  await t.step("it answers a slider within 50 ms", () => testPatience(page));
  await t.step("it needs no mouse, and is read in light and dark, narrow and wide", (t) => testAccess(t, page));
  assert.deepEqual(page.said, []);
});
