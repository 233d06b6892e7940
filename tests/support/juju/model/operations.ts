import type { ProcessOutcome } from './actions.ts';
import { readConfig } from './config-values.ts';
import type { JujuEvent } from '../charm/hook-context.ts';
import { type ActionTask, type Model, setStatus } from './model.ts';
import { findRelationOperation } from './relation-operations.ts';
import { goJson } from '../tools/tool-output.ts';

/** One operation of the unit agent. `begin` is called before the charm runs, `done` after it has succeeded. */
export interface Operation {
  readonly event: JujuEvent;
  readonly begin?: () => void;
  readonly done?: () => void;
  /** The juju-exec request that this operation answers. */
  readonly exec?: ExecRequest;
}

export interface ExecRequest {
  readonly commands: string;
  readonly answer: (outcome: ProcessOutcome) => void;
}

/** The state of the unit agent that is not part of the model. */
export interface AgentState {
  phase: 'new' | 'deployed' | 'removing' | 'removed';
  installed: boolean;
  elected: boolean;
  started: boolean;
  /** Hooks still to be run, in this order. */
  readonly queue: string[];
  /** The hash of the config for which config-changed was last run. */
  configSeen: string;
  upgraded: boolean;
  rebooted: boolean;
  stopped: boolean;
  wantsUpdateStatus: boolean;
  readonly tasks: ActionTask[];
  readonly execs: ExecRequest[];
  /** A unit that has joined and whose relation-changed must be the next hook. */
  joined: { readonly relationId: number; readonly unit: string } | undefined;
  /** The hook that put the unit in error. */
  failed: FailedHook | undefined;
}

interface FailedHook {
  readonly operation: Operation;
  /** The number of automatic retries so far. */
  attempts: number;
  /** True when the back-off has elapsed or the operator asked for a retry. */
  isDue: boolean;
}

export function newAgentState(): AgentState {
  return {
    ...{ phase: 'new', installed: false, elected: false, started: false, queue: [], configSeen: '' },
    ...{ upgraded: false, rebooted: false, stopped: false, wantsUpdateStatus: false },
    ...{ tasks: [], execs: [], joined: undefined, failed: undefined },
  };
}

/** Returns the next operation in Juju's order; undefined when none can be run. */
export function nextOperation(model: Model, state: AgentState): Operation | undefined {
  if (state.phase === 'new' || state.phase === 'removed') return undefined;
  if (state.failed !== undefined) {
    return requestedOperation(state) ?? (state.failed.isDue ? state.failed.operation : undefined);
  }
  if (!state.installed) return installOperation(model, state);
  return (
    rebootOperation(state) ??
    upgradeOperation(state) ??
    createdOperation(model) ??
    electedOperation(model, state) ??
    secretOperation(model, state) ??
    requestedOperation(state) ??
    queuedOperation(model, state) ??
    configOperation(model, state) ??
    (state.started ? findRelationOperation(model, state) : undefined) ??
    removeOperation(model, state) ??
    updateStatusOperation(state)
  );
}

function hook(name: string, callbacks: Omit<Operation, 'event'> = {}): Operation {
  return { event: { kind: 'hook', name }, ...callbacks };
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

/** Returns secret-changed for a new revision of a secret that the unit has read and may still read. */
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

/** Returns the next action or juju-exec request; both run even when the unit is in error. */
function requestedOperation(state: AgentState): Operation | undefined {
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
      const isSetByCharm = status !== 'maintenance' || message !== 'installing charm software';
      if (!isSetByCharm) setStatus(model, 'unit', 'unknown', '');
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

/** Returns stop or remove, which Juju runs after the relations have been removed. */
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
