/**
 * A page that is one file: its script, its style and its data are in it, it loads nothing, and says so to the browser.
 * @module
 */
import style from "./style.css" with { type: "text" };

/** What a page is made of. */
export interface PageParts {
  /** The title of its window and its first heading. */
  readonly title: string;
  /** What stands below the heading, as HTML. */
  readonly body: string;
  /** Its script: a module's text, such as `deno task build` bundles. */
  readonly script: string;
  /** What the script finds as JSON in the element `data`; nothing without it. */
  readonly data?: unknown;
  /** Whether the script computes: by WebAssembly, and in workers of its own text. */
  readonly computes?: boolean;
}

/**
 * A text as it stands in HTML, in an element or in the quotes of an attribute.
 *
 * @param text The text.
 * @returns It, escaped.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { escapeHtml } from "./page.ts";
 *
 * assert.equal(escapeHtml("ε < 1 & δ"), "ε &lt; 1 &amp; δ");
 * ```
 */
export function escapeHtml(text: string): string {
  const names: Record<string, string> = { "&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "#39" };
  return text.replaceAll(/[&<>"']/g, (character) => `&${names[character]};`);
}

/** What would end or change a script for the parser of HTML; all of it can only stand in strings. */
const inScript = (code: string) =>
  code.replaceAll(/<\/(?=script)/gi, "<\\/").replaceAll("<!--", "<\\!--").replaceAll("\0", "\\0");

const inJson = (value: unknown) => JSON.stringify(value).replaceAll("<", "\\u003c");

/** The name of a script's text in a content security policy. */
async function hashOf(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return `'sha256-${new Uint8Array(digest).toBase64()}'`;
}

/**
 * Puts a page together. Its content security policy lets it run its own script, draw, and load or send nothing.
 *
 * @param parts What it is made of.
 * @returns The HTML.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { makePage } from "./page.ts";
 *
 * const page = await makePage({ title: "K < 9", body: "<p>K</p>", script: "console.log('</script>')" });
 * assert.match(page, /<title>K &lt; 9<\/title>/);
 * assert.equal(page.match(/<\/script>/g)?.length, 1);
 * ```
 */
export async function makePage({ title, body, script, data, computes = false }: PageParts): Promise<string> {
  const code = inScript(script);
  const policy = [
    "default-src 'none'",
    `script-src ${await hashOf(code)}${computes ? " 'wasm-unsafe-eval'" : ""}`,
    "style-src 'unsafe-inline'", // Observable Plot writes styles into its figures.
    "img-src data: blob:",
    ...(computes ? ["worker-src blob:"] : []),
    "base-uri 'none'",
    "form-action 'none'",
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy.join("; ")}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<style>
${style}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
${body}
</main>
${
    data === undefined
      ? ""
      : `<script type="application/json" id="data">${inJson(data)}</script>\n`
  }<script type="module">${code}</script>
</body>
</html>
`;
}
