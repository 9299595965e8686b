import assert from "node:assert/strict";
import { csvParse } from "d3-dsv";
import { smallestSigma } from "../core/accountant/calibrate.ts";
import { descentAccountant } from "../core/accountant/descent_to_delete.ts";
import { exactAccountant, type Kept } from "../core/accountant/exact.ts";
import { gaussianEpsilon } from "../core/accountant/gaussian.ts";
import { langevinAccountant } from "../core/accountant/langevin.ts";
import { type Audit, audit, strongest } from "../core/audit/audit.ts";
import { auditAll, type Audits } from "../core/audit/audits.ts";
import { apartAfter, descendFrom, hessianAt, lossOf, varianceAt } from "../core/audit/gaussian_law.ts";
import { functionOf, ritz } from "../core/audit/krylov.ts";
import { fewestFor, largestEpsilon, lowestEpsilon } from "../core/audit/lower_bound.ts";
import { adversarialPair, givenPair, type Pair } from "../core/audit/pairs.ts";
import { chainSampler, descentSampler, type Plan, walkSampler } from "../core/audit/samplers.ts";
import { makeFolder, writeWhole } from "../core/disk/files.ts";
import { openWasmEngine } from "../core/engines/wasm_engine.ts";
import { auditPanels } from "../core/figures/audit.ts";
import { chart } from "../core/figures/chart.ts";
import { makeProblem, type Problem } from "../core/model/problem.ts";
import { nullRows, replacementRows } from "../core/model/removal.ts";
import { normalizeRows, type Rows } from "../core/model/rows.ts";
import { highestShare, lowestShare } from "../core/statistics/binomial.ts";
import { normalityTest, varianceTest } from "../core/statistics/hypothesis_tests.ts";
import { moments } from "../core/statistics/statistics.ts";
import { certainRows, latticeAccountant, latticeOf, walkProblem } from "../core/walk/mod.ts";
import { auditTask, command } from "../experiments/tools/audit.ts";
import { assertWellFormed } from "./helpers/assert_well_formed.ts";
import { textOf } from "./helpers/documents.ts";
import { assertForUser } from "./helpers/fuzz.ts";
import { bytesBelow, quietly } from "./helpers/run_here.ts";
import { emptyResultFolder, exists, makeLinks, runTask } from "./helpers/run_task.ts";
import { makeRows, normals } from "./helpers/scenarios.ts";
import { withoutExit } from "./helpers/scripts.ts";
import { learnSmall, smallLines, unlearnSmall } from "./helpers/small_models.ts";

const assertClose = (actual: number, expected: number, relative: number) =>
  assert.ok(Math.abs(actual - expected) <= relative * Math.abs(expected), `${actual} is not ${expected}`);

/** Rows of which the features vary less and less, and the last not at all: the regularizer alone pulls its weight. */
function flatRows(count: number, dimension: number, decay = 1, last = 0): Rows {
  const rows = makeRows({ count, dimension, outputs: 1 });
  const share = (k: number) => (k === dimension - 1 ? last : 1) * decay ** k;
  const flattened = rows.features.map((x, i) => x * share(i % dimension));
  const labels = rows.labels.map((_, row) => flattened[row * dimension] > 0 ? 1 : -1);
  return { ...rows, features: normalizeRows(flattened, dimension), labels };
}

/** Audits chains of the engine of a CPU. */
async function auditChains(
  chain: { readonly problem: Problem; readonly sigma: number; readonly pair: Pair },
  plan: Plan,
  { trials, seed = 1, delta = 1 / chain.problem.n, open = chainSampler }: {
    readonly trials: number;
    readonly seed?: number;
    readonly delta?: number;
    readonly open?: typeof chainSampler;
  },
): Promise<Audits> {
  const engine = await openWasmEngine();
  try {
    return await auditAll(open({ engine, ...chain, trials, seed }), { ...chain, delta }, plan);
  } finally {
    engine.dispose();
  }
}

const boundsOf = ({ findings }: Audit) => findings.map(({ epsilon }) => epsilon);
const found = (audit: Audit, test: string) => audit.findings.find((finding) => finding.test === test)!;

