import { type Decoder, decode, fields, integer, text } from './decode.ts';
import { InputError } from './errors.ts';
import { parseJsonText } from './json-text.ts';

/** The build interval of a unit: schedule.json. */
export interface BuildSchedule {
  readonly unit: string;
  readonly intervalHours: number;
}

/** Decodes an interval of at least one hour. With 0, every image would be due again immediately after its build. */
const hours: Decoder<number> = (value, at, problems) => {
  const read = integer(value, at, problems);
  if (read === undefined || read >= 1) return read;
  problems.push(`${at}: expected at least 1, got ${read}`);
  return undefined;
};

const decoder: Decoder<BuildSchedule> = fields({ unit: text, intervalHours: hours });

/** Decodes the text of schedule.json. Throws InputError. */
export function parseSchedule(json: string): BuildSchedule {
  const value = parseJsonText(json, 'schedule.json');
  return decode(decoder, value, 'schedule.json', (problems) => new InputError(problems));
}
