/**
 * Memory on the device: buffers that are freed together.
 * @module
 */

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
   */
  create(size: number, usage: GPUBufferUsageFlags, fill?: (content: ArrayBuffer) => void): GPUBuffer {
    const buffer = this.#gpu.createBuffer({ size, usage, mappedAtCreation: fill !== undefined });
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

  /** Frees the device's memory. */
  dispose(): void {
    for (const buffer of this.#buffers) buffer.destroy();
  }
}
