import { type Decoder, decode, fields, integer, text } from './decode.ts';
import { InputError } from './errors.ts';
import { parseJsonText } from './json-text.ts';

/** How often a unit builds: schedule.json. */
export interface BuildSchedule {
  readonly unit: string;
  readonly intervalHours: number;
}

/** Under less, all that came through would be due again at once. */
const hours: Decoder<number> = (value, at, problems) => {
  const read = integer(value, at, problems);
  if (read === undefined || read >= 1) return read;
  problems.push(`${at}: expected at least 1, got ${read}`);
  return undefined;
};

const decoder: Decoder<BuildSchedule> = fields({ unit: text, intervalHours: hours });

/** Reads schedule.json's text. Throws InputError. */
export function parseSchedule(json: string): BuildSchedule {
  const value = parseJsonText(json, 'schedule.json');
  return decode(decoder, value, 'schedule.json', (problems) => new InputError(problems));
}
