import type { JobKind } from './built.ts';

/** A job that runs now, found in /proc: so it is known whatever was lost. */
export interface OngoingJob {
  readonly kind: JobKind;
  readonly buildId: string;
  /** The image's name, or the base that is prepared. */
  readonly subject: string;
  /** Where a build or copy goes, or what is pruned: keys of clouds.yaml. */
  readonly cloudIds: readonly string[];
  readonly reason: string;
  /** Epoch milliseconds. */
  readonly startedAt: number;
}
