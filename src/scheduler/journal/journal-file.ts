import { isDeepStrictEqual } from 'node:util';
import { readTextFile, writeFileAtomic } from '../../system/files/text-file.ts';
import { messageOf } from '../../model/message-of.ts';
import type { Logger } from '../../system/log/logger.ts';
import { parseJournal } from './back-off.ts';
import type { Journal } from './journal.ts';

/** The journal and its file: each change is on disk before the promise of it resolves. */
export class JournalFile {
  readonly #path: string;
  readonly #logger: Logger;
  #current: Journal;
  #written: Promise<void> = Promise.resolve();

  private constructor(path: string, current: Journal, logger: Logger) {
    this.#path = path;
    this.#current = current;
    this.#logger = logger;
  }

  /** Opens it as an earlier daemon left it; one that is corrupt is told, and counts as empty. */
  static async open(path: string, logger: Logger): Promise<JournalFile> {
    const { journal, isCorrupt } = parseJournal(await readTextFile(path));
    if (isCorrupt) logger.error('the journal was not readable, and begins anew', { path });
    return new JournalFile(path, journal, logger);
  }

  get current(): Journal {
    return this.#current;
  }

  /** Changes it. A disk that refuses costs the next daemon time, and is told. */
  update(change: (journal: Journal) => Journal): Promise<void> {
    const next = change(this.#current);
    if (!isDeepStrictEqual(next, this.#current)) {
      this.#current = next;
      this.#written = this.#written.then(() => this.#write(next));
    }
    return this.#written;
  }

  /** Resolves when all changes are on disk. */
  flushed(): Promise<void> {
    return this.#written;
  }

  async #write(journal: Journal): Promise<void> {
    try {
      await writeFileAtomic(this.#path, `${JSON.stringify(journal, undefined, 2)}\n`, 0o600);
    } catch (error) {
      this.#logger.error('the journal was not written', { path: this.#path, error: messageOf(error) });
    }
  }
}
