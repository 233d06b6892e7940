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

/** Waits until something is so; the test's own deadline is the limit. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await systemClock.sleep(5);
}

/** A daemon in this process, whose clock stands still until the test moves it. */
export class TestDaemon {
  readonly host: DaemonHost;
  readonly clock: ManualClock;
  readonly log: LogLine[] = [];
  readonly ended: Promise<void>;
  /** What a tick does. */
  onTick: () => Promise<void> = () => Promise.reject(new Error('the daemon has not begun to tick'));
  readonly #stop = new AbortController();

  constructor(host: DaemonHost, clock: ManualClock, offsetHours = 0) {
    this.host = host;
    this.clock = clock;
    setMaxListeners(0, this.#stop.signal);
    this.ended = runDaemon(this.#parts(offsetHours * 60 * MINUTE));
    this.ended.catch(() => undefined); // whoever waits for it hears of it
  }

  /** Ends it as SIGTERM does. */
  async stop(): Promise<void> {
    this.#stop.abort(new CancelledError('stopped by SIGTERM'));
    await this.ended;
  }

  told(message: string): readonly LogLine[] {
    return this.log.filter((line) => line.message === message);
  }

  /** The jobs that it started, as `build app-noble-x64`. */
  started(): readonly string[] {
    return this.told('job started').map(nameJob);
  }

  /** Those that came through, also adopted ones. */
  done(): readonly string[] {
    return this.told('job done').map(nameJob);
  }

  /** Until the job came through and the round that its end brings has begun: what is told before does not know of it. */
  async untilDone(job: string): Promise<void> {
    const cause = `${job.replace(' ', ' of ')} ended`;
    const isCause = ({ fields }: LogLine): boolean => JSON.stringify(fields).includes(JSON.stringify(cause));
    await until(() => this.done().includes(job) && this.told('round').some(isCause));
  }

  rounds(): number {
    return this.told('round').length;
  }

  /** Moves the clock to the next tick, and waits until its round has begun. */
  async tick(): Promise<void> {
    const isTick = ({ fields }: LogLine): boolean => JSON.stringify(fields).includes('"tick"');
    const before = this.told('round').filter(isTick).length;
    await until(async () => {
      if (this.told('round').filter(isTick).length > before) return true;
      await this.clock.advance(10_000);
      return false;
    });
  }

  /** Lets a hook leave the same again, and waits for two rounds: the first of them has ended, and started all it would. */
  async settle(): Promise<void> {
    await this.#goRound();
    await this.#goRound();
  }

  async #goRound(): Promise<void> {
    const before = this.rounds();
    await this.host.putDesired();
    await this.passUntil(() => this.rounds() > before);
  }

  /** Moves the clock second by second, and not fast, until something is so. */
  async passUntil(isSo: () => boolean | Promise<boolean>): Promise<void> {
    let looks = 0;
    await until(async () => {
      if (await isSo()) return true;
      if (looks % 10 === 0) await this.clock.advance(1000);
      looks += 1;
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
    const walls = { paths, clock, signal, newBuildId, ...work };
    return {
      ...{ version: '1.0.0', paths, clock, logger, signal, newBuildId, random: () => 0.5 },
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
      }),
      runnerFor: (desired, environment) => {
        const { application, modelUuid, unit } = desired;
        const tools = { ...walls, environment, orderer: { application, modelUuid, unit } };
        return createJobRunner({ desired, version: '1.0.0', tools });
      },
    };
  }
}

export interface DaemonFixture {
  host: DaemonHost;
  clock: ManualClock;
  /** Starts a daemon that is stopped at the test's end. */
  start: (offsetHours?: number) => TestDaemon;
}

/** A fresh host before each test. */
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
