import { readInstalled } from '../builder/credentials.ts';
import type { Host } from '../builder/tools.ts';
import { ensureUnitKey } from '../builder/host/unit-key.ts';
import type { JujuContext } from '../juju/context.ts';
import type { CharmEvent } from '../juju/event.ts';
import type { HookTools } from '../juju/hook-tools.ts';
import { parseBuilt } from '../model/built.ts';
import { parseDesiredState } from '../model/desired-state.ts';
import { InputError } from '../model/errors.ts';
import { readTextFile } from '../system/files/text-file.ts';
import type { Logger } from '../system/log/logger.ts';
import { type CharmConfig, type RawConfig, parseCharmConfig } from './config.ts';
import { type ImageRelation, findCredentials } from './relations/consumers.ts';
import { ConfigInvalidError } from './errors.ts';
import type { ObservedHost, ObservedModel } from './observed.ts';
import { readSecrets } from './secrets.ts';

/** The endpoint that consumers integrate with. */
const IMAGE_ENDPOINT = 'image';

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
  const { config, problems: configProblems } = readConfig(raw, machine);
  const secrets = await readSecrets(raw, context.applicationName, tools);
  const problems = [...configProblems, ...secrets.problems];
  const { password, scriptSecrets } = secrets;
  const isUsable = config !== undefined && password !== undefined && problems.length === 0;
  return {
    settings: isUsable ? { config, password, scriptSecrets } : undefined,
    problems,
    relations: await readRelations(reader, event),
    unit: context.unitName,
    application: context.applicationName,
    modelUuid: context.modelUuid,
    isLeader: await tools.isLeader(),
    proxy: context.proxies,
  };
}

function readConfig(
  raw: RawConfig,
  machine: string,
): { readonly config: CharmConfig | undefined; readonly problems: readonly string[] } {
  try {
    return { config: parseCharmConfig(raw, machine), problems: [] };
  } catch (error) {
    if (!(error instanceof ConfigInvalidError)) throw error;
    return { config: undefined, problems: error.problems };
  }
}

async function readRelations(reader: ModelReader, event: CharmEvent): Promise<readonly ImageRelation[]> {
  const isBroken = (id: number): boolean =>
    event.kind === 'relation' && event.change === 'broken' && event.relationId === id;
  const relations: ImageRelation[] = [];
  for (const name of await reader.tools.relationIds(IMAGE_ENDPOINT)) {
    const id = Number(name.slice(name.lastIndexOf(':') + 1));
    if (!isBroken(id)) relations.push(await readRelation(id, reader));
  }
  return relations;
}

async function readRelation(id: number, { tools, context }: ModelReader): Promise<ImageRelation> {
  const relation = relationName(id);
  const databags = [];
  for (const name of await tools.relationList(relation)) {
    databags.push({ name, databag: (await tools.relationGet(relation, name)) ?? {} });
  }
  const application = applicationOf(databags[0]?.name) ?? (await tools.relationApplication(relation));
  return {
    id,
    application,
    units: databags.map(({ name, databag }) => ({ name, credentials: findCredentials(databag) })),
    databag: (await tools.relationGet(relation, context.unitName)) ?? {},
  };
}

/** Returns a unit's application, which its name contains; this saves the call of a hook tool. */
function applicationOf(unit: string | undefined): string | undefined {
  return unit?.slice(0, unit.lastIndexOf('/'));
}

/** Returns the relation id as hook tools expect it. */
export function relationName(id: number): string {
  return `${IMAGE_ENDPOINT}:${id}`;
}

/** Reads the state of the host. A mailbox that does not parse counts as missing. */
export async function observeHost(host: Host, logger: Logger): Promise<ObservedHost> {
  const { paths } = host;
  return {
    key: (await readTextFile(paths.key)) === undefined ? undefined : await ensureUnitKey(host),
    installed: await readInstalled(host),
    desired: await readMailbox(paths.desired, parseDesiredState, logger),
    built: await readMailbox(paths.built, parseBuilt, logger),
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
