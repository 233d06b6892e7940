/** Below the kernel's limit of 128 KiB for one argument. */
const MAX_BYTES = 100_000;

/**
 * Replaces control characters by spaces and cuts the text to the size of an argument: an argument cannot contain NUL,
 * and `juju status` shows one line.
 */
export function oneLine(text: string): string {
  const cut = cutToBytes(text, MAX_BYTES);
  const line = cut.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim();
  return cut.length === text.length ? line : `${line}…`;
}

/** Cuts a text to at most `maxBytes` bytes of UTF-8, never within a character. */
export function cutToBytes(text: string, maxBytes = MAX_BYTES): string {
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(maxBytes));
  return text.slice(0, read);
}
