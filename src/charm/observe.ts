import { readInstalled } from '../builder/credentials.ts';
import type { Host } from '../builder/tools.ts';
import { ensureUnitKey } from '../builder/host/unit-key.ts';
import type { JujuContext } from '../juju/context.ts';
import type { CharmEvent } from '../juju/event.ts';
import { HookToolError } from '../juju/errors.ts';
import type { HookTools } from '../juju/hook-tools.ts';
import { findSilence, parseBuilt } from '../model/unit/built.ts';
import type { Clock } from '../model/clock.ts';
import { parseDesiredState } from '../model/unit/desired-state.ts';
import { InputError } from '../model/errors.ts';
import { listKeptProxyProblems, listProxyProblems } from '../model/proxy-settings.ts';
import { isCidr } from '../system/http/cidr.ts';
import { readTextFile } from '../system/files/text-file.ts';
import type { Logger } from '../system/log/logger.ts';
import { type CharmConfig, type RawConfig, parseCharmConfig } from './options/config.ts';
import { type ImageRelation, type RemoteUnit, decodeRemoteUnit } from './relations/consumers.ts';
import type { MonitorRelation } from './relations/cos-agent.ts';
import { readPeers } from './relations/peers.ts';
import { ConfigInvalidError } from './errors.ts';
import type { ObservedHost, ObservedModel } from './observed.ts';
import { OptionReader } from './options/option-reader.ts';
import { readTakeOver } from './python-charm/take-over-record.ts';
import { listFormerOptionNotices } from './python-charm/former-options.ts';
import { listPlainSecretNotices } from './python-charm/plain-secrets.ts';
import { readSnapshotNames } from './python-charm/traces.ts';
import { type SecretsRead, readSecrets } from './secrets.ts';

/** The endpoint that consumers integrate with. */
const IMAGE_ENDPOINT = 'image';
/** The endpoint that collectors of metrics integrate with. */
const MONITOR_ENDPOINT = 'cos-agent';

/** The options that an application credential makes unnecessary. */
const USER_OPTIONS = [
  'openstack-project-domain-name',
  'openstack-project-name',
  'openstack-user-domain-name',
  'openstack-user-name',
];

/** The most networks of the unit that become rules. */
const MAX_SUBNETS = 20;

/** The dependencies of reading the model from Juju. */
export interface ModelReader {
  readonly context: JujuContext;
  readonly tools: HookTools;
  /** The architecture of the unit's machine, as `uname -m` prints it. */
  readonly machine: string;
}

/** Reads options, secrets and relations from Juju, on every event. */
export async function observeModel(reader: ModelReader, event: CharmEvent): Promise<ObservedModel> {
  const { context, tools, machine } = reader;
  const raw = await tools.configGet();
  const secrets = await readSecrets(raw, context.applicationName, tools);
  const { config, problems: configProblems } = readConfig(raw, machine, isUserRequired(raw, secrets));
  const proxy = { ...context.proxies, source: 'model' } as const;
  const keptProblems = config?.isProxyKept === true ? listKeptProxyProblems(proxy) : [];
  const proxyProblems = [...listProxyProblems(proxy), ...keptProblems];
  const problems = [...new Set([...configProblems, ...secrets.problems, ...proxyProblems])];
  const { credential, scriptSecrets, github } = secrets;
  const isUsable = config !== undefined && credential !== undefined && problems.length === 0;
  return {
    settings: isUsable ? { config, credential, scriptSecrets, github } : undefined,
    problems,
    notices: listNotices(raw, context.applicationName),
    snapshotNames: readSnapshotNames(context.applicationName, new OptionReader(raw)),
    relations: await readRelations(reader, event),
    monitors: isRegular(event) ? [] : await readMonitors(reader, event),
    peers: await readPeers(context, tools),
    unit: context.unitName,
    application: context.applicationName,
    modelName: context.modelName,
    modelUuid: context.modelUuid,
    isLeader: await tools.isLeader(),
    egressSubnets: await readEgressSubnets(tools),
    proxy: context.proxies,
  };
}

/**
 * Reports whether the login needs the options of user and project. While the secret cannot be read, it does if one of
 * them is set.
 */
function isUserRequired(raw: RawConfig, { credential }: SecretsRead): boolean {
  if (credential !== undefined) return credential.method === 'password';
  const isSet = (option: string): boolean => (raw[option] ?? '') !== '';
  return !isSet('openstack-password-secret') || USER_OPTIONS.some(isSet);
}

/** Returns no networks where Juju does not know them. The option builder-ssh-cidr has the same effect. */
async function readEgressSubnets(tools: Pick<HookTools, 'egressSubnets'>): Promise<readonly string[]> {
  try {
    return (await tools.egressSubnets()).filter(isCidr).slice(0, MAX_SUBNETS);
  } catch (error) {
    if (!(error instanceof HookToolError)) throw error;
    return [];
  }
}

