/**
 * Memory on the device: buffers that are freed together.
 * @module
 */
import { CapacityError } from "../engine.ts";

/**
 * The error of a device without memory.
 *
 * @param cause What the device said.
 * @returns The error.
 */
export function memoryError(cause: { readonly message: string }): CapacityError {
  const needs = `the WebGPU device has too little memory (${cause.message})`;
  return new CapacityError(`${needs}: advance fewer trials at once or train on fewer rows`, { cause });
}

/** The buffers of a walk or of a training set. */
export class DeviceMemory {
  readonly #gpu: GPUDevice;
  readonly #buffers: GPUBuffer[] = [];

  /**
   * Holds no buffer at first.
   *
   * @param gpu Where the buffers are.
   */
  constructor(gpu: GPUDevice) {
    this.#gpu = gpu;
  }

  /**
   * Makes a buffer.
   *
   * @param size Its size in bytes.
   * @param usage What it is for.
   * @param fill Writes its content, zeros at first.
   * @returns The buffer.
   * @throws {CapacityError} If the device has no room for it and says so at once.
   */
  create(size: number, usage: GPUBufferUsageFlags, fill?: (content: ArrayBuffer) => void): GPUBuffer {
    const buffer = this.#createBuffer({ size, usage, mappedAtCreation: fill !== undefined });
    this.#buffers.push(buffer);
    if (fill) {
      fill(buffer.getMappedRange());
      buffer.unmap();
    }
    return buffer;
  }

  /**
   * Makes a buffer of bytes.
   *
   * @param content The bytes.
   * @param usage What it is for.
   * @returns The buffer.
   */
  upload(content: ArrayBuffer, usage: GPUBufferUsageFlags): GPUBuffer {
    return this.create(content.byteLength, usage, (target) => new Uint8Array(target).set(new Uint8Array(content)));
  }

  #createBuffer(descriptor: GPUBufferDescriptor): GPUBuffer {
    try {
      return this.#gpu.createBuffer(descriptor);
    } catch (cause) {
      if (!(cause instanceof RangeError)) throw cause;
      throw memoryError(cause);
    }
  }

  /** Frees the device's memory. */
  dispose(): void {
    for (const buffer of this.#buffers) buffer.destroy();
  }
}