Deno.test("bounds of Clopper and Pearson are scipy's", () => {
  // k, n, level, stats.beta.ppf(level, k, n − k + 1), stats.beta.isf(level, k + 1, n − k) of scipy 1.17.1
  const golden = [
    [0, 1000, 0.00625, 0, 0.005062316880195564],
    [1, 1000, 0.00625, 6.2695933596128015e-06, 0.007154307639527758],
    [3, 17, 0.025, 0.037985068070626, 0.4343178728442839],
    [500, 1000, 0.00625, 0.46008141361832244, 0.5399185863816776],
    [997, 1000, 0.000125, 0.9844560121716857, 0.9999069233726383],
    [1000, 1000, 0.00625, 0.9949376831198045, 1],
    [12345, 50000, 0.0125, 0.2425864387779491, 0.2512509598859296],
  ];
  for (const [k, n, level, lowest, highest] of golden) {
    assertClose(lowestShare(k, n, level), lowest, 1e-9);
    assertClose(highestShare(k, n, level), highest, 1e-9);
  }
});

Deno.test("tests of normality and of equal variances are scipy's", () => {
  const x = Array.from({ length: 200 }, (_, i) => (i * i * 7919) % 1009 / 1009 + (i * 31) % 101 / 101);
  const y = Array.from({ length: 150 }, (_, i) => (i * i * 104729) % 997 / 997 * 1.1);
  assertClose(normalityTest(x), 0.4604868257943857, 1e-9);
  assertClose(normalityTest(y), 3.0780643044567146e-05, 1e-9);
  assertClose(normalityTest(x.slice(0, 20)), 0.37855096631394053, 1e-9);
  assertClose(normalityTest(x.map((value) => value ** 3)), 3.9073551221000495e-16, 1e-9);
  assertClose(varianceTest(moments(x), moments(y)), 5.3862366568048065e-05, 1e-9);
  const scaled = x.slice(0, 50).map((value) => 1.02 * value);
  assertClose(varianceTest(moments(x), moments(scaled)), 0.8102378028993583, 1e-9);
  assert.throws(() => normalityTest([1, 2]), RangeError);
  assert.throws(() => normalityTest(new Array(30).fill(1)), RangeError);
});

Deno.test("the most that models can show, and how many it takes", () => {
  assertClose(largestEpsilon(300, 0, 0.05), Math.log(0.025 ** (1 / 300) / (1 - 0.025 ** (1 / 300))), 1e-12);
  assert.equal(largestEpsilon(100, 0.999, 0.05), 0);
  for (const epsilon of [0, 0.1, 1, 5, 9]) {
    const count = fewestFor(epsilon, 1e-4, 0.01)!;
    assert.ok(largestEpsilon(count, 1e-4, 0.01) > epsilon && largestEpsilon(count - 1, 1e-4, 0.01) <= epsilon);
  }
  assert.equal(fewestFor(100, 1e-4, 0.01), undefined);
  assert.equal(lowestEpsilon({ hits: 0, ofHits: 10, misses: 10, ofMisses: 10 }, 0, 0.05), 0);
});

Deno.test("functions of a matrix by Krylov spaces", () => {
  const size = 12;
  const factor = normals(size * size, 3);
  const multiply = (v: Float64Array) => {
    const inner = Float64Array.from(v, (_, i) => v.reduce((sum, x, k) => sum + factor[i * size + k] * x, 0));
    return Float64Array.from(v, (x, k) => 9 * x + inner.reduce((sum, y, i) => sum + factor[i * size + k] * y, 0));
  };
  const start = Float64Array.from(normals(size, 5));
  const solved = functionOf(ritz(multiply, start, size), (value) => 1 / value, size);
  multiply(solved).forEach((x, k) => assert.ok(Math.abs(x - start[k]) < 1e-10));
  assert.equal(ritz(multiply, start, 3).values.length, 3);
  assert.deepEqual(functionOf(ritz(multiply, new Float64Array(size), 5), () => 1, size), new Float64Array(size));
});

