/**
 * Walks that survive the loss of their device.
 * @module
 */
import type { Rows } from "../model/rows.ts";
import { CapacityError, type Engine, type TrainingSet } from "./engine.ts";
import { DeviceLostError } from "./webgpu/device_lost_error.ts";

/** How often a device may be lost. */
const MOST_LOSSES = 3;

/** Training rows that are put on whichever device computes, when it first needs them. */
class MovableRows implements TrainingSet {
  readonly #load: (engine: Engine) => TrainingSet;
  #engine: Engine | undefined;
  #loaded: TrainingSet | undefined;
  #isDisposed = false;

  constructor(
    { count, dimension, outputs }: Omit<TrainingSet, "dispose">,
    load: (engine: Engine) => TrainingSet,
  ) {
    this.count = count;
    this.dimension = dimension;
    this.outputs = outputs;
    this.#load = load;
  }

  readonly count: number;
  readonly dimension: number;
  readonly outputs: number;

  /** The rows on an engine's device. */
  on(engine: Engine): TrainingSet {
    if (this.#engine !== engine || !this.#loaded) this.#loaded = this.#load(engine);
    this.#engine = engine;
    return this.#loaded;
  }

  /** Takes the rows off the device if nobody but others that share them needs them. */
  release(): void {
    if (this.#isDisposed) this.dispose();
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#loaded?.dispose();
    this.#loaded = undefined;
  }
}

/** Milliseconds within which a device that refuses rows because it is lost says so. */
const LOSS_DELAY = 100;

/** Puts rows on an engine's device; one that is lost may fail in another way before it knows. */
async function put(rows: MovableRows, engine: Engine): Promise<TrainingSet> {
  try {
    return rows.on(engine);
  } catch (error) {
    if (error instanceof DeviceLostError || error instanceof CapacityError || error instanceof RangeError) throw error;
    await new Promise((resolve) => setTimeout(resolve, LOSS_DELAY));
    return rows.on(engine);
  }
}

/**
 * An engine that opens another one when its device is lost, up to three times, and goes on from the last weights.
 *
 * @param open Opens an engine. All of them must be of one kind, so that the results are those of a device not lost.
 * @param onLoss Called before another one is opened, with what the device said and how often it was lost.
 * @returns The engine.
 * @throws {Error} If no engine can be opened; from a walk, if the device is lost once more or the new one is of another
 * kind.
 *
 * @example
 * ```ts
 * import { openEngine } from "./open_engine.ts";
 * import { reopenedEngine } from "./reopened_engine.ts";
 *
 * const engine = await reopenedEngine(() => openEngine({ backend: "wasm" }));
 * engine.dispose();
 * ```
 */
export async function reopenedEngine(
  open: () => Promise<Engine>,
  onLoss: (message: string, losses: number) => void = () => {},
): Promise<Engine> {
  let engine = await open();
  let losses = 0;
  const { description, kind } = engine;

  const reopen = async ({ message }: DeviceLostError) => {
    if (++losses > MOST_LOSSES) {
      throw new Error(`the device was lost ${losses} times, which is once too often: run the same command again`);
    }
    onLoss(message, losses);
    engine.dispose();
    engine = await open();
    if (engine.kind !== kind) throw new Error(`the device was lost and ${engine.kind} is not the same: was ${kind}`);
  };
  return {
    description,
    kind,
    load: (rows: Rows) => new MovableRows(rows, (engine) => engine.load(rows)),
    replace(set, positions, rows) {
      const base = set as MovableRows;
      return new MovableRows(base, (engine) => {
        const replaced = engine.replace(base.on(engine), positions, rows);
        base.release();
        return replaced;
      });
    },
    async walk(walk) {
      const rows = walk.trainingSet as MovableRows;
      let { start, steps, firstStep = 0 } = walk;
      for (;;) {
        try {
          const trainingSet = await put(rows, engine);
          return await engine.walk({ ...walk, trainingSet, start, steps, firstStep });
        } catch (error) {
          if (!(error instanceof DeviceLostError)) throw error;
          await reopen(error);
          if (error.steps > 0) {
            [start, steps, firstStep] = [error.weights, steps - error.steps, firstStep + error.steps];
          }
        }
      }
    },
    dispose: () => engine.dispose(),
  };
}
