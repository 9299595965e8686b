/**
 * Learning and unlearning: {@linkcode langevin} chains, {@linkcode descend} for Descent-to-Delete, and the engines that
 * compute their steps.
 *
 * They take the steps that the theorems speak of: exactly as many as asked for, only a row's gradient clipped, to an M
 * that clips none.
 *
 * @module
 */
export * from "./anywhere.ts";
export { type BackendName, BACKENDS, KERNELS, type Kernels } from "../engines/backends.ts";
export { type EngineChoice, openEngine } from "../engines/open_engine.ts";