Deno.test("gradients, Hessians and losses of both kinds agree", () => {
  for (const outputs of [1, 4]) {
    const rows = makeRows({ count: 30, dimension: 5, outputs });
    const [n, m] = [40, 0.1];
    const size = 5 * outputs;
    const weights = Float64Array.from(normals(size, 8));
    const direction = Float64Array.from(normals(size, 9));
    const at = (t: number) => weights.map((w, k) => w + t * direction[k]);
    const gradientAt = (t: number) => descendFrom(rows, { n, m, eta: 1 }, at(t), 1).map((w, k) => at(t)[k] - w);
    const objective = (t: number) =>
      lossOf(rows, at(t)) * rows.count / n + m / 2 * at(t).reduce((sum, w) => sum + w * w, 0);
    const h = 1e-5;
    const slope = gradientAt(0).reduce((sum, g, k) => sum + g * direction[k], 0);
    assertClose((objective(h) - objective(-h)) / (2 * h), slope, 1e-8);
    const product = hessianAt(rows, { n, m }, weights)(direction);
    const [above, below] = [gradientAt(h), gradientAt(-h)];
    product.forEach((x, k) => assert.ok(Math.abs((above[k] - below[k]) / (2 * h) - x) < 1e-8));
  }
});

Deno.test("on a quadratic the Gaussian law is that of the recursion", () => {
  const spread = { eta: 0.7, sigma: 0.3, start: 2 };
  for (const curvature of [0.01, 0.5, 2]) {
    let variance = spread.start;
    for (let steps = 0; steps <= 50; steps++) {
      assertClose(varianceAt({ ...spread, steps }, curvature), variance, 1e-12);
      variance = (1 - spread.eta * curvature) ** 2 * variance + 2 * spread.eta * spread.sigma ** 2;
    }
  }
});

Deno.test("the adversarial pair is nearly as far apart as the theorem allows, and never further", () => {
  const [n, d, S] = [2000, 20, 3];
  const problem = makeProblem({ n, d, lambda: 2e-6 });
  const positions = [n - 1, 5, 77];
  const [sigma, T] = [0.05, Math.ceil(10 / (problem.eta * problem.m))];
  const variance = (curvature: number, steps: number) =>
    varianceAt({ eta: problem.eta, sigma, start: 0, steps }, curvature);
  const muOf = (pair: Pair) => apartAfter({ ...pair, step: problem, T, size: d, variance }, [0])[0].mu;
  for (const rows of [flatRows(n, d), flatRows(n, d, 0.7, 1)]) {
    for (const neighbours of ["null", "replaced"] as const) {
      const nulls = neighbours === "null" ? nullRows(S, rows) : undefined;
      const pair = adversarialPair(rows, positions, problem, nulls);
      for (const [i, x] of pair.before.features.entries()) {
        if (!positions.includes(Math.floor(i / d))) assert.equal(x, rows.features[i]);
      }
      const history = { problem, sigma, T, neighbours, requests: [{ S, K: 0 }] };
      const { mu } = exactAccountant().guarantee(history, 1 / n).at;
      assert.ok(muOf(pair) < mu && muOf(pair) > 0.7 * mu, `${neighbours}: ${muOf(pair)} of ${mu}`);
      const others = nulls ?? replacementRows(S, rows, { seed: 1, cell: 1 });
      assert.ok(muOf(givenPair(rows, positions, others)) < 0.3 * mu, "rows as they are");
    }
  }
  const several = makeRows({ count: 60, dimension: 5, outputs: 3 });
  const { removed, after } = adversarialPair(several, [1, 9], makeProblem({ n: 60, d: 5, classes: 3, lambda: 1e-4 }));
  assert.deepEqual(removed.labels.slice(0, 3), removed.labels.slice(3));
  assert.ok(removed.features.some((x, k) => x !== after.features[5 + k]));
  assert.throws(() => adversarialPair(makeRows({ count: 5, dimension: 1, outputs: 1 }), [1], problem), /two features/);
});

const SMALL = { n: 500, d: 5, lambda: 4e-5 };
const small = makeProblem(SMALL);
const smallPair = adversarialPair(flatRows(SMALL.n, SMALL.d), [498, 499], small);

Deno.test("the shift of the sides is that of theory, and all bounds are below what is certified", async () => {
  const [sigma, T] = [0.05, 108];
  const audits = await auditChains({ problem: small, sigma, pair: smallPair }, { T, Ks: [0, 5, 20] }, { trials: 2000 });
  for (const [K, { shift: { predicted, measured, error }, findings, distinct }] of audits) {
    assert.ok(Math.abs(measured - predicted) < 3 * error, `K = ${K}: ${measured} and ${predicted} ± ${error}`);
    const { epsilon, at } = exactAccountant().guarantee({ problem: small, sigma, T, requests: [{ S: 2, K }] }, 1 / 500);
    assert.ok(predicted < at.mu);
    for (const finding of findings) assert.ok(finding.accusing <= finding.epsilon && finding.epsilon < epsilon);
    assert.equal(distinct.unlearned.models, 2000);
    assert.ok(distinct.unlearned.values > 1980);
  }
  const [{ findings, shift }] = audits.values();
  const { low, high } = findings[0].normal!;
  const truth = gaussianEpsilon(shift.predicted, 1 / 500);
  assert.ok(low < truth && truth < high);
  assert.ok(findings[0].epsilon > 0.5, "the likelihood ratio finds a good part");
});

