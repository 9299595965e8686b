/**
 * What the planner answers: K, σ or ε of a setting by every accountant, what a month of requests costs, and the command
 * lines that do it.
 * @module
 */
import type { Accountant, Target } from "../accountant/accountant.ts";
import { ACCOUNTANTS } from "../accountant/accountants.ts";
import { fewestSteps, fewestStepsEach, smallestSigma } from "../accountant/calibrate.ts";
import { exactAccountant } from "../accountant/exact.ts";
import { type Chain, NEIGHBOURS } from "../accountant/history.ts";
import { learningSteps, makeProblem } from "../model/problem.ts";
import { parseDecimal, upwards } from "../text/decimal.ts";

/** What is asked for; the other two of K, σ and ε are given. */
export const SOUGHT = ["K", "sigma", "epsilon"] as const;

/** What is asked for. */
export type Sought = typeof SOUGHT[number];

/** Everything that the user chooses. */
export interface Settings {
  /** What is asked for. */
  readonly find: Sought;
  /** Training rows. */
  readonly n: number;
  /** Features. */
  readonly d: number;
  /** λ, the L2 regularization of one row. */
  readonly lambda: number;
  /** Classes. */
  readonly classes: number;
  /** ε. */
  readonly epsilon: number;
  /** δ. */
  readonly delta: number;
  /** S, the rows of a request. */
  readonly S: number;
  /** σ. */
  readonly sigma: number;
  /** K. */
  readonly K: number;
  /** Requests a month. */
  readonly month: number;
  /** What a removed row becomes. */
  readonly neighbours: typeof NEIGHBOURS[number];
  /** T, the epochs of learning; any number without it. */
  readonly T?: number;
  /** b, the rows of a step; all of them without it. */
  readonly b?: number;
  /** R, the norm to which weights are projected; not without it. */
  readonly R?: number;
}

/** MNIST 3 against 8, as the paper has it. */
export const DEFAULTS: Settings = {
  ...{ find: "K", n: 11982, d: 784, lambda: 1e-6, classes: 2, epsilon: 1, delta: 1e-6 },
  ...{ S: 10, sigma: 0.01, K: 20, month: 4, neighbours: "null" },
};

/** Settings that may be left out. */
const OPTIONAL = ["T", "b", "R"] as const;

/** What each setting that is a number may be, as the form says it. */
export const RANGES: Readonly<
  Record<string, { readonly integer?: true; readonly least: number; readonly most: number }>
> = {
  n: { integer: true, least: 2, most: 1e9 },
  d: { integer: true, least: 1, most: 1e6 },
  lambda: { least: 1e-12, most: 1e3 },
  classes: { integer: true, least: 2, most: 1e4 },
  epsilon: { least: 1e-6, most: 1e3 },
  delta: { least: 1e-300, most: 0.5 },
  S: { integer: true, least: 1, most: 1e9 },
  sigma: { least: 1e-9, most: 1e6 },
  K: { integer: true, least: 1, most: 2 ** 31 },
  month: { integer: true, least: 1, most: 100 },
  T: { integer: true, least: 1, most: 2 ** 31 },
  b: { integer: true, least: 1, most: 1e9 },
  R: { least: 1e-6, most: 1e9 },
};

/**
 * A setting of a text.
 *
 * @param name Which.
 * @param text The text.
 * @returns Its value; undefined for an empty text of a setting that may be left out.
 * @throws {RangeError} If it cannot be that.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseSetting } from "./planner.ts";
 *
 * assert.equal(parseSetting("lambda", "1e-6"), 1e-6);
 * assert.throws(() => parseSetting("n", "1.5"), /n is a whole number from 2 to 1000000000, got 1.5/);
 * ```
 */
export function parseSetting(name: keyof Settings, text: string): string | number | undefined {
  const choices: readonly string[] | undefined = { find: SOUGHT, neighbours: NEIGHBOURS }[name as string];
  if (choices !== undefined) {
    if (choices.includes(text)) return text;
    throw new RangeError(`${name} is one of ${choices.join(", ")}, got ${text}`);
  }
  if (text === "" && (OPTIONAL as readonly string[]).includes(name)) return undefined;
  const { integer, least, most } = RANGES[name];
  const value = parseDecimal(text);
  if (value !== undefined && value >= least && value <= most && (!integer || Number.isInteger(value))) return value;
  throw new RangeError(
    `${name} is a ${integer ? "whole " : ""}number from ${least} to ${most}, got ${text || "nothing"}`,
  );
}

