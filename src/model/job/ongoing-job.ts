import type { JobKind } from './job-kind.ts';

/** A job that runs now. It is found in /proc, so the daemon knows it even when its own files were lost. */
export interface OngoingJob {
  readonly kind: JobKind;
  readonly buildId: string;
  /** The name of the image or layer, the base that is prepared, `leftovers`, or in words what is pruned in several clouds. */
  readonly subject: string;
  /** The keys in clouds.yaml of the destinations of a build or copy, or of the clouds to prune or sweep. */
  readonly cloudIds: readonly string[];
  /** The images that a prune may delete; absent for other jobs and for prunes that 0.1.0 ordered. */
  readonly deletableIds?: readonly string[] | undefined;
  /** The layer that a build or another layer starts from; absent without one. */
  readonly layerId?: string | undefined;
  readonly reason: string;
  /** Epoch milliseconds. */
  readonly startedAt: number;
}
