/**
 * How large a buffer the kernels may bind.
 * @module
 */
import { CapacityError } from "../engine.ts";

/** Rows are bound in multiples of this, which every tile divides and which keeps the offsets of bindings aligned. */
export const ROW_ALIGNMENT = 64;

/**
 * Rounds up to a multiple.
 *
 * @param value A number.
 * @param unit Another.
 * @returns The least multiple of `unit` that is not below `value`.
 */
export function roundUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
}

/** The limits of a device that bear on a binding, in bytes. */
export type DeviceLimits = Pick<GPUSupportedLimits, "maxStorageBufferBindingSize" | "maxBufferSize">;

/** The largest binding of a device. */
export class Limits {
  /** In 4-byte numbers. */
  readonly #most: number;
  readonly #name: string;

  /**
   * Takes the limits of a device.
   *
   * @param limits The limits of the device.
   * @param maxBindingSize A smaller limit in bytes to keep instead.
   */
  constructor(limits: DeviceLimits, maxBindingSize: number = Infinity) {
    const sizes: [name: string, bytes: number][] = [
      ["the adapter's maxStorageBufferBindingSize", limits.maxStorageBufferBindingSize],
      ["the adapter's maxBufferSize", limits.maxBufferSize],
      ["the option maxBindingSize", maxBindingSize],
    ];
    const [name, bytes] = sizes.reduce((least, size) => size[1] < least[1] ? size : least);
    this.#most = Math.floor(bytes / 4);
    this.#name = `${name} of ${bytes} bytes`;
  }

  /**
   * How many pieces fit a binding.
   *
   * @param numbers Numbers a piece.
   * @returns The greatest number of pieces.
   */
  fitting(numbers: number): number {
    return Math.floor(this.#most / numbers);
  }

  /**
   * How many rows of a matrix fit a binding.
   *
   * @param length Numbers a row.
   * @param what Names the rows in the error.
   * @returns The greatest number, a multiple of {@linkcode ROW_ALIGNMENT}.
   * @throws {CapacityError} If not even the least number of rows fits.
   */
  rows(length: number, what: string): number {
    this.require(ROW_ALIGNMENT * length, `${ROW_ALIGNMENT} ${what}`, "use fewer features");
    return ROW_ALIGNMENT * this.fitting(ROW_ALIGNMENT * length);
  }

  /**
   * Makes sure that a buffer can be bound.
   *
   * @param numbers Its length.
   * @param what Names its content in the error.
   * @param remedy What to do if it does not fit.
   * @throws {CapacityError} If it does not fit.
   */
  require(numbers: number, what: string, remedy: string): void {
    if (numbers > this.#most) {
      throw new CapacityError(`${what} take ${4 * numbers} bytes, more than ${this.#name}: ${remedy}`);
    }
  }
}
