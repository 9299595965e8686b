/**
 * The documents of the repository.
 * @module
 */

/** The files of Markdown in a folder, and in the folders in it. */
function markdownIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) => {
    const path = `${folder}/${name}`;
    if (isDirectory) return markdownIn(path);
    return name.endsWith(".md") ? [path] : [];
  }).sort();
}

/** The README and the pages of the manual: what a user reads first. */
export function userDocuments(): string[] {
  return ["README.md", ...markdownIn("docs").filter((path) => path.split("/").length === 2)];
}

/** All documents. */
export function documents(): string[] {
  return ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", ...markdownIn("docs")];
}

/** The text of a document. */
export function textOf(path: string): string {
  return Deno.readTextFileSync(path);
}
