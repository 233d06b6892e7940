import type { JobOrder } from '../model/job-order.ts';
import type { Owner } from '../model/owner.ts';
import type { Secret } from '../model/secret.ts';
import type { Timeouts } from '../model/timeouts.ts';
import type { LogLevel } from '../system/log/logger.ts';

/** The settings of the program itself. */
export interface Settings {
  /** Empty when the cloud must be determined. */
  readonly cloudName: string;
  readonly logLevel: LogLevel;
  /** The format of stderr. */
  readonly logFormat: 'json' | 'text';
  /** The format of stdout. */
  readonly format: 'json' | 'text';
}

/** The settings of every command. */
export interface CommonOptions extends Settings {
  readonly owner: Owner;
  /** Reports whether --owner was given. Then only the images of this owner count. */
  readonly isOwnerGiven: boolean;
  readonly timeouts: Timeouts;
  readonly cloudImagesUrl: string;
  readonly runnerReleasesUrl: string;
  /** The port on which servers answer SSH. */
  readonly sshPort: number;
}

/** The secret values that an order refers to. They are kept in memory only. */
export interface JobSecrets {
  /** Empty when there is no script. */
  readonly scriptUrl: Secret;
  /** The environment of the external script. */
  readonly scriptSecrets: ReadonlyMap<string, Secret>;
}

/** The request of a command line: an order, or a command that is not a job. */
export type Request = CommonOptions &
  (
    | { readonly command: 'order'; readonly order: JobOrder; readonly secrets: JobSecrets }
    | { readonly command: 'latest-build-id'; readonly imageName: string; readonly which: 'active' | 'any' }
    | { readonly command: 'sweep' }
  );

/** The environment in which a command line is read. */
export interface Host {
  readonly arch: string;
  readonly osCloud: string | undefined;
  /** The variable IMAGE_BUILDER_SCRIPT_URL. */
  readonly scriptUrl: string | undefined;
  /** The variables IMAGE_BUILDER_SECRET_<NAME>, by <NAME>. */
  readonly scriptSecrets: ReadonlyMap<string, Secret>;
  /** The variable IMAGE_BUILDER_SSH_PORT. */
  readonly sshPort?: string | undefined;
  readonly newBuildId: string;
  /** Epoch milliseconds. */
  readonly now: number;
  /** Returns the content of an inherited descriptor and closes it. */
  readonly readDescriptor: (descriptor: number) => string;
  /** Returns the text of ./order.json. */
  readonly readOrder: () => string;
}
