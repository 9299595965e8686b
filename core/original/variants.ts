/**
 * What the authors' released code, their published files and a corrected method do differently: one table, a row a
 * difference, from which `--variant` sets every flag that is not given.
 *
 * `deno task variants`
 * @module
 */
import { type Algorithm, EXPERIMENTS } from "./experiments.ts";
import type { BoundVersion } from "../accountant/noisy_sgd.ts";
import type { Triangle } from "../accountant/langevin.ts";
import type { OrderSearch, Removal } from "./accountant.ts";
import type { Smoothness, StepSize } from "./problem.ts";
import { markdownTable } from "../text/table.ts";

/** `released`: the code as it stands; `published`: what made the result files; `corrected`: the best certified run. */
export type Variant = "released" | "published" | "corrected";

/** The variants, the default first. */
export const VARIANTS: readonly Variant[] = ["released", "published", "corrected"];

/** Which σ Figure 3a takes: hard-coded ones, or the smallest σ with K ≤ k. */
export const NOISE_SCALES = ["intended", "corrupted", "calibrated"] as const;

/** Which σ Figure 3a of the sequel takes: the upper end of its authors' bisection, or the smallest. */
export const SGD_NOISE_SCALES = ["bisected", "calibrated"] as const;

/** Which ε0 Figure 3c shows. */
export const EPSILON0_KINDS = ["minimum", "at_alpha"] as const;

/** The flags that a variant sets. */
export type Choices = {
  /** Where L comes from. */
  readonly smoothness: Smoothness;
  /** Which σ Figure 3a takes. */
  readonly noise_scales: (typeof NOISE_SCALES | typeof SGD_NOISE_SCALES)[number];
  /** K is 1, or 1 plus a multiple of this. */
  readonly k_stride: number;
  /** Whether chains take one step more than asked for. */
  readonly extra_step: boolean;
  /** Mean of the starting weights. */
  readonly init_mean: number;
  /** Whether the regularizer is clipped with a row's gradient; without it for two classes only. */
  readonly clip_regularizer?: boolean | undefined;
  /** M, the norm to which a row's gradient is clipped; without it 1, for the softmax loss 2. */
  readonly M?: number | undefined;
  /** Labels of the softmax loss: ±1 or one-hot. */
  readonly trainMode: "binary" | "multi";
  /** Whether the rows that take the place of removed ones are drawn anew for every request and cell. */
  readonly redraw: boolean;
  /** Whether request j of a sequence removes (j + 1)·S rows, from j = 0 on. */
  readonly off_by_one: boolean;
  /** Which accountant says what a removal costs, by its name. */
  readonly accountant: string;
  /** What removed rows become: random rows, or null rows. */
  readonly removal: Removal;
  /** The length of a Langevin step. */
  readonly step_size: StepSize;
  /** δ; 1/n without it. */
  readonly delta?: number | undefined;
  /** Which orders α the paper's accountant searches. */
  readonly orders: OrderSearch;
  /** Which weak triangle inequality accounts for a sequence. */
  readonly triangle: Triangle;
  /** Whether ε0 is the least over all orders α, or that at the α of K without the term log(1/δ)/(α − 1). */
  readonly epsilon0: typeof EPSILON0_KINDS[number];
  /**
   * Whether Figure 3c takes σ = 0.01, and its files of K, α and ε0, from L = 1/4 + λn whatever the smoothness;
   * `epsilon0.npy` is then without σ = 0.01. Of the sequel, whether it takes the K of ε = 1 by the bounds of January
   * 2024, and has in its files of K those of ε = 0.01.
   */
  readonly mixture: boolean;
  /** Which version of the sequel's bounds. */
  readonly bound_version?: BoundVersion | undefined;
  /** R, to which weights are projected after every step; 0, and undefined of Langevin chains, is no projection. */
  readonly projection?: number | undefined;
  /** Whether the accountant has T = 30 for b = 128, and 3000 for the full batch, whatever was learned. */
  readonly forced_T?: boolean | undefined;
  /** Whether rows at the end of a permutation that do not fill a batch are left out; else they are a smaller batch. */
  readonly drop_last?: boolean | undefined;
  /** How many training rows are taken, the first ones; all without it. */
  readonly train_rows?: number | undefined;
};

