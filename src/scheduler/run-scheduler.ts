import { createCharmDispatcher } from './notify/dispatch-charm.ts';
import { createJobRunner } from './jobs/create-job-runner.ts';
import { runDaemon } from './daemon.ts';
import { previewPlan, renderPreviewJson, renderPreviewText } from './preview.ts';
import type { JobRunnerFor } from './reconciler.ts';
import { logFailure } from '../system/log/log-failure.ts';
import { createFixedSchedule, createCronSchedule } from './schedule.ts';
import type { Clock } from '../model/clock.ts';
import { InputError, ProductError } from '../model/errors.ts';
import { messageOf } from '../model/message-of.ts';
import { type UnitPaths, unitPaths } from '../model/unit-paths.ts';
import { runCommand, startDetached } from '../system/process/command.ts';
import { EXIT_CODES, exitCodeOf } from '../cli/exit-codes.ts';
import { type Arguments, USAGE, readArguments } from './arguments.ts';
import { openLogs } from './logs.ts';
import { passedEnvironment } from './jobs/passed-environment.ts';

/** How often to look whether a job that is not our child still runs. */
const POLL_INTERVAL_MS = 2000;

/** All that the scheduler has of its process. */
export interface SchedulerWorld {
  /** Without node and script. */
  readonly argv: readonly string[];
  readonly version: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly writeOut: (text: string) => void;
  readonly writeErr: (text: string) => void;
  /** Aborted by SIGINT and SIGTERM. */
  readonly signal: AbortSignal;
  readonly newBuildId: () => string;
  /** From 0 to 1. */
  readonly random: () => number;
}

/** Runs the scheduler; gives its exit code. */
export async function runScheduler(world: SchedulerWorld): Promise<number> {
  try {
    const asked = readArguments(world.argv);
    if (asked.command !== 'help') {
      return await runCommandLine(asked, {
        ...world,
        clock: offsetClock(world.clock, asked.clockOffsetHours),
      });
    }
    world.writeOut(USAGE);
    return EXIT_CODES.success;
  } catch (error) {
    if (!(error instanceof ProductError)) throw error; // told with its stack, by whoever called
    world.writeErr(`ERROR: ${messageOf(error)}\n`);
    if (error instanceof InputError) world.writeErr('scheduler --help tells how it is called\n');
    return exitCodeOf(error, undefined);
  }
}

async function runCommandLine(
  asked: Exclude<Arguments, { readonly command: 'help' }>,
  world: SchedulerWorld,
): Promise<number> {
  const paths = unitPaths(asked.root, asked.unit);
  const parts = { ...world, paths, runnerFor: runnersOf(paths, world) };
  if (asked.command === 'plan') {
    const preview = await previewPlan(parts);
    world.writeOut(asked.format === 'json' ? renderPreviewJson(preview) : renderPreviewText(preview));
    return EXIT_CODES.success;
  }
  const { clock, signal, writeOut } = world;
  const logger = openLogs({ paths, clock, console: asked.foreground ? 'text' : 'json', writeOut });
  const { tickSeconds, unit } = asked;
  const monotonic = (): number => performance.now();
  const ticks =
    tickSeconds === undefined
      ? createCronSchedule(logger, { clock, monotonic })
      : createFixedSchedule(clock, tickSeconds);
  const enterCharm = createCharmDispatcher({
    jujuExec: paths.jujuExec,
    unit,
    run: runCommand,
    clock,
    signal,
  });
  try {
    await runDaemon({ ...parts, logger, schedule: ticks, dispatchCharm: enterCharm });
    return EXIT_CODES.success;
  } catch (error) {
    logFailure(logger, 'the scheduler ended', error);
    return exitCodeOf(error, undefined);
  }
}

function runnersOf(paths: UnitPaths, world: SchedulerWorld): JobRunnerFor {
  const { clock, signal, newBuildId, version } = world;
  const walls = { paths, clock, signal, newBuildId, runCommand, startDetached };
  return (desired, proxies) => {
    const environment = { ...proxies, ...passedEnvironment(world.env) };
    const { application, modelUuid, unit } = desired;
    const orderer = { application, modelUuid, unit };
    const tools = { ...walls, orderer, environment, pollIntervalMs: POLL_INTERVAL_MS };
    return createJobRunner({ desired, version, tools });
  };
}

/** A clock of the same pace that is some hours ahead, or behind. */
function offsetClock(clock: Clock, hours: number): Clock {
  return {
    now: () => clock.now() + hours * 3_600_000,
    sleep: (milliseconds, signal) => clock.sleep(milliseconds, signal),
  };
}
