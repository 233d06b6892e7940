import { createHash } from 'node:crypto';
import type { BuildSchedule, BuildTimes, BuildWindow } from '../model/unit/schedule.ts';
import { createCronMatcher } from '../system/cron.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** The longest distance of two times: day 31 of July and October, which August and September separate, is less. */
const SEARCHED_MINUTES = 93 * 24 * 60;
const MINUTES_OF_DAY = 24 * 60;
/** The largest delay after a scheduled time. */
const JITTER_MINUTES = 15;

/** Three scheduled times in a row, in epoch milliseconds, of which `last` is not in the future. */
interface ScheduledTimes {
  readonly previous: number;
  readonly last: number;
  readonly next: number;
}

/** The dates of scheduled builds at one moment, in epoch milliseconds. */
export interface BuildCalendar {
  /** The age at which an image is due; with scheduled times the longest pause around now. */
  readonly intervalHours: number;
  /** The age that an image reaches when nothing fails: a window delays its build by at most a day. */
  readonly expectedHours: number;
  /** The scheduled times around now. Undefined when images are due by age. */
  readonly times?: Pick<ScheduledTimes, 'last' | 'next'>;
  /** The start of the next build window. Undefined while builds may start. */
  readonly opensAt?: number;
}

/** Computes calendars, and remembers the scheduled times, because a search reads every minute. */
export class BuildCalendars {
  #known: (ScheduledTimes & { readonly key: string }) | undefined;

  /** Returns the calendar of a schedule at `now`. */
  at({ unit, intervalHours, times, window }: BuildSchedule, now: number): BuildCalendar {
    const opensAt = window === undefined ? undefined : findOpening(window, now);
    const opening = opensAt === undefined ? {} : { opensAt };
    const delay = window === undefined ? 0 : 24;
    if (times === undefined) return { intervalHours, expectedHours: intervalHours + delay, ...opening };
    const { previous, last, next } = this.#timesAt(times, unit, now);
    const pause = Math.max(last - previous, next - last);
    const hours = Math.ceil(pause / HOUR);
    return { intervalHours: hours, expectedHours: hours + delay, times: { last, next }, ...opening };
  }

  #timesAt(times: BuildTimes, unit: string, now: number): ScheduledTimes {
    const key = JSON.stringify([times, unit]);
    const known = this.#known;
    if (known?.key === key && known.last <= now && now < known.next) return known;
    const isTime = createCronMatcher(times);
    const delay = delayOf(unit);
    const minute = Math.floor((now - delay) / MINUTE) * MINUTE;
    const last = findMinute(minute, -MINUTE, isTime);
    const previous = findMinute(last - MINUTE, -MINUTE, isTime);
    const next = findMinute(minute + MINUTE, MINUTE, isTime);
    this.#known = { key, previous: previous + delay, last: last + delay, next: next + delay };
    return this.#known;
  }
}

/** Returns the delay of a unit after each scheduled time. It is the same at all times. */
function delayOf(unit: string): number {
  return (createHash('sha256').update(unit).digest().readUInt32BE() % (JITTER_MINUTES + 1)) * MINUTE;
}

/** Returns the first minute in the direction of `step` that is a time, or the end of the search. */
function findMinute(start: number, step: number, isTime: (minute: number) => boolean): number {
  const end = start + step * SEARCHED_MINUTES;
  let minute = start;
  while (minute !== end && !isTime(minute)) minute += step;
  return minute;
}

/** Returns the start of the next window, or undefined inside a window. */
function findOpening({ from, to, timeZone }: BuildWindow, now: number): number | undefined {
  const time = minuteOfDay(now, timeZone);
  const isOpen = from < to ? time >= from && time < to : time >= from || time < to;
  if (isOpen) return undefined;
  const minutes = (from - time + MINUTES_OF_DAY) % MINUTES_OF_DAY;
  return Math.floor(now / MINUTE) * MINUTE + minutes * MINUTE;
}

function minuteOfDay(now: number, timeZone: string): number {
  const format = new Intl.DateTimeFormat('en', {
    ...{ timeZone, hourCycle: 'h23', hour: 'numeric', minute: 'numeric' },
  });
  const parts = format.formatToParts(now);
  const read = (type: string): number => Number(parts.find((part) => part.type === type)?.value);
  return read('hour') * 60 + read('minute');
}
