import type { JobFailure } from '../../model/built.ts';

/**
 * The state that the daemon keeps over restarts, in journal.json. Losing it costs time, never correctness: the daemon
 * reads existing images from Glance and running jobs from /proc.
 */
export interface Journal {
  readonly format: 1;
  /** By image name: the end of the last successful build by this machine's clock, in epoch milliseconds. */
  readonly builtAt: Readonly<Record<string, number>>;
  /**
   * By image name: the last successful builds that followed each other quickly under the same settings, the newest
   * last. The number is limited. Without an entry, the id of the build at `builtAt` is unknown.
   */
  readonly builds: Readonly<Record<string, BuildStreak>>;
  /** By base: the time of the last preparation. */
  readonly preparedAt: Readonly<Record<string, number>>;
  /** By base: the settings of the last preparation. */
  readonly preparedUnder: Readonly<Record<string, string>>;
  /** By `failureKey`. */
  readonly failures: Readonly<Record<string, RememberedFailure>>;
  /** By `failureKey`: the settings and the time of the last prune, in epoch milliseconds. */
  readonly pruned: Readonly<Record<string, { readonly settings: string; readonly at: number }>>;
  /** The ids of answered actions, the newest last. The number is limited. */
  readonly answered: readonly string[];
  /** The ids of builds that succeeded or failed, the newest last. The number is limited. */
  readonly endedBuilds: readonly string[];
}

/** Successful builds of one image under the same settings. */
export interface BuildStreak {
  readonly settings: string;
  readonly ids: readonly string[];
}

/** A failure and the settings of the job. Under other settings the job is retried at once. */
export interface RememberedFailure extends JobFailure {
  /** A digest of the settings and of the generation of the credentials. */
  readonly settings: string;
}

export const EMPTY_JOURNAL: Journal = {
  format: 1,
  builtAt: {},
  builds: {},
  preparedAt: {},
  preparedUnder: {},
  failures: {},
  pruned: {},
  answered: [],
  endedBuilds: [],
};

/** Returns the key of a job in `failures` and `pruned`. */
export function failureKey(of: Pick<JobFailure, 'kind' | 'subject' | 'cloudId'>): string {
  return `${of.kind} ${of.subject} ${of.cloudId}`;
}
