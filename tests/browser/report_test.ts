/**
 * The report, as its reader has it: quick, in both themes, narrow and on paper, by keyboard and by screen reader.
 */
import assert from "node:assert/strict";
import { EXPERIMENTS } from "../../core/original/experiments.ts";
import { report } from "../../experiments/tools/report.ts";
import { publishedFolder } from "../helpers/published_folder.ts";
import { quietly } from "../helpers/run_here.ts";
import { emptyResultFolder } from "../helpers/run_task.ts";
import { browserTest, openPage } from "./browser.ts";

/** Results of all experiments on MNIST, as many rows as there were published. */
const FOLDER = emptyResultFolder("report_browser");
const experiments = EXPERIMENTS.filter(({ published }) => published).map(({ name }) => name);
for (const name of experiments) publishedFolder(`${FOLDER}/LMC`, name);
const { error } = await quietly(() => report(["--result-dir", FOLDER]));
assert.equal(error, undefined);
const PATH = `${FOLDER}/report.html`;

browserTest("the report opens within 2 s, with a figure an experiment, and asks for nothing", async (t) => {
  await using page = await openPage();
  let best = Infinity;
  for (let attempt = 0; attempt < 3; attempt++) {
    await page.open(PATH);
    const took = await page.until(() => {
      const [{ loadEventEnd }] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
      return loadEventEnd;
    });
    best = Math.min(best, took);
  }
  assert.ok(best < 2000, `${best} ms`);
  assert.deepEqual(page.said, []);
  assert.equal(await page.evaluate(() => performance.getEntriesByType("resource").length), 0);
  assert.equal(await page.evaluate(() => document.querySelectorAll(".chart").length), experiments.length);

  for (const [theme, width] of [["light", 1100], ["dark", 400]] as const) {
    await t.step(`${theme}, ${width} pixels`, async () => {
      await page.look({ theme, width });
      assert.deepEqual(await page.accessibilityFaults(), []);
      const needed = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(needed <= width, `the page is ${needed} pixels wide`);
    });
  }

  await t.step("a press on a title sorts, and another the other way", async () => {
    const column = (name: string) =>
      page.evaluate((name) => {
        const title = [...document.querySelectorAll("th")].find(({ textContent }) => textContent === name)!;
        const body = title.closest("table")!.tBodies[0];
        title.querySelector("button")!.focus();
        return [title.ariaSort, ...[...body.rows].map((row) => row.cells[title.cellIndex].textContent)];
      }, name);
    for (const [name, numeric] of [["mean", true], ["method", false]] as const) {
      const [unsorted, ...before] = await column(name);
      assert.equal(unsorted, null);
      const compare = (a: string | null, b: string | null) => numeric ? Number(a) - Number(b) : a!.localeCompare(b!);
      await page.press("Enter");
      assert.deepEqual(await column(name), ["ascending", ...before.toSorted(compare)]);
      await page.press("Enter");
      const [order, ...after] = await column(name);
      assert.deepEqual([order, ...after], ["descending", ...before.toSorted((a, b) => compare(b, a))]);
    }
  });

  await t.step("on paper it is black on white, and no table is cut", async () => {
    const features = [{ name: "prefers-color-scheme", value: "dark" }];
    await page.look({ width: 718 });
    await page.send("Emulation.setEmulatedMedia", { media: "print", features });
    const { paper, wide } = await page.evaluate(() => ({
      paper: getComputedStyle(document.body).backgroundColor,
      wide: [...document.querySelectorAll("table")].filter((table) => table.scrollWidth > innerWidth).length,
    }));
    assert.deepEqual({ paper, wide }, { paper: "rgb(255, 255, 255)", wide: 0 });
    const { data } = await page.send("Page.printToPDF");
    assert.match(atob(data.slice(0, 8)), /^%PDF/);
  });
});
