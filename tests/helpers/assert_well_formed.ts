import assert from "node:assert/strict";

/** Every tag is closed in order, every attribute quoted, every `<` and `&` escaped. */
export function assertWellFormed(text: string): void {
  const open: string[] = [];
  const tag = /<(\/?)([\w:-]+)(?:\s+[\w:-]+="(?:[^"<&]|&\w+;)*")*\s*(\/?)>/g;
  const rest = text.replace(/^<\?xml [^?]*\?>/, "").replace(tag, (_, closing, name, empty) => {
    if (closing) assert.equal(name, open.pop());
    else if (!empty) open.push(name);
    return "";
  });
  assert.deepEqual(open, []);
  assert.doesNotMatch(rest, /<|&(?!\w+;)/);
}
