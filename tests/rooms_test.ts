/**
 * The rooms of core/: what may import what.
 */
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import browserConfig from "../core/browser.json" with { type: "json" };
import denoConfig from "../deno.json" with { type: "json" };
import { filesBelow, foldersIn } from "../core/disk/folders.ts";

/** From the bottom to the top: a room imports from those before it alone. */
const ROOMS = [
  ...["text", "model", "statistics", "formats", "disk", "accountant", "walk", "certificate", "engines", "learning"],
  ...[
    "cifar10",
    "datasets",
    "deletion",
    "audit",
    "original",
    "results",
    "figures",
    "runs",
    "compare",
    "bench",
    "pages",
    "command_line",
  ],
];

/** The code of a file without its comments. */
const codeOf = (path: string) => Deno.readTextFileSync(path).replaceAll(/\/\*\*.*?\*\/|^\s*\/\/.*?$/gms, "");

const rankOf = (path: string) => ROOMS.indexOf(path.split("/")[1]);

/** The files of the project that a file imports. */
function importsOf(path: string): string[] {
  const specifiers = codeOf(path).matchAll(/\b(?:from|import)\s*\(?\s*"(\.[^"]+)"/g);
  return [...specifiers].map(([, specifier]) => join(dirname(path), specifier));
}

const files = filesBelow("core", ".ts");

/** The library of a browser, above the rooms that it hands on. */
const BROWSER = "core/browser.ts";

Deno.test("the library of a browser has nothing of Deno, of a disk or of TensorFlow.js in its modules", () => {
  const reached = new Set([BROWSER]);
  for (const path of reached) {
    importsOf(path).filter((path) => path.endsWith(".ts")).forEach((path) => reached.add(path));
  }
  assert.ok(reached.size > 50, `${reached.size}`);
  const foreign = [...reached].filter((path) =>
    path.startsWith("core/disk/") || /"node:|"@tensorflow/.test(codeOf(path)) ||
    // A worker of the backend blas has it, which a browser never sets up
    /\bDeno\./.test(codeOf(path).replace("Deno.dlopen(library.path", ""))
  );
  assert.deepEqual(foreign, []);
});

Deno.test("every file of core is in a room that the list has", () => {
  assert.deepEqual(foldersIn("core"), ROOMS.map((room) => `core/${room}`).sort());
  for (const path of files) assert.ok(rankOf(path) >= 0 || path === BROWSER, path);
});

Deno.test("no import runs up between rooms, and none out of core but to deno.json and data", () => {
  const edges = files.flatMap((from) => importsOf(from).map((to) => ({ from, to })));
  assert.ok(edges.length > 300, `${edges.length}`);
  const up = edges.filter(({ from, to }) => from !== BROWSER && to.startsWith("core/") && rankOf(to) > rankOf(from));
  assert.deepEqual(up, []);
  const out = edges.filter(({ to }) => !/^(core\/|deno\.json$|data\/published\/)/.test(to));
  assert.deepEqual(out, []);
});

Deno.test("no circle of imports", () => {
  const state = new Map<string, "open" | "done">();
  const visit = (path: string, trail: readonly string[]) => {
    assert.notEqual(state.get(path), "open", [...trail, path].join(" → "));
    if (state.has(path)) return;
    state.set(path, "open");
    for (const next of importsOf(path)) if (next.endsWith(".ts")) visit(next, [...trail, path]);
    state.set(path, "done");
  };
  for (const path of files) visit(path, []);
});

Deno.test("files are touched in one room", () => {
  const FILE_OPERATIONS =
    /Deno\.(open|read(Text)?File|readDir|write(Text)?File|l?stat|mkdir|remove|rename|truncate|copyFile|create|realPath)(Sync)?\b|"node:fs/;
  const elsewhere = files.filter((path) => !path.startsWith("core/disk/") && FILE_OPERATIONS.test(codeOf(path)));
  assert.deepEqual(elsewhere, ["core/engines/kernels/build.ts"], "a script of its own");
});

Deno.test("CIFAR-10 is loaded on demand alone", () => {
  const users = files.filter((path) => !path.startsWith("core/cifar10/"))
    .filter((path) => /from "[^"]*\/cifar10\//.test(codeOf(path)));
  assert.deepEqual(users, []);
});

Deno.test("the pure rooms are checked with a browser's libraries, with the packages of this project", () => {
  for (const [name, specifier] of Object.entries(browserConfig.imports)) {
    assert.equal(denoConfig.imports[name as keyof typeof denoConfig.imports], specifier, name);
  }
  assert.ok(!browserConfig.compilerOptions.lib.some((lib) => lib.startsWith("deno")));
  const checked = [...denoConfig.tasks["check:browser"].command.matchAll(/core\/(\w+)\/\*\.ts/g)].map(([, room]) =>
    room
  );
  const pure = ["text", "model", "statistics", "formats", "accountant", "walk", "certificate", "engines", "learning"];
  assert.deepEqual(checked, pure);
});
