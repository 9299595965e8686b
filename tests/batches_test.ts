import assert from "node:assert/strict";
import { rowOrders } from "../core/model/batches.ts";
import { randomOrder } from "../core/model/random.ts";
import { openEngine } from "../core/engines/open_engine.ts";
import { referenceSteps } from "./helpers/reference_step.ts";
import {
  DYNAMICS_VARIANTS,
  makeRequest,
  makeRows,
  relativeError,
  SHAPES,
  someBatches,
  walkRows,
} from "./helpers/scenarios.ts";

/** The branches of a step that batches have: the regularizer is never clipped with them. */
const BATCH_DYNAMICS = Object.entries(DYNAMICS_VARIANTS)
  .filter(([name]) => name !== "regularizer clipped")
  .map(([name, dynamics]) => [name, { ...dynamics, clipsRegularizer: false }] as const);

Deno.test("every order of five rows is as likely as any other", () => {
  const orders = 120;
  const draws = 200 * orders;
  const counts = new Map<string, number>();
  for (let trial = 0; trial < draws; trial++) {
    const order = randomOrder({ seed: 5, cell: 6 }, trial, 5).join();
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  assert.equal(counts.size, orders);
  const square = [...counts.values()].reduce((sum, count) => sum + (count - draws / orders) ** 2, 0);
  // χ² with 119 degrees of freedom leaves this interval once in a thousand times.
  const chiSquare = square / (draws / orders);
  assert.ok(chiSquare > 74.7 && chiSquare < 176.4, `χ² = ${chiSquare}`);
});

Deno.test("orders are drawn once, one a trial, from the run's name alone", () => {
  const orderOf = rowOrders({ seed: 1, cell: 2 }, 50);
  assert.equal(orderOf(3), orderOf(3));
  assert.deepEqual(orderOf(3), randomOrder({ seed: 1, cell: 2 }, 3, 50));
  const others = [rowOrders({ seed: 2, cell: 2 }, 50)(3), rowOrders({ seed: 1, cell: 3 }, 50)(3), orderOf(4)];
  assert.equal(new Set([orderOf(3), ...others].map(String)).size, 4);
});

for (const [backend, kernels] of [["cpu", "plain"], ["wasm", "fused"]] as const) {
  for (const [name, dynamics] of BATCH_DYNAMICS) {
    Deno.test(`batches agree with the paper's step: ${backend}, ${kernels}, ${name}`, async () => {
      const engine = await openEngine({ backend, kernels, batches: true });
      for (const shape of SHAPES) {
        const rows = makeRows(shape);
        for (const batches of someBatches(shape)) {
          const request = makeRequest(shape, { dynamics, batches, steps: 5 });
          const error = relativeError(await walkRows(engine, rows, request), referenceSteps(rows, request));
          assert.ok(error < 2e-6 * request.steps, `${JSON.stringify([shape, batches])}: relative error ${error}`);
        }
      }
      engine.dispose();
    });
  }
}
