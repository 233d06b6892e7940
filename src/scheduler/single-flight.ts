/**
 * Runs work one at a time. All requests that arrive during a run share one more run afterwards, which receives all their
 * causes.
 */
export class SingleFlight {
  readonly #work: (causes: readonly string[]) => Promise<void>;
  #causes = new Set<string>();
  #running: Promise<void> | undefined;

  /** `work` must handle its failures; it must not reject. */
  constructor(work: (causes: readonly string[]) => Promise<void>) {
    this.#work = work;
  }

  /** Starts the work, or repeats it after the current run. */
  request(cause: string): void {
    this.#causes.add(cause);
    this.#running ??= this.#runAll();
  }

  /** Resolves when no run is in progress or requested. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  async #runAll(): Promise<void> {
    await Promise.resolve(); // requests of the same moment share the run
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
