import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { determineCloud } from '../image-builder/openstack-builder.ts';
import type { Clock } from '../model/clock.ts';
import { InputError } from '../model/errors.ts';
import { ORDER_FILE } from '../model/job-order.ts';
import { type ResultLog, encodeFailure } from '../model/program-result-common.ts';
import { errorCodeOf } from '../system/error-code.ts';
import { CommandLineEnd, parseCommandLine } from './command-line.ts';
import { execute } from './execute.ts';
import { EXIT_CODES, type StopSignal, exitCodeOf } from '../model/exit-codes.ts';
import { type ProgramContext, makeContext } from './make-context.ts';
import { NO_SECRETS } from './commands/order-by-hand.ts';
import type { Host, Request } from './request.ts';
import { listSecretVariables } from './read-secrets.ts';
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
  readonly version: string;
  readonly clock: Clock;
  readonly writeOut: (text: string) => void;
  readonly writeErr: (text: string) => void;
  readonly terminal: { readonly isTerminal: boolean; readonly columns: number };
  /** Aborted by SIGINT and SIGTERM. */
  readonly signal: AbortSignal;
  readonly stoppedBy: () => StopSignal | undefined;
}

const EMPTY_LOG: ResultLog = { warnings: [] };

/** Runs the program and returns its exit code. */
export async function runProgram(process: ProgramProcess): Promise<number> {
  let format: Request['format'] = 'json';
  const logFormat = findLogFormat(process.argv);
  try {
    const err = (text: string): void => {
      process.writeErr(renderNotice(text, logFormat, process.clock));
    };
    const invocation = parseCommandLine(process.argv, { out: process.writeOut, err }, process.version);
    if (invocation.options['format'] === 'text') format = 'text';
    return await runRequest(parseRequest(invocation, readHost(process)), process);
  } catch (error) {
    if (error instanceof CommandLineEnd) return error.exitCode;
    return reportFailure(error, EMPTY_LOG, { format, logFormat }, process);
  }
}

function readHost({ host, env, cwd, clock }: ProgramProcess): Host {
  return {
    ...host,
    now: clock.now(),
    readOrder: () => readOrder(join(cwd, ORDER_FILE)),
    scriptSecrets: listSecretVariables(env),
    osCloud: env['OS_CLOUD'],
    scriptUrl: env['IMAGE_BUILDER_SCRIPT_URL'],
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

async function runRequest(request: Request, process: ProgramProcess): Promise<number> {
  const { logger, progress } = openOutput(request, process);
  const isQuiet = request.logLevel === 'error' || request.logLevel === 'warning';
  const showProgress = isQuiet ? () => undefined : progress.report;
  const { scriptSecrets } = request.command === 'order' ? request.secrets : NO_SECRETS;
  const program = makeContext(request, { ...process, logger, showProgress, scriptSecrets });
  try {
    return await finish(request, program, process);
  } catch (error) {
    progress.stop();
    return reportFailure(error, program.resultLog(), request, process);
  } finally {
    progress.stop();
    await program.close();
  }
}

async function finish(request: Request, program: ProgramContext, process: ProgramProcess): Promise<number> {
  const determine = (): Promise<string> => determineCloud(request.cloudName, process);
  const { encode, text, exitCode } = await execute(request, determine, program.context);
  process.writeOut(request.format === 'text' ? text : encode(program.resultLog()));
  return exitCode ?? EXIT_CODES.success;
}

/** Reports a failure on stderr and, in JSON format, on stdout. Returns the exit code. */
function reportFailure(
  error: unknown,
  log: ResultLog,
  { format, logFormat }: Pick<Request, 'format' | 'logFormat'>,
  process: ProgramProcess,
): number {
  process.writeErr(renderFailure(error, logFormat, process.clock));
  if (format === 'json') process.writeOut(encodeFailure(describeFailure(error), log));
  return exitCodeOf(error, process.stoppedBy());
}
