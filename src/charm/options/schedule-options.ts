import type { BuildTimes, BuildWindow } from '../../model/unit/schedule.ts';
import { findCronProblem, findTimeZoneProblem } from '../../system/cron.ts';
import type { OptionReader } from './option-reader.ts';

const ZONE_PREFIX = 'CRON_TZ=';

/** Reads `build-schedule`: five fields of a cron expression, optionally after `CRON_TZ=<time zone>`. */
export function readBuildTimes(reader: OptionReader): BuildTimes | undefined {
  const words = wordsOf(reader.text('build-schedule'));
  if (words.length === 0) return undefined;
  const zone = words[0]?.startsWith(ZONE_PREFIX) === true ? words.shift() : undefined;
  const times = { expression: words.join(' '), timeZone: zone?.slice(ZONE_PREFIX.length) ?? 'UTC' };
  const problem = findCronProblem(times);
  if (problem === undefined) return times;
  const expected = 'a cron expression such as 30 2 * * 1-5, optionally after CRON_TZ=Europe/Berlin';
  reader.addProblem('build-schedule', `${expected} (${problem})`, words.join(' '));
  return undefined;
}

/** Reads `build-window`: `HH:MM-HH:MM`, optionally followed by a time zone. */
export function readBuildWindow(reader: OptionReader): BuildWindow | undefined {
  const value = reader.text('build-window');
  const [hours = '', timeZone = 'UTC', ...rest] = wordsOf(value);
  if (hours === '') return undefined;
  const [from, to, ...others] = hours.split('-').map(minuteOfDay);
  const isWhole = from !== undefined && to !== undefined && from !== to && others.length + rest.length === 0;
  const problem = findTimeZoneProblem(timeZone);
  if (isWhole && problem === undefined) return { from, to, timeZone };
  const expected = 'two different times of day such as 22:00-06:00, optionally followed by Europe/Berlin';
  reader.addProblem('build-window', problem === undefined ? expected : `${expected} (${problem})`, value);
  return undefined;
}

function wordsOf(text: string): string[] {
  return text.split(/\s/).filter((word) => word !== '');
}

function minuteOfDay(text: string): number | undefined {
  const [, hour, minute] = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(text) ?? [];
  return hour === undefined ? undefined : Number(hour) * 60 + Number(minute);
}
