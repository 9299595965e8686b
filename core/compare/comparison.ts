/**
 * Compares our results with those of the original, array by array.
 *
 * Noisy chains are compared by Welch's test and, where both sides have the single trials, by the exact test of
 * Kolmogorov and Smirnov; Holm's correction is over all tests of all experiments. Arrays whose trials spread by less
 * than half a row of the test set cannot be tested: those of chains without noise, or with as little as a sequence of
 * Descent-to-Delete has. They are equal, or a few rows of the test set apart, since the random rows that replace
 * removed ones are the same for all trials of an array and others with another seed.
 * @module
 */
import {
  holm,
  type KolmogorovSmirnov,
  kolmogorovSmirnovTest,
  type Welch,
  welchTest,
} from "../statistics/hypothesis_tests.ts";
import type { Algorithm } from "../original/experiments.ts";
import { publishedAccuracies } from "../original/published.ts";
import type { Accuracies, Contents, Numbers, OurContents } from "./contents.ts";
import { noteOn, wrongAsPublished } from "../original/errata.ts";

/** An experiment of which we have results. */
export interface Pair {
  /** The algorithm, `LMC` without it. */
  readonly algorithm?: Algorithm;
  /** Name of the dataset. */
  readonly dataset: string;
  /** The experiment's folder. */
  readonly experiment: string;
  /** Ours. */
  readonly ours: OurContents;
  /** Theirs. */
  readonly theirs: Contents;
}

/**
 * `agrees` or `differs` at 1 % after Holm's correction; `equal` or `apart` of two arrays without spread; `untested`
 * where there are too few trials for a test.
 */
export type Verdict = "agrees" | "differs" | "equal" | "apart" | "untested";

/** Two arrays of accuracies. */
export interface AccuracyRow {
  /** The file, relative to the experiment's folder. */
  readonly file: string;
  /** Ours. */
  readonly ours: Accuracies;
  /** Theirs. */
  readonly theirs: Accuracies;
  /** The test of equal means, if there is one. */
  readonly welch?: Welch;
  /** The test of equal distributions, if there is one. */
  readonly ks?: KolmogorovSmirnov;
  /** The least of this row's p-values after Holm's correction. */
  readonly p?: number;
  /** What follows. */
  readonly verdict: Verdict;
}

/** Two files of the accountant's numbers. */
export interface NumbersRow {
  /** The file, relative to the experiment's folder. */
  readonly file: string;
  /** How many numbers are equal. */
  readonly equal: number;
  /** How many there are, those that only one side has included. */
  readonly total: number;
  /** Where they differ first, empty if they do not. */
  readonly firstDifference: string;
  /** What is known about it, or nothing. */
  readonly note: string;
}

/** What came out for one experiment. */
export interface Comparison extends Pair {
  /** The accuracies that both sides have. */
  readonly accuracies: readonly AccuracyRow[];
  /** The accountant's numbers that both sides have. */
  readonly numbers: readonly NumbersRow[];
  /** Files that are not compared, and why. */
  readonly leftOut: readonly { readonly file: string; readonly reason: string }[];
  /** Their files that we have not. */
  readonly missingInOurs: readonly string[];
  /** Our files that they have not. */
  readonly missingInTheirs: readonly string[];
}

/** An array agrees if its corrected p-values are at least this. */
export const LEVEL = 0.01;

/** Accuracies are hundredths of a per cent at least apart, but for the rounding of float32. */
const ROUNDING = 1e-6;
/** α and ε0 are equal if they are relatively as close as this: more is lost in the original's search. */
const TOLERANCE = 1e-9;

/**
 * Compares experiments.
 *
 * @param pairs The experiments.
 * @returns The comparisons, in the same order.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { compare } from "./comparison.ts";
 * import { publishedContents } from "./contents.ts";
 *
 * const theirs = publishedContents("MNIST", "paint_utility_epsilon");
 * const pair = { dataset: "MNIST", experiment: "paint_utility_epsilon", ours: { ...theirs, summaries: [] }, theirs };
 * const [{ accuracies, numbers }] = compare([pair]);
 * assert.ok(accuracies.every(({ verdict }) => verdict === "agrees"));
 * assert.ok(numbers.every(({ equal, total }) => equal === total));
 * ```
 */
export function compare(pairs: readonly Pair[]): Comparison[] {
  const comparisons = pairs.map(comparePair);
  const pValues = comparisons.flatMap(({ accuracies }) => accuracies.flatMap(pValuesOf));
  const corrected = holm(pValues).values();
  const judge = (row: AccuracyRow): AccuracyRow => {
    const own = pValuesOf(row).map(() => corrected.next().value!);
    if (own.length === 0) return row;
    const p = Math.min(...own);
    return { ...row, p, verdict: p < LEVEL ? "differs" : "agrees" };
  };
  return comparisons.map((comparison) => ({ ...comparison, accuracies: comparison.accuracies.map(judge) }));
}

