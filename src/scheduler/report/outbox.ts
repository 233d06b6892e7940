import { type Built, parseBuilt } from '../../model/built.ts';
import type { UnitPaths } from '../../model/unit-paths.ts';
import { readTextFile, writeFileAtomic } from '../../system/files/text-file.ts';
import type { Logger } from '../../system/log/logger.ts';
import { logFailure } from '../../system/log/log-failure.ts';

const NOTHING: Built = {
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
};

/** What the daemon tells the charm, as it stands in built.json. */
export class Outbox {
  readonly #path: string;
  #written: Built | undefined;

  private constructor(path: string, written: Built | undefined) {
    this.#path = path;
    this.#written = written;
  }

  /** Opens it with what an earlier daemon wrote; what cannot be read is told, and written anew. */
  static async open({ built }: UnitPaths, logger: Logger): Promise<Outbox> {
    try {
      const text = await readTextFile(built);
      return new Outbox(built, text === undefined ? undefined : parseBuilt(text));
    } catch (error) {
      logFailure(logger, 'built.json was not readable, and is written anew', error);
      return new Outbox(built, undefined);
    }
  }

  get written(): Built | undefined {
    return this.#written;
  }

  /** Replaces the file, unless it says the same: also one that was lost or damaged since. */
  async write(built: Built): Promise<void> {
    const text = `${JSON.stringify(built, undefined, 2)}\n`;
    const there = await readTextFile(this.#path).catch(() => undefined); // it is written anew, or that tells why not
    if (there !== text) await writeFileAtomic(this.#path, text, 0o600);
    this.#written = built;
  }

  /** Tells why nothing is done; all else stands as it was. */
  async rest(reason: string): Promise<void> {
    const before = this.#written ?? NOTHING;
    await this.write(
      before.idleReason === reason
        ? before
        : { ...before, generation: before.generation + 1, idleReason: reason },
    );
  }
}
