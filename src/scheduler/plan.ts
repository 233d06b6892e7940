import type { Base } from '../model/base.ts';
import type { DesiredState } from '../model/desired-state.ts';
import type { Observation } from '../model/observation.ts';
import type { OngoingJob } from '../model/ongoing-job.ts';
import type { ImageVariant } from '../model/run-config.ts';
import type { Journal } from './journal.ts';

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
  readonly ongoing: readonly OngoingJob[];
  /** Epoch milliseconds, UTC. */
  readonly now: number;
}

/** One thing to do, or not to do, and why: what the operator sees. */
export type PlanEntry =
  | { readonly act: 'prepare'; readonly base: Base; readonly reason: string }
  | {
      readonly act: 'build';
      readonly imageName: string;
      readonly variant: ImageVariant;
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
  | {
      readonly act: 'rest';
      readonly subject: string;
      readonly reason: string;
      /** Epoch milliseconds; absent: until something changes. */
      readonly until: number | undefined;
    };

/** What is to be done now, in the matrix's order. Jobs that run already are not in it. */
export type Plan = readonly PlanEntry[];
