/**
 * Title and options of a test that computes with the system's CBLAS. The runner of the tests counts it among those that
 * were not run where it finds no such library; without the runner it fails there.
 */
export function blas(title: string): [title: string, options: { ignore: boolean }] {
  return [`BLAS: ${title}`, { ignore: Deno.args.includes("--no-blas") }];
}
