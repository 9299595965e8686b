/**
 * A headless Chromium, driven by its DevTools protocol: `--allow-run`, `--allow-net=127.0.0.1`, and `--allow-write` of
 * the folder for its profile.
 */
import assert from "node:assert/strict";
import { resolve } from "node:path";
import axe from "axe-core/axe.min.js" with { type: "text" }; // As a module it would want the environment.

/** What the browser is called, on one system or another. */
const NAMES = ["chromium", "chromium-browser", "google-chrome"];

/** Gives the browser WebGPU, computed on the CPU. */
export const WEBGPU_BY_SOFTWARE = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"];

/** An answer or an event; what it holds is in the protocol's documentation. */
interface Message {
  readonly id?: number;
  readonly method?: string;
  // deno-lint-ignore no-explicit-any -- see above
  readonly params?: any;
  // deno-lint-ignore no-explicit-any -- see above
  readonly result?: any;
  readonly error?: { readonly message: string };
}

/** The browser of this system, undefined where there is none. */
async function findBrowser(): Promise<string | undefined> {
  for (const name of NAMES) {
    try {
      const command = new Deno.Command(name, { args: ["--version"], stdout: "null", stderr: "null" });
      if ((await command.output()).success) return name;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}

const browser = await findBrowser();
const missing = `THERE IS NO BROWSER (Debian: apt install chromium): ${NAMES.join(", ")}`;
if (browser === undefined) console.warn(`NOT RUN: THE TESTS OF THE BROWSER, FOR ${missing}`);

/** A test of pages in the browser; without one it is not run, which fails under CI. */
export function browserTest(title: string, test: (t: Deno.TestContext) => Promise<void>): void {
  Deno.test(title, { ignore: browser === undefined && !Deno.env.get("CI") }, test);
}

/** A page in a browser of its own, closed on disposal. */
export interface Page extends AsyncDisposable {
  /** What the page wrote to its console, threw, and could not load. */
  readonly said: readonly string[];
  /** Calls a method of the protocol; https://chromedevtools.github.io/devtools-protocol lists them. */
  // deno-lint-ignore no-explicit-any -- see Message
  send(method: string, params?: object): Promise<any>;
  /** Loads a file of this folder. */
  open(path: string, hash?: string): Promise<void>;
  /** What a function gives in the page, of which it sees nothing but its arguments; promises are waited for. */
  evaluate<Arguments extends readonly unknown[], Result>(
    work: (...values: Arguments) => Result,
    ...values: Arguments
  ): Promise<Awaited<Result>>;
  /** Waits until a function gives a truthy value in the page, and returns that. */
  until<Result>(work: () => Result): Promise<NonNullable<Awaited<Result>>>;
  /** Presses and releases a key, by its name in the protocol, such as Tab or ArrowRight. */
  press(key: string): Promise<void>;
  /** Lets the user's choice of files be these. */
  chooseFiles(selector: string, paths: readonly string[]): Promise<void>;
  /** How the page looks: the user's theme, and the window in CSS pixels. */
  look(as: { readonly theme?: "light" | "dark"; readonly width?: number; readonly height?: number }): Promise<void>;
  /** The whole page as PNG. */
  screenshot(): Promise<Uint8Array>;
  /** The faults that axe-core finds for those who use a keyboard or a screen reader, one a line. */
  accessibilityFaults(): Promise<string[]>;
}

/** The address of the protocol, which the browser writes to stderr; that is read to its end, lest the browser wait. */
async function endpointOf(stderr: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let text = "";
  const hear = new WritableStream<string>({
    write(chunk) {
      text = (text + chunk).slice(-1e4);
      const address = /DevTools listening on (\S+)/.exec(text)?.[1];
      if (address) resolve(address);
    },
  });
  stderr.pipeThrough(new TextDecoderStream()).pipeTo(hear)
    .finally(() => reject(new Error(`the browser ended:\n${text}`)));
  return await promise;
}

/** Opens a browser with an empty page. Containers have no user namespaces: no sandbox. */
export async function openPage(flags: readonly string[] = []): Promise<Page> {
  assert.ok(browser !== undefined, missing);
  await Deno.mkdir("result/test", { recursive: true });
  // A profile of its own: two browsers on one are one browser
  const profile = await Deno.makeTempDir({ dir: "result/test", prefix: "browser" });
  const process = new Deno.Command(browser, {
    args: [
      ...["--headless", "--no-sandbox", "--no-first-run", "--disable-dev-shm-usage", "--remote-debugging-port=0"],
      ...[`--user-data-dir=${resolve(profile)}`, ...flags, "about:blank"],
    ],
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const socket = new WebSocket(await endpointOf(process.stderr));
  await new Promise((resolve, reject) => Object.assign(socket, { onopen: resolve, onerror: reject }));

  const said: string[] = [];
  const waiting = new Map<number, (answer: Message) => void>();
  let session: string | undefined;
  let loaded = Promise.withResolvers<void>();
  let calls = 0;

  socket.onmessage = ({ data }) => {
    const message: Message = JSON.parse(data);
    const { id, method, params } = message;
    if (id !== undefined) {
      waiting.get(id)?.(message);
      waiting.delete(id);
    } else if (method === "Page.loadEventFired") loaded.resolve();
    else if (method === "Log.entryAdded") said.push(`${params.entry.level}: ${params.entry.text}`);
    else if (method === "Runtime.exceptionThrown") {
      said.push(`thrown: ${params.exceptionDetails.exception?.description ?? params.exceptionDetails.text}`);
    } else if (method === "Runtime.consoleAPICalled") {
      said.push(params.args.map(({ value, description }: Record<string, unknown>) => value ?? description).join(" "));
    }
  };

  const send: Page["send"] = async (method, params = {}) => {
    const id = ++calls;
    const answer = new Promise<Message>((resolve) => waiting.set(id, resolve));
    socket.send(JSON.stringify({ id, method, params, sessionId: session }));
    const { result, error } = await answer;
    if (error) throw new Error(`${method}: ${error.message}`);
    return result;
  };

  const run = async (expression: string) => {
    const how = { expression, awaitPromise: true, returnByValue: true, userGesture: true };
    const { result, exceptionDetails } = await send("Runtime.evaluate", how);
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  };

  const page: Page = {
    said,
    send,
    async open(path, hash = "") {
      loaded = Promise.withResolvers();
      await send("Page.navigate", { url: "about:blank" }); // Another hash of the same page would load nothing.
      await loaded.promise;
      loaded = Promise.withResolvers();
      const url = `${new URL(`file://${resolve(path)}`).href}${hash}`;
      const { errorText } = await send("Page.navigate", { url });
      if (errorText) throw new Error(`${url}: ${errorText}`);
      await loaded.promise;
    },
    evaluate: async (work, ...values) => await run(`(${work})(...${JSON.stringify(values)})`),
    until: async (work) =>
      await run(`new Promise((resolve, reject) => {
        const began = performance.now();
        const look = async () => {
          const value = await (${work})();
          if (value) resolve(value);
          else if (performance.now() - began > 20000) reject(new Error("not within 20 s: " + ${
        JSON.stringify(String(work))
      }));
          else setTimeout(look, 10);
        };
        look().catch(reject);
      })`),
    async press(key) {
      // What a key writes makes it a character; Enter and Space press buttons by theirs
      const text = { Enter: "\r", Space: " " }[key] ?? (key.length === 1 ? key : undefined);
      const codes: Record<string, number> = { Tab: 9, Enter: 13, Space: 32, Home: 36, End: 35 };
      const arrows = { ArrowLeft: 37, ArrowUp: 38, ArrowRight: 39, ArrowDown: 40 };
      const windowsVirtualKeyCode = { ...codes, ...arrows }[key];
      const event = {
        key: key === "Space" ? " " : key,
        code: key,
        ...(windowsVirtualKeyCode && { windowsVirtualKeyCode }),
      };
      await send("Input.dispatchKeyEvent", { type: "keyDown", ...event, ...(text && { text }) });
      await send("Input.dispatchKeyEvent", { type: "keyUp", ...event });
    },
    async chooseFiles(selector, paths) {
      const { root } = await send("DOM.getDocument");
      const { nodeId } = await send("DOM.querySelector", { nodeId: root.nodeId, selector });
      await send("DOM.setFileInputFiles", { nodeId, files: paths.map((path) => resolve(path)) });
    },
    async look({ theme, width = 1000, height = 800 }) {
      const features = theme === undefined ? [] : [{ name: "prefers-color-scheme", value: theme }];
      await send("Emulation.setEmulatedMedia", { features });
      await send("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: false });
    },
    async screenshot() {
      return Uint8Array.fromBase64((await send("Page.captureScreenshot", { captureBeyondViewport: true })).data);
    },
    async accessibilityFaults() {
      await run(`${axe}; 0`);
      const { violations } = await run("axe.run({ resultTypes: ['violations'] })");
      return violations.map(({ id, help, nodes }: { id: string; help: string; nodes: { html: string }[] }) =>
        `${id}: ${help}: ${nodes.map(({ html }) => html.slice(0, 100)).join(" ")}`
      );
    },
    async [Symbol.asyncDispose]() {
      session = undefined;
      await send("Browser.close");
      await process.status;
      await Deno.remove(profile, { recursive: true });
    },
  };

  const { targetInfos } = await send("Target.getTargets");
  const { targetId } = targetInfos.find(({ type }: { type: string }) => type === "page");
  session = (await send("Target.attachToTarget", { targetId, flatten: true })).sessionId;
  for (const domain of ["Runtime", "Log", "Page", "DOM"]) await send(`${domain}.enable`);
  return page;
}
