import type { JobFailure } from '../../model/unit/built.ts';
import type { JobEnd } from '../../model/job/job-end.ts';

/**
 * The state that the daemon keeps over restarts, in journal.json. Losing it costs time, never correctness: the daemon
 * reads existing images from Glance and running jobs from /proc.
 */
export interface Journal {
  readonly format: 1;
  /** By image name: the last successful build. */
  readonly built: Readonly<Record<string, LastBuild>>;
  /** By base: the time of the last preparation. */
  readonly preparedAt: Readonly<Record<string, number>>;
  /** By base: the settings of the last preparation. */
  readonly preparedUnder: Readonly<Record<string, string>>;
  /** By name: the last making of a layer. */
  readonly layers: Readonly<Record<string, LastLayer>>;
  /** By `failureKey`. */
  readonly failures: Readonly<Record<string, RememberedFailure>>;
  /** By `failureKey`: the images that the last prune was allowed to delete, and its time in epoch milliseconds. */
  readonly pruned: Readonly<Record<string, { readonly ids: readonly string[]; readonly at: number }>>;
  /** By `failureKey`: the jobs that an action cancelled and that have not run to their end since. */
  readonly cancelled: Readonly<Record<string, Cancellation>>;
  /** The ids of answered actions, the newest last. The number is limited. */
  readonly answered: readonly string[];
  /** The ids of builds, and of other requested jobs, that succeeded, failed or were cancelled, the newest last. The number is limited. */
  readonly endedBuilds: readonly string[];
  /** By job, such as `build app-noble-x64`: the end, in epoch milliseconds, of those that died and are not swept yet. */
  readonly died: Readonly<Record<string, number>>;
  /** The ends of jobs for the log of Juju, the newest last. The number is limited. */
  readonly ends: readonly JobEnd[];
  /** The ended builds for people, the newest last. The number is limited. Nothing is planned from it. */
  readonly history: readonly EndedBuild[];
}

/** A build that ran to its end. */
export interface EndedBuild {
  readonly imageName: string;
  readonly buildId: string;
  /** The end of the build by this machine's clock, in epoch milliseconds. */
  readonly at: number;
  readonly seconds: number;
  /** Reports whether the build made an image. */
  readonly hasImage: boolean;
  /** The size of the image; absent when there is none or Glance does not know it. */
  readonly bytes?: number | undefined;
}

/** The last successful build of an image. */
export interface LastBuild {
  readonly buildId: string;
  /** The end of the build by this machine's clock, in epoch milliseconds. */
  readonly at: number;
  readonly settings: string;
  /** The number of successful builds since the build cloud last listed an image of them. */
  readonly unlisted: number;
  /** True when another unit, the leader of that time, has built a later image. */
  readonly isSuperseded: boolean;
}

/** The last time that a layer was made. */
export interface LastLayer {
  readonly buildId: string;
  readonly settings: string;
  /** The end of the job by this machine's clock, in epoch milliseconds. */
  readonly at: number;
  /** Reports whether the build cloud has listed the layer since then. */
  readonly isListed: boolean;
  /** The duration of the job; 0 when it was not measured. */
  readonly seconds: number;
  /** The part of it that installed the parts: what each build saves that starts from the layer. */
  readonly partsSeconds: number;
}

/** A failure and the settings of the job. Under other settings the job is retried at once. */
export interface RememberedFailure extends JobFailure {
  /** A digest of the settings and of the generation of the credentials. */
  readonly settings: string;
  /** True for a copy whose whole job was killed or stalled. It is repeated in a job of its own. */
  readonly isSuspect: boolean;
}

/** The cancellation of a job by an action. */
export interface Cancellation {
  /** The action's task id. */
  readonly action: string;
  /** Epoch milliseconds. */
  readonly at: number;
  /** The digest from `settingsOf` at the start of the job. */
  readonly settings: string;
}

export const EMPTY_JOURNAL: Journal = {
  format: 1,
  built: {},
  preparedAt: {},
  preparedUnder: {},
  layers: {},
  failures: {},
  pruned: {},
  cancelled: {},
  answered: [],
  endedBuilds: [],
  died: {},
  ends: [],
  history: [],
};

/** The identity of a job: its kind, its subject and, for a copy or prune, its cloud. An empty id is the build cloud. */
export type JobKey = Pick<JobFailure, 'kind' | 'subject' | 'cloudId'>;

/** Returns the key of a job in `failures`, `pruned` and `cancelled`. */
export function failureKey(of: JobKey): string {
  return `${of.kind} ${of.subject} ${of.cloudId}`;
}
