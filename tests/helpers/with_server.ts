import assert from "node:assert/strict";

/** Lets `fetch` answer as a server would, while something runs. */
export async function withServer(url: string, answer: () => Response, run: () => Promise<void>): Promise<void> {
  const original = globalThis.fetch;
  globalThis.fetch = (asked) => {
    assert.equal(asked, url);
    return Promise.resolve().then(answer);
  };
  try {
    await run();
  } finally {
    globalThis.fetch = original;
  }
}
