/**
 * A WebGPU device.
 * @module
 */
import { type Adapter, adapterOf } from "../adapter.ts";
import { DeviceLostError } from "./device_lost_error.ts";
import { memoryError } from "./device_memory.ts";

/** Milliseconds within which a device reports its loss. */
const LOSS_DELAY = 50;

/** A device and how it came to an end, if it did. */
export class Device {
  /** Creates buffers, pipelines and commands. */
  readonly gpu: GPUDevice;
  readonly #flush: () => void;
  readonly #waiting = new Set<(reason: Error) => void>();
  #loss: GPUDeviceLostInfo | undefined;

  /**
   * @param gpu The device.
   * @param flush Submits what others have recorded for it so far.
   */
  constructor(gpu: GPUDevice, flush: () => void = () => {}) {
    this.gpu = gpu;
    this.#flush = flush;
    gpu.lost.then((info) => {
      this.#loss = info;
      for (const reject of this.#waiting) reject(lossError(info));
    });
  }

  /** Whether the device is known to be lost. */
  get isLost(): boolean {
    return this.#loss !== undefined;
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
   * Submits commands, after those that others have recorded so far.
   *
   * @param commands What to run.
   */
  submit(commands: GPUCommandBuffer): void {
    this.#flush();
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