/** What a choice may depend on. */
export interface Occasion {
  /** The algorithm, `LMC` without it. */
  readonly algorithm?: Algorithm;
  /** Whether it is one of the multi-class scripts. */
  readonly multiclass: boolean;
  /** The experiment's folder. */
  readonly experiment: string;
  /** Name of the dataset. */
  readonly dataset: string;
}

/** What one variant does about a difference. */
export interface Choice<Value> {
  /** The flag's value, which may depend on the occasion. */
  readonly value: Value | ((occasion: Occasion) => Value);
  /** The same in words, values of the flag in backticks. */
  readonly text: string;
}

/** A row of the table. */
export interface Difference<Value> extends Readonly<Record<Variant, Choice<Value>>> {
  /** What differs. */
  readonly subject: string;
  /** The flag that overrides this row. */
  readonly flag: string;
  /** What it does to the result. */
  readonly effect: string;
  /** Where it comes from. */
  readonly source: string;
}

/** The code of January 2024, when MNIST and CIFAR10 were run, had the spectral constant. */
const ofJanuary = ({ algorithm, dataset, experiment }: Occasion) =>
  algorithm !== "SGD" && ["MNIST", "CIFAR10"].includes(dataset) && experiment !== "retrain_noiseless";
const isSgd = ({ algorithm }: Occasion) => algorithm === "SGD";
const isMnist = ({ dataset }: Occasion) => dataset === "MNIST";
const isBaseline = ({ experiment }: Occasion) =>
  EXPERIMENTS.some(({ name, script }) => name === experiment && script === "baseline");

/** How many training rows the sequel takes of a dataset. */
const CUT_ROWS: Readonly<Record<string, number>> = {
  ...{ MNIST: 11264, CIFAR10: 9728 },
  ...{ MNIST_MULTI: 56320, CIFAR10_MULTI: 48640 },
};

/** One value for the sequel, and one for Langevin chains. */
const ofSgd = <Value>(sgd: Value, lmc?: Value) => (occasion: Occasion) => isSgd(occasion) ? sgd : lmc as Value;

const same = <Value>(value: Choice<Value>["value"], text: string) => ({
  released: { value, text },
  published: { value, text },
});

