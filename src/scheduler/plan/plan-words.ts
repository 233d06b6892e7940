export const HOUR = 3_600_000;

/** The reason for every skip while the operator has paused everything. */
export const EVERYTHING_PAUSED = 'paused: everything is paused';

const LONGEST_MESSAGE = 120;

/** Formats a time, such as `2026-11-21T14:00Z`. */
export function minuteOf(time: number): string {
  return `${new Date(time).toISOString().slice(0, 16)}Z`;
}

/** Returns the first line of a message, cut so that the whole reason fits into `juju status`. */
export function shorten(message: string): string {
  const [line = ''] = message.split('\n');
  return line.length <= LONGEST_MESSAGE ? line : `${line.slice(0, LONGEST_MESSAGE - 1)}…`;
}

/** Formats a number with its noun, such as `2 images`. */
export function count(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? '' : 's'}`;
}
