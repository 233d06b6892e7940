import { type Built, parseBuilt } from '../../model/unit/built.ts';
import type { UnitPaths } from '../../model/unit/unit-paths.ts';
import { readTextFile, writeFileAtomic } from '../../system/files/text-file.ts';
import type { Logger } from '../../system/log/logger.ts';
import { logFailure } from '../../system/log/log-failure.ts';

const EMPTY_REPORT: Built = {
  format: 1,
  generation: 0,
  desiredGeneration: 0,
  clouds: [],
  running: [],
  batch: { done: 0, total: 0 },
  failures: [],
  answered: [],
  endedBuilds: [],
  nextBuildAt: undefined,
  idleReason: undefined,
  metricsPort: undefined,
};

/** The shortest time between two heartbeats. */
const HEARTBEAT_MS = 60_000;

/** The daemon's report to the charm in built.json. */
export class Outbox {
  readonly #path: string;
  #written: Built | undefined;

  private constructor(path: string, written: Built | undefined) {
    this.#path = path;
    this.#written = written;
  }

  /** Reads the report of an earlier daemon. A file that cannot be read is logged and replaced by the next report. */
  static async open({ built }: UnitPaths, logger: Logger): Promise<Outbox> {
    try {
      const text = await readTextFile(built);
      return new Outbox(built, text === undefined ? undefined : parseBuilt(text));
    } catch (error) {
      logFailure(logger, 'built.json could not be read and will be replaced', error);
      return new Outbox(built, undefined);
    }
  }

  get written(): Built | undefined {
    return this.#written;
  }

  /** Writes the file unless it has this content already. A file that was lost or damaged is written again. */
  async write(built: Built): Promise<void> {
    const text = `${JSON.stringify(built, undefined, 2)}\n`;
    const current = await readTextFile(this.#path).catch(() => undefined); // writing replaces it or reports why not
    if (current !== text) await writeFileAtomic(this.#path, text, 0o600);
    this.#written = built;
  }

  /** Writes the heartbeat into the last report, at most once a minute. Does nothing before the first report. */
  async beat(now: number): Promise<void> {
    const written = this.#written;
    if (written === undefined) return;
    const age = now - Date.parse(written.heartbeatAt ?? '');
    if (age >= 0 && age < HEARTBEAT_MS) return;
    await this.write({ ...written, heartbeatAt: new Date(now).toISOString() });
  }

  /** Writes the reason why the daemon does nothing, and keeps the other fields. */
  async writeIdleReason(reason: string): Promise<void> {
    const before = this.#written ?? EMPTY_REPORT;
    await this.write(
      before.idleReason === reason
        ? before
        : { ...before, generation: before.generation + 1, idleReason: reason },
    );
  }
}
