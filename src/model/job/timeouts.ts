/** The time-outs of the program in seconds. Each has an option with its name in kebab case: see docs/reference/waits.md. */
export interface Timeouts {
  /** One call to a cloud's API, including its retries. */
  readonly apiTimeout: number;
  /** The longest time without progress in a transfer of image data. */
  readonly stallTimeout: number;
  /** One complete transfer of image data. */
  readonly transferTimeout: number;
  /** One small download: checksums, the runner's version, the external script. */
  readonly fetchTimeout: number;
  /** Waiting for a server to become ACTIVE, or for the volume that it boots from to be available. */
  readonly serverTimeout: number;
  /** Waiting for the guest to print the fingerprint of its host key on the console. */
  readonly bootTimeout: number;
  /** Waiting for the guest to accept SSH. */
  readonly sshTimeout: number;
  /** Waiting for cloud-init to finish. */
  readonly cloudInitTimeout: number;
  /** Installing all parts of the guest. */
  readonly partsTimeout: number;
  /** One command of a build in the guest: checks, clean-up. */
  readonly commandTimeout: number;
  /** Waiting for the external script to end. */
  readonly scriptTimeout: number;
  /** Waiting for a server to become SHUTOFF. */
  readonly shutdownTimeout: number;
  /** Waiting for an image to become active: a snapshot, or a base image that another build uploads. */
  readonly imageTimeout: number;
  /** Waiting for a deleted server or volume to disappear. */
  readonly deleteTimeout: number;
  /** Waiting for a launched runner to be online at GitHub. */
  readonly onlineTimeout: number;
}

/** The default of --server-timeout, in seconds. */
export const CREATE_SERVER_TIMEOUT = 1200;

export const DEFAULT_TIMEOUTS: Timeouts = {
  apiTimeout: 60,
  stallTimeout: 60,
  transferTimeout: 3600,
  fetchTimeout: 60,
  serverTimeout: CREATE_SERVER_TIMEOUT,
  bootTimeout: 600,
  sshTimeout: 300,
  cloudInitTimeout: 1800,
  partsTimeout: 3600,
  commandTimeout: 300,
  scriptTimeout: 3600,
  shutdownTimeout: 600,
  imageTimeout: 2400,
  deleteTimeout: 1200,
  onlineTimeout: 300,
};

/** Returns the command-line option that sets a time-out: `--api-timeout` for `apiTimeout`. */
export function timeoutOption(name: keyof Timeouts): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
