import type { Secret } from '../model/secret.ts';

/** A component of every image, with the script that installs it and the check that verifies it. */
export interface GuestPart {
  /** Lower-case letters, digits and dashes only; used as a file name and as the first word of report lines. */
  readonly name: string;
  /** The names of the parts to install before this one. A part that the image leaves out does not count. */
  readonly after?: readonly string[];
  /**
   * A POSIX shell script that root runs under `set -eu`. Installing it twice is the same as installing it once. A line of
   * its output `version NAME VERSION` goes into the record of the build.
   */
  readonly script: string;
  /**
   * Values of the script's environment that do not change what is installed, such as mirrors and proxies. They do not count
   * for the digest of the inputs.
   */
  readonly environment?: Readonly<Record<string, string | Secret>>;
  /**
   * A POSIX shell script that root runs over SSH under `set -eu`. A non-zero exit code means that the check failed; the
   * last line of its output is the reason.
   */
  readonly check: string;
  /** A POSIX shell script that root runs under `set -eu` before the image is stored. It removes what is for the build only. */
  readonly cleanUp?: string;
}