Deno.test("of several classes too the shift is that of theory", async () => {
  const [n, d, classes] = [200, 4, 3];
  const problem = makeProblem({ n, d, classes, lambda: 1e-3 });
  const pair = adversarialPair(makeRows({ count: n, dimension: d, outputs: classes }), [3, 9, 27], problem);
  const plan = { T: 40, Ks: [0, 2] };
  for (const { shift } of (await auditChains({ problem, sigma: 0.02, pair }, plan, { trials: 1000 })).values()) {
    assert.ok(shift.predicted > 0.5);
    assert.ok(Math.abs(shift.measured - shift.predicted) < 3 * shift.error, JSON.stringify(shift));
  }
});

Deno.test("a claim of 30 steps for a chain that took none is refuted", async () => {
  const [sigma, T] = [0.05, 108];
  const audits = await auditChains({ problem: small, sigma, pair: smallPair }, { T, Ks: [0] }, { trials: 2000 });
  const after = (K: number) =>
    exactAccountant().guarantee({ problem: small, sigma, T, requests: [{ S: 2, K }] }, 1 / 500).epsilon;
  const { accusing, epsilon } = strongest(audits.get(0)!);
  assert.ok(accusing > after(30), `${accusing} is not above ${after(30)}`);
  assert.ok(epsilon < after(0));
});

Deno.test("noise that float32 swallows is found: ε of 4.39 and more where 1 is certified", async () => {
  const [n, d, K] = [500, 8, 500];
  const problem = makeProblem({ n, d, lambda: 1e-3 });
  const rows = makeRows({ count: n, dimension: d, outputs: 1 });
  const requests = [{ S: 1, K }];
  const sigma = smallestSigma(langevinAccountant(), { problem, requests }, { epsilon: 1, delta: 1 / n });
  assertClose(sigma, 1.484e-11, 1e-3);
  // Whether the last bits of two paths differ is a matter of the row, and of the machine's rounding.
  for (let draw = 0; draw < 5; draw++) {
    const pair = givenPair(rows, [n - 1], replacementRows(1, rows, { seed: draw, cell: 1 }));
    const audits = await auditChains({ problem, sigma, pair }, { T: 15, Ks: [K] }, { trials: 1000 });
    const { distinct, findings } = audits.get(K)!;
    assert.ok(distinct.unlearned.models < 100 && distinct.unlearned.values === 1);
    const [{ accusing }, repeated] = ["likelihood ratio", "repeated values"].map((test) => found(audits.get(K)!, test));
    if (repeated.epsilon <= 4.39) continue;
    assert.ok(repeated.accusing > 1 && findings.length === 4 && accusing === 0);
    return;
  }
  assert.fail("of five rows none was found");
});

Deno.test("of 20 audits of what cannot be told apart at most 4 find something", async () => {
  const problem = makeProblem({ n: 60, d: 4, lambda: 1e-3 });
  const rows = makeRows({ count: 60, dimension: 4, outputs: 1 });
  const pair = givenPair(rows, [3], nullRows(1, rows));
  let exceeding = 0;
  for (let seed = 0; seed < 20; seed++) {
    const plan = { T: 30, Ks: [5], retrains: true };
    const audits = await auditChains({ problem, sigma: 0.05, pair }, plan, { trials: 300, seed, delta: 1e-6 });
    const { findings, shift } = audits.get(5)!;
    assert.equal(shift.predicted, 0);
    if (findings.some(({ epsilon }) => epsilon > 0)) exceeding++;
  }
  assert.ok(exceeding <= 4, `${exceeding}`);
});

