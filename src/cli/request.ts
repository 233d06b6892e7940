import type { Arch } from '../model/image/arch.ts';
import type { JobOrder } from '../model/job/job-order.ts';
import type { Owner } from '../model/owner.ts';
import type { ProxySettings } from '../model/proxy-settings.ts';
import type { Secret } from '../model/secret.ts';
import type { Timeouts } from '../model/job/timeouts.ts';
import type { ImageChoice } from '../runner/choose-image.ts';
import type { Placement } from '../runner/create-instance.ts';
import type { GithubAuth } from '../model/github-login.ts';
import type { GithubPath } from '../runner/github/github-path.ts';
import type { LocalBuildSettings } from '../runner/local/build-image.ts';
import type { LocalHost } from '../runner/local/hypervisor.ts';
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
  /** Reports whether the server of a build that fails is kept for a day. Only by hand. */
  readonly isServerKept?: boolean;
}

/** The secret values that an order refers to. They are kept in memory only. */
export interface JobSecrets {
  /** Empty when there is no script. */
  readonly scriptUrl: Secret;
  /** The environment of the external script. */
  readonly scriptSecrets: ReadonlyMap<string, Secret>;
  /** The proxies of the model. Undefined by hand, when the variables of the environment apply. */
  readonly proxy: ProxySettings | undefined;
  /** The proxies of the server that an image is built on. */
  readonly guestProxy: ProxySettings | undefined;
  /** PEM text of authorities to trust in clouds; empty: none. */
  readonly openstackCa: string;
  /** The login at GitHub; undefined for jobs that do not need it. */
  readonly github: GithubAuth | undefined;
}

/** The request of a command line: an order, or a command that is not a job. */
export type Request = RunnerRequest | LocalBuildCommand | (CommonOptions & BuilderRequest);

/** The part of a request that differs between the commands for images and clouds. */
type BuilderRequest =
  | { readonly command: 'order'; readonly order: JobOrder; readonly secrets: JobSecrets }
  | { readonly command: 'latest-build-id'; readonly imageName: string; readonly which: 'active' | 'any' }
  | { readonly command: 'sweep'; readonly isDryRun: boolean }
  | { readonly command: 'projects list' };

/** The request of one of the commands `runner …`. */
export interface RunnerRequest extends CommonOptions {
  readonly command: 'runner';
  readonly task: RunnerTask;
  readonly github: GithubAccess;
}

/** The request of the command `build-local`. */
export interface LocalBuildCommand extends CommonOptions {
  readonly command: 'build-local';
  readonly arch: Arch;
  /** The proxies of the guest. */
  readonly proxy: ProxySettings | undefined;
  readonly host: LocalHost;
  readonly settings: LocalBuildSettings;
  readonly github: GithubAccess;
}

/** The GitHub of a command, and the login at it. */
export interface GithubAccess {
  readonly path: GithubPath;
  /** The root of the API without a slash at its end. */
  readonly apiUrl: string;
  readonly auth: GithubAuth;
}

/** A runner to launch. */
export interface LaunchTask extends ImageChoice, Placement {
  readonly action: 'launch';
  /** The labels of the runner, in addition to the names of the application and the image. */
  readonly labels: readonly string[];
  readonly sshPort: number;
}

type RunnerTask =
  | LaunchTask
  | { readonly action: 'list' }
  | { readonly action: 'sweep' }
  | { readonly action: 'delete'; readonly name: string };

/** The environment in which a command line is read. */
export interface Host {
  readonly isStdoutTerminal: boolean;
  readonly arch: string;
  readonly osCloud: string | undefined;
  /** The variable IMAGE_BUILDER_SCRIPT_URL. */
  readonly scriptUrl: string | undefined;
  /** The variables IMAGE_BUILDER_SECRET_<NAME>, by <NAME>. */
  readonly scriptSecrets: ReadonlyMap<string, Secret>;
  /** The variable IMAGE_BUILDER_SSH_PORT. */
  readonly sshPort?: string | undefined;
  /** The variable IMAGE_BUILDER_GITHUB_TOKEN. */
  readonly githubToken?: Secret | undefined;
  /** The variable IMAGE_BUILDER_GITHUB_APP_KEY. */
  readonly githubAppKey?: Secret | undefined;
  /** The variable PATH. */
  readonly searchPath?: string | undefined;
  readonly newBuildId: string;
  /** Epoch milliseconds. */
  readonly now: number;
  /** Returns the content of an inherited descriptor and closes it. */
  readonly readDescriptor: (descriptor: number) => string;
  /** Returns the text of ./order.json. */
  readonly readOrder: () => string;
}
