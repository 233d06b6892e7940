import { finishRemoval } from '../builder/host/finish-removal.ts';
import { createCharmDispatcher } from './notify/dispatch-charm.ts';
import { createJobRunner } from './jobs/create-job-runner.ts';
import { runDaemon } from './daemon.ts';
import { previewPlan, renderPreviewJson, renderPreviewText } from './preview.ts';
import type { JobRunnerFor } from './reconciler.ts';
import { retire } from './notify/retire.ts';
import { logFailure } from '../system/log/log-failure.ts';
import { createFixedSchedule, createCronSchedule } from './schedule.ts';
import type { Clock } from '../model/clock.ts';
import { InputError, ProductError } from '../model/errors.ts';
import { messageOf } from '../model/text/message-of.ts';
import { type UnitPaths, unitPaths } from '../model/unit/unit-paths.ts';
import { runCommand, startDetached } from '../system/process/command.ts';
import { type LimitProgram, openScopes } from '../system/process/scopes.ts';
import { EXIT_CODES, exitCodeOf } from '../model/exit-codes.ts';
import { type Arguments, USAGE, readArguments } from './arguments.ts';
import { openLogs } from './logs.ts';
import { readPageFacts } from './page/page-facts.ts';
import { renderPage } from './page/render-page.ts';
import { passedEnvironment } from './jobs/passed-environment.ts';

/** The time between two checks of a job that is not a child of this process. */
const POLL_INTERVAL_MS = 2000;

/** The memory of one job: several times what a copy to ten clouds needs. */
const JOB_MEMORY_MIB = 1024;

/** Everything that the scheduler uses of its process. */
export interface SchedulerProcess {
  /** The arguments without node and script. */
  readonly argv: readonly string[];
  readonly version: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly writeOut: (text: string) => void;
  readonly writeErr: (text: string) => void;
  /** Aborted by SIGINT and SIGTERM. */
  readonly signal: AbortSignal;
  readonly newBuildId: () => string;
  /** Returns a number from 0 to 1. */
  readonly random: () => number;
}

/** Runs the scheduler and returns its exit code. */
export async function runScheduler(process: SchedulerProcess): Promise<number> {
  try {
    const options = readArguments(process.argv);
    if (options.command !== 'help') {
      return await runCommandLine(options, {
        ...process,
        clock: offsetClock(process.clock, options.clockOffsetHours),
      });
    }
    process.writeOut(USAGE);
    return EXIT_CODES.success;
  } catch (error) {
    if (!(error instanceof ProductError)) throw error; // a bug: the caller prints it with its stack
    process.writeErr(`ERROR: ${messageOf(error)}\n`);
    if (error instanceof InputError) process.writeErr('run scheduler --help for its usage\n');
    return exitCodeOf(error, undefined);
  }
}

async function runCommandLine(
  options: Exclude<Arguments, { readonly command: 'help' }>,
  process: SchedulerProcess,
): Promise<number> {
  const paths = unitPaths(options.root, options.unit);
  const reading = { ...process, paths, runnerFor: runnersOf(paths, process, (job) => job) }; // starts no job
  if (options.command === 'plan') {
    const preview = await previewPlan(reading);
    process.writeOut(options.format === 'json' ? renderPreviewJson(preview) : renderPreviewText(preview));
    return EXIT_CODES.success;
  }
  if (options.command === 'page') {
    process.writeOut(renderPage(await readPageFacts({ ...reading, unit: options.unit })));
    return EXIT_CODES.success;
  }
  const { clock, signal, writeOut } = process;
  if (options.command === 'finish-removal') {
    await finishRemoval(paths, clock, signal);
    return EXIT_CODES.success;
  }
  const logger = openLogs({ paths, clock, console: options.foreground ? 'text' : 'json', writeOut });
  const limit = await openScopes(JOB_MEMORY_MIB, { systemdRun: paths.systemdRun, run: runCommand, logger });
  const parts = { ...process, paths, runnerFor: runnersOf(paths, process, limit) };
  const { tickSeconds, unit } = options;
  const monotonic = (): number => performance.now();
  const schedule =
    tickSeconds === undefined
      ? createCronSchedule(logger, { clock, monotonic })
      : createFixedSchedule(clock, tickSeconds);
  const dispatchCharm = createCharmDispatcher({
    jujuExec: paths.jujuExec,
    unit,
    run: runCommand,
    clock,
    signal,
    onReplaced: () => retire({ paths, runCommand, logger }),
  });
  try {
    await runDaemon({ ...parts, unit, logger, schedule, dispatchCharm });
    return EXIT_CODES.success;
  } catch (error) {
    logFailure(logger, 'the scheduler failed', error);
    return exitCodeOf(error, undefined);
  }
}

function runnersOf(paths: UnitPaths, process: SchedulerProcess, limit: LimitProgram): JobRunnerFor {
  const { clock, signal, newBuildId, version } = process;
  const start: typeof startDetached = (request) => startDetached(limit(request));
  const connections = { paths, clock, signal, newBuildId, runCommand, startDetached: start };
  const environment = passedEnvironment(process.env);
  return (desired) => {
    const { application, modelUuid, unit } = desired;
    const orderer = { application, modelUuid, unit };
    const tools = { ...connections, orderer, environment, pollIntervalMs: POLL_INTERVAL_MS };
    return createJobRunner({ desired, version, tools });
  };
}

/** Returns a clock that is `hours` ahead of another one. */
function offsetClock(clock: Clock, hours: number): Clock {
  return {
    now: () => clock.now() + hours * 3_600_000,
    sleep: (milliseconds, signal) => clock.sleep(milliseconds, signal),
  };
}
