/**
 * The documents lead somewhere: every relative link, its anchor, and every page of the manual from its index.
 */
import assert from "node:assert/strict";
import { posix } from "node:path";
import denoConfig from "../deno.json" with { type: "json" };
import { documents, textOf, userDocuments } from "./helpers/documents.ts";
import { exists } from "./helpers/run_task.ts";

/** A document without its code, in which nothing is a link. */
const withoutCode = (text: string) => text.replaceAll(/^```.*?^```$/gms, "").replaceAll(/(`+)[^`].*?\1/gs, "code");

/** Where the links and images of a document lead, but for those to other sites. */
function linksOf(text: string): string[] {
  const targets = [...withoutCode(text).matchAll(/\]\(([^)]*)\)/g)].map(([, target]) => target);
  return targets.filter((target) => !/^https?:/.test(target));
}

/** The anchors of a document's headings, as GitHub names them. */
function anchorsOf(text: string): Set<string> {
  const headings = [...text.replaceAll(/^```.*?^```$/gms, "").matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading.toLowerCase().replaceAll(/[^\p{L}\p{N}_ -]/gu, "").replaceAll(" ", "-")
  );
  const before = (index: number) => headings.slice(0, index).filter((heading) => heading === headings[index]).length;
  return new Set(headings.map((heading, index) => before(index) === 0 ? heading : `${heading}-${before(index)}`));
}

/** What is wrong with a link of a document; nothing if it leads somewhere. */
function faultOf(document: string, link: string): string | undefined {
  const [path, anchor] = link.split("#");
  const target = path === "" ? document : posix.join(posix.dirname(document), path);
  if (path.startsWith("/") || target.startsWith("..") || path.includes(":")) return "it leaves the repository";
  if (!exists(target)) return "no such file";
  if (anchor !== undefined && !anchorsOf(textOf(target)).has(anchor)) return "no such heading";
}

for (const document of documents()) {
  Deno.test(`links of ${document}`, () => {
    const faults = linksOf(textOf(document)).flatMap((link) => {
      const fault = faultOf(document, link);
      return fault === undefined ? [] : [`${link}: ${fault}`];
    });
    assert.deepEqual(faults, []);
  });
}

Deno.test("links that lead nowhere are found", () => {
  const text = "[a](docs/none.md), `[b](c)`, [d](docs/original.md#none) and [e](docs/original.md#variants)";
  assert.deepEqual(linksOf(text).map((link) => faultOf("README.md", link)), [
    "no such file",
    "no such heading",
    undefined,
  ]);
  assert.equal(faultOf("docs/runs.md", "../../data.csv"), "it leaves the repository");
  assert.deepEqual([...anchorsOf("# A `b` (c), d\n\n## A\n\n## A\n")], ["a-b-c-d", "a", "a-1"]);
});

Deno.test("the README is short, and the manual's index names every page", () => {
  const readme = textOf("README.md");
  assert.ok(readme.trimEnd().split("\n").length <= 150, "at most 150 lines");
  assert.ok(readme.trim().split(/\s+/).length <= 1500, "at most 1500 words");
  const linked = linksOf(textOf("docs/README.md")).map((link) => `docs/${link.split("#")[0]}`);
  const pages = documents().filter((path) => path.startsWith("docs/") && path !== "docs/README.md");
  assert.deepEqual(pages.filter((page) => !linked.includes(page)), []);
});

Deno.test("the architecture names every room", () => {
  const text = textOf("docs/architecture.md");
  const [, picture] = /^## Rooms\n.*?^```text\n(.*?)^```$/ms.exec(text)!;
  const named = [...picture.matchAll(/^(\w+) {2,}/gm)].map(([, name]) => name).filter((name) => name !== "experiments");
  const rooms = [...Deno.readDirSync("core")].filter(({ isDirectory }) => isDirectory).map(({ name }) => name);
  assert.deepEqual(named.sort(), rooms.sort());
});

Deno.test("every task that a document names is one", () => {
  const named = documents().flatMap((path) =>
    [...textOf(path).matchAll(/(?:deno|deno@[\d.]+) task (\w[\w:]*)/g)].map(([, task]) => task)
  );
  assert.ok(userDocuments().length > 8 && named.length > 20);
  assert.deepEqual([...new Set(named)].filter((task) => !(task in denoConfig.tasks)), []);
});
