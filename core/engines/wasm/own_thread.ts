/**
 * The thread that asks, in place of workers: pages that are not isolated from others may not share memory with workers.
 * @module
 */
import type { Pool } from "./threaded_engine.ts";
import { makeWorker, type Setup } from "./worker.ts";

/**
 * The caller's own thread, which is busy while a job runs.
 *
 * @param setup What it runs.
 * @returns The pool of one thread.
 */
export function ownThread(setup: Setup): Pool {
  const take = makeWorker();
  take(setup);
  let isOver = false;
  return {
    threads: 1,
    // deno-lint-ignore require-await -- what a job throws is a rejection
    async run([job]) {
      if (isOver) throw new Error("the engine was disposed of");
      take(job);
    },
    dispose: () => void (isOver = true),
  };
}
