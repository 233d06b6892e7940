import { type ServiceProcess, sendSignal, startService, stopProcess } from './service-process.ts';
import type { ServiceUnit } from './unit-file.ts';

export type ActiveState = 'active' | 'inactive' | 'failed' | 'activating' | 'deactivating';

/** The settings of the machine for one service. */
export interface ServiceOptions {
  readonly journal: string;
  /** The upper limit for RestartSec. */
  readonly maxRestartMs: number;
  readonly environment: Readonly<Record<string, string>>;
}

/** A loaded service: its unit file as of the last daemon-reload, and its main process. */
export class Service {
  unit: ServiceUnit;
  state: ActiveState = 'inactive';
  /** The number of automatic restarts. */
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

  /** Starts the service unless it runs. Returns false when the start limit is exceeded. */
  start(): boolean {
    if (this.state === 'active') return true;
    this.#clearTimer();
    if (this.#startsTooOften()) {
      this.state = 'failed';
      return false;
    }
    const started = startService(this.unit, this.#options);
    this.#process = started;
    this.state = 'active';
    void started.ended.then((outcome) => this.#afterEnd(started, outcome));
    return true;
  }

  /** Stops the service and waits until its process has ended. */
  async stop(): Promise<void> {
    this.#clearTimer();
    const running = this.#process;
    if (running === undefined) {
      if (this.state !== 'failed') this.state = 'inactive';
      return;
    }
    this.state = 'deactivating';
    const outcome = await stopProcess(this.unit, running);
    this.#process = undefined;
    this.state = outcome === 'killed' ? 'failed' : 'inactive';
  }

  signal(signal: NodeJS.Signals): void {
    if (this.mainPid !== undefined) sendSignal(this.mainPid, signal);
  }

  resetFailed(): void {
    this.#starts = [];
    if (this.state === 'failed') this.state = 'inactive';
  }

  /** Marks the service as inactive when the machine shuts down; it is not restarted. */
  abandon(): void {
    this.#clearTimer();
    this.#process = undefined;
    this.state = 'inactive';
  }

  #afterEnd(ended: ServiceProcess, outcome: 'clean' | 'unclean'): void {
    if (this.#process !== ended || this.state === 'deactivating') return;
    this.#process = undefined;
    const { killMode, restart, restartMs } = this.unit;
    if (killMode !== 'process' && ended.pid !== undefined) sendSignal(-ended.pid, 'SIGKILL');
    if (restart === 'no' || (restart === 'on-failure' && outcome === 'clean')) {
      this.state = outcome === 'clean' ? 'inactive' : 'failed';
      return;
    }
    this.state = 'activating';
    this.#timer = setTimeout(() => this.#restart(), Math.min(restartMs, this.#options.maxRestartMs));
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

  #clearTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
