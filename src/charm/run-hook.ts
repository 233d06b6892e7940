import type { Host } from '../builder/tools.ts';
import { type Environment, type JujuContext, readContext } from '../juju/context.ts';
import { createHookTools } from '../juju/create-hook-tools.ts';
import { type CharmEvent, readEvent } from '../juju/event.ts';
import type { HookTools } from '../juju/hook-tools.ts';
import { type JujuLogger, createJujuLogger } from '../juju/logger.ts';
import { ProductError } from '../model/errors.ts';
import { unitPaths } from '../model/unit-paths.ts';
import type { RunCommand } from '../system/process/command.ts';
import { findHostRoot } from './host-root.ts';

/** All that a hook has of its process. */
export interface HookWorld {
  readonly env: Environment;
  readonly cwd: string;
  /** The Node that runs us. */
  readonly node: string;
  readonly runCommand: RunCommand;
  readonly writeErr: (text: string) => void;
}

/** What a charm is made of, for one event. */
export interface HookParts {
  readonly context: JujuContext;
  readonly tools: HookTools;
  readonly host: Host;
  readonly logger: JujuLogger;
}

export type MakeCharm = (parts: HookParts) => { handle(event: CharmEvent): Promise<void> };

/** Has the charm handle the event that `env` tells of; gives the exit code. Its stdout stays empty. */
export async function runHook(world: HookWorld, makeCharm: MakeCharm): Promise<number> {
  try {
    const event = readEvent(world.env);
    const parts = await gatherParts(world);
    await handle(event, parts, makeCharm);
    return 0;
  } catch (error) {
    world.writeErr(`${describe(error)}\n`);
    return 1; // Juju drops what was buffered and runs a hook again
  }
}

async function gatherParts({ env, cwd, node, runCommand }: HookWorld): Promise<HookParts> {
  const context = readContext(env, cwd);
  const tools = createHookTools(runCommand, env);
  const paths = unitPaths(await findHostRoot(context.charmDir), context.unitName);
  const host = { paths, charmDir: context.charmDir, node, runCommand };
  return { context, tools, host, logger: createJujuLogger(tools) };
}

async function handle(event: CharmEvent, parts: HookParts, makeCharm: MakeCharm): Promise<void> {
  const { tools, logger } = parts;
  try {
    await makeCharm(parts).handle(event);
  } catch (error) {
    await logger.flush().catch(() => undefined); // the failure that came first is the one to tell
    if (event.kind !== 'action' || !(error instanceof ProductError)) throw error;
    return tools.actionFail(error.message); // exit code 1 would have Juju say no more than that
  }
  await logger.flush();
}

/** The error with its stack and those of its causes; nothing of its other fields, which may be secret. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return `ERROR ${String(error)}`;
  const cause = error.cause === undefined ? '' : `\ncaused by ${describe(error.cause)}`;
  return `${error.stack ?? `${error.name}: ${error.message}`}${cause}`;
}
