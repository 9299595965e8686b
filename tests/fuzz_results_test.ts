import assert from "node:assert/strict";
import { parseSummary } from "../core/results/summary.ts";
import { damagedTexts, fuzz } from "./helpers/fuzz.ts";

const SUMMARY = `dataset,variant,method,k,epsilon,sigma,num_remove,step,i_factor,n,mean,std,K,alpha,epsilon0,L,eta,array
MNIST,released,D2D learn,,,,,,,2,0.5,0.01,,,,0.14,7.1,baseline_acc_scratch.npy
MNIST,"released, --init_mean 0",LMC learn,1,0.05,0.03,,,,2,0.91,0,,,,0.14,7.1,1/lmc_acc_learn_scratch0.05.npy
MNIST,released,LMC unlearn,1,0.05,0.03,1,,,2,0.9,0,1,7.5,0.4,0.14,7.1,1/lmc_acc_unlearn_finetune0.05.npy
`;
const NUMBERS = ["n", "mean", "std", "L", "eta"] as const;

Deno.test(...fuzz("summary.csv, damaged", {
  inputs: damagedTexts([SUMMARY], ",method", "MNIST", "\n\n", '"a\nb"', ",,,,", "D2D"),
  read: (text) => parseSummary(text),
  check: (summaries) => {
    assert.ok(summaries.length > 0);
    for (const summary of summaries) {
      assert.ok(summary.dataset && summary.method && summary.array);
      for (const name of NUMBERS) assert.ok(Number.isFinite(summary[name]), name);
    }
  },
}));