/**
 * Settings as the part of an address after `#`.
 *
 * @param settings The settings.
 * @returns The text.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { DEFAULTS, formatSettings, parseSettings } from "./planner.ts";
 *
 * assert.match(formatSettings(DEFAULTS), /^#find=K&n=11982&d=784&/);
 * assert.deepEqual(parseSettings(formatSettings({ ...DEFAULTS, R: 100 })), { ...DEFAULTS, R: 100 });
 * ```
 */
export function formatSettings(settings: Settings): string {
  return `#${new URLSearchParams(Object.entries(settings).map(([name, value]) => [name, String(value)]))}`;
}

/**
 * The settings of an address; those that it does not have are those of {@linkcode DEFAULTS}.
 *
 * @param hash The part of the address from `#` on.
 * @returns The settings.
 * @throws {RangeError} If the address has a setting that cannot be.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { DEFAULTS, parseSettings } from "./planner.ts";
 *
 * assert.deepEqual(parseSettings("#S=100"), { ...DEFAULTS, S: 100 });
 * ```
 */
export function parseSettings(hash: string): Settings {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  const names = [...Object.keys(DEFAULTS), ...OPTIONAL] as (keyof Settings)[];
  const unknown = [...given.keys()].find((name) => !(names as string[]).includes(name));
  if (unknown !== undefined) throw new RangeError(`there is no setting ${unknown}`);
  const values = names.map((name) => [name, given.has(name) ? parseSetting(name, given.get(name)!) : undefined]);
  return { ...DEFAULTS, ...Object.fromEntries(values.filter(([, value]) => value !== undefined)) };
}

/** What an accountant says of a setting. */
export interface Answer {
  /** Its name. */
  readonly accountant: string;
  /** K: found or given. */
  readonly K?: number;
  /** σ: found or given. */
  readonly sigma?: number;
  /** ε after K steps with σ. */
  readonly epsilon?: number;
  /** ε before them. */
  readonly before?: number;
  /** Why it says nothing. */
  readonly refusal?: string;
}

/**
 * The chain of a setting.
 *
 * @param settings The settings.
 * @returns The chain, with the setting's σ.
 * @throws {RangeError} If the numbers do not go together.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { chainOf, DEFAULTS } from "./planner.ts";
 *
 * assert.equal(chainOf(DEFAULTS).problem.n, 11982);
 * ```
 */
export function chainOf({ n, d, classes, lambda, sigma, neighbours, T, b, R }: Settings): Chain {
  return {
    ...{ problem: makeProblem({ n, d, classes, lambda }), sigma, neighbours },
    ...(T !== undefined && { T }),
    ...(b !== undefined && { batchSize: b }),
    ...(R !== undefined && { radius: R }),
  };
}

/** Why an accountant does not cover something, in place of its answer. */
function orRefusal(accountant: string, answer: () => Omit<Answer, "accountant">): Answer {
  try {
    return { accountant, ...answer() };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { accountant, refusal: error.message };
  }
}

/**
 * K, σ or ε of the first request, by an accountant.
 *
 * @param accountant The accountant.
 * @param settings The settings.
 * @returns What it says.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { exactAccountant } from "../accountant/exact.ts";
 * import { answerOf, DEFAULTS } from "./planner.ts";
 *
 * assert.equal(answerOf(exactAccountant(), { ...DEFAULTS, sigma: 0.03, delta: 1 / 11982, S: 100 }).K, 45);
 * ```
 */
