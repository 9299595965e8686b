/** Thrown by a walk whose device is gone: a driver reset, an unplugged GPU. */
export class DeviceLostError extends Error {
  /** Tells the error from others in messages. */
  override readonly name = "DeviceLostError";

  /**
   * Reports a loss.
   *
   * @param weights The chains' last known weights, shaped like the walk's `start`.
   * @param steps How many of the walk's steps led to them. Another engine goes on from there with `firstStep`.
   * @param reason What the device said.
   */
  constructor(readonly weights: Float32Array, readonly steps: number, reason: string) {
    super(`the WebGPU device was lost; the weights are known after ${steps} steps (${reason})`);
  }
}
