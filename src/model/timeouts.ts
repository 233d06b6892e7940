/** Every wait of the program, in seconds. The option of each is its key in kebab-case: see docs/reference/waits.md. */
export interface Timeouts {
  /** One call to a cloud's API, its repeats included. */
  readonly apiTimeout: number;
  /** A transfer of image data that does not move. */
  readonly stallTimeout: number;
  /** One transfer of image data, whole. */
  readonly transferTimeout: number;
  /** One small download: checksums, the runner's version, the external script. */
  readonly fetchTimeout: number;
  /** The server to be ACTIVE. */
  readonly serverTimeout: number;
  /** The guest to print its host key's fingerprint on the console. */
  readonly bootTimeout: number;
  /** The guest to answer SSH. */
  readonly sshTimeout: number;
  /** cloud-init to finish. */
  readonly cloudInitTimeout: number;
  /** One of our own commands in the guest: checks, reports, clean-up. */
  readonly commandTimeout: number;
  /** The external script to end. */
  readonly scriptTimeout: number;
  /** The server to be SHUTOFF. */
  readonly shutdownTimeout: number;
  /** An image to be active: the server's own, or a base image that another build uploads. */
  readonly imageTimeout: number;
  /** A deleted server to be gone. */
  readonly deleteTimeout: number;
}

/** How long a server may take to become ACTIVE, in seconds, unless --server-timeout says otherwise. */
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
  commandTimeout: 300,
  scriptTimeout: 3600,
  shutdownTimeout: 600,
  imageTimeout: 2400,
  deleteTimeout: 1200,
};

/** The command-line option that sets a time-out: `apiTimeout` → `--api-timeout`. */
export function timeoutOption(name: keyof Timeouts): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
