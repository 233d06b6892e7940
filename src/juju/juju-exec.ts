import { messageOf } from '../model/message-of.ts';
import { ProductError } from '../model/errors.ts';
import type { CommandResult, RunCommand } from '../system/process/command.ts';
import type { OwnEvent } from './event.ts';
import { describeExit } from './tell-end.ts';

/** A wish to have the charm dispatched from outside of any hook. */
export interface CharmDispatch {
  /** The path of `juju-exec`. */
  readonly jujuExec: string;
  readonly unit: string;
  readonly event: OwnEvent;
  readonly run: RunCommand;
  /** juju-exec itself waits for the machine's lock without limit. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** How it went. */
export type DispatchOutcome =
  | { readonly state: 'entered' }
  | { readonly state: 'failed'; readonly message: string }
  /** The signal was aborted; whether the charm was dispatched is not known. */
  | { readonly state: 'dropped' };

/** Nothing of ours: juju-exec refuses to run with a hook's variables. */
const ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LANG: 'C.UTF-8',
};

/** Has Juju dispatch the charm with an event of our own, after all that this machine's lock lets go first. */
export async function dispatchCharm(entry: CharmDispatch): Promise<DispatchOutcome> {
  const { jujuExec, unit, event, run, timeoutMs, signal } = entry;
  const isDropped = (): boolean => signal.aborted;
  if (isDropped()) return { state: 'dropped' };
  const args = [unit, `JUJU_DISPATCH_PATH=hooks/${event} ./dispatch`];
  try {
    const result = await run({ file: jujuExec, args, env: ENVIRONMENT, timeoutMs, signal });
    return isDropped() ? { state: 'dropped' } : judge(result, event);
  } catch (error) {
    if (!(error instanceof ProductError)) throw error;
    return { state: 'failed', message: messageOf(error) };
  }
}

function judge(result: CommandResult, event: OwnEvent): DispatchOutcome {
  if (result.exitCode === 0) return { state: 'entered' };
  return { state: 'failed', message: `juju-exec, event ${event}: ${describeExit(result)}` };
}
