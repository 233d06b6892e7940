import { OWNER_KEYS } from './owner.ts';

/** What a prune looks at in an image. */
export interface Revision {
  readonly id: string;
  readonly status: string;
  readonly properties: Readonly<Record<string, string>>;
}

/** What will be done with one image, and why. */
export interface PruneDecision<T extends Revision> {
  readonly image: T;
  readonly isDeleted: boolean;
  /** 'one of the newest 2', 'protected', 'published', 'not active', 'older than the newest 2'. */
  readonly reason: string;
}

/**
 * Decides which revisions of one image go: `revisions`, the newest first, less the newest `keep` active ones. What is
 * protected or published stays, and so does what is not active: it may be somebody's work in progress.
 */
export function planPrune<T extends Revision>(
  revisions: readonly T[],
  keep: number,
  protectedIds: ReadonlySet<string>,
): readonly PruneDecision<T>[] {
  let active = 0;
  return revisions.map((image) => {
    const stay = (reason: string): PruneDecision<T> => ({ image, isDeleted: false, reason });
    if (image.status !== 'active') return stay(`not active but ${image.status}`);
    active += 1;
    if (active <= keep) return stay(`one of the newest ${keep}`);
    if (protectedIds.has(image.id)) return stay('protected');
    if (image.properties[OWNER_KEYS.published] !== undefined) return stay('published');
    return { image, isDeleted: true, reason: `older than the newest ${keep}` };
  });
}
