/**
 * One thread of the WebAssembly engine: takes tasks of a walk until the walk is over.
 *
 * Threads are started from its text, which needs no permission: it imports types alone, and they can be blanked out.
 * @module
 */

import type { BlasFunctions } from "../blas/library.ts";

/** First message to a worker. */
export interface Setup {
  /** The compiled kernels. */
  readonly module: WebAssembly.Module;
  /** The memory that all workers share. */
  readonly memory: WebAssembly.Memory;
  /** What multiplies in place of the kernels, if anything does. */
  readonly library?: Library;
}

/** A library of the system, as `blas/library.ts` found it. */
export interface Library {
  /** What it was found as. */
  readonly path: string;
  /** The types of its functions. */
  readonly types: unknown;
  /** Address of the shared memory. */
  readonly memory: number;
}

/** A block of rows that a library multiplies, by addresses. */
export interface LibraryBlock {
  /** In the shared memory. */
  readonly labels: number;
  /** Outside of it, `width` numbers a row. */
  readonly features: number;
  readonly width: number;
  /** Which columns of the weights these are; all of them without it. */
  readonly columns?: number | undefined;
  /** A number a row, which all of its features have been lessened by; none without it. */
  readonly backgrounds?: number | undefined;
}

/** What all walks tell a worker of its part. */
interface Part {
  /** Address of three words through which workers agree, zeros before the walk. */
  readonly control: number;
  /** Number of the first step. */
  readonly firstStep: number;
  /** Number of steps. */
  readonly steps: number;
  /** Exported variables of the modules in `kernels` by name. */
  readonly parameters: Readonly<Record<string, number>>;
}

