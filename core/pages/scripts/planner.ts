/**
 * The planner's page.
 * @module
 */
import { fewestSteps } from "../../accountant/calibrate.ts";
import { exactAccountant } from "../../accountant/exact.ts";
import { makeProblem } from "../../model/problem.ts";

const problem = makeProblem({ n: 11982, d: 784, lambda: 1e-6 });
const plan = fewestSteps(exactAccountant(), { problem, sigma: 0.03, requests: [] }, 10, { epsilon: 1, delta: 1e-5 });
document.querySelector("#K")!.textContent = String(plan.K);
