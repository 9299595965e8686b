/**
 * Timings that can be compared on a machine that is not quiet: contestants take short turns, round robin, until each
 * has had its time.
 * @module
 */
import process from "node:process";

/** Something whose steps are timed. */
export interface Contestant {
  /** What computes, for the user to read. */
  readonly device: string;
  /** How often it must walk to advance all chains: once, or once a chain. */
  readonly walks: number;
  /** Takes steps. */
  walk(steps: number): Promise<unknown>;
  /** Milliseconds of CPU time that it has taken, if it has a process of its own. */
  cpuTime?(): number;
  /** Frees everything. */
  dispose(): void;
}

/** A contestant that has yet to get ready. */
export interface Entry {
  /** Its name in tables. */
  readonly name: string;
  /** Gets it ready; what it throws is the reason why it does not take part. */
  open(): Promise<Contestant>;
}

/** How a contestant did. */
export interface Timing {
  /** The name of its entry. */
  readonly name: string;
  /** What computed; empty if it did not get ready. */
  readonly device: string;
  /** Milliseconds that a step of all chains took, a number a turn; empty if it failed. */
  readonly turns: readonly number[];
  /** The CPU time of the same steps, of all threads. */
  readonly cpuTurns: readonly number[];
  /** Why it failed, or had but one step; empty if all went well. */
  readonly note: string;
}

/** Turns that a contestant takes in its time, if its steps are short enough. */
const TURNS = 16;

/** Milliseconds between turns, in which threads of the one before that still wait for work fall asleep. */
const PAUSE = 100;

/** Milliseconds of CPU time that this process has taken. */
function ownCpuTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/**
 * Times whole steps.
 *
 * Every contestant warms up first, with walks that double in length until one fills a turn. One whose very first step
 * takes longer than its time is not asked for another.
 *
 * @param entries Who takes part.
 * @param seconds The time of each.
 * @returns Their timings, in the order of the entries.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { race } from "./race.ts";
 *
 * const sleep = () => new Promise((resolve) => setTimeout(resolve, 2));
 * const sleeper = { device: "none", walks: 1, walk: sleep, dispose: () => {} };
 * const [timing] = await race([{ name: "sleeper", open: () => Promise.resolve(sleeper) }], 0.02);
 * assert.ok(timing.turns.length > 0);
 * ```
 */
export async function race(entries: readonly Entry[], seconds: number): Promise<Timing[]> {
  const racers = entries.map((entry) => new Racer(entry, 1000 * seconds));
  for (const racer of racers) await racer.warmUp();
  while (racers.some(({ hasTime }) => hasTime)) {
    for (const racer of racers.filter(({ hasTime }) => hasTime)) {
      if (racers.length > 1) await new Promise((resolve) => setTimeout(resolve, PAUSE));
      await racer.takeTurn();
    }
  }
  for (const racer of racers) racer.dispose();
  return racers;
}

/** Milliseconds by the clock, and of CPU time. */
interface Duration {
  readonly wall: number;
  readonly cpu: number;
}

class Racer implements Timing {
  readonly name: string;
  readonly turns: number[] = [];
  readonly cpuTurns: number[] = [];
  note = "";
  readonly #entry: Entry;
  #contestant: Contestant | undefined;
  /** Steps a turn. */
  #steps = 1;
  /** Milliseconds that are left. */
  #time: number;

  constructor(entry: Entry, milliseconds: number) {
    this.name = entry.name;
    this.#entry = entry;
    this.#time = milliseconds;
  }

  get device(): string {
    return this.#contestant?.device ?? "";
  }

  get hasTime(): boolean {
    return this.#time > 0;
  }

  async warmUp(): Promise<void> {
    await this.#attempt(async () => {
      this.#contestant = await this.#entry.open();
      const first = await this.#walk();
      if (first.wall > this.#time) {
        return this.#keep(first, "one step only, the first: it took longer than all steps should");
      }
      const turn = this.#time / TURNS;
      while ((await this.#walk()).wall < turn) this.#steps *= 2;
    });
  }

  async takeTurn(): Promise<void> {
    await this.#attempt(async () => this.#keep(await this.#walk()));
  }

  dispose(): void {
    this.#contestant?.dispose();
  }

  /** Milliseconds that the steps of a turn take. */
  async #walk(): Promise<Duration> {
    const contestant = this.#contestant!;
    const cpuTime = () => contestant.cpuTime?.() ?? ownCpuTime();
    const [began, cpuBefore] = [performance.now(), cpuTime()];
    await contestant.walk(this.#steps);
    return { wall: performance.now() - began, cpu: cpuTime() - cpuBefore };
  }

  #keep({ wall, cpu }: Duration, note = ""): void {
    this.#time -= wall;
    const shares = this.#contestant!.walks / this.#steps;
    this.turns.push(wall * shares);
    this.cpuTurns.push(cpu * shares);
    this.note = note;
  }

  async #attempt(action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      this.#time = 0;
      this.turns.length = 0;
      this.cpuTurns.length = 0;
      this.note = error instanceof Error ? error.message : String(error);
    }
  }
}
