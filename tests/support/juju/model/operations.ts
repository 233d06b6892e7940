import type { ProcessOutcome } from './actions.ts';
import { readConfig } from './config-values.ts';
import type { JujuEvent } from '../charm/hook-context.ts';
import { type ActionTask, type Model, setStatus } from './model.ts';
import { findRelationOperation } from './relation-operations.ts';
import { goJson } from '../tools/tool-output.ts';

/** Something that the agent does next; `begin` before the charm runs, `done` when it ended well. */
export interface Operation {
  readonly event: JujuEvent;
  readonly begin?: () => void;
  readonly done?: () => void;
  /** Whose juju-exec it is. */
  readonly exec?: ExecRequest;
}

export interface ExecRequest {
  readonly commands: string;
  readonly answer: (outcome: ProcessOutcome) => void;
}

/** What the agent knows besides the model. */
export interface AgentState {
  phase: 'new' | 'deployed' | 'removing' | 'removed';
  installed: boolean;
  elected: boolean;
  started: boolean;
  /** Hooks that follow one another. */
  readonly queue: string[];
  /** The config that a config-changed hook was last run with. */
  configSeen: string;
  upgraded: boolean;
  rebooted: boolean;
  stopped: boolean;
  wantsUpdateStatus: boolean;
  readonly tasks: ActionTask[];
  readonly execs: ExecRequest[];
  /** A unit whose relation-changed must follow its relation-joined. */
  joined: { readonly relationId: number; readonly unit: string } | undefined;
  /** The hook that put the unit in error. */
  failed: FailedHook | undefined;
}

interface FailedHook {
  readonly operation: Operation;
  /** How often it was tried again by itself. */
  attempts: number;
  /** Its time has come, or an operator said so. */
  isDue: boolean;
}

export function newAgentState(): AgentState {
  return {
    ...{ phase: 'new', installed: false, elected: false, started: false, queue: [], configSeen: '' },
    ...{ upgraded: false, rebooted: false, stopped: false, wantsUpdateStatus: false },
    ...{ tasks: [], execs: [], joined: undefined, failed: undefined },
  };
}

/** What the agent does next, in Juju's order; `undefined` when there is nothing that it can. */
export function nextOperation(model: Model, state: AgentState): Operation | undefined {
  if (state.phase === 'new' || state.phase === 'removed') return undefined;
  if (state.failed !== undefined) {
    return askedOperation(state) ?? (state.failed.isDue ? state.failed.operation : undefined);
  }
  if (!state.installed) return installOperation(model, state);
  return (
    rebootOperation(state) ??
    upgradeOperation(state) ??
    createdOperation(model) ??
    electedOperation(model, state) ??
    secretOperation(model, state) ??
    askedOperation(state) ??
    queuedOperation(model, state) ??
    configOperation(model, state) ??
    (state.started ? findRelationOperation(model, state) : undefined) ??
    removeOperation(model, state) ??
    updateStatusOperation(state)
  );
}

function hook(name: string, rest: Omit<Operation, 'event'> = {}): Operation {
  return { event: { kind: 'hook', name }, ...rest };
}

function installOperation(model: Model, state: AgentState): Operation {
  return hook('install', {
    begin: () => setStatus(model, 'unit', 'maintenance', 'installing charm software'),
    done: () => {
      state.installed = true;
      state.queue.push('config-changed', 'start');
    },
  });
}

function rebootOperation(state: AgentState): Operation | undefined {
  if (!state.rebooted || !state.started) return undefined;
  return hook('start', { done: () => (state.rebooted = false) });
}

function upgradeOperation(state: AgentState): Operation | undefined {
  if (!state.upgraded) return undefined;
  return hook('upgrade-charm', {
    done: () => {
      state.upgraded = false;
      state.queue.push('config-changed');
    },
  });
}

function createdOperation({ relations }: Model): Operation | undefined {
  const relation = relations.find((each) => !each.created && !each.breaking);
  if (relation === undefined) return undefined;
  const event = { kind: 'relation', change: 'created', relationId: relation.id } as const;
  return { event, begin: () => (relation.created = true), done: () => undefined };
}

function electedOperation({ leader }: Model, state: AgentState): Operation | undefined {
  if (!leader || state.elected) return undefined;
  return hook('leader-elected', { done: () => (state.elected = true) });
}

/** Only secrets that the unit has read, and may still read, tell it of a new revision. */
function secretOperation({ secrets }: Model, { started }: AgentState): Operation | undefined {
  const secret = secrets.find(
    (each) => each.granted && each.tracked !== undefined && each.latest > each.notified,
  );
  if (secret === undefined || !started) return undefined;
  const latest = secret.latest;
  return {
    event: { kind: 'secret-changed', secretId: secret.id },
    done: () => (secret.notified = Math.max(secret.notified, latest)),
  };
}

/** Actions and juju-exec, which run in the error state too. */
function askedOperation(state: AgentState): Operation | undefined {
  const [task] = state.tasks;
  if (task !== undefined) {
    return {
      event: { kind: 'action', task },
      begin: () => {
        state.tasks.shift();
        task.status = 'running';
      },
    };
  }
  const [exec] = state.execs;
  if (exec === undefined) return undefined;
  return { event: { kind: 'exec', commands: exec.commands }, begin: () => state.execs.shift(), exec };
}

function queuedOperation(model: Model, state: AgentState): Operation | undefined {
  const [name] = state.queue;
  if (name === undefined) return undefined;
  return hook(name, {
    begin: () => {
      if (name === 'config-changed') state.configSeen = hashConfig(model);
    },
    done: () => {
      state.queue.shift();
      if (name !== 'start') return;
      state.started = true;
      const { status, message } = model.status;
      const isOurs = status !== 'maintenance' || message !== 'installing charm software';
      if (!isOurs) setStatus(model, 'unit', 'unknown', '');
    },
  });
}

function configOperation(model: Model, state: AgentState): Operation | undefined {
  if (state.phase === 'removing' || hashConfig(model) === state.configSeen) return undefined;
  return hook('config-changed', { begin: () => (state.configSeen = hashConfig(model)) });
}

function hashConfig(model: Model): string {
  return goJson(readConfig(model));
}

/** After the relations are gone. */
function removeOperation(model: Model, state: AgentState): Operation | undefined {
  if (state.phase !== 'removing') return undefined;
  if (!state.stopped) {
    return hook('stop', {
      begin: () => setStatus(model, 'unit', 'maintenance', 'stopping charm software'),
      done: () => (state.stopped = true),
    });
  }
  return hook('remove', {
    begin: () => setStatus(model, 'unit', 'maintenance', 'cleaning up prior to charm deletion'),
    done: () => (state.phase = 'removed'),
  });
}

function updateStatusOperation(state: AgentState): Operation | undefined {
  if (!state.wantsUpdateStatus || !state.started) return undefined;
  return hook('update-status', { begin: () => (state.wantsUpdateStatus = false) });
}
