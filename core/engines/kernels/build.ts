/**
 * Compiles the kernels to WebAssembly: `deno task build`; with `--check`, compares with the committed modules instead.
 * @module
 */
import asc from "assemblyscript/asc";
import { MAXIMUM_PAGES } from "../wasm/heap.ts";

const directory = new URL("./", import.meta.url);
const variants = { "step.wasm": ["--enable", "relaxed-simd"], "step_plain.wasm": [] };
const entries = ["step.as.ts", "alone.as.ts", "batch.as.ts"];
const options = [
  ...["-O3", "--runtime", "stub", "--noAssert", "--enable", "simd"],
  ...["--enable", "threads", "--importMemory", "--sharedMemory"],
  ...["--disableWarning", "112", "--initialMemory", "1", "--maximumMemory", String(MAXIMUM_PAGES)],
];

async function compile(variantOptions: string[]): Promise<Uint8Array> {
  let module = new Uint8Array();
  const { error, stderr } = await asc.main([...entries, "--outFile", "out.wasm", ...options, ...variantOptions], {
    readFile: (name) => readText(new URL(name, directory)),
    writeFile: (_name, contents) => void (module = Uint8Array.from(contents as Uint8Array)),
    listFiles: () => [],
  });
  if (error) throw new Error(stderr.toString(), { cause: error });
  return module;
}

/** The text of a file, or null where there is none: the compiler looks for an import in several places. */
async function readText(url: URL): Promise<string | null> {
  try {
    return await Deno.readTextFile(url);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

const unknown = Deno.args.find((argument) => argument !== "--check");
if (unknown !== undefined) {
  console.error(`error: unknown argument ${unknown}: the build takes --check or nothing`);
  Deno.exit(2);
}

for (const [name, variantOptions] of Object.entries(variants)) {
  const module = await compile(variantOptions);
  const url = new URL(name, directory);
  if (!Deno.args.includes("--check")) {
    await Deno.writeFile(url, module);
    console.log(`${name}: ${module.length} bytes`);
  } else if (!isEqual(await Deno.readFile(url), module)) {
    console.error(`${name} is not what its source compiles to: run deno task build`);
    Deno.exitCode = 1;
  }
}
