import type { LogValue } from './log-value.ts';

/** One entry of the log, as plain data. */
export interface LogEntry {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly level: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, LogValue>>;
}

/** `2026-11-21T08:00:00.000Z info message key=value key2="two words"`, what is nested as `outer.inner=…`. */
export function renderTextLine(entry: LogEntry): string {
  return `${new Date(entry.time).toISOString()} ${entry.level} ${renderMessage(entry.message, entry.fields)}`;
}

/** `message key=value`: the text line for a log that tells time and level itself. */
export function renderMessage(message: string, fields: LogEntry['fields']): string {
  return tidy([escapeControls(message), ...renderFields(fields, '')].join(' '));
}

/** One JSON object: `time`, `level`, `message` and, when there are any, `fields`. */
export function renderJsonLine({ time, level, message, fields }: LogEntry): string {
  const head = { time: new Date(time).toISOString(), level, message };
  return tidy(JSON.stringify(Object.keys(fields).length === 0 ? head : { ...head, fields }));
}

function renderFields(fields: Readonly<Record<string, LogValue>>, prefix: string): string[] {
  return Object.entries(fields).flatMap(([key, value]) => {
    const name = `${prefix}${key.replace(/[\s="]+/g, '_')}`;
    return isRecord(value) ? renderFields(value, `${name}.`) : [`${name}=${renderValue(value)}`];
  });
}

function isRecord(value: LogValue): value is Readonly<Record<string, LogValue>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function renderValue(value: LogValue): string {
  return typeof value === 'string' && /^[^\s"=\\]+$/.test(value)
    ? escapeControls(value)
    : JSON.stringify(value);
}

/** Keeps one entry on one line, whatever a server or a guest has put into it. */
function escapeControls(text: string): string {
  return text.replace(/\p{Cc}/gu, (character) => JSON.stringify(character).slice(1, -1));
}

/** What is wrong in a line of either form: passwords in URLs, and controls that JSON lets pass. */
function tidy(line: string): string {
  return line
    .replace(/(:\/\/[^\s/:@"]*):[^\s/@"]+@/g, '$1:[secret]@')
    .replace(
      /[\u007f-\u009f\u2028\u2029]/g,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
}
