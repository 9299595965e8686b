/**
 * Langevin steps on a GPU: hand-written WGSL kernels on a device.
 *
 * Rows stay on the device from {@linkcode Engine.load} on, weights for a whole walk; `device_chains.ts` tells
 * what a step does with them, `batch_chains.ts` what one over a batch does. As many steps as take a quarter of a second go into one submission, after which the
 * weights are read back: that costs little and leaves something to go on with should the device be lost.
 * @module
 */
import type { Rows } from "../../model/rows.ts";
import { checkWalk, type Engine, type TrainingSet, type Walk } from "../engine.ts";
import { nameAdapter } from "../adapter.ts";
import { BatchChains } from "./batch_chains.ts";
import type { Device } from "./device.ts";
import { type ChainSetup, DeviceChains } from "./device_chains.ts";
import { DeviceLostError } from "./device_lost_error.ts";
import { DeviceMemory } from "./device_memory.ts";
import { RowStore } from "./device_rows.ts";
import { batchKernels, compileKernels } from "./kernels.ts";
import { TEAMS, type TileName, tileRows, TILES } from "./kernels/tile.ts";
import { Limits } from "./limits.ts";
import { nextBurst } from "./pace.ts";

export type { TileName } from "./kernels/tile.ts";

/** What the engine chooses by itself if it is not told. */
export interface WebGpuOptions {
  /** The kind of kernels: `staged` ones for hardware, `direct` ones for software adapters. */
  readonly tile?: TileName;
  /** The largest binding in bytes, where it should be below the adapter's limit. */
  readonly maxBindingSize?: number;
}

/**
 * Starts the WebGPU engine on a device.
 *
 * @param device The device.
 * @param options What not to choose automatically.
 * @returns The engine.
 * @throws {Error} If the device does not take the kernels.
 */
export async function webGpuEngineOn(
  device: Device,
  { tile: tileName, maxBindingSize }: WebGpuOptions = {},
): Promise<Engine> {
  tileName ??= device.adapter.software ? "direct" : "staged";
  const tile = TILES[tileName];
  const kernels = await device.check(() => compileKernels(device.gpu, tile));
  const limits = new Limits(device.gpu.limits, maxBindingSize);
  const kind = `${nameAdapter(device.adapter)}, fused ${tileName} kernels`;
  return new WebGpuEngine(kind, {
    device,
    limits,
    kernels,
    batchKernels: batchKernels(device.gpu, TEAMS[tileName]),
    tile,
  });
}

class WebGpuEngine implements Engine {
  readonly #setup: ChainSetup;
  readonly #rows: RowStore;

  constructor(readonly kind: string, setup: ChainSetup) {
    this.#setup = setup;
    this.#rows = new RowStore(setup.device.gpu, setup.limits, tileRows(setup.tile));
  }

  get description(): string {
    return this.kind;
  }

  load(rows: Rows): TrainingSet {
    this.#setup.device.requireAlive();
    return this.#rows.load(rows);
  }

  replace(set: TrainingSet, positions: readonly number[], rows: Rows): TrainingSet {
    this.#setup.device.requireAlive();
    return this.#rows.replace(this.#rows.own(set), positions, rows);
  }

  async walk(walk: Walk): Promise<Float32Array> {
    const { start, batches, steps, firstStep = 0, onSteps } = walk;
    const trainingSet = this.#rows.own(walk.trainingSet);
    checkWalk(walk);
    if (start.length === 0 || steps === 0) return start.slice();

    const { device } = this.#setup;
    let done = 0;
    let weights = (): Float32Array => start.slice();
    const rows = trainingSet.retain();
    const memory = new DeviceMemory(device.gpu);
    try {
      device.requireAlive();
      const chains = await device.check(() =>
        batches
          ? new BatchChains(this.#setup, memory, rows, { ...walk, batches })
          : new DeviceChains(this.#setup, memory, rows, walk)
      );
      for (let burst = 1; done < steps;) {
        const began = performance.now();
        const snapshot = await chains.advance(firstStep + done, burst);
        const next = nextBurst(burst, performance.now() - began);
        weights = () => chains.toWeights(snapshot);
        done += burst;
        onSteps?.(burst);
        burst = Math.min(next, steps - done);
      }
      return weights();
    } catch (error) {
      const loss = await device.diagnose();
      throw loss === undefined ? error : new DeviceLostError(weights(), done, loss);
    } finally {
      memory.dispose();
      rows.dispose();
    }
  }

  dispose(): void {
    this.#rows.dispose();
  }
}
