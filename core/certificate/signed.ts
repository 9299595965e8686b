/**
 * Signed JSON: one spelling of every value (RFC 8785), signed with Ed25519, the key within. A signature proves who wrote
 * it, and nothing else.
 * @module
 */
import canonicalize from "canonicalize";
import { isObject } from "../text/json.ts";

const ALGORITHM = "Ed25519";

/** What every signature is over, before the JSON: nothing else that the key signs can be taken for a certificate. */
const DOMAIN = "langevin-unlearning certificate\n";

/** A key to sign with. */
export interface SigningKey {
  /** Its private part, as JSON (RFC 8037). */
  readonly secret: string;
  /** Its public part, 64 hexadecimal digits, which are its fingerprint too. */
  readonly fingerprint: string;
}

const utf8 = (text: string) => new TextEncoder().encode(text);

function canonical(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError("no JSON has such a value");
  return text;
}

/**
 * Makes a key.
 *
 * @returns The key.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { newKey } from "./signed.ts";
 *
 * assert.match((await newKey()).fingerprint, /^[0-9a-f]{64}$/);
 * ```
 */
export async function newKey(): Promise<SigningKey> {
  const pair = await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]) as CryptoKeyPair;
  const { kty, crv, d, x } = await crypto.subtle.exportKey("jwk", pair.privateKey);
  return openKey(canonical({ kty, crv, d, x }));
}

/**
 * Reads a key.
 *
 * @param secret Its private part, as JSON.
 * @returns The key.
 * @throws {Error} If it is none.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { newKey, openKey } from "./signed.ts";
 *
 * const key = await newKey();
 * assert.deepEqual(openKey(key.secret), key);
 * ```
 */
export function openKey(secret: string): SigningKey {
  try {
    const { x } = JSON.parse(secret) as JsonWebKey;
    return { secret, fingerprint: Uint8Array.fromBase64(x!, { alphabet: "base64url" }).toHex() };
  } catch {
    throw new Error("the signing key is damaged");
  }
}

/**
 * Signs.
 *
 * @param content What to sign: JSON without `key` and `signature`.
 * @param key The key.
 * @returns Its one spelling, with the fingerprint as `key`, and the `signature` over all else.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { newKey, readSigned, sign } from "./signed.ts";
 *
 * const key = await newKey();
 * assert.deepEqual(await readSigned(await sign({ n: 1 }, key)), { n: 1, key: key.fingerprint });
 * ```
 */
export async function sign(content: object, { secret, fingerprint }: SigningKey): Promise<string> {
  const key = await crypto.subtle.importKey("jwk", JSON.parse(secret), ALGORITHM, false, ["sign"]);
  const signed = { ...content, key: fingerprint };
  const signature = await crypto.subtle.sign(ALGORITHM, key, utf8(DOMAIN + canonical(signed)));
  return canonical({ ...signed, signature: new Uint8Array(signature).toHex() });
}

/** Whether a signature is that of a key over a text; hexadecimal digits have one spelling here, as all else has. */
async function isSignature(signature: unknown, fingerprint: unknown, text: string): Promise<boolean> {
  if (!/^[0-9a-f]{128}$/.test(String(signature)) || !/^[0-9a-f]{64}$/.test(String(fingerprint))) return false;
  const [raw, signed] = [String(fingerprint), String(signature)].map((digits) => Uint8Array.fromHex(digits));
  try {
    const key = await crypto.subtle.importKey("raw", raw, ALGORITHM, false, ["verify"]);
    return await crypto.subtle.verify(ALGORITHM, key, signed, utf8(DOMAIN + text));
  } catch {
    return false; // No point of the curve.
  }
}

/**
 * Reads what was signed. Whose key it is, is for the reader to know: anybody can make a key.
 *
 * @param text The signed JSON, to the letter.
 * @returns Its fields without the signature.
 * @throws {Error} If it is spelled otherwise, or the signature is not that of its key.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { newKey, readSigned, sign } from "./signed.ts";
 *
 * const text = await sign({ n: 1 }, await newKey());
 * await assert.rejects(readSigned(text.replace('"n":1', '"n":2')), /signature is not that of its key/);
 * await assert.rejects(readSigned(text.replace('"n":1', '"n": 1')), /not in the one spelling of RFC 8785/);
 * ```
 */
export async function readSigned(text: string): Promise<Readonly<Record<string, unknown>>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
    if (!isObject(value) || canonical(value) !== text) throw new TypeError();
  } catch {
    throw new Error("certificate: it is not in the one spelling of RFC 8785: it was changed, or is no certificate");
  }
  const { signature, ...content } = value;
  if (await isSignature(signature, content.key, canonical(content))) return content;
  throw new Error("certificate: its signature is not that of its key: it was changed, or signed with another key");
}

/**
 * SHA-256 of bytes, as `sha256sum` prints it.
 *
 * @param content The bytes, or a text in UTF-8.
 * @returns 64 hexadecimal digits.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { digestOf } from "./signed.ts";
 *
 * assert.equal((await digestOf("")).slice(0, 16), "e3b0c44298fc1c14");
 * ```
 */
export async function digestOf(content: string | Uint8Array<ArrayBuffer>): Promise<string> {
  const bytes = typeof content === "string" ? utf8(content) : content;
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}