export function answerOf(accountant: Accountant, settings: Settings): Answer {
  return orRefusal(accountant.name, () => {
    const { find, S, epsilon, delta } = settings;
    const target: Target = { epsilon, delta };
    const given = chainOf(settings);
    const sigma = find === "sigma"
      ? smallestSigma(accountant, { ...given, requests: [{ S, K: settings.K }] }, target)
      : settings.sigma;
    const chain = { ...given, sigma };
    const K = find === "K" ? fewestSteps(accountant, { ...chain, requests: [] }, S, target).K : settings.K;
    const epsilonAfter = (K: number) => accountant.guarantee({ ...chain, requests: [{ S, K }] }, delta).epsilon;
    return { K, sigma, epsilon: epsilonAfter(K), before: epsilonAfter(0) };
  });
}

/**
 * Settings with what was found in the place of what was sought.
 *
 * @param settings The settings.
 * @param answer What an accountant found; ε is rounded up to six digits.
 * @returns Settings whose K, σ and ε go together.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { answersOf, DEFAULTS, withAnswer } from "./planner.ts";
 *
 * assert.equal(withAnswer(DEFAULTS, answersOf(DEFAULTS)[1]).K, 25);
 * ```
 */
export function withAnswer(settings: Settings, { K, sigma, epsilon }: Answer): Settings {
  const { find } = settings;
  return {
    ...settings,
    K: K ?? settings.K,
    sigma: sigma ?? settings.sigma,
    ...(find === "epsilon" && epsilon !== undefined && { epsilon: Number(upwards(epsilon)) }),
  };
}

/**
 * What every accountant says of a setting.
 *
 * @param settings The settings.
 * @returns Their answers.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { answersOf, DEFAULTS } from "./planner.ts";
 *
 * const [paper, exact, sgd] = answersOf(DEFAULTS);
 * assert.ok(paper.K! > exact.K!);
 * assert.match(sgd.refusal!, /there is no radius/);
 * ```
 */
export function answersOf(settings: Settings): Answer[] {
  return Object.values(ACCOUNTANTS).map((open) => answerOf(open(), settings));
}

/**
 * T, the epochs of retraining that forget the start: 10/(ηm), as `learn` takes them, or those that are given.
 *
 * @param settings The settings.
 * @returns T.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { DEFAULTS, retrainingSteps } from "./planner.ts";
 *
 * assert.equal(retrainingSteps(DEFAULTS), 219);
 * ```
 */
export function retrainingSteps(settings: Settings): number {
  return settings.T ?? learningSteps(chainOf(settings).problem);
}

/** What a month of requests takes. */
export interface Month {
  /** K of each request. */
  readonly steps: readonly number[];
  /** T of retraining. */
  readonly T: number;
}

/**
 * What a month of requests takes by the exact accountant, each reaching ε given those before it.
 *
 * @param settings The settings.
 * @returns K of each, and T of retraining.
 * @throws {RangeError} If the accountant does not cover that, or ε is out of reach.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { DEFAULTS, monthOf } from "./planner.ts";
 *
 * assert.equal(monthOf({ ...DEFAULTS, sigma: 0.03 }).steps.length, 4);
 * ```
 */
export function monthOf(settings: Settings): Month {
  const { S, month, epsilon, delta } = settings;
  const sizes = Array<number>(month).fill(S);
  const steps = fewestStepsEach(exactAccountant(), chainOf(settings), sizes, { epsilon, delta });
  return { steps, T: retrainingSteps(settings) };
}

/** A point of a curve of the planner. */
export interface CurvePoint {
  /** Whose it is. */
  readonly accountant: string;
  /** σ. */
  readonly sigma: number;
  /** K. */
  readonly K: number;
  /** ε. */
  readonly epsilon: number;
}

const finite = (answers: readonly Answer[]) =>
  answers.filter(({ K, epsilon }) => K !== undefined && epsilon! < Infinity).map((answer) => answer as CurvePoint);

/** Points of a curve in K and in σ. */
const POINTS = 33;

/**
 * K against σ: what the ε of the setting takes, from a tenth to ten times its σ.
 *
 * @param settings The settings.
 * @returns The points of every accountant that covers the setting.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { DEFAULTS, stepsAgainstSigma } from "./planner.ts";
 *
 * const points = stepsAgainstSigma({ ...DEFAULTS, sigma: 0.03 }).filter(({ accountant }) => accountant === "exact");
 * assert.ok(points[0].K > points.at(-1)!.K);
 * ```
 */