/** The table, by the name of the option. */
export const DIFFERENCES: { readonly [Option in keyof Choices]-?: Difference<Choices[Option]> } = {
  smoothness: {
    subject: "smoothness constant L",
    flag: "--smoothness",
    released: { value: "bound", text: "`bound`: 1/4 + λn; softmax 1 + λn" },
    published: {
      value: (occasion) => ofJanuary(occasion) ? "spectral" : "bound",
      text: "`spectral` on MNIST and CIFAR10, but `bound` for noise-free retraining, on others and for SGD",
    },
    corrected: { value: "theorem", text: "`theorem`: 1/4 + λn; softmax 1/2 + λn" },
    effect: "The larger bound takes shorter steps: K is 1.35 (MNIST) to 1.42 (CIFAR10) times as large; " +
      "but a spectral L depends on the removed rows.",
    source: "get_metadata; changed on 17 January and 21 March 2024, after the published runs",
  },
  noise_scales: {
    subject: "σ of Figure 3a",
    flag: "--noise_scales",
    released: {
      value: ofSgd("bisected", "intended"),
      text:
        "`intended`: the hard-coded lists, four corrupted σ restored; SGD `bisected`: the upper end of a bisection " +
        "to 1e-8",
    },
    published: {
      value: ofSgd("bisected", "corrupted"),
      text: "`corrupted`: the same with six σ divided by 100 (MNIST ε = 0.5, CIFAR10 ε = 1); SGD `bisected`",
    },
    corrected: { value: "calibrated", text: "`calibrated`: the smallest σ with K ≤ k" },
    effect: "A corrupted σ makes a nearly noise-free point with thousands of unlearning steps; " +
      "the lists were searched with the other L and miss their k by up to 2 steps.",
    source: "baseline.py, lines 289 to 307; a bulk replacement of 12 January 2024; main_sgd.py",
  },
  k_stride: {
    subject: "search of K",
    flag: "--k_stride",
    ...same((occasion) => isBaseline(occasion) ? 1 : 10, "`1`: every K; main_lmc `10`: K = 1, 11, 21, …"),
    corrected: { value: 1, text: "`1`: every K" },
    effect: "K is up to 9 larger than it needs to be.",
    source: "search_finetune_step of main_lmc.py",
  },
  extra_step: {
    subject: "length of a chain",
    flag: "--extra_step",
    ...same<boolean>(true, "`1`: one step more than asked for, of SGD one epoch"),
    corrected: { value: false, text: "`0`: exactly K steps" },
    effect: "One step too many, which only adds to the privacy; of SGD K = 1 takes 2 epochs.",
    source: "every loop runs len_list + burn_in times",
  },
  init_mean: {
    subject: "mean of the start",
    flag: "--init_mean",
    ...same<number>(
      (occasion) => isSgd(occasion) && !occasion.multiclass ? 0 : 1000,
      "`1000`; Langevin chains of the softmax loss, and SGD of two classes, `0`",
    ),
    corrected: { value: 0, text: "`0`" },
    effect: "From 1000 the clipped gradient takes 7300 (MNIST) or 5900 (CIFAR10) steps to come back; same law then.",
    source: "langevin.py, line 19; gradient_descent_algorithm; main_sgd_multiclass.py",
  },
  clip_regularizer: {
    subject: "what is clipped to M",
    flag: "--clip_regularizer",
    ...same<boolean | undefined>(
      ofSgd<boolean | undefined>(false),
      "`1`: a row's gradient with the regularizer; softmax, and SGD, `0`: without",
    ),
    corrected: { value: false, text: "`0`: a row's gradient without the regularizer" },
    effect: "With the regularizer clipped the loss is not strongly convex far out, which the theorem asks for; " +
      "for σ ≥ 0.2 the accuracy changes.",
    source: "langevin.py, lines 27 to 32",
  },
  M: {
    subject: "M",
    flag: "--M",
    ...same<number | undefined>(
      (occasion) => isSgd(occasion) && occasion.multiclass ? 1 : undefined,
      "`1`; softmax `2`, of SGD `1`",
    ),
    corrected: { value: undefined, text: "`1`; softmax √2, with `--smoothness theorem`" },
    effect:
      "No gradient of the softmax loss with one-hot labels is longer than √2: with M = 2, ε0 is twice as large; " +
      "clipped to 1, it is none of a convex loss, and no theorem holds.",
    source: "get_metadata of the multi-class scripts, of which those of the first paper ignore --M",
  },
  trainMode: {
    subject: "labels of the softmax loss",
    flag: "--train-mode",
    released: { value: "multi", text: "`multi`: one-hot (the default of baseline_multiclass.py is `binary`)" },
    published: {
      value: (occasion) => occasion.multiclass && isBaseline(occasion) ? "binary" : "multi",
      text: "`binary` (±1) in baseline_multiclass, else `multi`",
    },
    corrected: { value: "multi", text: "`multi`: one-hot" },
    effect: "With ±1 every gradient is longer than M = 2 and clipped: another objective.",
    source: "--train-mode of baseline_multiclass.py with utils.py",
  },
  redraw: {
    subject: "rows in the place of removed ones",
    flag: "--redraw",
    ...same<boolean>(true, "`1`: drawn anew for every request"),
    corrected: { value: false, text: "`0`: drawn once" },
    effect: "Drawn anew, request i of a sequence changes i·S rows, while the accountant counts S.",
    source: "get_removed_data",
  },
  off_by_one: {
    subject: "rows removed by request j",
    flag: "--off_by_one",
    ...same<boolean>(true, "`1`: (j + 1)·S with the steps for j·S, from j = 0 on"),
    corrected: { value: false, text: "`0`: j·S, from j = 1 on" },
    effect: "The last request has removed one batch more than was accounted for.",
    source: "sequential2 of baseline.py, lines 136 to 141",
  },
  accountant: {
    subject: "accountant",
    flag: "--accountant",
    ...same<string>(
      ofSgd("sgd", "paper"),
      "`paper`: Rényi differences, Theorems 3.2 and 3.3; SGD `sgd`: those of the sequel",
    ),
    corrected: { value: "exact", text: "`exact`: shifted interpolation, exact conversion" },
    effect:
      "For the same ε the exact one takes about a thirtieth of the steps (1997 → 60), or a third to a half of σ; " +
      "of batches it takes the worst place of a removed row, since places are secret.",
    source: "arXiv 2401.10371; 2403.17105",
  },
  removal: {
    subject: "what removed rows become",
    flag: "--removal",
    ...same<Removal>("random", "`random` rows of random labels"),
    corrected: { value: "null", text: "`null` rows, which contribute nothing; n and λn stay" },
    effect: "Unlearning is compared with learning on the remaining rows alone; S rows count half (60 → 45 steps).",
    source: "get_removed_data",
  },
  step_size: {
    subject: "length of a Langevin step",
    flag: "--step_size",
    ...same<StepSize>("1/L", "`1/L`"),
    corrected: { value: "2/(m+L)", text: "`2/(m+L)`, the fastest contraction" },
    effect:
      "Half the steps (45 → 23 of S = 100, ε = 1), at an accuracy of 0.899 beside 0.902, where 20 trials vary by " +
      "0.014; the paper's theorem does not allow it.",
    source: "get_metadata",
  },
  delta: {
    subject: "δ",
    flag: "--delta",
    ...same<number | undefined>(undefined, "1/n"),
    corrected: { value: undefined, text: "1/n" },
    effect: "A smaller δ takes a larger K.",
    source: "get_metadata",
  },
  orders: {
    subject: "Rényi orders α searched",
    flag: "--orders",
    ...same<OrderSearch>("boxed", "`boxed`: from 1 (baseline 2) to 10000 (sequences 100000)"),
    corrected: { value: "all", text: "`all` above 1" },
    effect: "Within the box no ε below log(1/δ)/9999 is in reach (MNIST: 0.0009), and K is too large near it.",
    source: "search_finetune_step, epsilon_s_with_alpha",
  },
  triangle: {
    subject: "weak triangle inequality of a sequence",
    flag: "--triangle",
    ...same<Triangle>("half", "`half`: orders 2α and 2α"),
    corrected: { value: "tight", text: "`tight`: orders 2α − 1 and 2α" },
    effect: "The looser one takes up to 1 % more steps (MNIST, S = 10: 8739 instead of 8682).",
    source: "epsilon_s_with_alpha; the code until 15 January 2024, and arXiv 2403.17105",
  },
  epsilon0: {
    subject: "ε0 of Figure 3c",
    flag: "--epsilon0",
    released: { value: "minimum", text: "`minimum`: the least over all orders" },
    published: {
      value: (occasion) => occasion.dataset === "CIFAR10" && !isSgd(occasion) ? "at_alpha" : "minimum",
      text: "`at_alpha` on CIFAR10: at the order of K, without log(1/δ)/(α − 1); else `minimum`",
    },
    corrected: { value: "minimum", text: "`minimum`: the least over all orders" },
    effect: "At the order of K it is no (ε0, δ) guarantee (CIFAR10, σ = 0.05: 182.8 instead of 40.3).",
    source: "main_lmc.py, line 114; changed on 10 May 2024",
  },
  mixture: {
    subject: "constants of Figure 3c",
    flag: "--mixture",
    released: { value: false, text: "`0`: those of the run" },
    published: {
      value: (occasion) => occasion.experiment === "paint_unlearning_sigma" && (isSgd(occasion) || isMnist(occasion)),
      text:
        "`1` on MNIST: σ = 0.01 (not in epsilon0.npy) and all files of K, α and ε0 from L = 1/4 + λn; SGD `1`: K of " +
        "ε = 1 by the bounds of 25 January 2024 (σ = 0.01: 29 January), files of K of ε = 0.01; else `0`",
    },
    corrected: { value: false, text: "`0`: those of the run" },
    effect:
      "The files of K say 1741 where the accuracies are those after 1301 steps; of SGD (MNIST, b = n, σ = 0.05) " +
      "7026 epochs in all where they are those after 634.",
    source: "paint_unlearning_sigma, files of January, March to May, and October 2024",
  },
  bound_version: {
    subject: "SGD: version of the bounds",
    flag: "--bound_version",
    released: { value: ofSgd<BoundVersion | undefined>("released"), text: "`released`: since 31 January 2024" },
    published: {
      value: (occasion) => !isSgd(occasion) ? undefined : occasion.experiment === "sequential" ? "jan25" : "released",
      text: "`released`; of sequences `jan25`: until 29 January 2024, Z_B with 1/(1 − c), every request by the optimum",
    },
    corrected: {
      value: ofSgd<BoundVersion | undefined>("released"),
      text: "`released`, if the accountant is sgd",
    },
    effect: "K of Figure 3b: 886 instead of 887 for the full batch of MNIST, 300 instead of 100 for b = 512.",
    source: "main_sgd.py of 25, 29 and 31 January 2024",
  },
  projection: {
    subject: "SGD: radius R of the ball",
    flag: "--projection",
    released: { value: ofSgd<number | undefined>(100), text: "`100`, the flag's default" },
    published: { value: ofSgd<number | undefined>(0), text: "`0`: none, as README and logs have it" },
    corrected: { value: ofSgd<number | undefined>(100), text: "`100`" },
    effect: "No theorem of the sequel is for chains without a ball; σ and K are those of R = 100 to the last bit. " +
      "From σ of about 0.4 on chains are outside: accuracies at ε ≤ 0.1 are 2 to 3 points higher without it.",
    source: "README, main.sh; the paper's section N.4",
  },
  forced_T: {
    subject: "SGD: epochs T of learning that are accounted for",
    flag: "--forced_T",
    ...same(ofSgd<boolean | undefined>(true), "`1`: 30 for b = 128, 3000 for the full batch, else T"),
    corrected: { value: ofSgd<boolean | undefined>(false), text: "`0`: T" },
    effect: "None on what was published: its terms are below 1e-35. With few epochs ε would be too small.",
    source: "main_sgd.py, compare_baseline_nonconvergent",
  },
  drop_last: {
    subject: "SGD: rows that do not fill a batch",
    flag: "--drop_last",
    ...same(ofSgd<boolean | undefined>(true), "`1`: never learned"),
    corrected: { value: ofSgd<boolean | undefined>(false), text: "`0`: a smaller last batch" },
    effect: "None where b divides n, as every b of the original does.",
    source: "sgd.py",
  },
  train_rows: {
    subject: "SGD: number of training rows",
    flag: "--train_rows",
    ...same(
      (occasion) => isSgd(occasion) ? CUT_ROWS[occasion.dataset] : undefined,
      "`11264` of MNIST, `9728` of CIFAR10, `56320` of MNIST_MULTI and `48640` of CIFAR10_MULTI, the first ones; of " +
        "others all",
    ),
    corrected: { value: undefined, text: "all" },
    effect: "MNIST lacks 718 and CIFAR10 272 rows, all of one class; what it is compared with has them.",
    source: "main_sgd.py, main_sgd_multiclass.py",
  },
};

