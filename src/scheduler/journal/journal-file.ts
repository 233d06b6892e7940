import { isDeepStrictEqual } from 'node:util';
import { readTextFile, writeFileAtomic } from '../../system/files/text-file.ts';
import { messageOf } from '../../model/text/message-of.ts';
import type { Logger } from '../../system/log/logger.ts';
import { parseJournal } from './parse-journal.ts';
import type { Journal } from './journal.ts';

/** The journal and its file. The promise of a change resolves after the change is on disk. */
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

  /** Opens the journal of an earlier daemon. Logs and leaves out entries that cannot be read. */
  static async open(path: string, logger: Logger): Promise<JournalFile> {
    const { journal, isCorrupt } = parseJournal(await readTextFile(path));
    if (isCorrupt) logger.error('journal has unreadable entries: continuing without them', { path });
    return new JournalFile(path, journal, logger);
  }

  get current(): Journal {
    return this.#current;
  }

  /** Changes the journal. A failure to write is logged only: it costs the next daemon time, never correctness. */
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
      this.#logger.error('cannot write the journal', { path: this.#path, error: messageOf(error) });
    }
  }
}