export function stepsAgainstSigma(settings: Settings): CurvePoint[] {
  const sigmas = Array.from({ length: POINTS }, (_, i) => settings.sigma * 10 ** (2 * i / (POINTS - 1) - 1));
  return Object.values(ACCOUNTANTS).flatMap((open) =>
    finite(sigmas.map((sigma) => answerOf(open(), { ...settings, find: "K", sigma })))
  );
}

/**
 * ε against K, from 1 to ten times its K, and to 100 at least.
 *
 * @param settings The settings.
 * @returns The points of every accountant that covers the setting.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { DEFAULTS, epsilonAgainstSteps } from "./planner.ts";
 *
 * const points = epsilonAgainstSteps(DEFAULTS).filter(({ accountant }) => accountant === "exact");
 * assert.ok(points[0].epsilon > points.at(-1)!.epsilon);
 * ```
 */
export function epsilonAgainstSteps(settings: Settings): CurvePoint[] {
  const most = Math.max(100, 10 * settings.K);
  const steps = new Set(Array.from({ length: POINTS }, (_, i) => Math.round(most ** (i / (POINTS - 1)))));
  return Object.values(ACCOUNTANTS).flatMap((open) =>
    finite([...steps].map((K) => answerOf(open(), { ...settings, find: "epsilon", K })))
  );
}

/**
 * A number in the fewest letters.
 *
 * @param value The number.
 * @returns Its text.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { compact } from "./planner.ts";
 *
 * assert.deepEqual([1e-6, 0.03, 11982].map(compact), ["1e-6", "0.03", "11982"]);
 * ```
 */
export function compact(value: number): string {
  const [plain, scientific] = [String(value), value.toExponential().replace("+", "")];
  return scientific.length < plain.length ? scientific : plain;
}

/** A command line and what it does. */
export interface CommandLine {
  /** What it does. */
  readonly purpose: string;
  /** The command line. */
  readonly line: string;
}

/**
 * The command lines of settings.
 *
 * @param settings The settings, whose K, σ and ε go together.
 * @returns The command lines; what the commands cannot do is left out.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { commandLines, DEFAULTS } from "./planner.ts";
 *
 * const [learn] = commandLines(DEFAULTS);
 * assert.match(learn.line, /^deno task learn .*--lam 1e-6 --epsilon 1 --delta 1e-6 --capacity 10 --sigma 0.01$/);
 * ```
 */
export function commandLines(settings: Settings): CommandLine[] {
  const { find, n, d, classes, lambda, epsilon, delta, S, sigma, K, neighbours, T, b, R } = settings;
  if (b !== undefined) return [];
  const removal = neighbours === "null" ? "null" : "random";
  const several = classes > 2;
  const flags = (values: Record<string, string | number | undefined>) =>
    Object.entries(values).flatMap(([name, value]) =>
      value === undefined ? [] : [`--${name} ${typeof value === "number" ? compact(value) : value}`]
    ).join(" ");
  const files = "--train data/train.csv --schema data/schema.json --model result/models/first";
  const noise = find === "sigma" ? { k: K } : { sigma };
  const learn = flags({
    ...{ lam: lambda, epsilon, delta: delta <= 1 / (10 * n) ? delta : undefined, capacity: S, ...noise, burn_in: T },
  });
  const experiment = flags({
    ...{ lam: lambda, sigma, epsilons: epsilon, removes: S, removal, delta, paint_utility_s: 1 },
    ...{ variant: "corrected", dataset: several ? "MNIST_MULTI" : "MNIST" },
  });
  const guarantee = flags({
    ...{ n, d, classes, lam: lambda, sigma, num_remove: S, k: K, removal, delta, burn_in: T, radius: R },
  });
  return [
    ...(neighbours === "null" && R === undefined
      ? [{
        purpose: "Learn a model of your own table, from which rows can be deleted",
        line: `deno task learn ${files} ${learn}`,
      }]
      : []),
    {
      purpose: "Measure the accuracy that it costs, on MNIST or a data set of yours",
      line: `deno task main_lmc${several ? "_multiclass" : ""} ${experiment}`,
    },
    { purpose: "Draw ε against δ and against K, as files", line: `deno task guarantee ${guarantee}` },
  ];
}
