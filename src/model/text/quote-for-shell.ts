/** Quotes `text` as one word for a POSIX shell. The text may contain anything but NUL, which no shell accepts. */
export function quoteForShell(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
