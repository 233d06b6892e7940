import type { Base } from '../../model/base.ts';
import type { DesiredState } from '../../model/desired-state.ts';
import type { Observation } from '../../model/observation.ts';
import type { OngoingJob } from '../../model/ongoing-job.ts';
import type { Journal } from '../journal/journal.ts';

/** The input of a plan. */
export interface PlanInput {
  readonly desired: DesiredState;
  readonly intervalHours: number;
  /** The version of this software. */
  readonly version: string;
  readonly credentials: 'ready' | 'missing' | 'outdated';
  /** Undefined when the clouds were not queried. */
  readonly observation: Observation | undefined;
  readonly journal: Journal;
  /** The running jobs before the clouds were queried. A job that ends during the query must count as running. */
  readonly ongoing: readonly OngoingJob[];
  /** Epoch milliseconds, UTC. */
  readonly now: number;
}

/**
 * The kind of reason for a skip. In this order: nothing at all is done, the image is fresh, the job is running, it
 * failed recently, it waits for its turn, its cloud did not answer, it was done recently, or this version cannot do it.
 */
export type SkipCause = 'all' | 'fresh' | 'running' | 'failed' | 'waits' | 'cloud' | 'done' | 'unbuildable';

/** Work that is not done now. */
export interface SkippedEntry {
  readonly act: 'skip';
  readonly cause: SkipCause;
  readonly subject: string;
  readonly reason: string;
  /** Epoch milliseconds; undefined when only an event ends the skip. */
  readonly until: number | undefined;
}

/**
 * A job to start or to skip, with the reason that the operator reads. An image name refers to a run config in the
 * desired state.
 */
export type PlanEntry =
  | { readonly act: 'prepare'; readonly base: Base; readonly reason: string }
  | {
      readonly act: 'build';
      readonly imageName: string;
      /** The destinations of the finished image: one entry of clouds.yaml for each project. */
      readonly uploadTo: readonly string[];
      /** The build id that an action has returned; undefined for a new one. */
      readonly buildId: string | undefined;
      readonly reason: string;
    }
  | {
      readonly act: 'copy';
      readonly imageName: string;
      /** The id in the build cloud. */
      readonly imageId: string;
      readonly uploadTo: readonly string[];
      readonly reason: string;
    }
  | {
      readonly act: 'prune';
      readonly imageName: string;
      readonly cloudId: string;
      /** The published images. A prune keeps and marks them. */
      readonly publishedIds: readonly string[];
      readonly reason: string;
    }
  | SkippedEntry;

/** The jobs to start now and the skipped ones, in the order of the matrix. */
export type Plan = readonly PlanEntry[];

export type CopyEntry = Extract<PlanEntry, { readonly act: 'copy' }>;
export type PruneEntry = Extract<PlanEntry, { readonly act: 'prune' }>;

export function skip(cause: SkipCause, subject: string, reason: string, until?: number): SkippedEntry {
  return { act: 'skip', cause, subject, reason, until };
}
