/**
 * The page that learns and unlearns. It is its own worker: the page starts one from its own text, lest it be busy while
 * an engine walks.
 * @module
 */
import { describeAdapter, openGpuDevice, openWasmEngine, openWebGpuEngine } from "../../browser.ts";
import {
  IMAGES_HEADER,
  LABELS_HEADER,
  type MnistFiles,
  PIXELS,
  positionsOf,
  SIDE,
  threesAndEights,
} from "../../datasets/mnist_rows.ts";
import { parseDecimal, upwards } from "../../text/decimal.ts";
import { learnModel, type Model, type Shown, type Wishes } from "../try.ts";

/** What the page asks its worker for. */
type Job =
  | { readonly files: MnistFiles; readonly engine: "wasm" | "webgpu"; readonly wishes: Wishes }
  | { readonly unlearn: readonly number[] };

/** What the worker answers. */
type Answer = { readonly shown: Shown; readonly engine: string; readonly ms: number } | { readonly error: string };

if (typeof document === "undefined") beWorker();
else bePage();

function beWorker(): void {
  const scope = self as unknown as Worker;
  let model: Model;
  let description = "";
  scope.onmessage = async ({ data }: MessageEvent<Job>) => {
    const began = performance.now();
    try {
      if ("files" in data) {
        const engine = data.engine === "wasm" ? await openWasmEngine() : await openWebGpuEngine(await openGpuDevice());
        description = engine.description;
        model = await learnModel(engine, threesAndEights(data.files), data.wishes);
      } else await model.unlearn(data.unlearn);
      const answer: Answer = { shown: model.shown, engine: description, ms: performance.now() - began };
      scope.postMessage(answer);
    } catch (error) {
      scope.postMessage({ error: (error as Error).message });
    }
  };
}

/** The four files, by what is in the names that people give them. */
const FILES: Readonly<Record<keyof MnistFiles, RegExp>> = {
  trainImages: /train.*images/,
  trainLabels: /train.*labels/,
  testImages: /(t10k|test).*images/,
  testLabels: /(t10k|test).*labels/,
};

