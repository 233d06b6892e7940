/**
 * Work that runs one at a time: whoever asks for it while it runs gets one more run afterwards, however many they are.
 * No cause is lost.
 */
export class SingleFlight {
  readonly #work: (causes: readonly string[]) => Promise<void>;
  #causes = new Set<string>();
  #running: Promise<void> | undefined;

  /** `work` tells of its failures itself. */
  constructor(work: (causes: readonly string[]) => Promise<void>) {
    this.#work = work;
  }

  /** Has the work done as soon as may be. */
  request(cause: string): void {
    this.#causes.add(cause);
    this.#running ??= this.#runAll();
  }

  /** Resolves when nothing runs and nobody asks. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  async #runAll(): Promise<void> {
    await Promise.resolve(); // whoever asks in the same moment shares the run
    try {
      while (this.#causes.size > 0) {
        const causes = [...this.#causes];
        this.#causes = new Set();
        await this.#work(causes);
      }
    } finally {
      this.#running = undefined;
    }
  }
}
