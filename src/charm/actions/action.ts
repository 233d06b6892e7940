import type { Host } from '../../builder/tools.ts';
import type { Clock } from '../../model/clock.ts';
import { InputError } from '../../model/errors.ts';
import type { Steering } from '../../model/unit/steering.ts';
import type { Logger } from '../../system/log/logger.ts';
import type { Decision } from '../decide.ts';
import type { ActionRequest } from '../desired.ts';
import type { ObservedModel } from '../observed.ts';

/** The results of an action. A key has lower-case letters, digits and hyphens. */
export interface ActionResults {
  readonly [key: string]: string | ActionResults;
}

/** The dependencies of an action. */
export interface ActionContext {
  /** The id of the task, which is new for each `juju run`. */
  readonly taskId: string;
  /** Juju has validated them against actions.yaml and added the defaults. */
  readonly params: Readonly<Record<string, unknown>>;
  readonly host: Host;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Reads options, secrets and relations from Juju. */
  readonly observeModel: () => Promise<ObservedModel>;
  /** Returns 12 hex digits. */
  readonly newBuildId: () => string;
  /** Decides as after any other event, with the work that the action requests, and writes what differs. */
  readonly request: (model: ObservedModel, request: ActionRequest) => Promise<Decision>;
  /** Decides with other pauses and pins, and writes what differs. Only the leader may call it. */
  readonly steer: (model: ObservedModel, steering: Steering) => Promise<Decision>;
}

/** An action of actions.yaml. */
export interface Action {
  /** The keys of the results with their descriptions, for the reference. */
  readonly results: Readonly<Record<string, string>>;
  /** Reads files and never waits for a cloud. Throws InputError, whose message becomes that of the task. */
  readonly perform: (context: ActionContext) => Promise<ActionResults>;
}

/** Returns the results with dotted keys, as `action-set` takes nested ones. */
export function flattenResults(results: ActionResults): Readonly<Record<string, string>> {
  const pairs = Object.entries(results).flatMap(([key, value]): readonly (readonly [string, string])[] => {
    if (typeof value === 'string') return [[key, value]];
    return Object.entries(flattenResults(value)).map(([inner, text]) => [`${key}.${inner}`, text]);
  });
  return Object.fromEntries(pairs);
}

/** Throws InputError with the command to run when the unit is not the leader. */
export function requireLeader({ isLeader, application }: ObservedModel, action: string): void {
  if (isLeader) return;
  throw new InputError([`this unit is not the leader: use juju run ${application}/leader ${action}`]);
}

/** Returns a text as a key of results, with lower-case letters, digits and hyphens only. */
export function slug(text: string): string {
  const key = text
    .slice(0, 200)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-');
  return key.replace(/^-|-$/g, '') || 'unnamed';
}

/** Returns the parameter `name`; empty when it was not given. */
export function readText(params: ActionContext['params'], name: string): string {
  const value = params[name] ?? '';
  return typeof value === 'string' ? value.trim() : JSON.stringify(value);
}
