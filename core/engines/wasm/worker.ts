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

/** Every other message: a worker's part of a walk, answered when that is over. */
export interface Job {
  /** Number of workers on the walk. */
  readonly workers: number;
  /** Address of three words through which they agree, zeros before the walk; the first counts phases. */
  readonly control: number;
  /** Number of the first step. */
  readonly firstStep: number;
  /** Number of steps. */
  readonly steps: number;
  /** How many octets of chains a task of the first phase covers. */
  readonly octetsPerTask: number;
  /** The exported variables of `kernels/step.as.ts` by name. */
  readonly parameters: Readonly<Record<string, number>>;
}

/**
 * Words through which workers agree: how many phases are over, the next task that nobody took, and how many workers
 * have found none left.
 */
const Word = { phases: 0, task: 1, idle: 2 } as const;

/** The functions of `kernels/step.as.ts`. */
interface Kernels {
  measure(octet: number): void;
  accumulate(slice: number, firstOctet: number, endOctet: number): void;
  update(octet: number, step: number): void;
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
    walk(data);
    self.postMessage("done");
  }
});

/** Does this worker's part of a walk. */
function walk({ workers, control, firstStep, steps, octetsPerTask, parameters }: Job): void {
  const { octetCount, sliceCount } = parameters;
  for (const [name, value] of Object.entries(parameters)) (exports[name] as WebAssembly.Global).value = value;
  const kernels = exports as unknown as Kernels;
  const words = new Int32Array(memory.buffer, control, 3);
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
  const phase = Atomics.load(words, Word.phases);
  for (let task = takeTask(words); task < tasks; task = takeTask(words)) run(task);
  const isLast = Atomics.add(words, Word.idle, 1) === workers - 1;
  if (isLast) {
    Atomics.store(words, Word.task, 0);
    Atomics.store(words, Word.idle, 0);
    Atomics.add(words, Word.phases, 1);
    Atomics.notify(words, Word.phases);
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
    if (Atomics.load(words, Word.phases) !== phase) return;
  }
  while (Atomics.load(words, Word.phases) === phase) Atomics.wait(words, Word.phases, phase);
}