/** A worker's part of a walk over all rows. The first word of the control counts phases. */
export interface StepJob extends Part {
  /** Number of workers on the walk. */
  readonly workers: number;
  /** How many octets of chains a task of the first phase covers. */
  readonly octetsPerTask: number;
  /** Whether chains are taken one by one: an octet is then of one chain. */
  readonly isAlone?: boolean;
  /** The blocks of rows, for the library. */
  readonly blocks?: readonly LibraryBlock[];
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

/** The functions of a step over all rows, of octets and of chains alone. */
interface Phases {
  measure(octet: number): void;
  accumulate(slice: number, firstOctet: number, endOctet: number): void;
  update(octet: number, step: number): void;
}

/** The functions of `kernels/step.as.ts`, `kernels/alone.as.ts` and `kernels/batch.as.ts`. */
interface Kernels extends Phases {
  measureAlone: Phases["measure"];
  accumulateAlone: Phases["accumulate"];
  updateAlone: Phases["update"];
  clear(slice: number, firstOctet: number, endOctet: number): void;
  clipBlock(slice: number, firstOctet: number, endOctet: number, labels: number, rows: number): void;
  startBlock(firstOctet: number, endOctet: number, backgrounds: number): void;
  finishBlock(slice: number, firstOctet: number, endOctet: number, backgrounds: number, rows: number): void;
  selectWeights(firstOctet: number, columns: number, count: number): void;
  addSelection(slice: number, firstOctet: number, columns: number, count: number): void;
  walkBatches(task: number, firstStep: number, steps: number): void;
}

/** How often a waiting worker looks before it sleeps: about the microseconds that sleeping and waking take. */
const LOOKS_BEFORE_SLEEP = 5000;

/** As much of Deno as is used, which a browser lacks. */
declare const Deno: { dlopen(path: string, types: unknown): { readonly symbols: BlasFunctions } };

/**
 * A worker.
 *
 * @returns What takes its messages in their order, and returns when the part that one asks for is over.
 */
export function makeWorker(): (message: Setup | Job) => void {
  let memory: WebAssembly.Memory;
  let exports: WebAssembly.Exports;
  let blas: LoadedLibrary | undefined;

  return (data) => {
    if ("module" in data) {
      memory = data.memory;
      const { library } = data;
      if (library) blas = { ...library, functions: Deno.dlopen(library.path, library.types).symbols };
      exports = new WebAssembly.Instance(data.module, { env: { memory } }).exports;
    } else {
      memory.grow(0); // Takes notice of growth by others, which may have come before this worker's first message.
      for (const [name, value] of Object.entries(data.parameters)) (exports[name] as WebAssembly.Global).value = value;
      const kernels = exports as unknown as Kernels;
      const words = new Int32Array(memory.buffer, data.control, 3);
      if ("taskCount" in data) walkBatches(data, kernels, words);
      else walk(data, kernels, words, blas);
    }
  };
}

/** A library whose functions can be called. */
interface LoadedLibrary extends Library {
  readonly functions: BlasFunctions;
}

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
function walk(job: StepJob, kernels: Kernels, words: Int32Array, blas: LoadedLibrary | undefined): void {
  const { workers, firstStep, steps, octetsPerTask, parameters: { octetCount, sliceCount } } = job;
  const phase = (tasks: number, run: (task: number) => void) => runPhase(words, workers, tasks, run);
  const { measure, accumulate, update } = phasesOf(job, kernels, blas);

  phase(octetCount, measure);
  for (let step = firstStep; step < firstStep + steps; step++) {
    phase(sliceCount * Math.ceil(octetCount / octetsPerTask), (task) => {
      const firstOctet = Math.floor(task / sliceCount) * octetsPerTask;
      accumulate(task % sliceCount, firstOctet, Math.min(firstOctet + octetsPerTask, octetCount));
    });
    phase(octetCount, (octet) => update(octet, step));
  }
}

function phasesOf(job: StepJob, kernels: Kernels, blas: LoadedLibrary | undefined): Phases {
  if (job.blocks) return { ...kernels, accumulate: accumulateByLibrary(job.parameters, job.blocks, kernels, blas!) };
  const { measureAlone: measure, accumulateAlone: accumulate, updateAlone: update } = kernels;
  return job.isAlone ? { measure, accumulate, update } : kernels;
}

/** CBLAS's numbers for row-major order, for a matrix as it lies and for its transpose. */
const [ROW_MAJOR, PLAIN, TRANSPOSED] = [101, 111, 112];

/** Bytes of eight chains' floats. */
const OCTET_BYTES = 32;

/** `accumulate` of the kernels, but that the library multiplies: of each block some columns, group by group. */
function accumulateByLibrary(
  parameters: StepJob["parameters"],
  blocks: NonNullable<StepJob["blocks"]>,
  kernels: Kernels,
  library: LoadedLibrary,
): Kernels["accumulate"] {
  const { paddedDimension, outputs, groupPanels, rowCount, blockRows, octetCount, sliceCount } = parameters;
  const { cblas_sgemm: sgemm, openblas_set_num_threads, BLASSetThreading } = library.functions;
  openblas_set_num_threads?.(1);
  BLASSetThreading?.(1);
  const octets = groupPanels / outputs;
  const columns = 8 * groupPanels;
  const octetBytes = OCTET_BYTES * outputs * paddedDimension;
  const [weights, gradients, z, selection] = ["weights", "gradients", "outputsBlock", "selection"].map((name) =>
    library.memory + parameters[name]
  );

  /** Adds up what a block of rows gives a group of chains. */
  const accumulateBlock = (slice: number, first: number, block: number) => {
    const { labels, features: x, width, columns: some, backgrounds } = blocks[block];
    const end = first + octets;
    const rows = Math.min(blockRows, rowCount - block * blockRows);
    const w = some ? selection : weights + first * octetBytes;
    const g = some ? selection : gradients + (slice * octetCount + first) * octetBytes;

    if (some) kernels.selectWeights(first, some, width);
    if (backgrounds) kernels.startBlock(first, end, backgrounds);
    const keepsZ = backgrounds ? 1 : 0;
    sgemm(ROW_MAJOR, PLAIN, PLAIN, blockRows, columns, width, 1, x, width, w, columns, keepsZ, z, columns);
    kernels.clipBlock(slice, first, end, labels, rows);
    if (backgrounds) kernels.finishBlock(slice, first, end, backgrounds, rows);
    const keepsG = some ? 0 : 1;
    sgemm(ROW_MAJOR, TRANSPOSED, PLAIN, width, columns, blockRows, 1, x, width, z, columns, keepsG, g, columns);
    if (some) kernels.addSelection(slice, first, some, width);
  };

  return (slice, first, end) => {
    kernels.clear(slice, first, end);
    const endBlock = Math.floor(blocks.length * (slice + 1) / sliceCount);
    for (let block = Math.floor(blocks.length * slice / sliceCount); block < endBlock; block++) {
      for (let group = first; group < end; group += octets) accumulateBlock(slice, group, block);
    }
  };
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
