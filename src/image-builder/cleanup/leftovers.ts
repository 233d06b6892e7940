import { OWNER_KEYS } from '../../model/owner.ts';
import type { RunSettings } from '../context.ts';

/** After this long a build of another host, whose process cannot be looked at, is taken for dead. */
export const ABANDONED_AFTER_MS = 24 * 3600 * 1000;

/** Was the thing with this metadata made by a build that does not run any more? In doubt it was not. */
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
