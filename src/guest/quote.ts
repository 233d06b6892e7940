/** `text` as one word of POSIX sh, whatever is in it. NUL alone cannot be told to a shell. */
export function quoteForShell(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
