import type { Host } from '../builder/tools.ts';
import { type Environment, type JujuContext, readContext } from '../juju/context.ts';
import { createHookTools } from '../juju/create-hook-tools.ts';
import { type CharmEvent, readEvent } from '../juju/event.ts';
import type { HookTools } from '../juju/hook-tools.ts';
import { type JujuLogger, createJujuLogger } from '../juju/logger.ts';
import { ProductError } from '../model/errors.ts';
import { unitPaths } from '../model/unit/unit-paths.ts';
import type { RunCommand } from '../system/process/command.ts';
import { findHostRoot } from './host-root.ts';

/** The parts of its process that a hook uses. */
export interface HookProcess {
  readonly env: Environment;
  readonly cwd: string;
  /** The path of the Node executable that runs this code. */
  readonly node: string;
  readonly runCommand: RunCommand;
  readonly writeErr: (text: string) => void;
}

/** The dependencies of a charm, for one event. */
export interface HookParts {
  readonly context: JujuContext;
  readonly tools: HookTools;
  readonly host: Host;
  readonly logger: JujuLogger;
}

export type MakeCharm = (parts: HookParts) => { dispatch(event: CharmEvent): Promise<void> };

/** Reads the event from `env`, dispatches it to the charm and returns the exit code. Stdout stays empty. */
export async function runHook(hookProcess: HookProcess, makeCharm: MakeCharm): Promise<number> {
  try {
    const event = readEvent(hookProcess.env);
    const parts = await createParts(hookProcess);
    await dispatch(event, parts, makeCharm);
    return 0;
  } catch (error) {
    hookProcess.writeErr(`${renderError(error)}\n`);
    return 1; // Juju drops the buffered writes and runs the hook again
  }
}

async function createParts({ env, cwd, node, runCommand }: HookProcess): Promise<HookParts> {
  const context = readContext(env, cwd);
  const tools = createHookTools(runCommand, env);
  const paths = unitPaths(await findHostRoot(context.charmDir), context.unitName);
  const host = { paths, charmDir: context.charmDir, node, runCommand };
  return { context, tools, host, logger: createJujuLogger(tools) };
}

async function dispatch(event: CharmEvent, parts: HookParts, makeCharm: MakeCharm): Promise<void> {
  const { tools, logger } = parts;
  try {
    await makeCharm(parts).dispatch(event);
  } catch (error) {
    await logger.flush().catch(() => undefined); // the first failure matters more
    if (event.kind !== 'action' || !(error instanceof ProductError)) throw error;
    return tools.actionFail(error.message); // with exit code 1 Juju would report no message
  }
  await logger.flush();
}

/** Renders the stacks of an error and its causes. Leaves out all other fields, which may hold secrets. */
function renderError(error: unknown): string {
  if (!(error instanceof Error)) return `ERROR ${String(error)}`;
  const cause = error.cause === undefined ? '' : `\ncaused by ${renderError(error.cause)}`;
  return `${error.stack ?? `${error.name}: ${error.message}`}${cause}`;
}
