/**
 * The bar, and the durations that it shows.
 */
import assert from "node:assert/strict";
import { formatDuration } from "../core/text/time.ts";
import { runDeno } from "./helpers/run_task.ts";

Deno.test("no duration has sixty seconds or sixty minutes", () => {
  for (let seconds = 0; seconds < 100_000; seconds += 0.7) {
    const text = formatDuration(seconds);
    assert.match(text, /^([1-5]?\ds|[1-5]?\dm[0-5]\ds|\d+h[0-5]\dm)$/, `${seconds}: ${text}`);
    const [large, small = "0"] = text.match(/\d+/g)!;
    const unit = text.includes("h") ? 3600 : text.includes("m") ? 60 : 1;
    const shown = Number(large) * unit + Number(small) * unit / 60;
    assert.ok(Math.abs(shown - seconds) <= (unit === 3600 ? 31 : 0.51), `${seconds}: ${text}`);
  }
});

Deno.test("a bar that has not moved does not know what is left", async () => {
  const script = `
    import { startProgress } from "./core/runs/progress.ts";
    const progress = startProgress(100);
    await new Promise((resolve) => setTimeout(resolve, 50));
    progress.increment(100);
    progress.stop();
  `;
  const { stderr } = await runDeno(["eval", "--no-check", script]);
  const lines = stderr.trim().split("\n");
  assert.match(lines[0], / 0% \| 0s elapsed \| \? left$/);
  assert.match(lines.at(-1)!, / 100% \| 0s elapsed \| 0s left$/);
});

Deno.test("the reading of a large file has a bar, that of a small one none", async () => {
  const script = (size: number) => `
    import { showReading } from "./core/runs/progress.ts";
    await showReading(async (onRead) => {
      onRead(0, ${size});
      await new Promise((resolve) => setTimeout(resolve, 5));
      onRead(${size}, ${size});
    });
  `;
  const [large, small] = await Promise.all(
    [2 ** 25, 2 ** 24].map((size) => runDeno(["eval", "--no-check", script(size)])),
  );
  assert.match(large.stderr.trim(), / 0% \| 0s elapsed .*[^]* 100% \| 0s elapsed \| 0s left$/);
  assert.equal(small.stderr, "");
});
