/** Below the kernel's limit of 128 KiB for one argument. */
const MAX_BYTES = 100_000;

/** Replaces control characters by spaces: an argument cannot contain NUL, and `juju status` shows one line. */
export function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim();
}

/** Splits text into parts that each fit into one argument, never within a character. */
export function splitForArguments(text: string, maxBytes = MAX_BYTES): readonly string[] {
  const parts: string[] = [];
  let part = '';
  let bytes = 0;
  for (const character of text) {
    const size = Buffer.byteLength(character);
    if (bytes + size > maxBytes) {
      parts.push(part);
      [part, bytes] = ['', 0];
    }
    part += character;
    bytes += size;
  }
  return part === '' ? parts : [...parts, part];
}
