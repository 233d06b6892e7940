import { type ServiceProcess, sendSignal, startService, stopProcess } from './service-process.ts';
import type { ServiceUnit } from './unit-file.ts';

export type ActiveState = 'active' | 'inactive' | 'failed' | 'activating' | 'deactivating';

/** Waits between a service's end and its next start are cut to this. */
export interface ServiceOptions {
  readonly journal: string;
  readonly longestRestartMs: number;
  readonly environment: Readonly<Record<string, string>>;
}

/** One service that systemd has loaded: its unit file as of the last daemon-reload, and its main process. */
export class Service {
  unit: ServiceUnit;
  state: ActiveState = 'inactive';
  /** How often it was restarted by itself. */
  restarts = 0;
  readonly #options: ServiceOptions;
  #process: ServiceProcess | undefined;
  #timer: NodeJS.Timeout | undefined;
  #starts: number[] = [];

  constructor(unit: ServiceUnit, options: ServiceOptions) {
    this.unit = unit;
    this.#options = options;
  }

  get mainPid(): number | undefined {
    return this.#process?.pid;
  }

  /** Starts it, unless it runs. Tells whether systemd let it. */
  start(): boolean {
    if (this.state === 'active') return true;
    this.#forgetTimer();
    if (this.#startsTooOften()) {
      this.state = 'failed';
      return false;
    }
    const started = startService(this.unit, this.#options);
    this.#process = started;
    this.state = 'active';
    void started.ended.then((how) => this.#afterEnd(started, how));
    return true;
  }

  /** Ends it; resolves when it has ended. */
  async stop(): Promise<void> {
    this.#forgetTimer();
    const running = this.#process;
    if (running === undefined) {
      if (this.state !== 'failed') this.state = 'inactive';
      return;
    }
    this.state = 'deactivating';
    const how = await stopProcess(this.unit, running);
    this.#process = undefined;
    this.state = how === 'killed' ? 'failed' : 'inactive';
  }

  signal(signal: NodeJS.Signals): void {
    if (this.mainPid !== undefined) sendSignal(this.mainPid, signal);
  }

  resetFailed(): void {
    this.#starts = [];
    if (this.state === 'failed') this.state = 'inactive';
  }

  /** The machine goes down: it is not started again. */
  abandon(): void {
    this.#forgetTimer();
    this.#process = undefined;
    this.state = 'inactive';
  }

  #afterEnd(ended: ServiceProcess, how: 'clean' | 'unclean'): void {
    if (this.#process !== ended || this.state === 'deactivating') return;
    this.#process = undefined;
    const { killMode, restart, restartMs } = this.unit;
    if (killMode !== 'process' && ended.pid !== undefined) sendSignal(-ended.pid, 'SIGKILL');
    if (restart === 'no' || (restart === 'on-failure' && how === 'clean')) {
      this.state = how === 'clean' ? 'inactive' : 'failed';
      return;
    }
    this.state = 'activating';
    this.#timer = setTimeout(() => this.#restart(), Math.min(restartMs, this.#options.longestRestartMs));
  }

  #restart(): void {
    this.restarts += 1;
    this.state = 'inactive';
    this.start();
  }

  #startsTooOften(): boolean {
    const { burst, intervalMs } = this.unit.startLimit;
    const now = Date.now();
    this.#starts = this.#starts.filter((at) => now - at < intervalMs);
    if (this.#starts.length >= burst) return true;
    this.#starts.push(now);
    return false;
  }

  #forgetTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
