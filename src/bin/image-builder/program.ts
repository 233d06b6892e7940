import { messageOf } from '../../model/message-of.ts';
import { determineCloud } from '../../image-builder/openstack-builder.ts';
import { ProductError } from '../../model/errors.ts';
import type { Clock } from '../../model/clock.ts';
import { createLogger } from '../../system/logger.ts';
import { createProgress } from '../../system/progress.ts';
import { CommandLineEnd, parseCommandLine } from './command-line.ts';
import { execute } from './commands.ts';
import { EXIT_CODES, type StopSignal, exitCodeOf } from './exit-codes.ts';
import { type Workshop, makeTools } from './make-tools.ts';
import type { Host, Request } from './request.ts';
import { parseRequest } from './requests.ts';
import { type Protocol, describeFailure, renderResult } from './result.ts';

/** All that the program has of its process. */
export interface ProgramWorld {
  /** Without node and script. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly host: Pick<Host, 'arch' | 'newBuildId'>;
  readonly version: string;
  readonly clock: Clock;
  readonly writeOut: (text: string) => void;
  readonly writeErr: (text: string) => void;
  readonly terminal: { readonly isTerminal: boolean; readonly columns: number };
  /** Aborted by SIGINT and SIGTERM. */
  readonly signal: AbortSignal;
  readonly stoppedBy: () => StopSignal | undefined;
}

const NOTHING: Protocol = { facts: {}, prunes: [], steps: [], warnings: [] };

/** Runs the program; gives its exit code. */
export async function runProgram(world: ProgramWorld): Promise<number> {
  let format: Request['format'] = 'json';
  try {
    const writers = { out: world.writeOut, err: world.writeErr };
    const invocation = parseCommandLine(world.argv, writers, world.version);
    if (invocation.options['format'] === 'text') format = 'text';
    return await runRequest(parseRequest(invocation, readHost(world)), world);
  } catch (error) {
    if (error instanceof CommandLineEnd) return error.exitCode;
    return tellFailure(error, NOTHING, format, world);
  }
}

function readHost({ host, env }: ProgramWorld): Host {
  return { ...host, osCloud: env['OS_CLOUD'], scriptUrl: env['IMAGE_BUILDER_SCRIPT_URL'] };
}

async function runRequest(request: Request, world: ProgramWorld): Promise<number> {
  const progress = createProgress({ ...world.terminal, write: world.writeErr, clock: world.clock });
  const logger = createLogger({
    level: request.logLevel,
    format: 'text',
    clock: world.clock,
    write: (line) => {
      progress.print(`${line}\n`);
    },
  });
  const isQuiet = request.logLevel === 'error' || request.logLevel === 'warning';
  const showProgress = isQuiet ? () => undefined : progress.report;
  const workshop = makeTools(request, { ...world, logger, showProgress });
  try {
    return await finish(request, workshop, world);
  } catch (error) {
    progress.stop();
    return tellFailure(error, workshop.protocol(), request.format, world);
  } finally {
    progress.stop();
    await workshop.close();
  }
}

async function finish(request: Request, workshop: Workshop, world: ProgramWorld): Promise<number> {
  const cloudName = await determineCloud(request.cloudName, world);
  const { json, text } = await execute(request, cloudName, workshop.tools);
  world.writeOut(request.format === 'text' ? text : renderResult(json, workshop.protocol()));
  return EXIT_CODES.success;
}

/** Tells a failure to the operator, and to machines; a stack trace only for what is a bug. */
function tellFailure(
  error: unknown,
  protocol: Protocol,
  format: Request['format'],
  world: ProgramWorld,
): number {
  const message = messageOf(error);
  const isBug = !(error instanceof ProductError);
  const stack = isBug && error instanceof Error ? `\n${error.stack ?? ''}` : '';
  const lead = isBug ? 'ERROR: this is a bug, please report it: ' : 'ERROR: ';
  world.writeErr(`${lead}${message}${stack}\n`);
  if (format === 'json') world.writeOut(renderResult(describeFailure(error), protocol));
  return exitCodeOf(error, world.stoppedBy());
}
