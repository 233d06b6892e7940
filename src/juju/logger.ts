import { describeFields } from '../system/log/log-value.ts';
import { renderMessage } from '../system/log/log-line.ts';
import type { Logger } from '../system/log/logger.ts';
import type { HookTools, JujuLogLevel } from './hook-tools.ts';

/** A log that Juju keeps. */
export interface JujuLogger extends Logger {
  /** Resolves when Juju has all that was logged so far, or would not take it: no hook fails for its log. */
  flush(): Promise<void>;
}

type Fields = Readonly<Record<string, unknown>>;

/** Logs through `juju-log`, one line after the other; to be flushed before the hook ends. */
export function createJujuLogger(tools: Pick<HookTools, 'log'>): JujuLogger {
  let last: Promise<void> = Promise.resolve();
  const log =
    (level: JujuLogLevel) =>
    (message: string, fields: Fields = {}): void => {
      const line = renderMessage(message, describeFields(fields, { stacks: level === 'ERROR' }));
      last = last.then(() => tools.log(level, line)).catch(() => undefined);
    };
  return {
    error: log('ERROR'),
    warning: log('WARNING'),
    info: log('INFO'),
    debug: log('DEBUG'),
    flush: () => last,
  };
}
