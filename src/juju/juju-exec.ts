import { messageOf } from '../model/text/message-of.ts';
import { ProductError } from '../model/errors.ts';
import type { CommandResult, RunCommand } from '../system/process/command.ts';
import type { OwnEvent } from './event.ts';
import { describeExit } from './describe-exit.ts';

/** A request to dispatch the charm from outside a hook. */
export interface CharmDispatch {
  /** The path of `juju-exec`. */
  readonly jujuExec: string;
  readonly unit: string;
  readonly event: OwnEvent;
  readonly run: RunCommand;
  /** The limit of the whole call, because juju-exec waits for the machine's lock without a limit. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** The outcome of a request to dispatch the charm. */
export type DispatchOutcome =
  | { readonly state: 'dispatched' }
  | { readonly state: 'failed'; readonly message: string }
  /** The signal was aborted. The charm may have been dispatched or not. */
  | { readonly state: 'dropped' }
  /** The unit was refreshed to another charm, which was not dispatched. */
  | { readonly state: 'replaced' };

/** The exit code of the command when the folder of the charm has no digest of a program, as only this charm has. */
const REPLACED = 86;

/** The whole environment of juju-exec. It refuses to run when variables of a hook are set. */
const ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LANG: 'C.UTF-8',
};

/**
 * Asks Juju to dispatch the charm with one of its own events, and waits until that dispatch ends. juju-exec waits for the
 * machine's lock first.
 */
export async function dispatchCharm(dispatch: CharmDispatch): Promise<DispatchOutcome> {
  const { jujuExec, unit, event, run, timeoutMs, signal } = dispatch;
  const isDropped = (): boolean => signal.aborted;
  if (isDropped()) return { state: 'dropped' };
  const check = `[ -e program-digest ] || exit ${REPLACED}`;
  const args = [unit, `${check}; JUJU_DISPATCH_PATH=hooks/${event} ./dispatch`];
  try {
    const result = await run({ file: jujuExec, args, env: ENVIRONMENT, timeoutMs, signal });
    return isDropped() ? { state: 'dropped' } : toOutcome(result, event);
  } catch (error) {
    if (!(error instanceof ProductError)) throw error;
    return { state: 'failed', message: messageOf(error) };
  }
}

function toOutcome(result: CommandResult, event: OwnEvent): DispatchOutcome {
  if (result.exitCode === 0) return { state: 'dispatched' };
  if (result.exitCode === REPLACED) return { state: 'replaced' };
  return { state: 'failed', message: `juju-exec, event ${event}: ${describeExit(result)}` };
}
