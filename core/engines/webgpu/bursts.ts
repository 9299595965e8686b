/**
 * Bursts of steps: what goes to the device at once, after which the weights are read back.
 * @module
 */
import type { Device } from "./device.ts";
import type { DeviceMemory } from "./device_memory.ts";
import type { Dispatch } from "./kernel.ts";
import { Steps } from "./kernels/structs.ts";
import { MOST_STEPS } from "./pace.ts";

/** WebGPU's alignment of the offsets at which uniforms are bound. */
export const UNIFORM_STRIDE = 256;

/** Repeats the dispatches of a step, or of several, and reads weights back. */
export class Bursts {
  /** The steps of a dispatch, a variable of which every dispatch picks its own part. */
  readonly steps: GPUBufferBinding;
  readonly #device: Device;
  readonly #weights: GPUBuffer;
  readonly #readback: GPUBuffer;
  readonly #steps: GPUBuffer;
  readonly #together: number;

  /**
   * Makes the buffers of the steps' numbers and of what is read back.
   *
   * @param device Where the chains live.
   * @param memory Where the buffers go.
   * @param weights The chains' weights.
   * @param together The most steps that the dispatches take at a time.
   */
  constructor(device: Device, memory: DeviceMemory, weights: GPUBuffer, together = 1) {
    this.#device = device;
    this.#weights = weights;
    this.#together = together;
    this.#readback = memory.create(weights.size, GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST);
    const turns = Math.ceil(MOST_STEPS / together);
    this.#steps = memory.create(turns * UNIFORM_STRIDE, GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST);
    this.steps = { buffer: this.#steps, size: Steps.bytes };
  }

  /**
   * Takes steps in one submission.
   *
   * @param dispatches What a step, or several, dispatch.
   * @param first Number of the first step.
   * @param count How many steps, at most {@linkcode MOST_STEPS}.
   * @returns The weights after them, as the device has them.
   * @throws {Error} If the device is lost.
   */
  async run(dispatches: readonly Dispatch[], first: number, count: number): Promise<Float32Array> {
    const turns = Array.from({ length: Math.ceil(count / this.#together) }, (_, turn) => {
      const done = turn * this.#together;
      return { first: first + done, count: Math.min(this.#together, count - done) };
    });
    this.#device.gpu.queue.writeBuffer(this.#steps, 0, Steps.pack(turns, UNIFORM_STRIDE));
    await this.#device.check(() => this.#device.submit(this.#encode(dispatches, turns.length)));
    await this.#device.survive(this.#readback.mapAsync(GPUMapMode.READ));
    const weights = new Float32Array(this.#readback.getMappedRange()).slice();
    this.#readback.unmap();
    return weights;
  }

  /** The commands of `turns` turns, and of copying the weights to where they can be read. */
  #encode(dispatches: readonly Dispatch[], turns: number): GPUCommandBuffer {
    const encoder = this.#device.gpu.createCommandEncoder();
    const pass = encoder.beginComputePass();
    for (let turn = 0; turn < turns; turn++) {
      for (const { pipeline, group, grid, dynamic } of dispatches) {
        pass.setPipeline(pipeline);
        pass.setBindGroup(0, group, dynamic ? [turn * UNIFORM_STRIDE] : []);
        pass.dispatchWorkgroups(...grid);
      }
    }
    pass.end();
    encoder.copyBufferToBuffer(this.#weights, 0, this.#readback, 0, this.#weights.size);
    return encoder.finish();
  }
}
