/**
 * Title and options of a test that computes on a GPU. The runner of the tests counts it among those that were not run
 * where it finds no WebGPU adapter; without the runner it fails there.
 */
export function gpu(title: string, needed = true): [title: string, options: { ignore: boolean }] {
  return needed ? [`GPU: ${title}`, { ignore: Deno.args.includes("--no-gpu") }] : [title, { ignore: false }];
}
