import type { CloudConfig, ImageConfig } from '../../image-builder/config.ts';
import type { AlsoImage } from '../../image-builder/list-images.ts';
import type { Arch } from '../../model/arch.ts';
import type { Base } from '../../model/base.ts';
import type { Owner } from '../../model/owner.ts';
import type { Secret } from '../../model/secret.ts';
import type { Timeouts } from '../../model/timeouts.ts';
import type { LogLevel } from '../../system/logger.ts';

/** What every command has. */
export interface CommonOptions {
  /** Empty: to be determined. */
  readonly cloudName: string;
  readonly logLevel: LogLevel;
  /** Of stderr. */
  readonly logFormat: 'json' | 'text';
  /** Of stdout. */
  readonly format: 'json' | 'text';
  readonly owner: Owner;
  /** Was --owner given? Then only its revisions count. */
  readonly isOwnerGiven: boolean;
  readonly timeouts: Timeouts;
  readonly cloudImagesUrl: string;
  readonly runnerReleasesUrl: string;
  /** Where servers answer SSH. */
  readonly sshPort: number;
}

/** A command line, understood. */
export type Request = CommonOptions &
  (
    | {
        readonly command: 'init';
        readonly arch: Arch;
        readonly bases: readonly Base[];
        readonly prefix: string;
      }
    | {
        readonly command: 'run';
        /** Its cloud name is that of the common options, determined. */
        readonly cloud: Omit<CloudConfig, 'cloudName'>;
        readonly image: ImageConfig;
        /** `undefined`: nothing is pruned. */
        readonly keepRevisions: number | undefined;
        /** From --secrets-fd; `undefined`: those of the environment count. */
        readonly scriptSecrets: ReadonlyMap<string, Secret> | undefined;
      }
    | {
        readonly command: 'distribute';
        readonly imageId: string;
        readonly destinations: readonly string[];
        readonly within: 'copy' | 'share';
        /** `undefined`: nothing is pruned. */
        readonly keepRevisions: number | undefined;
      }
    | { readonly command: 'latest-build-id'; readonly imageName: string; readonly which: 'active' | 'any' }
    /** No clouds: that of the common options, determined. */
    | {
        readonly command: 'list';
        readonly cloudNames: readonly string[];
        /** Of whatever owner: told when they are active. */
        readonly also: readonly AlsoImage[];
      }
    | { readonly command: 'sweep' }
    | {
        readonly command: 'prune';
        readonly imageName: string;
        readonly keepRevisions: number;
        readonly protectedIds: readonly string[];
        /** `undefined`: the marks stay as they are. */
        readonly publishedIds: readonly string[] | undefined;
        readonly isDryRun: boolean;
      }
  );

/** What a request depends on beside the command line. */
export interface Host {
  readonly arch: string;
  readonly osCloud: string | undefined;
  /** IMAGE_BUILDER_SCRIPT_URL. */
  readonly scriptUrl: string | undefined;
  /** IMAGE_BUILDER_SSH_PORT. */
  readonly sshPort?: string | undefined;
  readonly newBuildId: string;
  /** All that stands in an inherited descriptor, which is then closed. */
  readonly readDescriptor: (descriptor: number) => string;
}
