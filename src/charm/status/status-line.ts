const MAX_LINE_LENGTH = 200;
/** The limit of the first of several parts. It is larger, because the first part says what to do. */
const MAX_FIRST_LENGTH = 1000;

/** The most parts of a line, however short they are. The log has all of them. */
const MAX_PARTS = 5;

/** Joins parts to one line: the first almost in full, then as many as fit, then the number of those left out. */
export function joinParts(parts: readonly string[]): string {
  const [first = '', ...others] = parts.map((part) => cutTo(MAX_FIRST_LENGTH, part));
  let joined = first;
  for (const [index, line] of others.entries()) {
    const more = others.length - index;
    const longer = `${joined}; ${line}`;
    const isTooLong = longer.length > MAX_LINE_LENGTH - (more > 1 ? '; and 99 more'.length : 0);
    if (isTooLong || index + 1 === MAX_PARTS) return `${joined}; and ${more} more`;
    joined = longer;
  }
  return joined;
}

/** Returns the text as one line of at most 200 characters. */
export function cutLine(text: string): string {
  return cutTo(MAX_LINE_LENGTH, text);
}

/** Returns an ISO 8601 time as a UTC minute: `14:00Z` on the day of `now`, `2026-11-22 14:00Z` on another day. */
export function minuteOf(time: string, now: number): string {
  const milliseconds = Date.parse(time);
  if (Number.isNaN(milliseconds)) return time;
  const [day = '', minute = ''] = new Date(milliseconds).toISOString().slice(0, 16).split('T');
  return new Date(now).toISOString().startsWith(day) ? `${minute}Z` : `${day} ${minute}Z`;
}

/** Returns the text as one line. Cuts it first, because it may be a foreign text of any length. */
function cutTo(most: number, text: string): string {
  const line = text
    .slice(0, 4 * most)
    .replace(/\s+/g, ' ')
    .trim();
  return line.length <= most ? line : `${line.slice(0, most - 1)}…`;
}
