/**
 * The planner's page: reads its form, and shows what `planner.ts` answers.
 * @module
 */
import * as Plot from "@observablehq/plot";
import { ACCOUNTANTS } from "../../accountant/accountants.ts";
import { upwards } from "../../text/decimal.ts";
import { asPicture } from "../figure.ts";
import {
  type Answer,
  answersOf,
  commandLines,
  compact,
  type CurvePoint,
  DEFAULTS,
  epsilonAgainstSteps,
  formatSettings,
  monthOf,
  parseSetting,
  parseSettings,
  retrainingSteps,
  type Settings,
  stepsAgainstSigma,
  withAnswer,
} from "../planner.ts";

const element = <Kind extends HTMLElement>(selector: string) => document.querySelector<Kind>(selector)!;

const form = element<HTMLFormElement>("#form");
const fields = [...form.querySelectorAll<HTMLInputElement | HTMLSelectElement>("[name]")];
const sliders = [...form.querySelectorAll<HTMLInputElement>("[data-for]")];

/** Where each slider begins and ends, in powers of ten. */
const REACH: Readonly<Record<string, readonly [number, number]>> = {
  lambda: [-8, -1],
  S: [0, 4],
  epsilon: [-2, 1],
  sigma: [-4, 1],
  K: [0, 4],
};

const show = (value?: number) => value === undefined ? "" : value < Infinity ? upwards(value) : "∞";

/** The settings in the form; the first that cannot be is marked, and named where errors are. */
function readForm(): Settings | undefined {
  const values: Record<string, string | number> = {};
  let error = "";
  for (const field of fields) {
    const isRadio = field.type === "radio";
    if (isRadio && !(field as HTMLInputElement).checked) continue;
    field.removeAttribute("aria-invalid");
    try {
      const value = parseSetting(field.name as keyof Settings, field.value.trim());
      if (value !== undefined) values[field.name] = value;
    } catch (fault) {
      if (field.closest("[hidden]")) continue; // what is found needs no value
      field.setAttribute("aria-invalid", "true");
      error ||= (fault as Error).message;
    }
  }
  element("#error").textContent = error;
  return error === "" ? { ...DEFAULTS, ...values } : undefined;
}

/** Writes settings into the form. */
function fillForm(settings: Settings): void {
  for (const field of fields) {
    const setting = settings[field.name as keyof Settings] ?? "";
    const value = typeof setting === "number" ? compact(setting) : setting;
    if (field.type === "radio") (field as HTMLInputElement).checked = field.value === value;
    else field.value = value;
  }
}

/** Lets the sliders follow the fields, but the one that moves, and hides the field of what is found. */
function followForm(settings: Settings, moving: EventTarget | null): void {
  for (const slider of sliders) {
    const name = slider.dataset.for!;
    const text = form.querySelector<HTMLInputElement>(`[name=${name}]`)!.value;
    if (slider !== moving) slider.value = String(Math.log10(Number(text)));
    slider.setAttribute("aria-valuetext", text);
  }
  for (const given of form.querySelectorAll<HTMLElement>("[data-given]")) {
    given.hidden = given.dataset.given === settings.find;
  }
}

/** A row of a table. */
function row(header: string, cells: readonly string[]): HTMLTableRowElement {
  const result = document.createElement("tr");
  const head = Object.assign(document.createElement("th"), { scope: "row", textContent: header });
  result.append(head, ...cells.map((textContent) => Object.assign(document.createElement("td"), { textContent })));
  return result;
}

/** What the best answer is, in a sentence. */
function sentenceOf({ find, S, delta }: Settings, answer: Answer | undefined): string {
  if (!answer) return "No accountant covers these settings.";
  const rows = `${S} row${S === 1 ? "" : "s"}`;
  const { K, sigma, epsilon, accountant } = answer;
  const after = `unlearn ${rows} to ε = ${show(epsilon)} at δ = ${delta}, by the accountant ${accountant}`;
  if (find === "sigma") return `With σ = ${show(sigma)}, K = ${K} steps ${after}.`;
  return `K = ${K} step${K === 1 ? "" : "s"} with σ = ${show(sigma)} ${after}.`;
}

/** The answer to plan with: the exact accountant's, or of those that answer the best. */
function chosen({ find }: Settings, answers: readonly Answer[]): Answer | undefined {
  const given = answers.filter(({ refusal }) => refusal === undefined);
  return given.find(({ accountant }) => accountant === "exact") ?? given.sort((a, b) => a[find]! - b[find]!).at(0);
}

/** What a month takes, in a sentence. */
function monthSentence(settings: Settings): string {
  try {
    const { steps, T } = monthOf(settings);
    const total = steps.reduce((sum, K) => sum + K, 0);
    const retraining = T * steps.length;
    const ratio = retraining / total;
    const verdict = ratio > 1
      ? `Yes, ${ratio.toPrecision(2)} times`
      : `No, retraining takes ${ratio === 1 ? "as many steps" : `${(1 / ratio).toPrecision(2)} times fewer`}`;
    const each = steps.length > 6 ? `${steps.slice(0, 5).join(", ")}, …, ${steps.at(-1)}` : steps.join(", ");
    return `${verdict}: a month of ${steps.length} request${
      steps.length === 1 ? "" : "s"
    } takes ${total} steps (${each}) ` +
      `by the exact accountant, and ${retraining} if each retrains in T = ${T}.`;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return `Not known: ${error.message}. Retraining takes T = ${retrainingSteps(settings)} steps.`;
  }
}

/** ε below which nothing is drawn. */
const LEAST = 1e-4;

const colors = new Map(Object.keys(ACCOUNTANTS).map((name, i) => [name, `var(--series-${i + 1})`]));

