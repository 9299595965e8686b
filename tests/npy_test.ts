import assert from "node:assert/strict";
import { csvParse } from "d3-dsv";
import { encodeNpy, encodePickledNpy } from "../core/formats/npy.ts";
import stepsCsv from "../data/published/steps.csv" with { type: "text" };
import float32File from "./fixtures/npy/float32_3x1x5.npy" with { type: "bytes" };
import float64File from "./fixtures/npy/float64_100.npy" with { type: "bytes" };
import int64File from "./fixtures/npy/int64_list.npy" with { type: "bytes" };
import dictionaryFile from "./fixtures/npy/numpy1.24/dict_int.npy" with { type: "bytes" };
import orderFile from "./fixtures/npy/published/alpha_dict0.1.npy" with { type: "bytes" };
import nestedFile from "./fixtures/npy/published/K_list.npy" with { type: "bytes" };

/** The numbers of a file that NumPy wrote, after its header of 128 bytes. */
const body = (file: Uint8Array) => file.slice(128).buffer;

Deno.test("arrays are NumPy's files, byte for byte", () => {
  assert.deepEqual(encodeNpy(new Float32Array(body(float32File)), [3, 1, 5]), new Uint8Array(float32File));
  assert.deepEqual(encodeNpy(new Float64Array(body(float64File))), new Uint8Array(float64File));
  assert.deepEqual(encodeNpy(new BigInt64Array(body(int64File))), new Uint8Array(int64File));
});

Deno.test("dictionaries are the authors' files, byte for byte", () => {
  assert.deepEqual(encodePickledNpy(new Map([[100, new Map([[1, 1741]])]])), new Uint8Array(dictionaryFile));

  const order = csvParse(stepsCsv).find((row) => row.source_file === "MNIST/paint_unlearning_sigma/alpha_dict0.1.npy")!;
  assert.deepEqual(
    encodePickledNpy(new Map([[100, new Map([[1, Number(order.value)]])]])),
    new Uint8Array(orderFile),
  );

  const published = csvParse(stepsCsv).filter(({ source_file }) =>
    source_file === "MNIST/paint_utility_epsilon/K_list.npy"
  );
  const K = (S: number, epsilon: number) =>
    Number(published.find(({ key }) => key.startsWith(`S=${S};epsilon=${epsilon};`))!.value);
  const tree = [1, 50, 100].map((S) =>
    [S, new Map([0.1, 0.5, 1, 2, 5].map((epsilon) => [epsilon, K(S, epsilon)]))] as const
  );
  assert.deepEqual(encodePickledNpy(new Map(tree)), new Uint8Array(nestedFile));
});

Deno.test("a wrong shape is an error", () => {
  assert.throws(() => encodeNpy(new Float32Array(6), [2, 2]), RangeError);
});
