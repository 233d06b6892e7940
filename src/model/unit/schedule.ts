import { type Decoder, decode, fields, integer, optional, text } from '../decode.ts';
import { InputError } from '../errors.ts';
import { parseJsonText } from '../text/json-text.ts';

/** The times at which images are due: a cron expression of five fields in a time zone of the IANA database. */
export interface BuildTimes {
  readonly expression: string;
  readonly timeZone: string;
}

/** The hours in which scheduled builds start. A window whose end is not after its start lasts over midnight. */
export interface BuildWindow {
  /** The minutes from midnight to the start, from 0 to 1439. */
  readonly from: number;
  /** The minutes from midnight to the end, from 0 to 1439. */
  readonly to: number;
  readonly timeZone: string;
}

/** The build schedule of a unit: schedule.json. */
export interface BuildSchedule {
  readonly unit: string;
  readonly intervalHours: number;
  /** Undefined when images are due by age. */
  readonly times?: BuildTimes | undefined;
  /** Undefined when builds start at any time. */
  readonly window?: BuildWindow | undefined;
}

/** Decodes an interval of at least one hour. With 0, every image would be due again immediately after its build. */
const hours: Decoder<number> = (value, at, problems) => {
  const read = integer(value, at, problems);
  if (read === undefined || read >= 1) return read;
  problems.push(`${at}: expected at least 1, got ${read}`);
  return undefined;
};

const decoder: Decoder<BuildSchedule> = fields({
  unit: text,
  intervalHours: hours,
  times: optional(fields({ expression: text, timeZone: text })),
  window: optional(fields({ from: integer, to: integer, timeZone: text })),
});

/** Decodes the text of schedule.json. Throws InputError. */
export function parseSchedule(json: string): BuildSchedule {
  const value = parseJsonText(json, 'schedule.json');
  return decode(decoder, value, 'schedule.json', (problems) => new InputError(problems));
}
