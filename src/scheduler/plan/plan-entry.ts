import type { Base } from '../../model/base.ts';
import type { DesiredState } from '../../model/desired-state.ts';
import type { Observation } from '../../model/observation.ts';
import type { OngoingJob } from '../../model/ongoing-job.ts';
import type { Journal } from '../journal/journal.ts';

/** All that a plan follows from. */
export interface PlanInput {
  readonly desired: DesiredState;
  readonly intervalHours: number;
  /** This software's version. */
  readonly version: string;
  readonly credentials: 'ready' | 'missing' | 'outdated';
  /** `undefined`: the clouds were not asked. */
  readonly observation: Observation | undefined;
  readonly journal: Journal;
  /** As it was before the clouds were looked at: what ends meanwhile must not look as if it never was. */
  readonly ongoing: readonly OngoingJob[];
  /** Epoch milliseconds, UTC. */
  readonly now: number;
}

/**
 * Why something is not done now: everything rests; the image is fresh; it is under way; it failed not long ago; it
 * waits for its turn; its cloud did not answer; it was done not long ago; this version cannot do it.
 */
export type SkipCause = 'all' | 'fresh' | 'running' | 'failed' | 'waits' | 'cloud' | 'done' | 'unbuildable';

/** Something that is not done now, and why. */
export interface SkippedEntry {
  readonly act: 'skip';
  readonly cause: SkipCause;
  readonly subject: string;
  readonly reason: string;
  /** Epoch milliseconds; absent: until something changes. */
  readonly until: number | undefined;
}

/**
 * One thing to do, or not to do, and why: what the operator sees. An image is named; its run config is in the desired
 * state.
 */
export type PlanEntry =
  | { readonly act: 'prepare'; readonly base: Base; readonly reason: string }
  | {
      readonly act: 'build';
      readonly imageName: string;
      /** Where it goes when it is built: one entry of clouds.yaml for each project. */
      readonly uploadTo: readonly string[];
      /** The build id that an action was told; absent: a new one. */
      readonly buildId: string | undefined;
      readonly reason: string;
    }
  | {
      readonly act: 'copy';
      readonly imageName: string;
      /** In the build cloud. */
      readonly imageId: string;
      readonly uploadTo: readonly string[];
      readonly reason: string;
    }
  | {
      readonly act: 'prune';
      readonly imageName: string;
      readonly cloudId: string;
      /** What is published: it stays, and carries the mark. */
      readonly publishedIds: readonly string[];
      readonly reason: string;
    }
  | SkippedEntry;

/** What is to be done now, in the matrix's order. Jobs that run already are not in it. */
export type Plan = readonly PlanEntry[];

export type CopyEntry = Extract<PlanEntry, { readonly act: 'copy' }>;
export type PruneEntry = Extract<PlanEntry, { readonly act: 'prune' }>;

/** Something rests until something changes, or until a time. */
export function skip(cause: SkipCause, subject: string, reason: string, until?: number): SkippedEntry {
  return { act: 'skip', cause, subject, reason, until };
}
