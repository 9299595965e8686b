/**
 * What may compute the steps, by the names that the user knows.
 * @module
 */

/** The backends of TensorFlow.js. */
export const TENSORFLOW_BACKENDS = ["webgpu", "wasm", "cpu"] as const;

/** A backend of TensorFlow.js. */
export type TensorFlowBackend = typeof TENSORFLOW_BACKENDS[number];

/** All backends: those of TensorFlow.js, and the system's CBLAS. */
export const BACKENDS = [...TENSORFLOW_BACKENDS, "blas"] as const;

/** A backend. */
export type BackendName = typeof BACKENDS[number];

/** Fused kernels, where the backend has them, or plain TensorFlow.js operations. */
export const KERNELS = ["fused", "plain"] as const;

/** A kind of kernels. */
export type Kernels = typeof KERNELS[number];
