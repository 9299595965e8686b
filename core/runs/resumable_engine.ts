/**
 * Walks that go on where an earlier process stopped.
 *
 * A walk is cut into pieces of about a second, which changes nothing: the noise of a step depends on its number, and
 * the weights after a piece are all that the next one needs. After a piece the walk can stop, and now and then its
 * state goes to the journal.
 * @module
 */
import { type Engine, requireFinite, type Walk, withWalk } from "../engines/engine.ts";
import { throwIfInterrupted } from "./interruption.ts";
import type { Journal } from "./journal.ts";

/** When {@linkcode resumableEngine} keeps states and stops. */
export interface Keeping {
  /** Seconds between two states of a running walk in the journal. */
  readonly checkpointSeconds: number;
  /** Aborted when the walks should stop; its reason is thrown once the state is in the journal. */
  readonly signal: AbortSignal;
}

/** How far a walk has come. */
interface State {
  /** Number of steps done. */
  readonly step: number;
  /** The weights after them, shaped like the walk's start. */
  readonly weights: Float32Array;
}

/** Seconds that a piece should take. */
const PIECE_SECONDS = 1;

/** Steps of a walk's first piece. */
const FIRST_PIECE = 8;

/** How much larger than the last one a piece may be. */
const MOST_GROWTH = 8;

/** A state as bytes: the step's number in 4 bytes, then the weights. */
function encodeState({ step, weights }: State): Uint8Array {
  const bytes = new Uint8Array(4 + weights.byteLength);
  new DataView(bytes.buffer).setUint32(0, step, true);
  bytes.set(new Uint8Array(weights.buffer, weights.byteOffset, weights.byteLength), 4);
  return bytes;
}

/** The state of a walk that the journal has under a name, else that before the first step. */
function recallState(journal: Journal, name: string, { start, steps }: Walk): State {
  const bytes = journal.read(name);
  if (!bytes) return { step: 0, weights: start };
  const step = bytes.length < 4 ? Infinity : new DataView(bytes.buffer).getUint32(0, true);
  const isWhole = bytes.length === 4 + start.byteLength && step <= steps;
  const weights = isWhole ? new Float32Array(bytes.buffer, 4) : undefined;
  if (!weights?.every(Number.isFinite)) {
    throw new Error(`${name} of the unfinished run is damaged: start over with --fresh 1`);
  }
  return { step, weights };
}

/**
 * An engine whose walks are numbered and kept in a journal: asked for the same walks in the same order, it goes on
 * where the journal ends. Its results are the engine's, bit for bit.
 *
 * @param engine Computes the steps.
 * @param journal Holds the state of every walk so far, under the names `walk0`, `walk1` and so on.
 * @param keeping When to keep states, and whether to stop.
 * @returns The engine. A walk that fails leaves its last state in the journal.
 * @throws {Error} From a walk, if a weight is not finite, the journal's state is not of this walk, or the signal is
 * aborted (its reason).
 *
 * @example
 * ```ts
 * import { folderJournal } from "./journal.ts";
 * import { openEngine } from "../engines/open_engine.ts";
 * import { resumableEngine } from "./resumable_engine.ts";
 *
 * const keeping = { checkpointSeconds: 30, signal: new AbortController().signal };
 * const engine = resumableEngine(await openEngine(), folderJournal("result/example"), keeping);
 * engine.dispose();
 * ```
 */
export function resumableEngine(engine: Engine, journal: Journal, { checkpointSeconds, signal }: Keeping): Engine {
  const pieceMilliseconds = 1000 * Math.min(PIECE_SECONDS, checkpointSeconds);
  let walks = 0;
  return withWalk(engine, async (walk) => {
    const { steps, firstStep = 0, chains } = walk;
    const name = `walk${walks++}`;
    let state = recallState(journal, name, walk);
    let kept = state.step;
    let keptAt = performance.now();
    const keep = () => {
      if (state.step > kept) journal.write(name, encodeState(state));
      [kept, keptAt] = [state.step, performance.now()];
    };

    walk.onSteps?.(state.step);
    try {
      for (let piece = FIRST_PIECE; state.step < steps;) {
        await throwIfInterrupted(signal);
        piece = Math.min(piece, steps - state.step);
        const began = performance.now();
        const rest = { start: state.weights, firstStep: firstStep + state.step, steps: piece };
        const next = { step: state.step + piece, weights: await engine.walk({ ...walk, ...rest }) };
        requireFinite(next.weights, chains, next.step);
        state = next;
        const now = performance.now();
        if (now - keptAt >= 1000 * checkpointSeconds) keep();
        const fitting = Math.floor(piece * pieceMilliseconds / (now - began));
        piece = Math.max(1, Math.min(fitting, MOST_GROWTH * piece));
      }
    } finally {
      keep();
    }
    return state.weights;
  });
}
