import type { JobFailure } from '../../model/built.ts';

/**
 * What the daemon remembers between its lives: journal.json. Losing it costs time, never correctness: what exists is
 * read from Glance, and what runs from /proc.
 */
export interface Journal {
  readonly format: 1;
  /** For each image name: when its last good build ended, by our own clock; epoch milliseconds. */
  readonly builtAt: Readonly<Record<string, number>>;
  /**
   * For each image name: the build ids of its last good builds, the newest last, as far back as they followed each
   * other quickly under the same settings; bounded. Absent: unknown, and then `builtAt` belongs to no image.
   */
  readonly builds: Readonly<Record<string, BuildStreak>>;
  /** For each base: when it was last prepared. */
  readonly preparedAt: Readonly<Record<string, number>>;
  /** For each base: under which settings it was last prepared. */
  readonly preparedUnder: Readonly<Record<string, string>>;
  /** By `failureKey`. */
  readonly failures: Readonly<Record<string, RememberedFailure>>;
  /** By `failureKey`: under which settings a cloud was last pruned, and when; epoch milliseconds. */
  readonly pruned: Readonly<Record<string, { readonly settings: string; readonly at: number }>>;
  /** The newest last; bounded. */
  readonly answered: readonly string[];
  /** Builds that actions asked for and that have ended, well or not, the newest last; bounded. */
  readonly endedBuilds: readonly string[];
}

/** Good builds of one image, and under which settings. */
export interface BuildStreak {
  readonly settings: string;
  readonly ids: readonly string[];
}

/** A failure, and under which settings: others are tried at once. */
export interface RememberedFailure extends JobFailure {
  /** A digest of the settings and the credentials' generation that it failed with. */
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

/** Under which key a failure is remembered. */
export function failureKey(of: Pick<JobFailure, 'kind' | 'subject' | 'cloudId'>): string {
  return `${of.kind} ${of.subject} ${of.cloudId}`;
}