Deno.test("of 20 audits of two Gaussians at most 4 bounds exceed the truth, and most come near", () => {
  const [mu, delta, trials] = [1.5, 0.05, 1000];
  const truth = gaussianEpsilon(mu, delta);
  const sideOf = (seed: number, shift: number) => {
    const weights = Float64Array.from(normals(2 * trials, seed)).map((x, i) => i % 2 === 0 ? x + shift : x);
    return { weights, size: 2 };
  };
  const removed = { features: Float32Array.of(1, 0), labels: Float32Array.of(1), count: 1, dimension: 2, outputs: 1 };
  const apart = { mu, direction: Float64Array.of(mu, 0) };
  const all = Array.from({ length: 20 }, (_, i) => {
    const sides = { unlearned: sideOf(2 * i, mu), retrained: sideOf(2 * i + 1, 0) };
    return boundsOf(audit(sides, { delta, apart, removed }));
  });
  assert.ok(all.filter((bounds) => Math.max(...bounds) > truth).length <= 4);
  for (const test of [0, 1, 3]) {
    const [bounds] = [all.map((bounds) => bounds[test]).sort((a, b) => a - b)];
    assert.ok(bounds[10] > 0.4 * truth, `${test}: ${bounds[10]} of ${truth}`);
  }
});

Deno.test("Descent-to-Delete: its noise hides what it says, and a tenth of it does not", async () => {
  const [T, K, delta] = [60, 2, 1 / 500];
  const requests = [{ S: 2, K }];
  const sigma = smallestSigma(descentAccountant(), { problem: small, T, requests }, { epsilon: 1, delta });
  const options = { trials: 2000, open: descentSampler };
  const whole = await auditChains({ problem: small, sigma, pair: smallPair }, { T, Ks: [K] }, options);
  const { shift, findings } = whole.get(K)!;
  assert.ok(Math.abs(shift.measured - shift.predicted) < 3 * shift.error);
  assert.ok(findings.every(({ epsilon }) => epsilon < 1));
  const tenth = await auditChains({ problem: small, sigma: sigma / 10, pair: smallPair }, { T, Ks: [K] }, options);
  assert.ok(strongest(tenth.get(K)!).accusing > 1);
});

Deno.test("who kept the learned model sees more than the last one tells", async () => {
  const [sigma, T, K] = [0.05, 108, 30];
  const chain = { problem: small, sigma, pair: smallPair };
  const plan = { T, Ks: [K], keepsLearned: true };
  const audits = await auditChains(chain, plan, { trials: 2000 });
  const { shift, findings } = audits.get(K)!;
  assert.ok(Math.abs(shift.measured - shift.predicted) < 3 * shift.error);
  const certified = (kept: Kept) =>
    exactAccountant({ kept }).guarantee({ problem: small, sigma, T, requests: [{ S: 2, K }] }, 1 / 500).epsilon;
  const { accusing, epsilon } = strongest(audits.get(K)!);
  assert.ok(accusing > certified("last"), "the promise of the last model is not of the transcript");
  assert.ok(epsilon < certified("every") && findings[3].epsilon > 0);
});

Deno.test("certified walks are audited as they are", async () => {
  const [n, d, S] = [60, 4, 2];
  const problem = walkProblem({ n, d, lambda: 1e-3 });
  const rows = flatRows(n, d);
  const certain = { ...rows, features: certainRows(rows.features, d) };
  const pair = adversarialPair(certain, [58, 59], problem, nullRows(S, rows));
  const lattice = latticeOf(problem, 0.005, 24);
  const [T, K] = [20, 1];
  const plan = { T, Ks: [0, K] };
  const audits = await auditAll(walkSampler(lattice, pair, 300), { pair, problem, delta: 1e-3 }, plan);
  for (const [K, { shift, findings }] of audits) {
    assert.ok(Math.abs(shift.measured - shift.predicted) < 4 * shift.error);
    const history = { problem, sigma: lattice.sigma, T, neighbours: "null", requests: [{ S, K }] } as const;
    const { epsilon } = latticeAccountant(lattice).guarantee(history, 1e-3);
    assert.ok(findings.every((finding) => finding.epsilon < epsilon));
  }
});

/** A table for --dataset CSV, whose last feature is 0 nearly always. */
function writeTable(folder: string): string[] {
  const rows = flatRows(120, 3);
  const lines = Array.from({ length: 120 }, (_, row) => {
    const [x, y] = rows.features.subarray(3 * row, 3 * row + 2);
    return `${x},${y},0,${rows.labels[row] > 0 ? "b" : "a"}`;
  });
  writeWhole(`${folder}/rows.csv`, ["x,y,z,kind", ...lines, ""].join("\n"));
  return [
    "--dataset",
    "CSV",
    "--train_csv",
    `${folder}/rows.csv`,
    "--test_csv",
    `${folder}/rows.csv`,
    "--label",
    "kind",
  ];
}

