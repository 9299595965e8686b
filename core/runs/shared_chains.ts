/**
 * Chains that cells share. Cells that ask for chains of one law, from the same start on the same rows with the same
 * constants, get the same chains, those of the cell that asks first: they walk once, and every cell looks at them after
 * its own number of steps. So each cell keeps its law, and cells that share depend on each other.
 *
 * A chain can be looked at on its way only if it is known beforehand where. So what cells ask is noted, and an
 * experiment is conducted once without walking before it is conducted in earnest.
 * @module
 */

/** What is asked of chains: the numbers of steps after which they are looked at, in the order of asking, by their law. */
export type Looks = ReadonlyMap<unknown, readonly number[]>;

/** A cell's question: the weights of its chains after some steps. */
export interface Look {
  /** What chains must agree in to be the same; an object of its own for a cell that shares with none. */
  readonly law: unknown;
  /** Names the random numbers of the chains, if this cell is the first that asks for them. */
  readonly array: string;
  /** How many steps the chains have taken from their start. */
  readonly steps: number;
  /** Where chains start whose random numbers have a name. */
  start(name: string): Float32Array;
}

/** Steps that chains take for a cell, and for those that share them. */
export interface Stretch<Asked extends Look> {
  /** A cell that asks for them. */
  readonly look: Asked;
  /** The name of their random numbers. */
  readonly name: string;
  /** The weights before them. */
  readonly start: Float32Array;
  /** How many steps were taken before. */
  readonly firstStep: number;
  /** How many are taken. */
  readonly steps: number;
}

/** The chains of a run. */
export interface Chains {
  /** What cells have asked so far. */
  readonly asked: Looks;
  /**
   * The weights of every cell after its steps. `advance` takes chains so many steps further, and is called until all of
   * them have been where they are looked at.
   */
  look<Asked extends Look>(
    looks: readonly Asked[],
    advance: (stretches: readonly Stretch<Asked>[]) => Promise<readonly Float32Array[]>,
  ): Promise<Float32Array[]>;
  /** Gives rows or weights the name by which a law knows them; returns them. */
  called<Thing extends object>(name: string, thing: Thing): Thing;
  /** Their name: weights that were looked at have that of their chains and their step, others a number. */
  nameOf(thing: object): string;
}

/** Chains of one law. */
interface Shared {
  readonly name: string;
  /** The steps after which they will still be looked at. */
  readonly ahead: number[];
  /** Their weights, by the number of steps, as long as somebody may ask for them. */
  readonly weights: Map<number, Float32Array>;
}

/**
 * The name of D′, by which a law knows it where there is one draw for every S.
 *
 * @param S The number of removed rows.
 * @returns The name.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { withoutRows } from "./shared_chains.ts";
 *
 * assert.notEqual(withoutRows(1), withoutRows(10));
 * ```
 */
export const withoutRows = (S: number): string => `D without ${S} rows`;

/**
 * The chains of a run.
 *
 * @param expected What will be asked of them, as far as it is known: it saves steps, and changes no weights.
 * @returns The chains, none of which has been asked for.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { type Look, sharedChains, type Stretch } from "./shared_chains.ts";
 *
 * const taken: number[] = [];
 * const advance = (stretches: readonly Stretch<Look>[]) => {
 *   taken.push(...stretches.map(({ steps }) => steps));
 *   return Promise.resolve(stretches.map(({ start, steps }) => start.map((w) => w + steps)));
 * };
 * const cell = (array: string, steps: number): Look => ({ law: "unlearn", array, steps, start: () => Float32Array.of(0) });
 * const chains = sharedChains(new Map([["unlearn", [9, 4]]]));
 * assert.deepEqual(await chains.look([cell("ε = 1", 9)], advance), [Float32Array.of(9)]);
 * assert.deepEqual(await chains.look([cell("ε = 2", 4)], advance), [Float32Array.of(4)]);
 * assert.deepEqual(taken, [4, 5]);
 * ```
 */
export function sharedChains(expected: Looks = new Map()): Chains {
  const shared = new Map<unknown, Shared>();
  const asked = new Map<unknown, number[]>();
  const names = new WeakMap<object, string>();
  let strangers = 0;
  const called: Chains["called"] = (name, thing) => {
    names.set(thing, name);
    return thing;
  };

  const chainsOf = ({ law, array }: Look): Shared => {
    const chains = shared.get(law) ?? { name: array, ahead: [...expected.get(law) ?? []], weights: new Map() };
    shared.set(law, chains);
    return chains;
  };

  /** The way of chains to the first place where they are looked at and have not been, be it for another cell. */
  const nextStretch = <Asked extends Look>(look: Asked): readonly [Shared, Stretch<Asked>] => {
    const { name, ahead, weights } = chainsOf(look);
    const end = Math.min(...[...ahead, look.steps].filter((steps) => !weights.has(steps)));
    const firstStep = Math.max(0, ...weights.keys().filter((steps) => steps < end));
    const start = weights.get(firstStep) ?? look.start(name);
    return [chainsOf(look), { look, name, start, firstStep, steps: end - firstStep }];
  };

  return {
    asked,
    async look(looks, advance) {
      for (const { law, steps } of looks) asked.set(law, [...asked.get(law) ?? [], steps]);
      for (;;) {
        const waiting = looks.filter((look) => !chainsOf(look).weights.has(look.steps));
        const stretches = new Map(waiting.map(nextStretch));
        if (stretches.size === 0) break;
        const advanced = await advance([...stretches.values()]);
        [...stretches].forEach(([{ name, weights }, { firstStep, steps }], i) => {
          const step = firstStep + steps;
          weights.set(step, called(`${name} after ${step}`, advanced[i]));
        });
      }
      const found = looks.map((look) => chainsOf(look).weights.get(look.steps)!);
      for (const look of looks) {
        const { ahead, weights } = chainsOf(look);
        const place = ahead.indexOf(look.steps);
        if (place >= 0) ahead.splice(place, 1);
        const farthest = Math.max(...weights.keys());
        const isNeeded = (step: number) => ahead.some((place) => place === step || step === farthest && place > step);
        for (const step of weights.keys()) if (!isNeeded(step)) weights.delete(step);
      }
      return found;
    },
    called,
    nameOf(thing) {
      if (!names.has(thing)) called(`stranger ${strangers++}`, thing);
      return names.get(thing)!;
    },
  };
}
