import { OWNER_KEYS } from '../owner.ts';

/** The fields of an image that a prune depends on. */
export interface Revision {
  readonly id: string;
  readonly status: string;
  readonly properties: Readonly<Record<string, string>>;
}

/** The decision about one image, with its reason. */
export interface PruneDecision<T extends Revision> {
  readonly image: T;
  readonly shouldDelete: boolean;
  /** 'one of the newest 2', 'protected', 'published', 'not active', 'not to be deleted', 'older than the newest 2'. */
  readonly reason: string;
}

/**
 * Decides which of the `revisions` of one image to delete. They must be sorted, the newest first. The newest `keep`
 * active revisions stay, and so do protected and published ones. A revision that is not active stays because another
 * process may be working on it. With `deletableIds`, all other revisions stay too.
 */
export function planPrune<T extends Revision>(
  revisions: readonly T[],
  keep: number,
  protectedIds: ReadonlySet<string>,
  deletableIds?: ReadonlySet<string>,
): readonly PruneDecision<T>[] {
  let active = 0;
  return revisions.map((image) => {
    const toKeep = (reason: string): PruneDecision<T> => ({ image, shouldDelete: false, reason });
    if (image.status !== 'active') return toKeep(`not active but ${image.status}`);
    active += 1;
    if (active <= keep) return toKeep(`one of the newest ${keep}`);
    if (protectedIds.has(image.id)) return toKeep('protected');
    if (image.properties[OWNER_KEYS.published] !== undefined) return toKeep('published');
    if (deletableIds?.has(image.id) === false) return toKeep('not to be deleted');
    return { image, shouldDelete: true, reason: `older than the newest ${keep}` };
  });
}
