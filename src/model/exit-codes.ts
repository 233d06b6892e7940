import { type ErrorKind, ProductError } from './errors.ts';

/** The exit codes of the program. docs/reference/exit-codes.md documents them. */
export const EXIT_CODES = {
  success: 0,
  /** A defect of the program: please report it. */
  bug: 1,
  /** Invalid options or clouds.yaml, or names of resources that do not exist. */
  input: 2,
  /** The cloud refused: credentials, roles, quotas or requests. */
  denied: 3,
  /** A cloud or a download server did not respond in time. */
  unavailable: 4,
  /** The guest, the external script or a check of the image failed. */
  build: 5,
  /** The image is good, but not all clouds have it; or not all clouds responded to `list`. */
  partial: 6,
} as const;

/** The exit codes after a signal: 128 plus its number, by the convention of shells. */
export const SIGNAL_EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

export type StopSignal = keyof typeof SIGNAL_EXIT_CODES;

/** Returns the exit code for a failure. */
export function exitCodeOf(error: unknown, stoppedBy: StopSignal | undefined): number {
  if (stoppedBy !== undefined) return SIGNAL_EXIT_CODES[stoppedBy];
  if (!(error instanceof ProductError)) return EXIT_CODES.bug;
  return exitCodeOfKind(error.kind);
}

/** Returns the exit code for a kind of failure, for a cancelled one that of SIGTERM. */
export function exitCodeOfKind(kind: ErrorKind): number {
  if (kind === 'cancelled') return SIGNAL_EXIT_CODES.SIGTERM;
  return EXIT_CODES[kind === 'quota' ? 'denied' : kind];
}
