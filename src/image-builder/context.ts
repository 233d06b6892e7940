import type { Clock } from '../model/clock.ts';
import type { Owner } from '../model/owner.ts';
import type { CloudPrune, ResultFacts } from '../model/result/program-result-common.ts';
import type { ProgressEvent } from '../model/job/progress.ts';
import type { ProxySettings } from '../model/proxy-settings.ts';
import type { Secret } from '../model/secret.ts';
import type { Timeouts } from '../model/job/timeouts.ts';
import type { CloudAccess } from '../openstack/login/cloud-access.ts';
import type { CloudConnection } from '../openstack/cloud.ts';
import type { Http } from '../system/http/http.ts';
import type { SshKeyPair, SshKeyType } from '../system/ssh/ssh-keys.ts';
import type { SshSession, SshTarget } from '../system/ssh/ssh.ts';

/** Access to the clouds of clouds.yaml. */
export interface Clouds {
  /** Connects to a cloud, once for each name. Throws CloudsYAMLError. */
  readonly connect: (cloudName: string) => Promise<CloudConnection>;
}

/** Access to clouds whose entries were read elsewhere. */
export interface CloudOpener {
  /** Connects to a cloud, once for each name. Sends no request. Throws CloudsYAMLError. */
  readonly openCloud: (access: CloudAccess) => Promise<CloudConnection>;
}

/** Access to files outside the clouds. */
export interface Downloads {
  /** Fetches base images, runner releases and scripts. */
  readonly downloads: Http;
  /** The root of Ubuntu's cloud images. */
  readonly cloudImagesUrl: string;
  /** The root of the GitHub runner's releases. */
  readonly runnerReleasesUrl: string;
}

/** The proxies of the downloads. */
export interface DownloadProxies {
  readonly proxy: ProxySettings;
}

/** Access to the server that an image is built on. */
export interface GuestAccess {
  readonly generateKeyPair: (comment: string, type: SshKeyType) => SshKeyPair;
  readonly connectSsh: (
    target: SshTarget,
    options: { readonly timeoutMs: number; readonly signal?: AbortSignal },
  ) => Promise<SshSession>;
  /** Returns the address from which this machine sends to an address; undefined without a route. */
  readonly findSourceAddress: (address: string) => Promise<string | undefined>;
  /** The port on which servers accept SSH connections. */
  readonly sshPort: number;
}

/** The time limits of a command. */
export interface Deadlines {
  readonly clock: Clock;
  readonly timeouts: Timeouts;
  /** Aborted on SIGINT and SIGTERM. */
  readonly signal: AbortSignal;
}

/** The creator of resources, as their metadata names it. */
export interface Maker {
  readonly owner: Owner;
  /** The identity of this process, in the format of system/process/process-identity.ts. */
  readonly process: string;
}

/** The settings of one command. */
export interface RunSettings extends Deadlines, Maker {
  /** The owner whose revisions count; undefined when all revisions count. */
  readonly ownerFilter: Owner | undefined;
  /** Returns the state of a process that metadata names. */
  readonly findProcessState: (identity: string) => 'alive' | 'dead' | 'elsewhere';
  /** The secrets of the external script; `toScriptVariables` returns their variables. */
  readonly scriptSecrets: ReadonlyMap<string, Secret>;
  /** The folder for the private key of a server that is kept after a failure. Undefined when it is deleted. */
  readonly keyFolder?: string | undefined;
}

/** Receives the progress, facts and warnings of a command. */
export interface Recorder {
  /** Reports the start and the end of a step. */
  readonly report: (event: ProgressEvent) => void;
  /** Adds facts to the command's result. */
  readonly record: (facts: BuildFacts) => void;
  /** Reports a failure that does not fail the command. */
  readonly warn: (message: string) => void;
}

/** Everything that a command uses. bin/ creates it; a function declares only the parts that it uses. */
export type Context = Clouds & Downloads & GuestAccess & RunSettings & Recorder;

/** The facts that a command records for its result. */
export interface BuildFacts extends ResultFacts {
  /** The prune of one cloud. The result lists them all. */
  readonly pruned?: CloudPrune;
}
