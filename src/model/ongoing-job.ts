import type { JobKind } from './built.ts';

/** A job that runs now. It is found in /proc, so the daemon knows it even when its own files were lost. */
export interface OngoingJob {
  readonly kind: JobKind;
  readonly buildId: string;
  /** The image's name, or the base that is prepared. */
  readonly subject: string;
  /** The keys in clouds.yaml of the destinations of a build or copy, or of the cloud to prune. */
  readonly cloudIds: readonly string[];
  readonly reason: string;
  /** Epoch milliseconds. */
  readonly startedAt: number;
}
