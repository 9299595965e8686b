/**
 * Programs in Python that take steps when they are told to.
 * @module
 */

/**
 * Threads of libraries sleep when they have nothing to do: those that wait awake would take the cores of whoever is
 * timed next.
 */
const PASSIVE = { OMP_WAIT_POLICY: "PASSIVE", GOMP_SPINCOUNT: "0", OPENBLAS_THREAD_TIMEOUT: "4" } as const;

/**
 * A Python program that answers every line with a line.
 *
 * @example
 * ```ts
 * import { Python } from "./python.ts";
 *
 * // Needs python3, and permission to run it.
 * const version = async () => await new Python(["-c", "import sys; print(sys.version)"]).readLine();
 * ```
 */
export class Python {
  /** Milliseconds of CPU time that it had taken after its last steps. */
  cpuTime = 0;
  readonly #process: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #output: AsyncGenerator<string>;

  /**
   * Starts it.
   * @param args The command line of python3.
   */
  constructor(args: string[]) {
    const pipes = { stdin: "piped", stdout: "piped", stderr: "piped" } as const;
    this.#process = new Deno.Command("python3", { args, env: PASSIVE, ...pipes }).spawn();
    this.#input = this.#process.stdin.getWriter();
    this.#output = linesOf(this.#process.stdout);
  }

  /** Sends it a line. */
  async writeLine(line: string): Promise<void> {
    await this.#input.write(new TextEncoder().encode(`${line}\n`));
  }

  /**
   * Waits for its next line.
   * @throws {Error} If it has ended; the last line of its complaint says why.
   */
  async readLine(): Promise<string> {
    const { value, done } = await this.#output.next();
    if (!done) return value;
    const complaints = await this.#process.stderr.text();
    throw new Error(complaints.trim().split("\n").at(-1) || "python3 ended without a word");
  }

  /** Tells it how many steps to take and waits until it has; its answer is its CPU time in milliseconds. */
  async takeSteps(steps: number): Promise<void> {
    await this.writeLine(String(steps));
    this.cpuTime = Number(await this.readLine());
  }

  /** Ends the program with its input. */
  stop(): void {
    this.#input.close().catch(() => {});
  }
}

async function* linesOf(bytes: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of bytes.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
}
