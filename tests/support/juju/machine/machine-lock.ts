/** Only one hook, action or juju-exec runs on a machine, whichever unit it is of. */
export class MachineLock {
  #last: Promise<void> = Promise.resolve();

  /** Resolves when all who came before have released it; gives the release. */
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
