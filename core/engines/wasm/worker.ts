/**
 * One thread of the WebAssembly engine: takes tasks of a walk until the walk is over.
 *
 * The engine starts it from its text, which needs no permission: it imports nothing and its types can be blanked out.
 * @module
 */

/** First message to a worker. */
export interface Setup {
  /** The compiled kernels. */
  readonly module: WebAssembly.Module;
  /** The memory that all workers share. */
  readonly memory: WebAssembly.Memory;
}

/** What all walks tell a worker of its part. */
interface Part {
  /** Address of three words through which workers agree, zeros before the walk. */
  readonly control: number;
  /** Number of the first step. */
  readonly firstStep: number;
  /** Number of steps. */
  readonly steps: number;
  /** Exported variables of `kernels/step.as.ts` and `kernels/batch.as.ts` by name. */
  readonly parameters: Readonly<Record<string, number>>;
}

/** A worker's part of a walk over all rows. The first word of the control counts phases. */
export interface StepJob extends Part {
  /** Number of workers on the walk. */
  readonly workers: number;
  /** How many octets of chains a task of the first phase covers. */
  readonly octetsPerTask: number;
}

/** A worker's part of a walk over batches. The first word of the control counts pieces of tasks. */
export interface BatchJob extends Part {
  /** Number of tasks of the walk. */
  readonly taskCount: number;
  /** Number of steps of a piece. */
  readonly pieceSteps: number;
}

/** Every other message, answered when the worker's part is over. */
export type Job = StepJob | BatchJob;

/**
 * Words through which workers agree: how many phases or pieces are over, the next task that nobody took, and how many
 * workers have found none left.
 */
const Word = { done: 0, task: 1, idle: 2 } as const;

/** The functions of `kernels/step.as.ts` and `kernels/batch.as.ts`. */
interface Kernels {
  measure(octet: number): void;
  accumulate(slice: number, firstOctet: number, endOctet: number): void;
  update(octet: number, step: number): void;
  walkBatches(task: number, firstStep: number, steps: number): void;
}

/** How often a waiting worker looks before it sleeps: about the microseconds that sleeping and waking take. */
const LOOKS_BEFORE_SLEEP = 5000;

/** The scope of this worker, which has the messages of a `Worker`; the default types are those of a page's. */
declare const self: Worker;

let memory: WebAssembly.Memory;
let exports: WebAssembly.Exports;

self.addEventListener("message", ({ data }: MessageEvent<Setup | Job>) => {
  if ("module" in data) {
    memory = data.memory;
    exports = new WebAssembly.Instance(data.module, { env: { memory } }).exports;
  } else {
    memory.grow(0); // Takes notice of growth by others, which may have come before this worker's first message.
    for (const [name, value] of Object.entries(data.parameters)) (exports[name] as WebAssembly.Global).value = value;
    const kernels = exports as unknown as Kernels;
    const words = new Int32Array(memory.buffer, data.control, 3);
    if ("taskCount" in data) walkBatches(data, kernels, words);
    else walk(data, kernels, words);
    self.postMessage("done");
  }
});

/** Does this worker's part of a walk over batches: tasks that no other worker takes. */
function walkBatches({ taskCount, firstStep, steps, pieceSteps }: BatchJob, kernels: Kernels, words: Int32Array): void {
  for (let task = takeTask(words); task < taskCount; task = takeTask(words)) {
    for (let done = 0; done < steps; done += pieceSteps) {
      kernels.walkBatches(task, firstStep + done, Math.min(pieceSteps, steps - done));
      Atomics.add(words, Word.done, 1);
    }
  }
}

/** Does this worker's part of a walk over all rows. */
function walk(
  { workers, firstStep, steps, octetsPerTask, parameters: { octetCount, sliceCount } }: StepJob,
  kernels: Kernels,
  words: Int32Array,
): void {
  const phase = (tasks: number, run: (task: number) => void) => runPhase(words, workers, tasks, run);

  phase(octetCount, (octet) => kernels.measure(octet));
  for (let step = firstStep; step < firstStep + steps; step++) {
    phase(sliceCount * Math.ceil(octetCount / octetsPerTask), (task) => {
      const firstOctet = Math.floor(task / sliceCount) * octetsPerTask;
      kernels.accumulate(task % sliceCount, firstOctet, Math.min(firstOctet + octetsPerTask, octetCount));
    });
    phase(octetCount, (octet) => kernels.update(octet, step));
  }
}

/** Runs tasks that no other worker takes, then waits until all workers have run theirs. */
function runPhase(words: Int32Array, workers: number, tasks: number, run: (task: number) => void): void {
  const phase = Atomics.load(words, Word.done);
  for (let task = takeTask(words); task < tasks; task = takeTask(words)) run(task);
  const isLast = Atomics.add(words, Word.idle, 1) === workers - 1;
  if (isLast) {
    Atomics.store(words, Word.task, 0);
    Atomics.store(words, Word.idle, 0);
    Atomics.add(words, Word.done, 1);
    Atomics.notify(words, Word.done);
  } else {
    waitForEnd(words, phase);
  }
}

function takeTask(words: Int32Array): number {
  return Atomics.add(words, Word.task, 1);
}

/**
 * Waits until a phase is over: awake for a moment, as phases end nearly together, then asleep. The notice that ended an
 * earlier phase may wake it late, which ends nothing.
 */
function waitForEnd(words: Int32Array, phase: number): void {
  for (let look = 0; look < LOOKS_BEFORE_SLEEP; look++) {
    if (Atomics.load(words, Word.done) !== phase) return;
  }
  while (Atomics.load(words, Word.done) === phase) Atomics.wait(words, Word.done, phase);
}
