/** Returns `text` without the run of `character` at its end. A regular expression would take quadratic time for it. */
export function withoutTrailing(character: string, text: string): string {
  let end = text.length;
  while (end > 0 && text[end - 1] === character) end--;
  return text.slice(0, end);
}
