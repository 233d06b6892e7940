import type { Base } from '../../model/image/base.ts';
import type { Channel } from '../../model/image/channel.ts';
import type { DesiredState } from '../../model/unit/desired-state.ts';
import type { OrderOf } from '../../model/job/job-order.ts';
import type { Observation } from '../../model/observation.ts';
import type { OngoingJob } from '../../model/job/ongoing-job.ts';
import type { BuildCalendar } from '../build-calendar.ts';
import type { Trial } from '../../model/job/trial.ts';
import type { Journal } from '../journal/journal.ts';

/** The input of a plan. */
export interface PlanInput {
  readonly desired: DesiredState;
  readonly intervalHours: number;
  /** The scheduled times and the build window. Undefined when images are due by age and builds start at any time. */
  readonly calendar?: Pick<BuildCalendar, 'times' | 'opensAt'> | undefined;
  /** The version of this software. */
  readonly version: string;
  readonly credentials: 'ready' | 'missing' | 'outdated';
  /** Undefined when the clouds were not queried. A cloud that is still being queried is missing. */
  readonly observation: Observation | undefined;
  /** The projects of the clouds that have answered since the daemon started, also of those that are not observed now. */
  readonly projects?: ReadonlyMap<string, string> | undefined;
  readonly journal: Journal;
  /** The ids that built.json offers to the charm, which may be publishing them at this moment. */
  readonly reportedIds: readonly string[];
  /** The running jobs before the clouds were queried. A job that ends during the query must count as running. */
  readonly ongoing: readonly OngoingJob[];
  /** Epoch milliseconds, UTC. */
  readonly now: number;
}

/**
 * The kind of reason for a skip. In this order: nothing at all is done, the image is fresh, the job is running, it
 * failed recently, an action cancelled it, it waits for its turn, its cloud did not answer, its cloud is being listed, it
 * was done recently, the operator paused it, or the operator pinned a revision that is gone.
 */
export type SkipCause =
  | 'all'
  | 'fresh'
  | 'running'
  | 'failed'
  | 'cancelled'
  | 'waits'
  | 'cloud'
  | 'listing'
  | 'done'
  | 'paused'
  | 'pinned';

/** Work that is not done now. */
export interface SkippedEntry {
  readonly act: 'skip';
  readonly cause: SkipCause;
  readonly subject: string;
  readonly reason: string;
  /** Epoch milliseconds; undefined when only an event ends the skip. */
  readonly until: number | undefined;
  /** The layer that a build or another layer waits for; absent for other skips. */
  readonly waitsFor?: string;
}

/**
 * A job to start or to skip, with the reason that the operator reads. An image name refers to a run config in the
 * desired state.
 */
export type PlanEntry =
  | { readonly act: 'prepare'; readonly base: Base; readonly reason: string }
  | {
      readonly act: 'layer';
      /** The name of the layer. */
      readonly name: string;
      /** An image that starts from the layer. The run config of the layer is derived from it. */
      readonly firstUser: string;
      readonly microk8s: Channel;
      /** The key by which later plans recognise the layer. */
      readonly key: string;
      /** The layer to start from; undefined: the base image. */
      readonly layerId: string | undefined;
      readonly reason: string;
    }
  | {
      readonly act: 'build';
      readonly imageName: string;
      /** The destinations of the finished image: one entry of clouds.yaml for each project. */
      readonly uploadTo: readonly string[];
      /** The build id that an action has returned; undefined for a new one. */
      readonly buildId: string | undefined;
      /** The layer to start from; undefined: the base image. */
      readonly layerId: string | undefined;
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
      /** The only images that the prune may delete. */
      readonly deletableIds: readonly string[];
      /** The published images. A prune marks them. */
      readonly publishedIds: readonly string[];
      /** The published images and those that are about to be published. A prune keeps them. */
      readonly protectedIds: readonly string[];
      readonly reason: string;
    }
  | {
      readonly act: 'sweep';
      readonly buildCloud: string;
      /** The clouds that get copies. */
      readonly cloudIds: readonly string[];
      readonly reason: string;
    }
  | { readonly act: 'preflight'; readonly buildId: string; readonly reason: string }
  | { readonly act: 'trial'; readonly buildId: string; readonly trial: Trial; readonly reason: string }
  | {
      readonly act: 'prune-clouds';
      /** The id that an action has returned; undefined for a new one. */
      readonly buildId: string | undefined;
      /** The description of the prune. */
      readonly subject: string;
      readonly isDryRun: boolean;
      readonly protectedIds: readonly string[];
      readonly revisions: OrderOf<'prune-clouds'>['revisions'];
      readonly former: OrderOf<'prune-clouds'>['former'];
      /** The clouds and images that are left out, with the reasons. */
      readonly omitted: readonly string[];
      readonly reason: string;
    }
  | SkippedEntry;

/** The jobs to start now and the skipped ones, in the order of the matrix. */
export type Plan = readonly PlanEntry[];

export type CopyEntry = Extract<PlanEntry, { readonly act: 'copy' }>;
export type PreflightEntry = Extract<PlanEntry, { readonly act: 'preflight' }>;
export type TrialEntry = Extract<PlanEntry, { readonly act: 'trial' }>;
export type PruneCloudsEntry = Extract<PlanEntry, { readonly act: 'prune-clouds' }>;
export type PruneEntry = Extract<PlanEntry, { readonly act: 'prune' }>;

export function skip(cause: SkipCause, subject: string, reason: string, until?: number): SkippedEntry {
  return { act: 'skip', cause, subject, reason, until };
}
