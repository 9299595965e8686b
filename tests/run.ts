/**
 * Runs the tests and the examples of the documentation, and closes with the ten slowest files and what was run.
 *
 * `deno task test [files…] [options of deno test, such as --filter=text]`; `--unit` takes the files that need no
 * process and no GPU alone, `--soak` those that can do more of the same, and lets them.
 *
 * Where there is no WebGPU adapter, Linux gets SwiftShader. What then still lacks one is not run, and fails under CI; nor
 * is what lacks the system's CBLAS, which the project cannot bring along.
 * @module
 */
import { DOMParser } from "linkedom";

/** Where SwiftShader is unpacked. */
const SWIFTSHADER = `${Deno.cwd()}/data/swiftshader`;

/** What `deno test` writes for this runner. */
const JUNIT = "result/test/junit.xml";

/** Tests that have a task of their own, `test:browser`. */
const ELSEWHERE = "tests/browser";

/** How many of the slowest files are named. */
const SLOWEST = 10;

const PERMISSIONS = ["--no-prompt", "--allow-read=.", "--allow-write=result,tests/figures"];

type Variables = Readonly<Record<string, string>>;

/** Runs `deno <args>` in silence and returns its complaint, undefined if it ends well. */
async function complaintOf(args: readonly string[], variables: Variables = {}): Promise<string | undefined> {
  const env = { NO_COLOR: "1", ...variables };
  const { success, stderr } = await new Deno.Command(Deno.execPath(), { args: [...args], env }).output();
  if (success) return;
  const text = new TextDecoder().decode(stderr);
  return text.match(/^error: (?!XDG_).*/m)?.[0] ?? text.trim();
}

/** Whether programs with these variables find a WebGPU adapter. */
async function hasAdapter(env: Variables): Promise<boolean> {
  return await complaintOf(["eval", "Deno.exit(await navigator.gpu.requestAdapter() ? 0 : 1)"], env) === undefined;
}

/** The variables with which programs find a WebGPU adapter, SwiftShader if there is no other; or why they find none. */
async function findAdapter(): Promise<Variables | string> {
  const variables = { LD_LIBRARY_PATH: SWIFTSHADER, VK_DRIVER_FILES: `${SWIFTSHADER}/vk_swiftshader_icd.json` };
  for (const known of [{}, variables]) if (await hasAdapter(known)) return known;
  const { os, arch } = Deno.build;
  if (os !== "linux" || arch !== "x86_64") return `SwiftShader is for Linux on x86_64, not for ${os} on ${arch}`;
  const script = ["--config=tests/helpers/swiftshader.json", "tests/helpers/swiftshader.ts"];
  const complaint = await complaintOf(["run", "--no-prompt", `--allow-write=${SWIFTSHADER}`, ...script, SWIFTSHADER]);
  if (complaint !== undefined) return `SwiftShader cannot be unpacked: ${complaint}`;
  return await hasAdapter(variables) ? variables : "SwiftShader does not start here";
}

/** Why programs find no CBLAS library, undefined if they find one. */
async function missesBlas(): Promise<string | undefined> {
  return await complaintOf(["eval", 'import { loadBlas } from "./core/engines/blas/library.ts"; loadBlas();']);
}

/** The files of tests whose text passes. */
const testFiles = (passes: (text: string) => boolean) =>
  [...Deno.readDirSync("tests")].map(({ name }) => `tests/${name}`)
    .filter((path) => path.endsWith("_test.ts") && passes(Deno.readTextFileSync(path))).sort();

/** A test, or an example of the documentation. */
interface Case {
  readonly file: string;
  readonly name: string;
  readonly seconds: number;
  readonly outcome: "passed" | "failed" | "not run";
  readonly kind: "test" | "asserting example" | "mere example";
}

