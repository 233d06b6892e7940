import { describeFields } from '../system/log/log-value.ts';
import { renderMessage } from '../system/log/log-line.ts';
import type { Logger } from '../system/log/logger.ts';
import type { HookTools, JujuLogLevel } from './hook-tools.ts';

/** A logger that writes to the log of Juju. */
export interface JujuLogger extends Logger {
  /** Waits until every line so far has been sent. A line that Juju rejects is lost: logging never fails a hook. */
  flush(): Promise<void>;
}

type Fields = Readonly<Record<string, unknown>>;

/** Creates a logger that runs `juju-log` for one line after the other. Flush it before the hook ends. */
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