/** Powers of ten; between them ticks have no label. */
const tick = (value: number) =>
  /^1(e|$)/.test(Number(value.toPrecision(9)).toExponential()) ? String(Number(value.toPrecision(1))) : "";

const axis = (
  label: string,
) => ({
  type: "log",
  label,
  labelArrow: "none",
  labelAnchor: "center",
  ticks: 5,
  tickFormat: tick,
  grid: true,
} as const);

/** One curve an accountant, with tips. */
function curves(
  points: readonly CurvePoint[],
  x: "sigma" | "K",
  y: "K" | "epsilon",
  rules: Plot.Markish[],
  label: string,
) {
  const names = { sigma: "σ", K: "K", epsilon: "ε" };
  const drawn = [...colors].filter(([name]) => points.some(({ accountant }) => accountant === name));
  const color = { domain: drawn.map(([name]) => name), range: drawn.map(([, color]) => color), legend: true };
  const plot = Plot.plot({
    ...{ width: 460, height: 320, marginLeft: 60, marginBottom: 45, ariaLabel: label, color },
    ...{ style: { fontSize: "13px" }, x: axis(names[x]), y: axis(names[y]) },
    marks: [
      Plot.line(points, { x, y, stroke: "accountant" }),
      ...rules,
      Plot.dot(points, { x, y, stroke: "accountant", r: 2, channels: { accountant: "accountant" }, tip: true }),
    ],
  });
  return asPicture(plot);
}

/** Draws the two figures. */
function draw(settings: Settings): void {
  const { K, sigma, epsilon } = settings;
  const dashed = { strokeDasharray: "4,3", stroke: "currentColor" };
  const byNoise = stepsAgainstSigma(settings);
  const bySteps = epsilonAgainstSteps(settings).filter(({ epsilon }) => epsilon > LEAST);
  const [atNoise, atSteps, atEpsilon] = [
    Plot.ruleX([sigma], dashed),
    Plot.ruleX([K], dashed),
    Plot.ruleY([epsilon], dashed),
  ];
  element("#against-sigma").replaceChildren(
    curves(byNoise, "sigma", "K", [atNoise], "K against σ by every accountant"),
  );
  element("#against-K").replaceChildren(
    curves(bySteps, "K", "epsilon", [atSteps, atEpsilon], "ε against K by every accountant"),
  );
}

/** Shows the command lines, each with a button that copies it. */
function showLines(settings: Settings): void {
  element("#lines").replaceChildren(
    ...commandLines(settings).flatMap(({ purpose, line }) => {
      const text = Object.assign(document.createElement("p"), { textContent: `${purpose}: ` });
      const code = document.createElement("pre");
      const option = (textContent: string) =>
        Object.assign(document.createElement("span"), { className: "option", textContent });
      code.append(...line.split(/(--\w+)/).map((part) => part.startsWith("--") ? option(part) : part));
      const copy = Object.assign(document.createElement("button"), { type: "button", textContent: "Copy" });
      copy.onclick = async () => {
        getSelection()!.selectAllChildren(code);
        const copied = navigator.clipboard.writeText(line).then(
          () => "Copied",
          () => "Selected: copy it by the keyboard",
        );
        copy.textContent = await copied;
      };
      text.append(copy);
      return [text, code];
    }),
  );
}

let later: ReturnType<typeof setTimeout> | undefined;

/** Answers the form: numbers at once; figures, sentences and the address when the user pauses. */
function answer(moving: EventTarget | null = null): void {
  const settings = readForm();
  if (!settings) return;
  followForm(settings, moving);
  const answers = answersOf(settings);
  element("#answers").replaceChildren(
    ...answers.filter(({ refusal }) => refusal === undefined).map(({ accountant, K, sigma, epsilon, before }) =>
      row(accountant, [String(K), show(sigma), show(epsilon), show(before)])
    ),
  );
  element("#refusals").replaceChildren(
    ...answers.flatMap(({ accountant, refusal }) =>
      refusal === undefined
        ? []
        : [Object.assign(document.createElement("li"), { textContent: `Not ${accountant}: ${refusal}.` })]
    ),
  );
  clearTimeout(later);
  later = setTimeout(() => {
    history.replaceState(null, "", formatSettings(settings));
    const best = chosen(settings, answers);
    element("#told").textContent = sentenceOf(settings, best);
    if (!best) {
      for (const part of ["#month", "#lines", "#against-sigma", "#against-K"]) element(part).replaceChildren();
    } else {
      const settled = withAnswer(settings, best);
      element("#month").textContent = monthSentence(settled);
      showLines(settled);
      if (settled.epsilon < Infinity) draw(settled);
    }
    document.documentElement.dataset.shown = location.hash; // all is as the address says
  }, 150);
}

/** Takes the settings of the address. */
function openAddress(): void {
  try {
    fillForm(parseSettings(location.hash));
    answer();
  } catch (error) {
    fillForm(DEFAULTS);
    answer();
    element("#error").textContent = `The address: ${(error as Error).message}`;
  }
}

for (const slider of sliders) {
  const name = slider.dataset.for!;
  [slider.min, slider.max] = REACH[name].map(String);
  slider.step = "0.01";
  slider.addEventListener("input", () => {
    const value = 10 ** Number(slider.value);
    const digits = ["S", "K"].includes(name) ? Math.round(value) : Number(value.toPrecision(3));
    form.querySelector<HTMLInputElement>(`[name=${name}]`)!.value = compact(digits);
  });
}
form.addEventListener("input", ({ target }) => answer(target));
form.addEventListener("submit", (event) => event.preventDefault());
addEventListener("hashchange", openAddress);
openAddress();
