import winston from 'winston';
import Transport from 'winston-transport';
import type { Clock } from '../../model/clock.ts';
import { renderJsonLine, renderTextLine } from './log-line.ts';
import { describeFields } from './log-value.ts';

/** The severity of a log entry, most severe first. */
export type LogLevel = 'error' | 'warning' | 'info' | 'debug';

type Fields = Readonly<Record<string, unknown>>;

/** A structured log: the message is constant text, and variable parts go into fields. */
export interface Logger {
  error(message: string, fields?: Fields): void;
  warning(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  debug(message: string, fields?: Fields): void;
}

export interface LoggerOptions {
  /** The least severe level that is logged. At `debug`, errors include their stacks. */
  readonly level: LogLevel;
  /** Receives each line, without its line end, before the logging call returns. */
  readonly write: (line: string) => void;
  readonly format: 'text' | 'json';
  readonly clock: Clock;
}

/** An entry on its way through winston. Winston would merge the fields into its own, so they are one property here. */
interface Entry {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: Fields;
}

const LEVELS: Readonly<Record<LogLevel, number>> = { error: 0, warning: 1, info: 2, debug: 3 };

/** Creates a log that prints no Secret and no field whose name suggests a secret. */
export function createLogger(options: LoggerOptions): Logger {
  const logger = winston.createLogger({
    levels: { ...LEVELS },
    level: options.level,
    format: winston.format((info) => info)(), // winston's default would drop errors and print secrets
  });
  logger.pipe(createTransport(options)); // add() does the same, but its types refer to another copy of Transport
  const log = (level: LogLevel, message: string, fields: Fields = {}): void => {
    const entry: Entry = { level, message, fields };
    logger.log(entry);
  };
  return {
    error: (message, fields) => {
      log('error', message, fields);
    },
    warning: (message, fields) => {
      log('warning', message, fields);
    },
    info: (message, fields) => {
      log('info', message, fields);
    },
    debug: (message, fields) => {
      log('debug', message, fields);
    },
  };
}

/** Creates a transport that writes synchronously: winston's own transports lose lines when the process exits. */
function createTransport(options: LoggerOptions): Transport {
  return new Transport({
    log: (entry: Entry, next: () => void) => {
      try {
        options.write(renderLine(entry, options));
      } finally {
        next();
      }
    },
  });
}

function renderLine({ level, message, fields }: Entry, options: LoggerOptions): string {
  const described = describeFields(fields, { stacks: options.level === 'debug' });
  const entry = { time: options.clock.now(), level, message, fields: described };
  return options.format === 'json' ? renderJsonLine(entry) : renderTextLine(entry);
}
