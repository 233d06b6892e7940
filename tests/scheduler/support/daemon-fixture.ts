import { setMaxListeners } from 'node:events';
import { afterEach, beforeEach } from '@jest/globals';
import { createCharmDispatcher } from '../../../src/scheduler/notify/dispatch-charm.ts';
import { createJobRunner } from '../../../src/scheduler/jobs/create-job-runner.ts';
import { type DaemonParts, runDaemon } from '../../../src/scheduler/daemon.ts';
import { createFixedSchedule } from '../../../src/scheduler/schedule.ts';
import { CancelledError } from '../../../src/model/errors.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { runCommand, startDetached } from '../../../src/system/process/command.ts';
import { createLogger } from '../../../src/system/log/logger.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { DaemonHost, UNIT } from './daemon-host.ts';
import { runCommandOrList } from './scripted-list.ts';

const TICK_SECONDS = 300;
const MINUTE = 60_000;

interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly fields?: Readonly<Record<string, unknown>>;
}

function nameJob({ fields }: LogLine): string {
  return `${String(fields?.['kind'])} ${String(fields?.['subject'])}`;
}

/** Polls until the condition is true. The timeout of the test is the limit. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await systemClock.sleep(5);
}

/** A daemon in this process. Its clock moves only when the test advances it. */
export class TestDaemon {
  readonly host: DaemonHost;
  readonly clock: ManualClock;
  readonly log: LogLine[] = [];
  readonly ended: Promise<void>;
  /** The function that the daemon passed to its schedule. */
  onTick: () => Promise<void> = () => Promise.reject(new Error('the daemon has not started its schedule'));
  readonly #stop = new AbortController();

  constructor(host: DaemonHost, clock: ManualClock, offsetHours = 0) {
    this.host = host;
    this.clock = clock;
    setMaxListeners(0, this.#stop.signal);
    this.ended = runDaemon(this.#parts(offsetHours * 60 * MINUTE));
    this.ended.catch(() => undefined); // tests that await `ended` receive the error
  }

  /** Stops the daemon as SIGTERM does. */
  async stop(): Promise<void> {
    this.#stop.abort(new CancelledError('stopped by SIGTERM'));
    await this.ended;
  }

  /** Returns the log lines with this message. */
  logged(message: string): readonly LogLine[] {
    return this.log.filter((line) => line.message === message);
  }

  /** Returns the started jobs, as `build app-noble-x64`. */
  started(): readonly string[] {
    return this.logged('job started').map(nameJob);
  }

  /** Returns the jobs that succeeded, adopted ones included. */
  done(): readonly string[] {
    return this.logged('job done').map(nameJob);
  }

  /** Waits until the job succeeded and the reconcile after its end has started: earlier reports do not contain its end. */
  async untilDone(job: string): Promise<void> {
    const cause = `${job.replace(' ', ' of ')} ended`;
    const isCause = ({ fields }: LogLine): boolean => JSON.stringify(fields).includes(JSON.stringify(cause));
    await until(() => this.done().includes(job) && this.logged('reconcile').some(isCause));
  }

  reconcileCount(): number {
    return this.logged('reconcile').length;
  }

  /** Advances the clock to the next tick and waits until its reconcile has started. */
  async tick(): Promise<void> {
    const isTick = ({ fields }: LogLine): boolean => JSON.stringify(fields).includes('"tick"');
    const before = this.logged('reconcile').filter(isTick).length;
    await until(async () => {
      if (this.logged('reconcile').filter(isTick).length > before) return true;
      await this.clock.advance(10_000);
      return false;
    });
  }

  /** Requests two reconciles, one after the other, and waits until each has used the answers of all clouds. */
  async reconcileTwice(): Promise<void> {
    await this.#reconcileOnce();
    await this.#reconcileOnce();
  }

  async #reconcileOnce(): Promise<void> {
    const since = this.log.length;
    await this.host.putDesired();
    const isCause = (line: LogLine): boolean => JSON.stringify(line.fields).includes('desired.json changed');
    const findFrom = (from: number, test: (line: LogLine) => boolean): number =>
      this.log.findIndex((line, index) => index >= from && test(line));
    await this.advanceUntil(() => {
      const requested = findFrom(since, (line) => line.message === 'reconcile' && isCause(line));
      const isComplete = ({ message, fields }: LogLine): boolean =>
        message === 'snapshot' && fields?.['unanswered'] === 0;
      const complete = requested === -1 ? -1 : findFrom(requested, isComplete);
      return complete !== -1 && findFrom(complete, ({ message }) => message === 'reconciled') !== -1;
    });
  }

  /** Advances the clock slowly, second by second, until the condition is true. */
  async advanceUntil(condition: () => boolean | Promise<boolean>): Promise<void> {
    let polls = 0;
    await until(async () => {
      if (await condition()) return true;
      if (polls % 10 === 0) await this.clock.advance(1000);
      polls += 1;
      return false;
    });
  }

  #parts(offsetMs: number): DaemonParts {
    const { paths } = this.host;
    const { signal } = this.#stop;
    const clock = {
      now: () => this.clock.now() + offsetMs,
      sleep: (milliseconds: number, until?: AbortSignal) => this.clock.sleep(milliseconds, until),
    };
    const logger = createLogger({
      level: 'debug',
      format: 'json',
      clock,
      write: (line) => this.log.push(JSON.parse(line) as LogLine),
    });
    let made = 0;
    const newBuildId = (): string => `${(made += 1)}-${clock.now()}`;
    const work = { runCommand: runCommandOrList, startDetached, pollIntervalMs: 1000 };
    const connections = { paths, clock, signal, newBuildId, ...work };
    return {
      ...{ version: '1.0.0', unit: UNIT, paths, clock, logger, signal, newBuildId, random: () => 0.5 },
      schedule: {
        start: (onTick, until) => {
          this.onTick = onTick;
          createFixedSchedule(clock, TICK_SECONDS).start(onTick, until);
        },
      },
      dispatchCharm: createCharmDispatcher({
        jujuExec: paths.jujuExec,
        unit: UNIT,
        run: runCommand,
        clock,
        signal,
        onReplaced: () => Promise.resolve(),
      }),
      runnerFor: (desired) => {
        const { application, modelUuid, unit } = desired;
        const tools = { ...connections, environment: {}, orderer: { application, modelUuid, unit } };
        return createJobRunner({ desired, version: '1.0.0', tools });
      },
    };
  }
}

export interface DaemonFixture {
  host: DaemonHost;
  clock: ManualClock;
  /** Starts a daemon that is stopped after the test. */
  start: (offsetHours?: number) => TestDaemon;
}

/** Provides a new host and clock for each test. */
export function useDaemons(): DaemonFixture {
  const fixture = {} as DaemonFixture;
  let started: TestDaemon[] = [];
  beforeEach(async () => {
    started = [];
    fixture.host = await DaemonHost.open();
    fixture.clock = new ManualClock(new Date().toISOString()); // the scripted clouds have the real time
    fixture.start = (offsetHours) => {
      const daemon = new TestDaemon(fixture.host, fixture.clock, offsetHours);
      started.push(daemon);
      return daemon;
    };
  });
  afterEach(async () => {
    for (const daemon of started) await daemon.stop().catch(() => undefined);
    await fixture.host.close();
  });
  return fixture;
}
