/**
 * Does `work` when all earlier works on the same project have ended, and at the same time as all others; any of `keys`
 * names the project. `onWait` hears, before it, that there are earlier ones.
 */
export type TakeTurn = <T>(keys: readonly string[], onWait: () => void, work: () => Promise<T>) => Promise<T>;

interface Taken {
  readonly keys: readonly string[];
  readonly ended: Promise<unknown>;
}

/** Opens the turns of one distribution: two entries of clouds.yaml may lead to one project, which gets one copy. */
export function openProjectTurns(): TakeTurn {
  let taken: readonly Taken[] = [];
  return async (keys, onWait, work) => {
    const before = taken.filter((other) => other.keys.some((key) => keys.includes(key)));
    if (before.length > 0) onWait();
    const working = Promise.all(before.map(({ ended }) => ended)).then(work);
    const own: Taken = { keys, ended: working.catch(() => undefined) }; // its failure is told to its own caller
    taken = [...taken, own];
    try {
      return await working;
    } finally {
      taken = taken.filter((other) => other !== own);
    }
  };
}
