/**
 * The command line: what scripts import as `cli`.
 * @module
 */
export * from "../runs/options.ts";
export * from "./exit.ts";
export * from "./experiment.ts";
export * from "./options.ts";
export * from "./values.ts";