const pValuesOf = ({ welch, ks }: AccuracyRow): number[] => [welch, ks].flatMap((test) => test ? [test.p] : []);

function comparePair(pair: Pair): Comparison {
  const { algorithm, dataset, experiment, ours, theirs } = pair;
  const published = publishedAccuracies(dataset, experiment, algorithm);
  const sigmas = new Map(ours.summaries.map(({ array, sigma }) => [array, sigma]));
  const pathOf = (file: string) => `${dataset}/${experiment}/${file}`;

  /** Why a file must not be compared. A point that the authors published with another σ than ours is left out. */
  const reasonOf = (file: string): string | undefined => {
    const [sigma, point, here] = [sigmas.get(file), published.get(file), theirs.accuracies.get(file)];
    if (sigma && point?.sigma && here && Math.abs(point.mean - here.mean) < ROUNDING) {
      const isOther = Math.abs(point.sigma / sigma - 1) > OTHER_NOISE;
      if (isOther) return `published with σ = ${point.sigma}, ours has σ = ${sigma}`;
    }
    return wrongAsPublished(pathOf(file));
  };
  const theirFiles = [...theirs.accuracies.keys(), ...theirs.numbers.keys()];
  const leftOut = theirFiles.flatMap((file) => {
    const reason = reasonOf(file);
    return reason ? [{ file, reason }] : [];
  });
  const isWrong = new Set(leftOut.map(({ file }) => file));
  const ourFiles = [...ours.accuracies.keys(), ...ours.numbers.keys()];
  return {
    ...pair,
    leftOut,
    accuracies: common(ours.accuracies, theirs.accuracies, isWrong)
      .map(([file, ours, theirs]) => compareAccuracies(file, ours, theirs)),
    numbers: common(ours.numbers, theirs.numbers, isWrong)
      .map(([file, ours, theirs]) => ({ ...compareNumbers(file, ours, theirs), note: noteOn(pathOf(file)) })),
    missingInOurs: theirFiles.filter((file) => !ourFiles.includes(file) && !isWrong.has(file)),
    missingInTheirs: ourFiles.filter((file) => !theirFiles.includes(file)),
  };
}

/** The relative difference of two σ that matters; lists that were searched again differ by less. */
const OTHER_NOISE = 0.01;

/** What both sides have, in the order of ours. */
function common<T>(
  ours: ReadonlyMap<string, T>,
  theirs: ReadonlyMap<string, T>,
  without: ReadonlySet<string>,
): [file: string, ours: T, theirs: T][] {
  return [...ours].flatMap(([file, content]): [string, T, T][] => {
    const other = theirs.get(file);
    return other === undefined || without.has(file) ? [] : [[file, content, other]];
  });
}

/**
 * Half a row of the smallest test set, CIFAR-10's 2000; MNIST has 1984. The arrays of Langevin chains spread by more.
 */
const LEAST_SPREAD = 1 / 4000;

function compareAccuracies(file: string, ours: Accuracies, theirs: Accuracies): AccuracyRow {
  const sides = { file, ours, theirs };
  if (ours.std < LEAST_SPREAD && theirs.std < LEAST_SPREAD) {
    return { ...sides, verdict: Math.abs(ours.mean - theirs.mean) < ROUNDING ? "equal" : "apart" };
  }
  return {
    ...sides,
    verdict: "untested",
    ...(Math.min(ours.n, theirs.n) > 1 && { welch: welchTest(ours, theirs) }),
    ...(ours.trials && theirs.trials && {
      ks: kolmogorovSmirnovTest(ours.trials.map(rounded), theirs.trials.map(rounded)),
    }),
  };
}

const rounded = (accuracy: number) => Math.round(accuracy / ROUNDING);

function compareNumbers(file: string, ours: Numbers, theirs: Numbers): Omit<NumbersRow, "note"> {
  const places = [...new Set([...ours.keys(), ...theirs.keys()])];
  const differing = places.filter((place) => !isEqual(ours.get(place), theirs.get(place)));
  const [first] = differing;
  const text = (side: Numbers) => side.get(first) ?? "none";
  const firstDifference = first === undefined ? "" : `at ${first}: ${text(ours)}, theirs ${text(theirs)}`;
  return { file, equal: places.length - differing.length, total: places.length, firstDifference };
}

const isEqual = (ours = NaN, theirs = NaN) =>
  ours === theirs ||
  !Number.isInteger(theirs) && Math.abs(ours - theirs) <= TOLERANCE * Math.abs(theirs);
