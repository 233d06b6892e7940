import { OWNER_KEYS } from '../../model/owner.ts';
import type { RunSettings } from '../context.ts';

/** The age at which a resource counts as abandoned when its process ran on another host and cannot be checked. */
export const ABANDONED_AFTER_MS = 24 * 3600 * 1000;

/** A resource that a dead build left in the cloud. */
export interface Leftover {
  /** The resource in words, such as `server x (id)`. */
  readonly what: string;
  /** Looks again at what its build may have finished just before it ended. Absent when a build cannot do that. */
  readonly isFinished?: () => Promise<boolean>;
  readonly remove: () => Promise<void>;
}

/** Reports whether the build that created a resource has ended. Returns false in doubt. */
export function isAbandoned(
  metadata: Readonly<Record<string, string>>,
  createdAt: string,
  context: Pick<RunSettings, 'clock' | 'findProcessState'>,
): boolean {
  const written = metadata[OWNER_KEYS.process];
  if (written === undefined) return false;
  switch (context.findProcessState(written)) {
    case 'alive':
      return false;
    case 'dead':
      return true;
    case 'elsewhere': {
      const created = Date.parse(createdAt);
      return !Number.isNaN(created) && context.clock.now() - created > ABANDONED_AFTER_MS;
    }
  }
}