Deno.test("the task: a table, CSVs, JSON and a figure from the CSVs alone; exit code 1 where the claim is refuted", async () => {
  const folder = emptyResultFolder("audit_task");
  const flags = [...writeTable(folder), "--lam", "1e-3", "--num_remove", "3", "--sigma", "0.1", "--seed", "7"];
  const rest = ["--num_trial", "1200", "--pair", "adversarial", "--result-dir", folder];
  const held = await runTask("audit", ...flags, "--k", "4", ...rest);
  assert.equal(held.code, 0, held.stderr);
  for (const name of ["paper", "paper, Canonne's conversion", "exact"]) {
    assert.match(held.stdout, new RegExp(`^certified: ${name} +[\\d.]+$`, "m"));
  }
  assert.match(held.stdout, /^Engine: fast, .*\n {2}This audits the algorithm, in float32: not the walk of certified/m);
  assert.match(held.stdout, /^found: likelihood ratio +≥ [\d.]+ +≥ [\d.]+ +[\d.]+ to [\d.]+$/m);
  const [curves, scores] = ["audit.csv", "histogram.csv"].map((name) => textOf(`${folder}/audit/${name}`));
  const rows = csvParse(curves);
  assert.deepEqual([...new Set(rows.map(({ K }) => K))], ["0", "1", "2", "4"]);
  const problem = makeProblem({ n: 120, d: 3, lambda: 1e-3 });
  const T = Math.ceil(10 / (problem.eta * problem.m));
  for (const { K, epsilon } of rows.filter(({ name }) => name === "exact")) {
    const history = { problem, sigma: 0.1, T, neighbours: "null", requests: [{ S: 3, K: Number(K) }] } as const;
    assert.equal(Number(epsilon), exactAccountant().guarantee(history, 1 / 120).epsilon);
  }
  const json = JSON.parse(textOf(`${folder}/audit/audit.json`));
  assert.deepEqual([json.seed, json.models, json.refuted, json.claim.by], [7, 1200, false, "exact"]);
  const [after] = json.after.slice(-1);
  for (const { counts, epsilon } of after.findings) assert.equal(lowestEpsilon(counts, 1 / 120, 0.0125), epsilon);
  const sides = csvParse(scores);
  const counted = (name: string) =>
    sides.filter(({ side }) => side === name).reduce((sum, { count }) => sum + +count, 0);
  assert.deepEqual([counted("unlearned"), counted("retrained")], [600, 600]);
  const svg = textOf(`${folder}/audit/audit.svg`);
  assert.equal(svg, chart(...auditPanels(curves, scores, "CSV, σ = 0.1, S = 3, adversarial pair")));
  assertWellFormed(svg);

  const again = emptyResultFolder("audit_again");
  assert.equal((await quietly(() => auditTask([...flags, "--k", "4", ...rest.slice(0, -1), again]))).error, undefined);
  assert.equal(textOf(`${again}/audit/audit.csv`), curves, "one seed, one result");

  const refuted = await runTask("audit", ...flags, "--num_remove", "12", "--k", "0", "--epsilon", "0.1", ...rest);
  assert.equal(refuted.code, 1);
  assert.match(refuted.stderr, /^error: the claim does not hold: ε ≥ [\d.]+ by the .*, where --epsilon says 0\.1$/m);
  assert.equal(JSON.parse(textOf(`${folder}/audit/audit.json`)).refuted, true);
});

