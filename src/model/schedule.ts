import { type Decoder, decode, fields, integer, text } from './decode.ts';
import { InputError } from './errors.ts';
import { parseJsonText } from './json-text.ts';

/** How often a unit builds: schedule.json. */
export interface Schedule {
  readonly unit: string;
  readonly intervalHours: number;
}

const decoder: Decoder<Schedule> = fields({ unit: text, intervalHours: integer });

/** Reads schedule.json's text. Throws InputError. */
export function parseSchedule(json: string): Schedule {
  const value = parseJsonText(json, 'schedule.json');
  return decode(decoder, value, 'schedule.json', (problems) => new InputError(problems));
}
