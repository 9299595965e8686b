/**
 * Random words that nobody can tell from random without the key: AES-256 in counter mode over zeros, by WebCrypto.
 * @module
 */

/** Gives the next random words, as many as it likes. */
export type Keystream = () => Promise<Uint32Array<ArrayBuffer>>;

/** Words of one call, 256 KiB. */
const WORDS = 2 ** 16;

/** Bytes of a block of AES, which the lower half of the counter counts. */
const BLOCK = 16;

/**
 * The keystream of a key, from its beginning.
 *
 * @param key 32 bytes, which are erased once they are imported.
 * @returns The words.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { keystream } from "./keystream.ts";
 *
 * const words = await keystream(new Uint8Array(32));
 * assert.equal((await words())[0], 0x78c095dc);
 * ```
 */
export async function keystream(key: Uint8Array<ArrayBuffer>): Promise<Keystream> {
  const secret = await crypto.subtle.importKey("raw", key, "AES-CTR", false, ["encrypt"]);
  key.fill(0);
  const zeros = new Uint8Array(4 * WORDS);
  let blocks = 0n;
  return async () => {
    const counter = new DataView(new ArrayBuffer(BLOCK));
    counter.setBigUint64(8, blocks);
    blocks += BigInt(zeros.length / BLOCK);
    return new Uint32Array(await crypto.subtle.encrypt({ name: "AES-CTR", counter, length: 64 }, secret, zeros));
  };
}

/**
 * The keystream of a key that nobody knows: 256 fresh bits of the system.
 *
 * @returns The words.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { freshKeystream } from "./keystream.ts";
 *
 * const [one, other] = await Promise.all([freshKeystream(), freshKeystream()]);
 * assert.notDeepEqual(await one(), await other());
 * ```
 */
export async function freshKeystream(): Promise<Keystream> {
  return await keystream(crypto.getRandomValues(new Uint8Array(32)));
}
