/**
 * The examples of the documentation, as `deno test --doc` finds them.
 * @module
 */
import { pathToFileURL } from "node:url";
import { documents, textOf } from "./documents.ts";

/** A code block of TypeScript in a comment or in Markdown. */
export interface Example {
  /** Its file and lines, such as `mod.ts#13-47`. */
  readonly name: string;
  /** A module that does what it says, wherever that is. */
  readonly code: string;
}

/** The files of TypeScript in a folder, and in the folders in it. */
function modulesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) => {
    const path = `${folder}/${name}`;
    if (isDirectory) return modulesIn(path);
    return name.endsWith(".ts") ? [path] : [];
  }).sort();
}

/** The examples of a file. */
function examplesOf(path: string): Example[] {
  const text = textOf(path);
  const block = path.endsWith(".ts") ? /^ *\* ```ts\n(.*?)^ *\* ```$/gms : /^```ts\n(.*?)^```$/gms;
  return [...text.matchAll(block)].map(({ 0: { length }, 1: lines, index }) => {
    const lineOf = (end: number) => text.slice(0, end).split("\n").length;
    const code = path.endsWith(".ts") ? lines.replaceAll(/^ *\* ?/gm, "") : lines;
    return {
      name: `${path}#${lineOf(index)}-${lineOf(index + length)}`,
      code: code.replaceAll(
        /\b(from |import\()"(\.[^"]*)"/g,
        (_, word, module) => `${word}"${new URL(module, pathToFileURL(path))}"`,
      ),
    };
  });
}

/** All examples. */
export function documentedExamples(): Example[] {
  return [...documents(), "mod.ts", ...["core", "experiments", "tests"].flatMap(modulesIn)].flatMap(examplesOf);
}
