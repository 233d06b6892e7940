import type { LogValue } from './log-value.ts';

/** One log entry as plain data. */
export interface LogEntry {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly level: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, LogValue>>;
}

/** Renders `2026-11-21T08:00:00.000Z info message key=value key2="two words"`; nested fields as `outer.inner=…`. */
export function renderTextLine(entry: LogEntry): string {
  return `${new Date(entry.time).toISOString()} ${entry.level} ${renderMessage(entry.message, entry.fields)}`;
}

/** Renders `message key=value`, for a log that adds the time and the level itself. */
export function renderMessage(message: string, fields: LogEntry['fields']): string {
  return sanitize([escapeControls(message), ...renderFields(fields, '')].join(' '));
}

/** Renders one JSON object with `time`, `level`, `message` and, unless empty, `fields`. */
export function renderJsonLine({ time, level, message, fields }: LogEntry): string {
  const head = { time: new Date(time).toISOString(), level, message };
  return sanitize(JSON.stringify(Object.keys(fields).length === 0 ? head : { ...head, fields }));
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

/** Escapes control characters from a server or guest, so that an entry stays on one line. */
function escapeControls(text: string): string {
  return text.replace(/\p{Cc}/gu, (character) => JSON.stringify(character).slice(1, -1));
}

/** Removes passwords from URLs and escapes control characters that JSON allows. */
function sanitize(line: string): string {
  return line
    .replace(/(:\/\/[^\s/:@"]*):[^\s/@"]+@/g, '$1:[secret]@')
    .replace(
      /[\u007f-\u009f\u2028\u2029]/g,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
}
