import { type ErrorKind, ProductError } from '../model/errors.ts';

/** What the program's exit code says; docs/reference/exit-codes.md is this list. */
export const EXIT_CODES = {
  success: 0,
  /** A defect of the program: please report it. */
  bug: 1,
  /** Options, clouds.yaml, or names of things that are not there. */
  input: 2,
  /** The cloud refuses: credentials, roles, quotas, requests. */
  denied: 3,
  /** The cloud, or a download, did not answer in time. */
  unavailable: 4,
  /** The guest, the external script or the image was not as it should be. */
  build: 5,
  /** The image is good, but not all clouds have it; or not all clouds answered `list`. */
  partial: 6,
} as const;

/** 128 + the signal's number, as shells have it. */
export const SIGNAL_EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

export type StopSignal = keyof typeof SIGNAL_EXIT_CODES;

/** The exit code for a failure. */
export function exitCodeOf(error: unknown, stoppedBy: StopSignal | undefined): number {
  if (stoppedBy !== undefined) return SIGNAL_EXIT_CODES[stoppedBy];
  if (!(error instanceof ProductError)) return EXIT_CODES.bug;
  return codeOfKind(error.kind);
}

function codeOfKind(kind: ErrorKind): number {
  return kind === 'cancelled' ? SIGNAL_EXIT_CODES.SIGTERM : EXIT_CODES[kind];
}
