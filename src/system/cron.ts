import { createTask, parse, setLogger, validateDetailed } from 'node-cron';
import type { BuildTimes } from '../model/unit/schedule.ts';
import { messageOf } from '../model/text/message-of.ts';
import type { Logger } from './log/logger.ts';

/** The months in a year: the values of an unrestricted month field. */
const MONTHS = 12;
/** Longer expressions are refused before node-cron reads them. */
const MAX_LENGTH = 100;

/** Starts to call `work` at the times of a cron expression in UTC. Returns a function that stops it. */
export function startCronTask(pattern: string, work: () => Promise<void>, logger: Logger): () => void {
  setLogger(quietLogger(logger));
  const task = createTask(pattern, work, { timezone: 'UTC', noOverlap: true, name: 'tick' });
  void task.start();
  return () => void task.destroy();
}

/**
 * Returns what is wrong with build times, or undefined when nothing is. Every month must have a time: a search for the
 * last or next time then reads at most two months.
 */
export function findCronProblem({ expression, timeZone }: BuildTimes): string | undefined {
  if (expression.length > MAX_LENGTH) return `longer than ${MAX_LENGTH} characters`;
  if (expression.split(/\s/).filter((word) => word !== '').length !== 5) {
    return 'not five fields: minute, hour, day of month, month, day of week';
  }
  const { valid, errors } = validateDetailed(expression);
  if (!valid) return errors.map(({ message }) => message).join('; ') || 'it has no time';
  if (parse(expression).month.length < MONTHS) return 'the month must be *';
  return findTimeZoneProblem(timeZone);
}

/** Returns what is wrong with the name of a time zone, or undefined when nothing is. */
export function findTimeZoneProblem(timeZone: string): string | undefined {
  if (timeZone.length > MAX_LENGTH) return `a time zone longer than ${MAX_LENGTH} characters`;
  try {
    new Intl.DateTimeFormat('en', { timeZone });
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/** Returns a function that reports whether a minute, in epoch milliseconds, is one of the times. */
export function createCronMatcher({ expression, timeZone }: BuildTimes): (minute: number) => boolean {
  const task = createTask(expression, () => undefined, { timezone: timeZone });
  return (minute) => task.match(new Date(minute));
}

/** Redirects node-cron's messages, which would be printed to stderr. Missed and skipped ticks become debug messages. */
function quietLogger(logger: Logger): Parameters<typeof setLogger>[0] {
  const logDebug = (message: string | Error): void => {
    logger.debug('node-cron', { text: String(message) });
  };
  return {
    info: logDebug,
    warn: logDebug,
    debug: logDebug,
    error: (message) => {
      logger.error('node-cron', { text: String(message) });
    },
  };
}
