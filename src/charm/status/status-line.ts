const MAX_LINE_LENGTH = 200;

/** Joins parts to one line: the first in full, then as many as fit, then the number of those left out. */
export function joinParts(parts: readonly string[]): string {
  const lines = parts.map(toLine);
  const [first = '', ...others] = lines;
  let joined = first;
  for (const [index, line] of others.entries()) {
    const more = others.length - index;
    const longer = `${joined}; ${line}`;
    if (longer.length > MAX_LINE_LENGTH - (more > 1 ? '; and 99 more'.length : 0))
      return `${joined}; and ${more} more`;
    joined = longer;
  }
  return joined;
}

/** Returns the text as one line of at most 200 characters. */
export function cutLine(text: string): string {
  const line = toLine(text);
  return line.length <= MAX_LINE_LENGTH ? line : `${line.slice(0, MAX_LINE_LENGTH - 1)}…`;
}

/** Returns the hour and minute of an ISO 8601 time in UTC: `14:00Z`. */
export function minuteOf(time: string): string {
  const milliseconds = Date.parse(time);
  return Number.isNaN(milliseconds) ? time : `${new Date(milliseconds).toISOString().slice(11, 16)}Z`;
}

function toLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
