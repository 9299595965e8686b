/**
 * Compares the bundles that are committed with those just made in `result/bundles`.
 * @module
 */
const committed = new URL("./", import.meta.url);
const names = (folder: URL | string) =>
  [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) => name.endsWith(".js"));

for (const name of new Set([...names("result/bundles"), ...names(committed)])) {
  const [made, ours] = [`result/bundles/${name}`, new URL(name, committed)].map((path) => {
    try {
      return Deno.readTextFileSync(path);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  });
  if (made === ours) continue;
  console.error(`${name} is not what core/pages/scripts bundles to: run deno task build`);
  Deno.exitCode = 1;
}
