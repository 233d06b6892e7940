/** A component of every image, with the script that installs it and the check that verifies it. */
export interface GuestPart {
  /** Lower-case letters, digits and dashes only; used as a file name and as the first word of report lines. */
  readonly name: string;
  /** A POSIX shell script that root runs at first boot under `set -eu`. */
  readonly script: string;
  /**
   * A POSIX shell script that root runs over SSH under `set -eu`. A non-zero exit code means that the check failed; the
   * last line of its output is the reason.
   */
  readonly check: string;
}
