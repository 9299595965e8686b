/**
 * A worker that wants folders at the same moments as others do, on a file system that has no locks. It answers with the
 * numbers of those that it got.
 */
import { lockFolder } from "../../core/disk/lock.ts";

/** What a rival is told. */
interface Races {
  /** Holds a folder a race, named by its number. */
  readonly folder: string;
  readonly races: number;
  readonly rivals: number;
  /** What the system says of its locks. */
  readonly complaint: string;
  /** How many rivals have come to a race, of all races, and to the end of one. */
  readonly turns: Int32Array;
}

/** Waits until all rivals have come here, again and again. */
function meet(turns: Int32Array, place: number, count: number): void {
  Atomics.add(turns, place, 1);
  Atomics.notify(turns, place);
  for (let come; (come = Atomics.load(turns, place)) < count;) Atomics.wait(turns, place, come);
}

self.onmessage = ({ data: { folder, races, rivals, complaint, turns } }: MessageEvent<Races>) => {
  Deno.FsFile.prototype.tryLockSync = () => {
    throw new Error(complaint);
  };
  const won: number[] = [];
  for (let race = 0; race < races; race++) {
    meet(turns, 0, rivals * (race + 1));
    try {
      lockFolder(`${folder}/${race}`);
      won.push(race);
    } catch (error) {
      if (!/is in use/.test(String(error))) throw error;
    }
    meet(turns, 1, rivals * (race + 1));
  }
  self.postMessage(won);
};
