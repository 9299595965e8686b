/**
 * The WebGPU device, which is the one of TensorFlow.js's WebGPU backend.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import { type Adapter, adapterOf } from "../adapter.ts";
import { setBackend } from "../tensorflow.ts";
import { DeviceLostError } from "./device_lost_error.ts";
import { memoryError } from "./device_memory.ts";

/** Milliseconds within which a device reports its loss. */
const LOSS_DELAY = 50;

/** The device of TensorFlow.js's backend and how it came to an end, if it did. */
export class Device {
  static readonly #known = new WeakMap<WebGPUBackend, Device>();

  readonly #backend: WebGPUBackend;
  readonly #waiting = new Set<(reason: Error) => void>();
  #loss: GPUDeviceLostInfo | undefined;

  private constructor(backend: WebGPUBackend) {
    this.#backend = backend;
    backend.device.lost.then((info) => {
      this.#loss = info;
      for (const reject of this.#waiting) reject(lossError(info));
    });
  }

  /**
   * The device of TensorFlow.js's WebGPU backend, a new one if the last was lost.
   *
   * @returns The device.
   * @throws {Error} If there is no adapter.
   */
  static async open(): Promise<Device> {
    const device = await Device.#ofBackend();
    if (device.#loss === undefined) return device;
    forgetBackend();
    return await Device.#ofBackend();
  }

  static async #ofBackend(): Promise<Device> {
    await setBackend("webgpu");
    const backend = tf.backend() as WebGPUBackend;
    const device = Device.#known.get(backend) ?? new Device(backend);
    Device.#known.set(backend, device);
    return device;
  }

  /** Creates buffers, pipelines and commands. */
  get gpu(): GPUDevice {
    return this.#backend.device;
  }

  /** The adapter behind the device. */
  get adapter(): Adapter {
    return adapterOf(this.gpu.adapterInfo);
  }

  /**
   * Refuses to go on without a device.
   *
   * @throws {Error} If the device is known to be lost.
   */
  requireAlive(): void {
    if (this.#loss) throw lossError(this.#loss);
  }

  /**
   * Submits commands, after those that TensorFlow.js has recorded so far.
   *
   * @param commands What to run.
   */
  submit(commands: GPUCommandBuffer): void {
    // submitQueue fails where nothing is recorded, and only the open encoder tells whether something is.
    if (this.#backend["commandEncoder"]) {
      this.#backend.endComputePassEncoder();
      this.#backend.submitQueue();
    }
    this.gpu.queue.submit([commands]);
  }

  /**
   * Waits for work that may never end once the device is lost. A race with `GPUDevice.lost` would do, but that promise
   * lives as long as the device and would keep every result that ever raced with it.
   *
   * @param work The work.
   * @returns Its result.
   * @throws {Error} If the work fails or the device is lost.
   */
  async survive<Result>(work: Promise<Result>): Promise<Result> {
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    if (this.#loss) reject(lossError(this.#loss));
    this.#waiting.add(reject);
    work.then(resolve, reject);
    const result = await promise.finally(() => this.#waiting.delete(reject));
    this.requireAlive();
    return result;
  }

  /**
   * Tells whether an operation failed because the device was lost. The loss may become known a moment after that.
   *
   * @returns What the device says about its loss, undefined if it is not lost.
   */
  async diagnose(): Promise<string | undefined> {
    if (!this.#loss) await new Promise((resolve) => setTimeout(resolve, LOSS_DELAY));
    return this.#loss?.message;
  }

  /**
   * Runs an action and waits for the device's verdict on it.
   *
   * @param action Creates resources or submits commands.
   * @returns What the action returns.
   * @throws {CapacityError} If the device's memory does not suffice.
   * @throws {Error} If the action fails, the device refuses it for another reason or is lost.
   */
  async check<Result>(action: () => Result): Promise<Awaited<Result>> {
    this.gpu.pushErrorScope("validation");
    this.gpu.pushErrorScope("out-of-memory");
    const done = Promise.try(action);
    const verdicts = this.survive(Promise.all([this.gpu.popErrorScope(), this.gpu.popErrorScope()]));
    const [result, [memory, validation]] = await Promise.all([done, verdicts]);
    if (memory) throw memoryError(memory);
    if (validation) throw new Error(`the WebGPU device refused: ${validation.message}`);
    return result;
  }
}

function lossError({ message }: GPUDeviceLostInfo): DeviceLostError {
  return new DeviceLostError(new Float32Array(), 0, message);
}

/** Makes TensorFlow.js start its backend anew. */
function forgetBackend(): void {
  const start = tf.findBackendFactory("webgpu");
  tf.removeBackend("webgpu");
  tf.registerBackend("webgpu", start);
}
