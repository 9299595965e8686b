/**
 * What may compute the steps, by the names that the user knows.
 * @module
 */

/** The backends of TensorFlow.js. */
export const BACKENDS = ["webgpu", "wasm", "cpu"] as const;

/** A backend of TensorFlow.js. */
export type BackendName = typeof BACKENDS[number];

/** Fused kernels, where the backend has them, or plain TensorFlow.js operations. */
export const KERNELS = ["fused", "plain"] as const;

/** A kind of kernels. */
export type Kernels = typeof KERNELS[number];
