import { join } from 'node:path';
import type { Clock } from '../../model/clock.ts';
import { messageOf } from '../../model/message-of.ts';
import type { UnitPaths } from '../../model/unit-paths.ts';
import { openLogFile } from '../../system/log-file.ts';
import { type Logger, createLogger } from '../../system/logger.ts';

const MAX_BYTES = 10 * 1024 * 1024;
const KEPT_FILES = 3;

export interface LogOptions {
  readonly paths: UnitPaths;
  readonly clock: Clock;
  /** Of what goes to the console; the file has JSON lines. */
  readonly console: 'text' | 'json';
  readonly writeOut: (text: string) => void;
}

/** The daemon's log: its file and the console. A disk that is full costs the file's lines, not the daemon. */
export function openLogs({ paths, clock, console, writeOut }: LogOptions): Logger {
  const file = openLogFile({
    path: join(paths.log, 'scheduler.log'),
    maxBytes: MAX_BYTES,
    keep: KEPT_FILES,
  });
  const toConsole = createLogger({
    level: 'info',
    format: console,
    clock,
    write: (line) => {
      writeOut(`${line}\n`);
    },
  });
  const toFile = createLogger({
    level: 'info',
    format: 'json',
    clock,
    write: (line) => {
      try {
        file.write(line);
      } catch (error) {
        toConsole.error('the log file was not written', { path: paths.log, error: messageOf(error) });
      }
    },
  });
  return joinLoggers([toConsole, toFile]);
}

function joinLoggers(loggers: readonly Logger[]): Logger {
  const log =
    (level: keyof Logger) =>
    (message: string, fields?: Readonly<Record<string, unknown>>): void => {
      for (const logger of loggers) logger[level](message, fields);
    };
  return { error: log('error'), warning: log('warning'), info: log('info'), debug: log('debug') };
}
