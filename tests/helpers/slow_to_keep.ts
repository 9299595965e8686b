/** A program that takes three seconds to keep what it has computed. */
import { runScript } from "../../core/command_line/mod.ts";
import { untilInterrupted } from "../../core/runs/interruption.ts";

const seconds = (count: number) => new Promise((resolve) => setTimeout(resolve, 1000 * count));

await runScript(() =>
  untilInterrupted(async (signal) => {
    console.log("working");
    while (!signal.aborted) await seconds(0.01);
    await seconds(3);
    console.log("kept");
  })
);