async function unpacked(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<Uint8Array> {
  return new Uint8Array(await new Response(stream.pipeThrough(new DecompressionStream("gzip"))).arrayBuffer());
}

/** The files that the user picked. */
async function picked(files: readonly File[]): Promise<MnistFiles> {
  const entries = await Promise.all(
    Object.entries(FILES).map(async ([kind, pattern]) => {
      const file = files.find(({ name }) => pattern.test(name));
      if (!file) throw new RangeError(`none of the files is called like ${pattern.source.replaceAll(".*", "-")}`);
      const bytes = file.name.endsWith(".gz")
        ? await unpacked(file.stream())
        : new Uint8Array(await file.arrayBuffer());
      const isImages = kind.endsWith("Images");
      const count = new DataView(bytes.buffer).getUint32(4);
      if (
        bytes.length !== (isImages ? IMAGES_HEADER + PIXELS * count : LABELS_HEADER + count) ||
        bytes[3] !== (isImages ? 3 : 1)
      ) {
        throw new RangeError(`${file.name} is no file of MNIST's ${isImages ? "images" : "labels"}`);
      }
      return [kind, bytes];
    }),
  );
  return Object.fromEntries(entries) as MnistFiles;
}

/** The digits that are in the page. */
async function inlined(): Promise<MnistFiles> {
  const packed: Record<keyof MnistFiles, string> = JSON.parse(document.querySelector("#data")!.textContent!);
  const entries = Object.entries(packed).map(async ([kind, text]) => [
    kind,
    await unpacked(new Blob([Uint8Array.fromBase64(text)]).stream()),
  ]);
  return Object.fromEntries(await Promise.all(entries));
}

/** How many digits are shown to choose from. */
const CHOICES = 60;

function bePage(): void {
  const element = <Kind extends HTMLElement>(selector: string) => document.querySelector<Kind>(selector)!;
  const form = element<HTMLFormElement>("#form");
  const unlearn = element<HTMLButtonElement>("#unlearn");
  const learn = element<HTMLButtonElement>("#learn");
  const text = element("script[type=module]").textContent!;
  const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  let worker: Worker | undefined;

  const fail = (message: string) => element("#error").textContent = message;

  /** Asks the worker, and shows what it answers. */
  const ask = (job: Job, tell: (shown: Shown) => string) => {
    fail("");
    learn.disabled = unlearn.disabled = true;
    element("#told").textContent = "Computing…";
    worker!.onmessage = ({ data }: MessageEvent<Answer>) => {
      learn.disabled = unlearn.disabled = false;
      element("#told").textContent = "";
      if ("error" in data) return fail(data.error);
      const { shown, engine, ms } = data;
      const sentence = `${tell(shown)} Test accuracy ${(100 * shown.accuracy).toFixed(2)} %. ${Math.round(ms)} ms.`;
      element("#told").textContent = sentence;
      element("#events").append(Object.assign(document.createElement("li"), { textContent: sentence }));
      element("#adapter").textContent = engine;
      drawWeights(shown);
      if ("unlearn" in job) {
        for (const button of pressed()) Object.assign(button, { disabled: true, ariaPressed: "false" });
      }
      Object.assign(globalThis, { shown }); // for whoever looks at the numbers by the browser's console
    };
    worker!.onerror = ({ message }) => fail(message);
    worker!.postMessage(job);
  };

  const pressed = () => [...document.querySelectorAll<HTMLButtonElement>("#digits [aria-pressed=true]")];

  const drawWeights = ({ weights, accuracy }: Shown) => {
    const canvas = element<HTMLCanvasElement>("#weights");
    const largest = weights.reduce((most, w) => Math.max(most, Math.abs(w)), 0);
    const image = new ImageData(SIDE, SIDE);
    weights.forEach((w, k) => {
      const strength = Math.round(255 * Math.abs(w) / largest);
      image.data.set(w > 0 ? [230, 159, 0, strength] : [0, 114, 178, strength], 4 * k);
    });
    canvas.getContext("2d")!.putImageData(image, 0, 0);
    canvas.ariaLabel = `The weights as an image, of test accuracy ${(100 * accuracy).toFixed(2)} %`;
  };

  /** The training rows to choose from: as many 3's as 8's. */
  const showDigits = ({ trainImages, trainLabels }: MnistFiles) => {
    const [threes, eights] = [3, 8].map((digit) => positionsOf(trainLabels, digit));
    const choices = [
      ...threes.slice(0, CHOICES / 2).map((position, row) => ({ position, row })),
      ...eights.slice(0, CHOICES / 2).map((position, i) => ({ position, row: threes.length + i })),
    ];
    element("#digits").replaceChildren(...choices.map(({ position, row }) => {
      const image = new ImageData(SIDE, SIDE);
      for (let k = 0; k < PIXELS; k++) {
        image.data.set([127, 127, 127, trainImages[IMAGES_HEADER + PIXELS * position + k]], 4 * k);
      }
      const canvas = Object.assign(document.createElement("canvas"), { width: SIDE, height: SIDE, ariaHidden: "true" });
      canvas.getContext("2d")!.putImageData(image, 0, 0);
      const label = `row ${row}, a ${trainLabels[LABELS_HEADER + position]}`;
      const button = Object.assign(document.createElement("button"), {
        type: "button",
        title: label,
        ariaLabel: label,
      });
      Object.assign(button, { ariaPressed: "false" });
      button.dataset.row = String(row);
      button.onclick = () => button.ariaPressed = String(button.ariaPressed !== "true");
      button.append(canvas);
      return button;
    }));
  };

  const numberOf = (name: string) => {
    const { value } = form.querySelector<HTMLInputElement>(`[name=${name}]`)!;
    const number = parseDecimal(value.trim());
    if (number === undefined) throw new RangeError(`${name} is a number, got ${value || "nothing"}`);
    return number;
  };

  form.onsubmit = async (event) => {
    event.preventDefault();
    try {
      const chosen = [...element<HTMLInputElement>("#files").files!];
      const files = chosen.length > 0 ? await picked(chosen) : await inlined();
      const wishes: Wishes = {
        ...{ lambda: numberOf("lambda"), sigma: numberOf("sigma"), seed: numberOf("seed") },
        ...{ epsilon: numberOf("epsilon"), delta: numberOf("delta") },
      };
      const engine = new FormData(form).get("engine") as "wasm" | "webgpu";
      worker?.terminate();
      worker = new Worker(url); // Chromium loads no module worker of a blob from the file system
      showDigits(files);
      element("#events").replaceChildren();
      ask({ files, engine, wishes }, ({ steps }) => `Learned in T = ${steps} steps.`);
    } catch (error) {
      fail((error as Error).message);
    }
  };

  unlearn.onclick = () => {
    const rows = pressed().map(({ dataset }) => Number(dataset.row));
    if (rows.length === 0) return fail("choose digits first");
    const many = `${rows.length} row${rows.length === 1 ? "" : "s"}`;
    ask(
      { unlearn: rows },
      ({ steps, T, epsilon }) =>
        `Unlearned ${many} in K = ${steps} step${steps === 1 ? "" : "s"}, where retraining takes ${T}: by the exact ` +
        `accountant from ε = ${upwards(epsilon!.before, 3)} to ${upwards(epsilon!.after, 3)}.`,
    );
  };

  describeAdapter().then((adapter) => {
    const radio = form.querySelector<HTMLInputElement>("[value=webgpu]")!;
    radio.disabled = adapter === undefined;
    radio.checked = adapter !== undefined && !adapter.software;
    element("#adapter").textContent = adapter ? `The adapter: ${adapter.name}` : "This browser has no WebGPU adapter.";
  });
  inlined().then((files) => {
    const { train, test } = threesAndEights(files);
    element("#inlined").textContent = `${train.count} training and ${test.count} test digits are in this page, ` +
      "of MNIST by Yann LeCun and Corinna Cortes, CC BY-SA 3.0.";
    showDigits(files);
  });
}
