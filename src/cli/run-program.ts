import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { determineCloud, selectCloud } from '../image-builder/openstack-builder.ts';
import type { Clock } from '../model/clock.ts';
import { InputError } from '../model/errors.ts';
import { messageOf } from '../model/text/message-of.ts';
import { ORDER_FILE } from '../model/job/job-order.ts';
import { type ResultLog, encodeFailure } from '../model/result/program-result-common.ts';
import { errorCodeOf } from '../system/error-code.ts';
import { Redactor } from '../system/log/redactor.ts';
import type { Place } from '../system/process/process-identity.ts';
import { renderClosingTable } from './closing-table.ts';
import { CommandLineEnd, parseCommandLine } from './command-line.ts';
import { execute } from './execute/execute.ts';
import { resultInCharmWords } from './charm-words.ts';
import { EXIT_CODES, type StopSignal, exitCodeOf } from '../model/exit-codes.ts';
import { listEnvironmentSecrets, listRequestSecrets } from './known-secrets.ts';
import { type ProgramContext, makeContext } from './make-context.ts';
import { NO_SECRETS } from './commands/order-by-hand.ts';
import type { Host, Request } from './request.ts';
import { listSecretVariables, readGithubVariables } from './read-secrets.ts';
import { parseRequest } from './requests.ts';
import { describeFailure } from './result.ts';
import { findLogFormat, openOutput, renderFailure, renderNotice } from './stderr.ts';

/** The process that the program runs in: arguments, environment, outputs and signals. */
export interface ProgramProcess {
  /** Without node and script. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly host: Pick<Host, 'arch' | 'newBuildId' | 'readDescriptor'>;
  /** The machine and boot of the process. */
  readonly place: Place;
  readonly version: string;
  readonly clock: Clock;
  /** Throws when stdout cannot be written. */
  readonly writeOut: (text: string) => void;
  readonly writeErr: (text: string) => void;
  readonly isStdoutTerminal: boolean;
  /** The terminal of stderr. */
  readonly terminal: { readonly isTerminal: boolean; readonly columns: number };
  /** Aborted by SIGINT and SIGTERM. */
  readonly signal: AbortSignal;
  readonly stoppedBy: () => StopSignal | undefined;
}

const EMPTY_LOG: ResultLog = { warnings: [] };

/**
 * Runs the program and returns its exit code. The result of a job is in the charm's words. The outputs are redacted
 * after everything is rendered.
 */
export async function runProgram(unguarded: ProgramProcess): Promise<number> {
  const redactor = new Redactor();
  redactor.add(listEnvironmentSecrets(unguarded.env));
  const isJob = unguarded.argv[0] === 'job';
  const process: ProgramProcess = {
    ...unguarded,
    writeOut: (text) => {
      unguarded.writeOut(redactor.redactOutput(isJob ? resultInCharmWords(text) : text));
    },
    writeErr: (text) => {
      unguarded.writeErr(redactor.redactOutput(text));
    },
  };
  let format: Request['format'] = process.isStdoutTerminal ? 'text' : 'json';
  const logFormat = findLogFormat(process.argv);
  try {
    const err = (text: string): void => {
      process.writeErr(renderNotice(text, logFormat, process.clock));
    };
    const invocation = parseCommandLine(
      process.argv,
      { out: (text) => void tryToWrite(text, process), err },
      process.version,
    );
    const { format: given } = invocation.options;
    if (given === 'text' || given === 'json') format = given;
    const request = parseRequest(invocation, readHost(process));
    redactor.add(listRequestSecrets(request));
    return await runRequest(request, process, redactor);
  } catch (error) {
    if (error instanceof CommandLineEnd) return error.exitCode;
    return reportFailure(error, EMPTY_LOG, { format, logFormat }, process);
  }
}

function readHost({ host, env, cwd, clock, isStdoutTerminal }: ProgramProcess): Host {
  return {
    ...host,
    isStdoutTerminal,
    now: clock.now(),
    readOrder: () => readOrder(join(cwd, ORDER_FILE)),
    scriptSecrets: listSecretVariables(env),
    osCloud: env['OS_CLOUD'],
    searchPath: env['PATH'],
    scriptUrl: env['IMAGE_BUILDER_SCRIPT_URL'],
    ...readGithubVariables(env),
    sshPort: env['IMAGE_BUILDER_SSH_PORT'],
  };
}

function readOrder(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new InputError([`${path}: cannot be read (${errorCodeOf(cause) ?? 'unknown reason'})`], { cause });
  }
}

async function runRequest(request: Request, process: ProgramProcess, redactor: Redactor): Promise<number> {
  const { logger, progress } = openOutput(request, process);
  const isQuiet = request.logLevel === 'error' || request.logLevel === 'warning';
  const showProgress = isQuiet ? () => undefined : progress.report;
  const secrets = request.command === 'order' ? request.secrets : NO_SECRETS;
  const program = makeContext(request, { ...process, logger, showProgress, secrets, redactor });
  const startedAt = process.clock.now();
  try {
    const code = await finish(request, program, process, redactor);
    if (process.terminal.isTerminal && request.logFormat === 'text' && !isQuiet)
      progress.print(renderClosingTable(program.resultLog(), process.clock.now() - startedAt));
    return code;
  } catch (error) {
    progress.stop();
    return reportFailure(error, program.resultLog(), request, process);
  } finally {
    progress.stop();
    await program.close();
  }
}

async function finish(
  request: Request,
  program: ProgramContext,
  process: ProgramProcess,
  redactor: Redactor,
): Promise<number> {
  const clouds = {
    determine: () => determineCloud(request.cloudName, process),
    select: () => selectCloud(request.cloudName, process),
  };
  const { encode, text, exitCode } = await execute(request, clouds, program.context, (secret) => {
    redactor.add([secret]);
  });
  const result = request.format === 'text' ? text : encode(program.resultLog());
  const isWritten = writeResult(result, request, process);
  return exitCode ?? (isWritten ? EXIT_CODES.success : EXIT_CODES.input);
}

/**
 * Writes a result to stdout, or else to stderr, so that the id of an image is not lost when a disk is full or a reader is
 * gone. Returns whether stdout has it.
 */
function writeResult(
  text: string,
  { logFormat }: Pick<Request, 'logFormat'>,
  process: ProgramProcess,
): boolean {
  const isEnded = text === '' || text.endsWith('\n') || !process.isStdoutTerminal;
  const problem = tryToWrite(isEnded ? text : `${text}\n`, process);
  if (problem === undefined) return true;
  const notice = `ERROR: the result cannot be written to stdout (${problem}); it is:\n${text.trimEnd()}\n`;
  process.writeErr(renderNotice(notice, logFormat, process.clock));
  return false;
}

/** Writes to stdout. Returns the reason when it cannot be written. */
function tryToWrite(text: string, { writeOut }: Pick<ProgramProcess, 'writeOut'>): string | undefined {
  try {
    writeOut(text);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/** Reports a failure on stderr and, in JSON format, on stdout. Returns the exit code. */
function reportFailure(
  error: unknown,
  log: ResultLog,
  { format, logFormat }: Pick<Request, 'format' | 'logFormat'>,
  process: ProgramProcess,
): number {
  process.writeErr(renderFailure(error, logFormat, process.clock));
  if (log.imageId !== undefined) {
    const text = `the image ${log.imageId} was built before the failure and is kept\n`;
    process.writeErr(renderNotice(text, logFormat, process.clock));
  }
  if (format === 'json') writeResult(encodeFailure(describeFailure(error), log), { logFormat }, process);
  return exitCodeOf(error, process.stoppedBy());
}
