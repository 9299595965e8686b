/**
 * What docs/theory.md claims and no other test checks, and that the tests that it names are there.
 */
import assert from "node:assert/strict";
import { geometric, makeProblem, muOf, muOfSchedule, type Phase } from "../core/accountant/mod.ts";
import { textOf } from "./helpers/documents.ts";

function close(actual: number, expected: number, relative: number, message: string) {
  assert.ok(
    Math.abs(actual - expected) <= relative * Math.abs(expected),
    `${message}: ${actual}, expected ${expected}`,
  );
}

/** Deterministic random numbers, uniform in [0, 1). */
function uniforms(seed: number): () => number {
  let state = seed;
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
}
const random = uniforms(16);
const power = (low: number, high: number) => 10 ** (low + (high - low) * random());

Deno.test("every test that the theory names is there", () => {
  const named = [...textOf("docs/theory.md").matchAll(/\[_([^\]]*)_\]\(\.\.\/(tests\/\w+\.ts)\)/g)];
  assert.ok(named.length > 20);
  for (const [, name, file] of named) {
    assert.ok(textOf(file).includes(`Deno.test(${JSON.stringify(name.replaceAll(/\s+/g, " "))}`), `${file}: ${name}`);
  }
});

Deno.test("the greatest convex minorant costs less than any other choice", () => {
  for (let i = 0; i < 2000; i++) {
    const phases = Array.from({ length: 2 + Math.floor(random() * 4) }, (): Phase => (
      { steps: 1, rate: power(-3, 0), shift: random() < 0.4 ? 0 : power(-2, 1), variance: power(-2, 1) }
    ));
    const mu = muOfSchedule(phases);
    for (let choice = 0; choice < 20; choice++) {
      let [z, energy] = [0, 0];
      for (const [k, { rate, shift, variance }] of phases.entries()) {
        const apart = Math.exp(-rate) * z + shift;
        const a = k === phases.length - 1 ? apart : apart * random() ** 2;
        z = apart - a;
        energy += a ** 2 / variance;
      }
      assert.ok(mu <= Math.sqrt(energy) * (1 + 1e-12), JSON.stringify(phases));
    }
  }
});

Deno.test("2/(m + L) is the best step for every K", () => {
  const problem = makeProblem({ n: 11982, d: 784, lambda: 1e-6 });
  const best = 2 / (problem.m + problem.L);
  for (const K of [0, 1, 10, 100]) {
    const at = (factor: number) =>
      muOf({ problem: { ...problem, eta: factor * best }, sigma: 0.03, requests: [{ S: 1, K }] });
    const mus = [0.2, 0.5, 0.9, 0.99, 1, 1.01, 1.02, 1.04].map(at);
    assert.equal(Math.min(...mus), mus[4], `K = ${K}: ${mus}`);
  }
});

Deno.test("the recursion of a sequence, with and without rounding", () => {
  for (let i = 0; i < 2000; i++) {
    const [rate, variance, T] = [power(-3, -0.5), power(-1, 1), Math.ceil(power(0, 3))];
    const requests = Array.from(
      { length: 1 + Math.floor(random() * 4) },
      () => ({ s: power(-3, 0), K: Math.ceil(power(0, 2.5)) }),
    );
    for (const rounding of [0, power(-6, -2)]) {
      let [apart, steps] = [rounding * geometric(rate, T), T];
      for (const { s, K } of requests) {
        apart = Math.exp(-rate * K) * (apart + s * geometric(rate, steps)) + rounding * geometric(rate, K);
        steps += K;
      }
      let left = requests.reduce((sum, { s }) => sum + s, 0);
      const phases = [{ s: 0, K: T }, ...requests].map(({ s, K }, j) => {
        left = j === requests.length ? 0 : left - s;
        return { steps: K, rate, shift: left + rounding, variance };
      });
      const mu = apart / Math.sqrt(variance * geometric(2 * rate, steps));
      close(muOfSchedule(phases), mu, 1e-11, JSON.stringify({ rate, variance, T, requests, rounding }));
    }
  }
});

/** E f(G) for a standard normal G: the trapezoidal rule, whose error for smooth f is below 1e-13. */
function mean(f: (g: number) => number): number {
  let sum = 0;
  for (let g = -9; g <= 9; g += 0.25) sum += 0.25 * Math.exp(-g * g / 2) * f(g);
  return sum / Math.sqrt(2 * Math.PI);
}

Deno.test("a budget that is spent as the past decides: the log-likelihood ratio is that of one Gaussian", () => {
  const budget = 0.8;
  /** E wave(t·Σμ_jG_j) over the draws to come, of which the last spends what is left, the others as the past decides. */
  const expected = (wave: (x: number) => number, draws: number, left: number, sum: number): number =>
    mean((g) => {
      if (draws === 1) return wave(sum + left * g);
      const mu = left / (1 + Math.exp(2 - sum));
      return expected(wave, draws - 1, Math.sqrt(left ** 2 - mu ** 2), sum + mu * g);
    });
  for (const t of [0.5, 1, 3]) {
    const [real, imaginary] = [Math.cos, Math.sin].map((of) => expected((x) => of(t * x), 3, budget, 0));
    assert.ok(Math.abs(real - Math.exp(-((t * budget) ** 2) / 2)) < 1e-12, `t = ${t}: ${real}`);
    assert.ok(Math.abs(imaginary) < 1e-12, `t = ${t}: ${imaginary}`);
  }
});

Deno.test("a short burn-in is not stationary", () => {
  const { d, m, M, eta } = makeProblem({ n: 11982, d: 784, lambda: 1e-6 });
  const [sigma, c] = [0.03, 1 - eta * m];
  const v = 2 * eta * sigma ** 2;
  const distance = (steps: number) =>
    c ** steps * (Math.sqrt(2 * sigma ** 2 * d / m) + M / m + Math.sqrt(d * v / (1 - c ** 2))) /
    Math.sqrt(2 * Math.PI * v * (1 - c ** (2 * steps)) / (1 - c ** 2));
  const T = Math.ceil(10 / (eta * m));
  assert.equal(T, 219);
  assert.deepEqual([T, 500].map((steps) => distance(steps).toExponential(0)), ["5e-3", "1e-8"]);
});
