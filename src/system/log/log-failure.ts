import { ProductError } from '../../model/errors.ts';
import { messageOf } from '../../model/text/message-of.ts';
import type { Logger } from './logger.ts';

/** Logs a failure that does not end the daemon: an expected failure with its message, a bug with its stack. */
export function logFailure(logger: Logger, message: string, error: unknown): void {
  if (error instanceof ProductError) {
    logger.warning(message, { kind: error.kind, reason: error.message });
    return;
  }
  const stack = error instanceof Error ? error.stack : undefined;
  logger.error(`${message}: this is a bug, please report it`, { reason: messageOf(error), stack });
}
