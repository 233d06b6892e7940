import type { CharmFiles, ConfigValue } from '../charm/charm-files.ts';
import { addPeerRelations } from './relations.ts';

/** The state that Juju's controller holds for one unit. All mutable state of the double is here. */
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
  /** The base of the machine, such as `ubuntu@24.04`. */
  readonly base: string;
  readonly address: string;
  readonly now: () => number;
  charm: CharmFiles;
  leader: boolean;
  /** Options that the operator set. */
  readonly config: Map<string, ConfigValue>;
  readonly relations: Relation[];
  readonly secrets: UserSecret[];
  /** The state written by `state-set`. */
  readonly state: Map<string, string>;
  /** Set by the charm, and by Juju before install, stop and remove. */
  status: Status;
  applicationStatus: Status;
  agentStatus: Status;
  /** All statuses, including the agent's errors, oldest first. */
  readonly statusHistory: StatusChange[];
  workloadVersion: string | undefined;
  readonly tasks: ActionTask[];
  readonly log: LogLine[];
  readonly toolCalls: ToolCall[];
  /** Makes the next flush fail with this message. */
  failNextFlush: string | undefined;
  /** The last number assigned to a relation, a task, a context or a secret. */
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

/** One call of a hook tool, without its stdout, which may contain secrets. */
export interface ToolCall {
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

/** A databag of the remote application or of one of its units. */
interface RemoteBag {
  data: Databag;
  /** The number of changes so far. */
  version: number;
  /** The version for which relation-changed was last run; 0 before the first run. */
  seen: number;
}

export interface RemoteUnit extends RemoteBag {
  readonly name: string;
  /** True from relation-joined until relation-departed; `relation-list` prints these units. */
  joined: boolean;
  /** True when the unit has left the relation on the remote side. */
  left: boolean;
}

export interface Relation {
  readonly id: number;
  readonly endpoint: string;
  /** The application on the other side; the own application for a peer relation. */
  readonly remoteApplication: string;
  /** Reports whether the other side is the own application. Its application databag is `ourApp`. */
  readonly isPeer: boolean;
  /** Reports whether this version of Juju writes `private-address` into databags. */
  readonly hasPrivateAddress: boolean;
  readonly remoteApp: RemoteBag;
  readonly remoteUnits: Map<string, RemoteUnit>;
  /** This unit's databag as the remote side sees it. */
  readonly ourUnit: Databag;
  /** The databag of this application as the remote side sees it. */
  readonly ourApp: Databag;
  /** True from the start of the relation-created hook. */
  created: boolean;
  /** True while the relation is being removed. */
  breaking: boolean;
}

/** A secret that the operator added with `juju add-secret`. */
export interface UserSecret extends SecretTracking {
  readonly id: string;
  readonly name: string;
  /** Contents by revision, starting at 1; removed revisions are absent. */
  readonly revisions: Map<number, Databag>;
  latest: number;
  granted: boolean;
}

/** The revisions of a secret that the unit has read, and its label. */
export interface SecretTracking {
  /** The revision that `secret-get` without `--refresh` returns; undefined before the first read. */
  tracked: number | undefined;
  /** The latest revision that this unit has read or received secret-changed for. */
  notified: number;
  /** The label that this unit gave to the secret. */
  label: string;
}

/** One run of an action, as the operator sees it. */
export interface ActionTask {
  readonly id: string;
  readonly name: string;
  readonly params: Readonly<Record<string, unknown>>;
  status: 'pending' | 'running' | 'completed' | 'failed' | 'aborted';
  message: string;
  /** The results set by `action-set`. */
  results: ActionResults;
  stdout: string;
  stderr: string;
  returnCode: number | string | undefined;
  /** The messages of `action-log`. */
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
  readonly base?: string;
  readonly address?: string;
  readonly leader?: boolean;
  readonly now: () => number;
}

/** Creates a model with one application that has one unit. */
export function createModel(options: ModelOptions): Model {
  const application = options.application ?? options.charm.name;
  const waiting = { status: 'waiting', message: 'installing agent' };
  const hasPeers = [...options.charm.endpoints.values()].some(({ role }) => role === 'peers');
  const model: Model = {
    name: options.modelName ?? 'images',
    uuid: options.modelUuid ?? 'deadbeef-0bad-400d-8000-4b1d0d06f00d',
    jujuVersion: options.jujuVersion ?? '3.6.12',
    settings: options.modelConfig ?? {},
    application,
    unit: `${application}/${options.unitNumber ?? 0}`,
    machineId: options.machineId ?? '0',
    base: options.base ?? 'ubuntu@24.04',
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
    // Juju creates peer relations with the application, before any other: the first one has the id 0.
    last: { relation: hasPeers ? -1 : 0, task: 0, context: 0, secret: 0 },
  };
  addPeerRelations(model);
  return model;
}

/** Sets a status and appends it to the history. */
export function setStatus(model: Model, of: StatusChange['of'], status: string, message: string): void {
  const next = { status, message };
  if (of === 'unit') model.status = next;
  else if (of === 'agent') model.agentStatus = next;
  else model.applicationStatus = next;
  model.statusHistory.push({ ...next, of, at: model.now() });
}

/** Returns the unit's status as `juju status` shows it: an error of the agent hides the status set by the charm. */
export function shownStatus({ status, agentStatus }: Model): Status {
  return agentStatus.status === 'error' ? agentStatus : status;
}

export function writeLog(model: Model, level: string, logger: string, message: string): void {
  model.log.push({ at: model.now(), level, logger, message });
}
