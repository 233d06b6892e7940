/** The reason for the failure of a hook tool, derived from its stderr or the size of its output. */
export type HookToolReason = 'not found' | 'denied' | 'no context' | 'too large' | 'other';

/**
 * The failure of a hook tool. It is not a ProductError because the charm cannot turn it into a status: the hook fails,
 * Juju discards the buffered writes and runs the hook again.
 */
export class HookToolError extends Error {
  readonly tool: string;
  readonly reason: HookToolReason;

  constructor(tool: string, reason: HookToolReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'HookToolError';
    this.tool = tool;
    this.reason = reason;
  }
}

/** The wording differs between patch releases of Juju; these parts are stable. */
const REASONS: readonly (readonly [RegExp, HookToolReason])[] = [
  [/JUJU_CONTEXT_ID not set|wrong context ID|expected context id/i, 'no context'],
  [/permission denied|not the leader|cannot write relation settings|access denied/i, 'denied'],
  [/not found|unknown relation id/i, 'not found'],
];

/** Derives the reason of a failure from the stderr of the hook tool. */
export function classifyToolFailure(stderr: string): HookToolReason {
  return REASONS.find(([pattern]) => pattern.test(stderr))?.[1] ?? 'other';
}
