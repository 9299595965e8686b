/**
 * Walks of more chains than a device holds: groups of chains, one after the other.
 * @module
 */
import { CapacityError, type Engine, withWalk } from "./engine.ts";

/**
 * An engine that walks at most so many chains at a time, and fewer where the device cannot hold them. A chain depends
 * on its own noise alone, so the engine's results are the same.
 *
 * @param engine Computes the steps.
 * @param most The most chains at a time.
 * @returns The engine.
 * @throws {CapacityError} From a walk, if the device cannot hold a single chain.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { groupedEngine } from "./grouped_engine.ts";
 * import { openEngine } from "./open_engine.ts";
 *
 * const engine = await openEngine({ backend: "wasm" });
 * const walk = {
 *   trainingSet: engine.load({
 *     features: Float32Array.of(1),
 *     labels: Float32Array.of(1),
 *     count: 1,
 *     dimension: 1,
 *     outputs: 1,
 *   }),
 *   start: new Float32Array(5),
 *   chains: [0, 1, 2, 3, 4].map((trial) => ({ sigma: 1, cell: 0, trial })),
 *   dynamics: { stepSize: 1, regularization: 0.1, clip: 1, clipsRegularizer: true },
 *   seed: 0,
 *   steps: 3,
 * };
 * assert.deepEqual(await groupedEngine(engine, 2).walk(walk), await engine.walk(walk));
 * engine.dispose();
 * ```
 */
export function groupedEngine(engine: Engine, most: number = Infinity): Engine {
  return withWalk(engine, async (walk) => {
    const { start, chains, onSteps } = walk;
    const size = start.length / chains.length;
    const weights = new Float32Array(start.length);
    for (let first = 0; first < chains.length;) {
      const end = Math.min(first + most, chains.length);
      const part = (end - first) / chains.length;
      try {
        const group = await engine.walk({
          ...walk,
          start: start.subarray(first * size, end * size),
          chains: chains.slice(first, end),
          onSteps: (done) => onSteps?.(part * done),
        });
        weights.set(group, first * size);
        first = end;
      } catch (error) {
        if (!(error instanceof CapacityError) || end - first === 1) throw error;
        most = Math.ceil((end - first) / 2);
      }
    }
    return weights;
  });
}
