/**
 * Rows to learn: MNIST, which comes with the program, tables of one's own, and the other datasets of the paper.
 *
 * @module
 */
export { loadAdult, parseAdult } from "./adult.ts";
export { type CsvFile, type CsvSource, loadCsv, type OnRead, parseCsv, type TableOptions } from "./csv.ts";
export { spectralCurvature } from "../model/curvature.ts";
export { classesOf, type Dataset, normalizeRows, oneHot, type Rows, type Shape } from "../model/rows.ts";
export { hashRows } from "./hash_rows.ts";
export { type DataChoice, loadDataset } from "./load_dataset.ts";
export { loadMnist, loadMnistMulti } from "./mnist.ts";
