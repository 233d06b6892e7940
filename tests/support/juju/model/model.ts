import type { CharmFiles, ConfigValue } from '../charm/charm-files.ts';

/** The model as far as one unit sees it: what Juju's controller would hold. The double's one mutable thing. */
export interface Model {
  readonly name: string;
  readonly uuid: string;
  readonly jujuVersion: string;
  /** The model's own config, `juju-http-proxy` and the like. */
  readonly settings: Readonly<Record<string, string>>;
  readonly application: string;
  /** `app/0` */
  readonly unit: string;
  readonly machineId: string;
  readonly address: string;
  readonly now: () => number;
  charm: CharmFiles;
  leader: boolean;
  /** Options that the operator set. */
  readonly config: Map<string, ConfigValue>;
  readonly relations: Relation[];
  readonly secrets: UserSecret[];
  /** What `state-set` keeps. */
  readonly state: Map<string, string>;
  /** As the charm set it, and Juju before install, stop and remove. */
  status: Status;
  applicationStatus: Status;
  agentStatus: Status;
  /** All statuses, the agent's errors among them, oldest first. */
  readonly statusHistory: StatusChange[];
  workloadVersion: string | undefined;
  readonly tasks: ActionTask[];
  readonly log: LogLine[];
  readonly toolCalls: ToolCall[];
  /** Makes the next flush fail with these words. */
  failNextFlush: string | undefined;
  /** The last number that was given to a relation, a task or a context. */
  readonly last: { relation: number; task: number; context: number; secret: number };
}

export interface Status {
  readonly status: string;
  readonly message: string;
}

export interface StatusChange extends Status {
  readonly of: 'unit' | 'agent' | 'application';
  readonly at: number;
}

interface LogLine {
  readonly at: number;
  readonly level: string;
  /** `unit.app/0.juju-log`, `unit.app/0.install`, … */
  readonly logger: string;
  readonly message: string;
}

/** One call of a hook tool; what it printed may be secret and is not kept. */
interface ToolCall {
  readonly at: number;
  readonly contextId: string;
  /** The hook's or action's name; `run-commands` under juju-exec. */
  readonly during: string;
  readonly tool: string;
  readonly args: readonly string[];
  readonly stdin: string | undefined;
  readonly code: number;
  readonly stderr: string;
}

export type Databag = Record<string, string>;

/** A databag of the other side, and how often it was written. */
interface RemoteBag {
  data: Databag;
  version: number;
  /** Of which version a relation-changed hook was run; 0 for none. */
  seen: number;
}

export interface RemoteUnit extends RemoteBag {
  readonly name: string;
  /** Its relation-joined hook has been run and its relation-departed has not: what `relation-list` tells. */
  joined: boolean;
  /** It is gone on the other side. */
  left: boolean;
}

export interface Relation {
  readonly id: number;
  readonly endpoint: string;
  readonly remoteApplication: string;
  readonly remoteApp: RemoteBag;
  readonly remoteUnits: Map<string, RemoteUnit>;
  /** Our own bags as the other side sees them. */
  readonly ourUnit: Databag;
  readonly ourApp: Databag;
  /** Its relation-created hook has been run. */
  created: boolean;
  /** It is being removed. */
  breaking: boolean;
}

/** A secret that the operator made with `juju add-secret`. */
export interface UserSecret {
  readonly id: string;
  readonly name: string;
  /** From 1 on; a removed one is missing. */
  readonly revisions: Map<number, Databag>;
  latest: number;
  granted: boolean;
  /** The revision that plain reads of this unit give; none before its first. */
  tracked: number | undefined;
  /** The latest revision that this unit read or was told of. */
  notified: number;
  /** This unit's own name for it. */
  label: string;
}

/** One run of an action, as the operator sees it. */
export interface ActionTask {
  readonly id: string;
  readonly name: string;
  readonly params: Readonly<Record<string, unknown>>;
  status: 'pending' | 'running' | 'completed' | 'failed' | 'aborted';
  message: string;
  /** What `action-set` told. */
  results: ActionResults;
  stdout: string;
  stderr: string;
  returnCode: number | string | undefined;
  /** What `action-log` told. */
  readonly progress: string[];
}

export interface ActionResults {
  [key: string]: string | ActionResults;
}

export interface ModelOptions {
  readonly charm: CharmFiles;
  readonly application?: string;
  readonly unitNumber?: number;
  readonly modelName?: string;
  readonly modelUuid?: string;
  readonly jujuVersion?: string;
  readonly modelConfig?: Readonly<Record<string, string>>;
  readonly machineId?: string;
  readonly address?: string;
  readonly leader?: boolean;
  readonly now: () => number;
}

/** A model with one application of one unit. */
export function createModel(options: ModelOptions): Model {
  const application = options.application ?? options.charm.name;
  const waiting = { status: 'waiting', message: 'installing agent' };
  return {
    name: options.modelName ?? 'images',
    uuid: options.modelUuid ?? 'deadbeef-0bad-400d-8000-4b1d0d06f00d',
    jujuVersion: options.jujuVersion ?? '3.6.12',
    settings: options.modelConfig ?? {},
    application,
    unit: `${application}/${options.unitNumber ?? 0}`,
    machineId: options.machineId ?? '0',
    address: options.address ?? '10.0.0.4',
    now: options.now,
    charm: options.charm,
    leader: options.leader ?? true,
    ...{ config: new Map(), relations: [], secrets: [], state: new Map() },
    status: waiting,
    applicationStatus: { status: 'unknown', message: '' },
    agentStatus: { status: 'allocating', message: '' },
    workloadVersion: undefined,
    failNextFlush: undefined,
    ...{ statusHistory: [], tasks: [], log: [], toolCalls: [] },
    last: { relation: 0, task: 0, context: 0, secret: 0 },
  };
}

/** Sets a status, and tells the history. */
export function setStatus(model: Model, of: StatusChange['of'], status: string, message: string): void {
  const next = { status, message };
  if (of === 'unit') model.status = next;
  else if (of === 'agent') model.agentStatus = next;
  else model.applicationStatus = next;
  model.statusHistory.push({ ...next, of, at: model.now() });
}

/** The unit's status as `juju status` shows it: the agent's error hides what the charm set. */
export function shownStatus({ status, agentStatus }: Model): Status {
  return agentStatus.status === 'error' ? agentStatus : status;
}

export function writeLog(model: Model, level: string, logger: string, message: string): void {
  model.log.push({ at: model.now(), level, logger, message });
}