Deno.test("the task on other algorithms: what is claimed, and by whom", async () => {
  const folder = emptyResultFolder("audit_others");
  const flags = [
    ...writeTable(folder),
    "--lam",
    "1e-4",
    "--burn_in",
    "20",
    "--num_trial",
    "40",
    "--result-dir",
    folder,
  ];
  const claimed: [args: string[], claim: RegExp][] = [
    [["--algorithm", "descent", "--k", "2", "--epsilon", "1"], /^Claimed: ε = 1, .* by --epsilon$/m],
    [["--algorithm", "retrain", "--k", "2", "--sigma", "0.1"], /^Claimed: ε = 0, .* by retraining$/m],
    [["--kept", "every", "--k", "2", "--sigma", "0.1"], /^Claimed: ε = [\d.]+, .* by transcript$/m],
    [
      ["--engine", "certified", "--step_size", "2/(m+L)", "--k", "2", "--sigma", "0.1"],
      /^Claimed: ε = [\d.]+, .* by lattice\n(.*\n)*Engine: certified\n {2}This audits the walk of certified deletions/m,
    ],
    [
      ["--removal", "random", "--k", "2", "--sigma", "0.1"],
      /^Random rows .* test next to nothing: --pair adversarial/m,
    ],
    [["--accountant", "paper", "--epsilon", "1", "--sigma", "0.1"], /unlearned in K = \d+\nClaimed: .*/m],
  ];
  for (const [args, claim] of claimed) {
    const { said, error } = await quietly(() => auditTask([...flags, ...args]));
    assert.equal(error, undefined);
    assert.match(said, claim);
  }
});

Deno.test("a deletion is rehearsed, by either engine, and nothing of the model changes", async () => {
  const results = emptyResultFolder("audit_rehearsal");
  const model = await learnSmall(results);
  assert.equal((await unlearnSmall(results, ["p3"])).code, 0);
  writeWhole(`${results}/next.txt`, "p3\np8\np9\n");
  const before = [model, `${model}.private`].map(bytesBelow);
  const files = ["--model", model, "--train", `${results}/train.csv`, "--remove", `${results}/next.txt`];
  const rehearse = (...args: string[]) => quietly(() => auditTask([...files, ...args, "--result-dir", results]));
  const planned = await runTask("audit", ...files, "--num_trial", "60", "--result-dir", results);
  assert.equal(planned.code, 0, planned.stderr);
  const certified = await rehearse("--num_trial", "20", "--engine", "certified", "--kept", "every");
  assert.equal(certified.error, undefined);
  assert.match(certified.said, /^Claimed: ε = [\d.]+, δ = .*, by transcript of walks$/m);
  assert.match(planned.stdout, /has statistics of rows that are to go, neither rows nor weights: erase it/);
  assert.deepEqual([model, `${model}.private`].map(bytesBelow), before);
  const [, K] = /unlearned in K = (\d+)$/m.exec(planned.stdout)!;
  const [, epsilon] = /^certified: lattice +([\d.]+)$/m.exec(planned.stdout)!;
  writeWhole(`${results}/train.csv`, `${smallLines().filter((line) => !line.startsWith("p3,")).join("\n")}\n`);
  const done = await unlearnSmall(results, ["p8", "p9"]);
  assert.match(done.stdout, new RegExp(`takes K = ${K} steps`));
  const { present } = JSON.parse(textOf(`${model}/certificates/0003.json`));
  assert.ok(Number(epsilon) <= present.epsilon * (1 + 1e-3), "of these rows alone no more than of all that went");
  assert.match(String((await rehearse()).error), /asks for nothing: its rows were removed before$/);
  writeWhole(`${results}/next.txt`, "p10\n");
  writeWhole(`${results}/train.csv`, `${smallLines().filter((line) => !line.startsWith("p10,")).join("\n")}\n`);
  assert.match(String((await rehearse()).error), /train.csv lacks rows that have to be there still, those of "p10"$/);
});

