const LONGEST_LINE = 200;

/** One line of several parts: the first whole, the others as long as there is room, and how many there are more. */
export function joinParts(parts: readonly string[]): string {
  const lines = parts.map(toLine);
  const [first = '', ...others] = lines;
  let told = first;
  for (const [index, line] of others.entries()) {
    const more = others.length - index;
    const longer = `${told}; ${line}`;
    if (longer.length > LONGEST_LINE - (more > 1 ? '; and 99 more'.length : 0))
      return `${told}; and ${more} more`;
    told = longer;
  }
  return told;
}

/** `text` as one line that is not too long to read. */
export function cutLine(text: string): string {
  const line = toLine(text);
  return line.length <= LONGEST_LINE ? line : `${line.slice(0, LONGEST_LINE - 1)}…`;
}

/** The minute of an ISO 8601 time in UTC: `14:00Z`. */
export function minuteOf(time: string): string {
  const milliseconds = Date.parse(time);
  return Number.isNaN(milliseconds) ? time : `${new Date(milliseconds).toISOString().slice(11, 16)}Z`;
}

function toLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
