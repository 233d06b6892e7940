import { type Built, parseBuilt } from '../model/built.ts';
import type { UnitPaths } from '../model/unit-paths.ts';
import { readTextFile, writeFileAtomic } from '../system/files.ts';
import type { Logger } from '../system/logger.ts';
import { tellTrouble } from './trouble.ts';

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
      tellTrouble(logger, 'built.json was not readable, and is written anew', error);
      return new Outbox(built, undefined);
    }
  }

  get written(): Built | undefined {
    return this.#written;
  }

  /** Replaces the file, unless it says the same. */
  async write(built: Built): Promise<void> {
    if (built.generation === this.#written?.generation) return;
    await writeFileAtomic(this.#path, `${JSON.stringify(built, undefined, 2)}\n`, 0o600);
    this.#written = built;
  }
}
