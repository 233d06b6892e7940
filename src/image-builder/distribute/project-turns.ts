/**
 * Runs `work` after all earlier work on the same project has ended. Two calls are about the same project when they have
 * a key in common. Calls `onWait` first when there is earlier work to wait for.
 */
export type TakeTurn = <T>(keys: readonly string[], onWait: () => void, work: () => Promise<T>) => Promise<T>;

interface Turn {
  readonly keys: readonly string[];
  readonly ended: Promise<unknown>;
}

/** Creates the turns of one distribution. Two entries of clouds.yaml may lead to one project, which gets one copy. */
export function openProjectTurns(): TakeTurn {
  let turns: readonly Turn[] = [];
  return async (keys, onWait, work) => {
    const earlier = turns.filter((other) => other.keys.some((key) => keys.includes(key)));
    if (earlier.length > 0) onWait();
    const working = Promise.all(earlier.map(({ ended }) => ended)).then(work);
    const own: Turn = { keys, ended: working.catch(() => undefined) }; // only its own caller gets its failure
    turns = [...turns, own];
    try {
      return await working;
    } finally {
      turns = turns.filter((other) => other !== own);
    }
  };
}
