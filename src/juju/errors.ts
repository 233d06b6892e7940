/** Why a hook tool failed, as far as its words tell. */
export type HookToolReason = 'not found' | 'denied' | 'no context' | 'other';

/**
 * A hook tool did not do what it was asked. Not a ProductError: the charm cannot make a status of it, the hook fails,
 * Juju drops what was buffered and runs the hook again.
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

/** Wording differs by patch release, so only these parts of it are relied upon. */
const REASONS: readonly (readonly [RegExp, HookToolReason])[] = [
  [/JUJU_CONTEXT_ID not set|wrong context ID|expected context id/i, 'no context'],
  [/permission denied|not the leader|cannot write relation settings|access denied/i, 'denied'],
  [/not found|unknown relation id/i, 'not found'],
];

/** Which reason a hook tool's stderr tells. */
export function classifyToolFailure(stderr: string): HookToolReason {
  return REASONS.find(([words]) => words.test(stderr))?.[1] ?? 'other';
}
