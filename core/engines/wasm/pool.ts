/**
 * The threads of the WebAssembly engine.
 * @module
 */
import { stripTypeScriptTypes } from "node:module";
import type { Job, Setup } from "./worker.ts";
import type { Pool } from "./threaded_engine.ts";
import workerSource from "./worker.ts" with { type: "text" };

/** Makes a thread a worker; it answers every message but the first. */
const LISTEN = `
const take = makeWorker();
addEventListener("message", ({ data }) => {
  take(data);
  if (!("module" in data)) postMessage("done");
});`;

/** Workers that share one module and one memory; they live until {@linkcode WorkerPool.dispose} or the first error. */
export class WorkerPool implements Pool {
  /** Where the workers' program is: one from a file would need permission to read it. */
  readonly #url: string;
  readonly #workers: Worker[];
  /** Why no more jobs can run. */
  #failure: Error | undefined;
  #abort: (failure: Error) => void = () => {};

  /**
   * Starts workers.
   * @param setup What they share.
   * @param threads How many.
   * @throws {RangeError} If their number is not a positive integer.
   */
  constructor(setup: Setup, threads: number) {
    if (!(Number.isInteger(threads) && threads > 0)) throw new RangeError(`threads must be positive, got ${threads}`);
    const program = `${stripTypeScriptTypes(workerSource)}
${LISTEN}`;
    this.#url = URL.createObjectURL(new Blob([program], { type: "text/javascript" }));
    this.#workers = Array.from({ length: threads }, () => new Worker(this.#url, { type: "module" }));
    for (const worker of this.#workers) {
      worker.addEventListener("error", (event) => {
        event.preventDefault();
        this.#stop(new Error(`a WebAssembly worker failed: ${event.message}`));
      });
      worker.postMessage(setup);
    }
  }

  /** Number of workers. */
  get threads(): number {
    return this.#workers.length;
  }

  /**
   * Runs jobs, each on a worker of its own, and waits for all.
   * @param jobs At most as many as there are workers. One call at a time.
   * @throws {Error} If a worker fails, which ends all of them, or if they are ended already.
   */
  async run(jobs: readonly Job[]): Promise<void> {
    if (this.#failure) throw this.#failure;
    const aborted = new Promise<never>((_, reject) => this.#abort = reject);
    const answers = jobs.map((job, i) => {
      const worker = this.#workers[i];
      const answered = new Promise((resolve) => worker.addEventListener("message", resolve, { once: true }));
      worker.postMessage(job);
      return answered;
    });
    await Promise.race([Promise.all(answers), aborted]);
  }

  /** Ends the workers; a job that runs is rejected. */
  dispose(): void {
    this.#stop(new Error("the engine was disposed of"));
  }

  #stop(failure: Error): void {
    this.#failure ??= failure;
    for (const worker of this.#workers) worker.terminate();
    URL.revokeObjectURL(this.#url);
    this.#abort(this.#failure);
  }
}