/** The kind of a test, of which an example is named by its file and its lines there. */
function kindOf(name: string): Case["kind"] {
  const example = name.match(/^(.*)#(\d+)-(\d+)$/);
  if (!example) return "test";
  const [, file, first, last] = example;
  const lines = Deno.readTextFileSync(file).split("\n").slice(+first - 1, +last);
  return lines.some((line) => /\bassert[.(]/.test(line)) ? "asserting example" : "mere example";
}

/** What `deno test` says of the cases that it ran; steps of tests are left out. */
function parseCases(junit: string): Case[] {
  const suites = [...new DOMParser().parseFromString(junit, "text/xml").querySelectorAll("testsuite")];
  return suites.flatMap((suite) => {
    const file = suite.getAttribute("name")!.replace("./", "");
    return [...suite.querySelectorAll("testcase")]
      .map((test): Case => {
        const name = test.getAttribute("name")!.replaceAll("&gt;", ">"); // linkedom leaves it
        const seconds = Number(test.getAttribute("time"));
        const hasFailed = test.querySelector("failure, error");
        const outcome = test.querySelector("skipped") ? "not run" : hasFailed ? "failed" : "passed";
        return { file, name, seconds, outcome, kind: kindOf(name) };
      })
      .filter(({ name }) => !name.includes(" > "));
  });
}

/**
 * Runs `deno test` on some files; returns what it ran and whether it ended well. It reports once all tests are over, so
 * that a driver of a GPU that crashes while the process ends takes nothing from them: that is said, and no failure.
 */
async function runTests(args: readonly string[], env: Variables): Promise<{ cases: Case[]; success: boolean }> {
  Deno.mkdirSync("result/test", { recursive: true });
  Deno.writeTextFileSync(JUNIT, "<testsuites/>");
  const command = new Deno.Command(Deno.execPath(), { args: ["test", `--junit-path=${JUNIT}`, ...args], env });
  const { success, signal } = await command.spawn().status;
  const cases = parseCases(Deno.readTextFileSync(JUNIT));
  const allPassed = cases.length > 0 && cases.every(({ outcome }) => outcome !== "failed");
  const crashedAtEnd = allPassed && (signal === "SIGABRT" || signal === "SIGSEGV");
  if (crashedAtEnd) console.log(`ALL TESTS WERE OVER WHEN THE PROCESS CRASHED: ${signal}`);
  return { cases, success: success || crashedAtEnd };
}

/** The files that take longest, one a line. */
function slowestFiles(cases: readonly Case[]): string {
  const files = Object.entries(Object.groupBy(cases, ({ file }) => file))
    .map(([file, cases]) => ({ file, seconds: cases!.reduce((sum, { seconds }) => sum + seconds, 0) }));
  return files.sort((a, b) => b.seconds - a.seconds).slice(0, SLOWEST)
    .map(({ file, seconds }) => `${seconds.toFixed(1).padStart(7)} s  ${file}`).join("\n");
}

const began = performance.now();
const unit = Deno.args.includes("--unit");
const soak = Deno.args.includes("--soak");
const named = Deno.args.filter((arg) => arg.endsWith(".ts"));
const options = Deno.args.filter((arg) => !named.includes(arg) && arg !== "--unit" && arg !== "--soak");

const files = named.length > 0
  ? named
  : unit
  ? testFiles((text) => !/\b(runTask|runDeno|startProgram|Deno\.Command|fuzz|documentedExamples)\b/.test(text))
  : soak
  ? testFiles((text) => /\b(SOAK|fuzz)\b/.test(text))
  : ["tests"];
const adapter = unit ? "the tests without a process or a GPU are asked for" : await findAdapter();
const hasGpu = typeof adapter !== "string";
const noBlas = unit ? "it is of the system" : await missesBlas();

const common = [...PERMISSIONS, ...(unit ? [] : ["--allow-run", "--allow-ffi"]), ...options];
const forTests = ["--", ...(soak ? ["--soak"] : []), ...(hasGpu ? [] : ["--no-gpu"]), ...(noBlas ? ["--no-blas"] : [])];

let { cases, success } = await runTests(
  ["--parallel", `--ignore=${ELSEWHERE}`, ...common, ...files, ...forTests],
  hasGpu ? adapter : {},
);

const count = (passes: (test: Case) => boolean) => cases.filter(passes).length;
const passed = (kind: Case["kind"]) => count((test) => test.outcome === "passed" && test.kind === kind);
const failed = count(({ outcome }) => outcome === "failed");
const seconds = Math.round((performance.now() - began) / 1000);
console.log(`\nThe slowest files:\n${slowestFiles(cases)}\n`);
console.log(
  `Passed: ${passed("test")} tests, ${passed("asserting example")} examples of the documentation that assert and ` +
    `${passed("mere example")} that only run. Failed: ${failed}. ${seconds} s.`,
);
if (!success && failed === 0) console.log("NOT ALL TESTS WERE RUN: SEE THE ERRORS ABOVE");
const missing = [
  ...(hasGpu ? [] : [{ of: "GPU", reason: `THERE IS NO WEBGPU ADAPTER: ${adapter}` }]),
  ...(noBlas ? [{ of: "BLAS", reason: `THERE IS NO CBLAS LIBRARY: ${noBlas}` }] : []),
  ...(cases.some(({ outcome, name }) => outcome === "not run" && name.startsWith("EXPORT: "))
    ? [{ of: "EXPORT", reason: "THERE IS NO PYTHON WITH SCIKIT-LEARN" }]
    : []),
];
for (const { of, reason } of unit ? [] : missing) {
  const tests = count(({ outcome, name }) => outcome === "not run" && name.startsWith(`${of}: `));
  console.log(`NOT RUN: ${tests} TESTS OF THE ${of}, FOR ${reason}`);
  if (of === "GPU" && Deno.env.get("CI")) success = false;
}
Deno.exit(success ? 0 : 1);
