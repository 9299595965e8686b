/**
 * Runs a task of deno.json as a user does, with the task's own permissions.
 * @module
 */

/** What a task left on the terminal, and its exit code. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Flags that make any experiment short: a large λ forgets within few steps. */
export const SHORT = ["--lam", "1e-3", "--burn_in", "2", "--num_trial", "2", "--init_mean", "0"];

/** Runs `deno task <args>` and waits for its end. */
export async function runTask(...args: string[]): Promise<Outcome> {
  return await runDeno(["task", "--quiet", ...args]);
}

/** Runs `deno <args>`, with more variables in its environment, and waits for its end. */
export async function runDeno(args: string[], variables: Record<string, string> = {}): Promise<Outcome> {
  const command = new Deno.Command(Deno.execPath(), { args, env: { NO_COLOR: "1", ...variables } });
  const { code, stdout, stderr } = await command.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  // Without a running desktop the EGL library complains about this on every look for a GPU.
  const withoutEgl = text(stderr).replaceAll(/^error: XDG_RUNTIME_DIR is .*\n/gm, "");
  return { code, stdout: text(stdout), stderr: withoutEgl };
}

/** An empty folder below `result`, which every task may write. */
export function emptyResultFolder(name: string): string {
  const folder = `result/test/${name}`;
  if (exists(folder)) Deno.removeSync(folder, { recursive: true });
  return folder;
}

/** Whether there is such a file or folder. */
export function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
