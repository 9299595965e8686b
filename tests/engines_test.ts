import assert from "node:assert/strict";
import { openEngine } from "../core/engines/open_engine.ts";
import { DYNAMICS_VARIANTS, makeRequest, makeSparseRows, relativeError, SHAPES, walkRows } from "./scenarios.ts";

const CHOICES = (["webgpu", "wasm", "cpu"] as const).flatMap((backend) => [
  ...(backend === "cpu" ? [] : [{ backend, kernels: "fused" as const }]),
  { backend, kernels: "plain" as const },
]);

Deno.test("all engines walk the same path", async () => {
  const walks = SHAPES.flatMap((shape) =>
    Object.values(DYNAMICS_VARIANTS).map((dynamics) => ({
      rows: makeSparseRows(shape),
      request: makeRequest(shape, { dynamics }),
    }))
  );
  // |W|² is infinite in float32, which matters to the clipped regularizer alone.
  const far = makeRequest(SHAPES[1], { dynamics: DYNAMICS_VARIANTS["regularizer added"] });
  walks.push({ rows: makeSparseRows(SHAPES[1]), request: { ...far, start: far.start.map((weight) => 1e20 * weight) } });
  const paths: Float32Array[][] = [];
  for (const choice of CHOICES) {
    const engine = await openEngine(choice);
    const ends = [];
    for (const { rows, request } of walks) ends.push(await walkRows(engine, rows, request));
    paths.push(ends);
    engine.dispose();
  }
  // Each is within 2e-6 a step of the float64 reference, so any two are within twice that.
  walks.forEach(({ request }, i) => {
    for (const [a, first] of paths.entries()) {
      for (const [b, second] of paths.entries()) {
        const error = relativeError(first[i], second[i]);
        assert.ok(error < 4e-6 * request.steps, `${JSON.stringify([CHOICES[a], CHOICES[b]])}: relative error ${error}`);
      }
    }
  });
});
