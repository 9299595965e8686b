/**
 * Arrays of numbers, as files of weights hold them.
 * @module
 */

/** The numbers of a tensor. */
export type TensorData =
  | Float16Array
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Int32Array
  | BigInt64Array;

/** An array of any number of dimensions. */
export interface Tensor {
  /** Its sizes; empty for a single number. */
  readonly shape: readonly number[];
  /** Its numbers, row-major. */
  readonly data: TensorData;
}
