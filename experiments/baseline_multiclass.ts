/**
 * `baseline.ts` on several classes: `baseline_multiclass.py` of the original. The number of classes makes the
 * difference: the loss, its M and L, the starts, and labels of −1 and 1 with `--train-mode binary`.
 *
 * `deno task baseline_multiclass --lam 1e-6 --dataset MNIST_MULTI`
 * @module
 */
import { runScript } from "../core/command_line/mod.ts";
import { baseline } from "./baseline.ts";

await runScript(() => baseline(Deno.args, { name: "baseline_multiclass", multiclass: true }));