/**
 * What a variant sets the flags to.
 *
 * @param variant The variant.
 * @param occasion Script, experiment and dataset.
 * @returns A value for every flag of the table.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { choicesOf } from "./variants.ts";
 *
 * const occasion = { multiclass: false, experiment: "paint_utility_s", dataset: "MNIST" };
 * assert.equal(choicesOf("released", occasion).k_stride, 10);
 * assert.equal(choicesOf("published", occasion).smoothness, "spectral");
 * ```
 */
export function choicesOf(variant: Variant, occasion: Occasion): Choices {
  const entries = Object.entries(DIFFERENCES).map(([option, difference]) => {
    const { value } = difference[variant];
    return [option, typeof value === "function" ? value(occasion) : value];
  });
  return Object.fromEntries(entries) as Choices;
}

/**
 * The table as Markdown, as it stands in docs/original.md.
 *
 * @returns Lines of Markdown.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { variantsMarkdown } from "./variants.ts";
 *
 * assert.match(variantsMarkdown(), /^\| difference and its flag/);
 * ```
 */
export function variantsMarkdown(): string {
  const rows = Object.values(DIFFERENCES).map(({ subject, flag, released, published, corrected, effect, source }) => [
    `${subject}, \`${flag}\``,
    ...[released, published, corrected].map(({ text }) => text),
    `${effect} (${source})`,
  ]);
  return markdownTable(["difference and its flag", ...VARIANTS, "what it does, and where it is from"], rows);
}
