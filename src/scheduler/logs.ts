import { join } from 'node:path';
import type { Clock } from '../model/clock.ts';
import { messageOf } from '../model/text/message-of.ts';
import type { UnitPaths } from '../model/unit/unit-paths.ts';
import { openLogFile } from '../system/log/log-file.ts';
import { type Logger, createLogger } from '../system/log/logger.ts';

const MAX_BYTES = 10 * 1024 * 1024;
const KEPT_FILES = 3;

export interface LogOptions {
  readonly paths: UnitPaths;
  readonly clock: Clock;
  /** The format of the console. The file always has JSON lines. */
  readonly console: 'text' | 'json';
  readonly writeOut: (text: string) => void;
}

/**
 * Opens the daemon's log. Every message goes to a file as a JSON line and to the console. When the file cannot be written,
 * because the disk is full for example, the daemon continues and reports the failure on the console.
 */
export function openLogs({ paths, clock, console, writeOut }: LogOptions): Logger {
  const path = join(paths.log, 'scheduler.log');
  const file = openLogFile({ path, maxBytes: MAX_BYTES, keep: KEPT_FILES });
  const toConsole = (line: string): void => {
    writeOut(`${line}\n`);
  };
  const toFile = (line: string): void => {
    try {
      file.write(line);
    } catch (error) {
      toConsole(`${path} was not written: ${messageOf(error)}`);
    }
  };
  const toBoth = (line: string): void => {
    toConsole(line);
    toFile(line);
  };
  const create = (format: 'text' | 'json', write: (line: string) => void): Logger =>
    createLogger({ level: 'info', format, clock, write });
  if (console === 'json') return create('json', toBoth);
  return joinLoggers([create('text', toConsole), create('json', toFile)]);
}

function joinLoggers(loggers: readonly Logger[]): Logger {
  const log =
    (level: keyof Logger) =>
    (message: string, fields?: Readonly<Record<string, unknown>>): void => {
      for (const logger of loggers) logger[level](message, fields);
    };
  return { error: log('error'), warning: log('warning'), info: log('info'), debug: log('debug') };
}