function listNotices(raw: RawConfig, application: string): readonly string[] {
  const reader = new OptionReader(raw); // its problems are reported already
  return [...listFormerOptionNotices(reader), ...listPlainSecretNotices(reader, application)];
}

function readConfig(
  raw: RawConfig,
  machine: string,
  isUserRequired: boolean,
): { readonly config: CharmConfig | undefined; readonly problems: readonly string[] } {
  try {
    return { config: parseCharmConfig(raw, machine, isUserRequired), problems: [] };
  } catch (error) {
    if (!(error instanceof ConfigInvalidError)) throw error;
    return { config: undefined, problems: error.problems };
  }
}

async function readRelations(reader: ModelReader, event: CharmEvent): Promise<readonly ImageRelation[]> {
  const relations: ImageRelation[] = [];
  for (const id of await listRelationIds(IMAGE_ENDPOINT, reader, event))
    relations.push(await readRelation(id, reader));
  return relations;
}

/** Lists the numbers of the relations of an endpoint, without one that is being broken. */
async function listRelationIds(
  endpoint: string,
  { tools }: ModelReader,
  event: CharmEvent,
): Promise<readonly number[]> {
  const isBroken = (id: number): boolean =>
    event.kind === 'relation' && event.change === 'broken' && event.relationId === id;
  const names = await tools.relationIds(endpoint);
  return names.map((name) => Number(name.slice(name.lastIndexOf(':') + 1))).filter((id) => !isBroken(id));
}

/**
 * Reports whether the event comes at regular times. Such an event changes nothing of a `cos-agent` relation, which has
 * events of its own, and does without reading it.
 */
function isRegular(event: CharmEvent): boolean {
  return (
    (event.kind === 'hook' && event.name === 'update-status') ||
    (event.kind === 'own' && event.name === 'run')
  );
}

/** Reads the `cos-agent` relations. */
async function readMonitors(reader: ModelReader, event: CharmEvent): Promise<readonly MonitorRelation[]> {
  const { tools, context } = reader;
  const monitors: MonitorRelation[] = [];
  for (const id of await listRelationIds(MONITOR_ENDPOINT, reader, event)) {
    const databag = await tools.relationGet(monitorName(id), context.unitName);
    monitors.push({ id, databag: databag ?? {} });
  }
  return monitors;
}

async function readRelation(id: number, { tools, context }: ModelReader): Promise<ImageRelation> {
  const relation = relationName(id);
  const units: RemoteUnit[] = [];
  for (const name of await tools.relationList(relation)) {
    units.push(await readRemoteUnit(relation, name, tools));
  }
  const application = applicationOf(units[0]?.name) ?? (await tools.relationApplication(relation));
  return {
    id,
    application,
    units,
    databag: (await tools.relationGet(relation, context.unitName)) ?? {},
  };
}

/** Reads the databag of a remote unit. A databag that is too large makes only this unit unusable. */
async function readRemoteUnit(
  relation: string,
  name: string,
  tools: Pick<HookTools, 'relationGet'>,
): Promise<RemoteUnit> {
  try {
    return decodeRemoteUnit(name, (await tools.relationGet(relation, name)) ?? {});
  } catch (error) {
    if (!(error instanceof HookToolError) || error.reason !== 'too large') throw error;
    return { name, credentials: undefined, problems: ['it has too much data'] };
  }
}

/** Returns a unit's application, which its name contains; this saves the call of a hook tool. */
function applicationOf(unit: string | undefined): string | undefined {
  return unit?.slice(0, unit.lastIndexOf('/'));
}

/** Returns the relation id as hook tools expect it. */
export function relationName(id: number): string {
  return `${IMAGE_ENDPOINT}:${id}`;
}

/** Returns the id of a `cos-agent` relation as hook tools expect it. */
export function monitorName(id: number): string {
  return `${MONITOR_ENDPOINT}:${id}`;
}

/** Reads the state of the host. A mailbox that does not parse counts as missing. */
export async function observeHost(host: Host, logger: Logger, clock: Clock): Promise<ObservedHost> {
  const { paths } = host;
  const built = await readMailbox(paths.built, parseBuilt, logger);
  return {
    key: (await readTextFile(paths.key)) === undefined ? undefined : await ensureUnitKey(host),
    installed: await readInstalled(host),
    desired: await readMailbox(paths.desired, parseDesiredState, logger),
    built,
    silentMinutes: built && findSilence(built, clock.now()),
    takenOver: (await readTakeOver(paths))?.published ?? [],
  };
}

async function readMailbox<T>(
  path: string,
  parse: (text: string) => T,
  logger: Logger,
): Promise<T | undefined> {
  const text = await readTextFile(path);
  if (text === undefined) return undefined;
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    logger.warning('a mailbox does not parse and counts as missing', { path, reason: error.message });
    return undefined;
  }
}
