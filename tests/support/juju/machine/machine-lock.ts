/** The lock of a machine: only one hook, action or juju-exec of all its units runs at a time. */
export class MachineLock {
  #last: Promise<void> = Promise.resolve();

  /** Waits until every earlier holder has released the lock. Returns the function that releases it. */
  async acquire(): Promise<() => void> {
    const before = this.#last;
    let release = (): void => undefined;
    this.#last = new Promise((resolve) => {
      release = resolve;
    });
    await before;
    return release;
  }
}
