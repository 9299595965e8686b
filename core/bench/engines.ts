/**
 * The engines as contestants.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { BackendName, Kernels } from "../engines/backends.ts";
import { batchCount } from "../model/batches.ts";
import { openEngine } from "../engines/open_engine.ts";
import type { BenchProblem } from "./problems.ts";
import type { Entry } from "./race.ts";

/** The engines that can be timed. */
export const engineNames = [
  ...["wasm-fused", "wasm-plain", "webgpu-fused", "webgpu-plain", "cpu-plain", "blas-fused"] as const,
] as const;

/** Backend and kernels of an engine. */
export type EngineName = typeof engineNames[number];

/**
 * Enters an engine, whose chains all advance together.
 *
 * @param name Its backend and kernels.
 * @param problem What it works on.
 * @param threads Number of threads of `wasm-fused` and `blas-fused`.
 * @returns The entry.
 *
 * @example
 * ```ts
 * import { enterEngine } from "./engines.ts";
 * import { problems } from "./problems.ts";
 *
 * const contestant = await enterEngine("wasm-fused", await problems.mnist100(), 1).open();
 * await contestant.walk(1);
 * contestant.dispose();
 * ```
 */
export function enterEngine(
  name: EngineName,
  { rows, chains, cells = 1, dynamics, batches }: BenchProblem,
  threads: number,
): Entry {
  const [backend, kernels] = name.split("-") as [BackendName, Kernels];
  const walk = {
    start: new Float32Array(chains * rows.outputs * rows.dimension),
    chains: Array.from({ length: chains }, (_, i) => ({ sigma: 0.03, cell: i % cells, trial: Math.floor(i / cells) })),
    dynamics,
    seed: 0,
    ...(batches && { batches }),
  };
  const stepsOfCycle = batches ? batchCount(rows.count, batches) : 1;
  return {
    name,
    async open() {
      const engine = await openEngine({ backend, kernels, threads, batches: batches !== undefined });
      try {
        const trainingSet = engine.load(rows);
        return {
          device: engine.description,
          walks: 1,
          async walk(steps) {
            // Plain operations run on the backend that is set, which the contestant before may have changed.
            if (kernels === "plain") await tf.setBackend(backend);
            return await engine.walk({ ...walk, trainingSet, steps: steps * stepsOfCycle });
          },
          dispose() {
            trainingSet.dispose();
            engine.dispose();
          },
        };
      } catch (error) {
        engine.dispose();
        throw error;
      }
    },
  };
}
