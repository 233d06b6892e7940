import type { Clock } from '../model/clock.ts';
import { ProductError } from '../model/errors.ts';
import { messageOf } from '../model/text/message-of.ts';
import { type Logger, createLogger } from '../system/log/logger.ts';
import { createJsonProgress } from '../system/log/json-progress.ts';
import type { Progress } from '../system/log/progress-output.ts';
import { createProgress } from '../system/log/progress.ts';
import type { CommonOptions } from './request.ts';

type LogFormat = CommonOptions['logFormat'];

/** The destination of stderr. */
export interface StderrTarget {
  readonly clock: Clock;
  readonly writeErr: (text: string) => void;
  readonly terminal: { readonly isTerminal: boolean; readonly columns: number };
}

/** The output of a command while it runs. */
export interface Output {
  readonly logger: Logger;
  readonly progress: Progress;
}

/**
 * Returns the log format that `argv` requests, without parsing it fully, so that usage errors can be written in this
 * format. The format of a job is JSON.
 */
export function findLogFormat(argv: readonly string[]): LogFormat {
  if (argv[0] === 'job') return 'json';
  const given = argv.flatMap((word, index) => {
    if (word.startsWith('--log-format=')) return [word.slice('--log-format='.length)];
    return word === '--log-format' ? [argv[index + 1]] : [];
  });
  return given.at(-1) === 'json' ? 'json' : 'text';
}

/** Opens the log and the progress output in the requested format. */
export function openOutput(
  { logFormat, logLevel }: Pick<CommonOptions, 'logFormat' | 'logLevel'>,
  { clock, writeErr, terminal }: StderrTarget,
): Output {
  const progress =
    logFormat === 'json'
      ? createJsonProgress({ write: writeErr, clock })
      : createProgress({ ...terminal, write: writeErr, clock });
  const write = (line: string): void => {
    progress.print(`${line}\n`);
  };
  return { progress, logger: createLogger({ level: logLevel, format: logFormat, clock, write }) };
}

/** Renders a failure for the operator. Only bugs have a stack trace. */
export function renderFailure(error: unknown, format: LogFormat, clock: Clock): string {
  const isBug = !(error instanceof ProductError);
  const message = `${isBug ? 'this is a bug, please report it: ' : ''}${messageOf(error)}`;
  const stack = isBug && error instanceof Error ? (error.stack ?? '') : undefined;
  if (format === 'text') return `ERROR: ${message}${stack === undefined ? '' : `\n${stack}`}\n`;
  const kind = isBug ? 'bug' : error.kind;
  return renderEntry(message, clock, { kind, stack });
}

/** Renders other text for the operator, such as a usage error. */
export function renderNotice(text: string, format: LogFormat, clock: Clock): string {
  if (format === 'text') return text;
  return text.trim() === '' ? '' : renderEntry(text.trim(), clock);
}

function renderEntry(message: string, clock: Clock, fields: Readonly<Record<string, unknown>> = {}): string {
  let line = '';
  const write = (text: string): void => {
    line = `${text}\n`;
  };
  createLogger({ level: 'error', format: 'json', clock, write }).error(message, fields);
  return line;
}