Deno.test("the task refuses what cannot be had, in one line, with exit code 2, and leaves nothing", async () => {
  const folder = emptyResultFolder("audit_refused");
  const refused: [args: string[], message: RegExp][] = [
    [["--sigma", "0.1"], /give two of --sigma, --k and --epsilon/],
    [["--k", "-1"], /integer from 0/],
    [["--pair", "worst"], /Allowed choices are given, adversarial/],
    [["--num_trial", "7"], /integer from 8/],
    [
      ["--engine", "certified", "--seed", "1", "--k", "1", "--sigma", "1"],
      /^--seed has no effect with --engine certified/,
    ],
    [["--engine", "certified", "--threads", "1"], /^--threads has no effect with --engine certified/],
    [["--algorithm", "descent", "--accountant", "exact"], /^--accountant has no effect with --algorithm descent/],
    [["--kept", "every", "--accountant", "paper"], /^--accountant has no effect with --kept every/],
    [["--engine", "certified", "--k", "1", "--sigma", "1"], /needs --removal null and --step_size/],
    [["--algorithm", "descent", "--kept", "every", "--k", "1", "--sigma", "1"], /with --engine fast and --kept last/],
    [["--k", "1", "--sigma", "1", "--accountant", "sgd"], /projected to a ball/],
    [["--k", "1", "--sigma", "1", "--num_remove", "121"], /cannot remove 121 of 120 rows/],
    [["--k", "1", "--sigma", "1e-300"], /beyond float32/],
    [["--k", "1", "--sigma", "1", "--model", "result/none"], /--dataset does not go with --model/],
  ];
  const table = writeTable(folder);
  for (const [args, message] of refused) {
    const run = () => withoutExit(() => command.parse([...table, ...args], { from: "user" }));
    const { error } = await quietly(async () => {
      run();
      await auditTask([...table, ...args, "--result-dir", folder]);
    });
    assertForUser(error);
    assert.ok(error instanceof RangeError, args.join(" "));
    assert.match(error.message, message);
  }
  const many = "--dataset MNIST --k 1 --sigma 1 --num_trial 684785 --result-dir".split(" ");
  assert.deepEqual(
    (await quietly(() => auditTask([...many, folder]))).error,
    new RangeError(
      "--num_trial 684785 is too large: memory is for 684784 chains",
    ),
  );
  const files = ["--train", "result/a.csv", "--remove", "result/b.txt", "--result-dir", folder];
  const { code, stderr } = await runTask("audit", "--model", "result/none", ...files);
  assert.match(stderr, /^error: no model in result\/none: it has no certificates$/m);
  assert.equal(code, 2);
  makeFolder(`${folder}/m/certificates`);
  await makeLinks([["m/certificates", `${folder}/link`]]);
  const among = (model: string, results: string) =>
    quietly(() => auditTask(["--model", model, ...files.slice(0, -1), results]));
  for (
    const [model, results] of [
      [`${folder}/m`, `${folder}/./m/x`],
      [`${folder}/m`, `${Deno.cwd()}/${folder}/m`],
      [`${folder}/m/`, `${folder}/m.private`],
      [`${folder}/m`, `${folder}/link/new`],
      [`${folder}/audit`, folder],
    ]
  ) {
    const { error } = await among(model, results);
    assert.ok(error instanceof RangeError);
    assert.match(error.message, /^the results' .*\/audit is in .*: give another --result-dir$/);
  }
  assert.match(String((await among(`${folder}/m`, `${folder}/mm`)).error), /no model in/);
  assert.match(String((await quietly(() => auditTask(["--model", "m"]))).error), /takes --model, --train and --remove/);
  const outside = await quietly(() => auditTask([...table, "--k", "1", "--sigma", "1", "--result-dir", "core"]));
  assert.doesNotMatch(outside.said, /^found/m);
  assert.match(String(outside.error), /core\/audit is outside the folders/);
  assert.ok(!exists(`${folder}/audit`));
});

Deno.test("docs/audit.md: its commands are understood, its figures are drawn from its CSVs, and have its numbers", () => {
  const text = textOf("docs/audit.md");
  const commands = [...text.matchAll(/^deno task audit (.*)$/gm)].map(([, args]) => args.split(" "));
  assert.ok(commands.length >= 5);
  for (const args of commands) assert.ok(typeof withoutExit(() => command.parse(args, { from: "user" })) !== "string");
  for (const S of [1, 10, 100]) {
    const [curves, scores, svg] = ["csv", "histogram.csv", "svg"].map((end) => textOf(`docs/audit/MNIST_S${S}.${end}`));
    assert.equal(svg, chart(...auditPanels(curves, scores, `MNIST, σ = 0.03, S = ${S}, adversarial pair`)));
    const rows = csvParse(curves);
    const lines = [...text.matchAll(new RegExp(`^\\| ${S} +\\| (\\d+) +\\| (.*) \\|$`, "gm"))];
    assert.ok(lines.length >= 3);
    for (const [, K, rest] of lines) {
      const at = (kind: string, name?: string) =>
        rows.filter((row) => row.K === K && row.kind === kind && (name ?? row.name) === row.name)
          .map(({ epsilon }) => Number(epsilon));
      const numbers = [
        ...["paper", "paper, Canonne's conversion", "exact"].flatMap((name) => at("certified", name)),
        ...at("data"),
        Math.max(...at("found")),
      ];
      assert.deepEqual(rest.split("|").map(Number), numbers.map((x) => Number(x.toPrecision(3))), `S = ${S}, K = ${K}`);
    }
  }
});
