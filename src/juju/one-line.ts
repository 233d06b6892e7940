/** The kernel takes 128 KiB for one argument. */
const MOST_BYTES = 100_000;

/** `text` on one line: what an argument cannot carry, or `juju status` not show, becomes a space. */
export function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim();
}

/** `text` in parts that each fit into one argument; no character is cut. */
export function splitForArguments(text: string, mostBytes = MOST_BYTES): readonly string[] {
  const parts: string[] = [];
  let part = '';
  let bytes = 0;
  for (const character of text) {
    const size = Buffer.byteLength(character);
    if (bytes + size > mostBytes) {
      parts.push(part);
      [part, bytes] = ['', 0];
    }
    part += character;
    bytes += size;
  }
  return part === '' ? parts : [...parts, part];
}
