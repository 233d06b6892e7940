import type { Clock } from '../model/clock.ts';
import type { Delivery } from '../model/delivery.ts';
import type { PartSeconds } from '../guest/parts-report.ts';
import type { Owner } from '../model/owner.ts';
import type { ProgressEvent } from '../model/progress.ts';
import type { Secret } from '../model/secret.ts';
import { type Timeouts, timeoutOption } from '../model/timeouts.ts';
import type { Cloud, CloudConnection } from '../openstack/cloud.ts';
import type { Http } from '../system/http.ts';
import type { SshSession, SshTarget } from '../system/ssh.ts';
import type { SshKeyPair } from '../system/ssh-keys.ts';
import type { Wait } from '../system/wait.ts';
import type { PrunedImage } from './prune.ts';

/** What the program works with; bin/ makes it, tests make their own. */
export interface Tools {
  /** Connects to a cloud of clouds.yaml, once for each name. Throws CloudsYAMLError. */
  readonly connect: (cloudName: string) => Promise<CloudConnection>;
  /** For base images, runner releases and scripts. */
  readonly downloads: Http;
  readonly clock: Clock;
  readonly timeouts: Timeouts;
  /** Aborted on SIGINT and SIGTERM. */
  readonly signal: AbortSignal;
  readonly owner: Owner;
  /** Whose revisions count; `undefined`: everybody's. */
  readonly ownerFilter: Owner | undefined;
  /** This process, as system/process-id.ts writes it. */
  readonly process: string;
  /** Does the process written down still run? */
  readonly findProcessState: (written: string) => 'alive' | 'dead' | 'elsewhere';
  readonly report: (event: ProgressEvent) => void;
  /** Keeps what became known on the way, for the result. */
  readonly record: (facts: BuildFacts) => void;
  /** Tells what went wrong without failing the work. */
  readonly warn: (message: string) => void;
  readonly generateKeyPair: (comment: string) => SshKeyPair;
  readonly connectSsh: (
    target: SshTarget,
    options: { readonly timeoutMs: number; readonly signal?: AbortSignal },
  ) => Promise<SshSession>;
  /** Where servers answer SSH. */
  readonly sshPort: number;
  /** The environment of the external script. */
  readonly scriptSecrets: ReadonlyMap<string, Secret>;
  /** Where Ubuntu's cloud images are. */
  readonly cloudImagesUrl: string;
  /** Where the GitHub runner's releases are. */
  readonly runnerReleasesUrl: string;
}

/** What a build came to know, beside the image's id. */
export interface BuildFacts {
  readonly runnerVersion?: string;
  readonly baseImageId?: string;
  readonly baseSha256?: string;
  readonly flavor?: string;
  readonly network?: string;
  readonly serverId?: string;
  readonly parts?: readonly PartSeconds[];
  readonly swept?: readonly string[];
  /** Prunes add up, one for each cloud. */
  readonly pruned?: { readonly cloud: string; readonly images: readonly PrunedImage[] };
  /** The image in the build cloud. */
  readonly imageId?: string;
  readonly images?: readonly Delivery[];
}

/** A wait with the deadline of `timeout`, ended by the cloud's signal. */
export function waitOn(
  cloud: Pick<Cloud, 'clock' | 'signal'>,
  timeouts: Timeouts,
  timeout: keyof Timeouts,
  what: string,
  lastSeen?: () => string,
): Wait {
  return {
    what,
    timeoutMs: timeouts[timeout] * 1000,
    intervalMs: 2000,
    option: timeoutOption(timeout),
    clock: cloud.clock,
    signal: cloud.signal,
    ...(lastSeen === undefined ? {} : { lastSeen }),
  };
}
