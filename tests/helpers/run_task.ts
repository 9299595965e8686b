/**
 * Runs a task of deno.json as a user does, with the task's own permissions.
 * @module
 */
import assert from "node:assert/strict";
import denoConfig from "../../deno.json" with { type: "json" };

/** What a task left on the terminal, and its exit code. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program may not start another with the path of libraries that SwiftShader has from the runner of the tests. */
const VARIABLES = { NO_COLOR: "1", LD_LIBRARY_PATH: "" };

/** Flags that make any experiment short: a large λ forgets within few steps. */
export const SHORT = ["--lam", "1e-3", "--burn_in", "2", "--num_trial", "2", "--init_mean", "0"];

/** Runs `deno task <args>` and waits for its end. */
export async function runTask(...args: string[]): Promise<Outcome> {
  return await runDeno(["task", "--quiet", ...args]);
}

/** Runs `deno <args>`, with more variables in its environment, and waits for its end. */
export async function runDeno(args: string[], variables: Record<string, string> = {}): Promise<Outcome> {
  const command = new Deno.Command(Deno.execPath(), { args, env: { ...VARIABLES, ...variables } });
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

/** A running program. */
export interface Program {
  /** Its process. */
  readonly pid: number;
  /** Sends it a signal, unless it has ended. */
  kill(signal: Deno.Signal): void;
  /** Waits until it has said something. */
  said(pattern: RegExp): Promise<void>;
  /** Waits for its end. */
  readonly outcome: Promise<Outcome>;
}

/** Starts the program of a task itself, so that signals reach it, with the task's own permissions. */
export function startProgram(task: string, ...args: string[]): Program {
  const { tasks } = denoConfig as { tasks: Record<string, { command: string }> };
  const [, ...run] = tasks[task].command.split(" ");
  return start([...run, ...args], false);
}

/** Starts `deno <args>`; what it starts gets its signals too, as from a terminal, Slurm or systemd. */
export function startGroup(...args: string[]): Program {
  return start(args, true);
}

/** Starts `deno <args>`, as a process group of its own that gets the signals if it is `detached`. */
function start(args: string[], detached: boolean): Program {
  const piped = { stdout: "piped", stderr: "piped" } as const;
  const program = new Deno.Command(Deno.execPath(), { args, env: VARIABLES, detached, ...piped }).spawn();
  let stdout = "";
  let hasEnded = false;
  const listen = async () => {
    for await (const text of program.stdout.pipeThrough(new TextDecoderStream())) stdout += text;
    hasEnded = true;
  };
  const ended = Promise.all([program.status, new Response(program.stderr).text(), listen()]);
  return {
    pid: program.pid,
    kill(signal) {
      try {
        Deno.kill(detached ? -program.pid : program.pid, signal);
      } catch (error) {
        if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
      }
    },
    async said(pattern) {
      while (!pattern.test(stdout)) {
        if (hasEnded) throw new Error(`the program has ended without ${pattern}: ${stdout}`);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
    outcome: ended.then(([{ code }, stderr]) => ({ code, stdout, stderr })),
  };
}

/** Makes links, which a process with few permissions may not. */
export async function makeLinks(links: readonly (readonly [to: string, path: string])[]): Promise<void> {
  const make = "for (const [to, path] of JSON.parse(Deno.args[0])) Deno.symlinkSync(to, path)";
  const { code, stderr } = await runDeno(["eval", make, JSON.stringify(links)]);
  assert.equal(code, 0, stderr);
}
