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
import { EXIT_CODES, type StopSignal, exitCodeOf } from './exit-codes.ts';
import { type ProgramContext, makeContext } from './make-context.ts';
import { NO_SECRETS } from './commands/order-by-hand.ts';
import type { Host, Request } from './request.ts';
import { listSecretVariables } from './read-secrets.ts';
import { parseRequest } from './requests.ts';
import { describeFailure } from './result.ts';
import { findLogFormat, openVoice, renderFailure, renderNotice } from './stderr.ts';

/** All that the program has of its process. */
export interface ProgramWorld {
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

const NOTHING: ResultLog = { warnings: [] };

/** Runs the program; gives its exit code. */
export async function runProgram(world: ProgramWorld): Promise<number> {
  let format: Request['format'] = 'json';
  const logFormat = findLogFormat(world.argv);
  try {
    const err = (text: string): void => {
      world.writeErr(renderNotice(text, logFormat, world.clock));
    };
    const invocation = parseCommandLine(world.argv, { out: world.writeOut, err }, world.version);
    if (invocation.options['format'] === 'text') format = 'text';
    return await runRequest(parseRequest(invocation, readHost(world)), world);
  } catch (error) {
    if (error instanceof CommandLineEnd) return error.exitCode;
    return tellFailure(error, NOTHING, { format, logFormat }, world);
  }
}

function readHost({ host, env, cwd, clock }: ProgramWorld): Host {
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

async function runRequest(request: Request, world: ProgramWorld): Promise<number> {
  const { logger, progress } = openVoice(request, world);
  const isQuiet = request.logLevel === 'error' || request.logLevel === 'warning';
  const showProgress = isQuiet ? () => undefined : progress.report;
  const { scriptSecrets } = request.command === 'order' ? request.secrets : NO_SECRETS;
  const program = makeContext(request, { ...world, logger, showProgress, scriptSecrets });
  try {
    return await finish(request, program, world);
  } catch (error) {
    progress.stop();
    return tellFailure(error, program.protocol(), request, world);
  } finally {
    progress.stop();
    await program.close();
  }
}

async function finish(request: Request, program: ProgramContext, world: ProgramWorld): Promise<number> {
  const determine = (): Promise<string> => determineCloud(request.cloudName, world);
  const { encode, text, exitCode } = await execute(request, determine, program.context);
  world.writeOut(request.format === 'text' ? text : encode(program.protocol()));
  return exitCode ?? EXIT_CODES.success;
}

/** Tells a failure to the operator, and to machines. */
function tellFailure(
  error: unknown,
  log: ResultLog,
  { format, logFormat }: Pick<Request, 'format' | 'logFormat'>,
  world: ProgramWorld,
): number {
  world.writeErr(renderFailure(error, logFormat, world.clock));
  if (format === 'json') world.writeOut(encodeFailure(describeFailure(error), log));
  return exitCodeOf(error, world.stoppedBy());
}
