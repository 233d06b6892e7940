/** One thing that every image contains: how it comes in at first boot, and how to see later that it is there. */
export interface GuestPart {
  /** Lower case, digits and dashes: it is a file's name and the first word of report lines. */
  readonly name: string;
  /** POSIX sh, run by root at first boot under `set -eu`. */
  readonly script: string;
  /** POSIX sh, run by root over SSH under `set -eu`: non-zero means failed, its last line of output says why. */
  readonly check: string;
}
