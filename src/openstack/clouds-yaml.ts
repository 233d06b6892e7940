import { messageOf } from '../model/message-of.ts';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { cloudsYamlEntries } from '../model/clouds-yaml.ts';
import { decode } from '../model/decode.ts';
import { CloudsYAMLError } from '../model/errors.ts';
import { readTextFile } from '../system/files/text-file.ts';
import { YamlError, parseYaml } from '../system/yaml.ts';
import { type CloudAccess, parseCloudAccess } from './cloud-access.ts';

/** The search path of clouds.yaml. */
export interface CloudsYamlPlaces {
  /** OS_CLIENT_CONFIG_FILE; when set, no other file is read. */
  readonly configFile: string | undefined;
  /** Searched in order; `~` is the home folder. */
  readonly paths: readonly string[];
  /** The folder that relative paths start from. */
  readonly cwd: string;
}

/** A clouds.yaml whose entries are not decoded yet. */
export interface CloudsYaml {
  readonly path: string;
  /** In the file's order. */
  readonly clouds: ReadonlyMap<string, unknown>;
}

/** Reads the first clouds.yaml that exists. Throws CloudsYAMLError when none exists or the file has no clouds. */
export async function readCloudsYaml(places: CloudsYamlPlaces): Promise<CloudsYaml> {
  const candidates = listCandidates(places);
  for (const path of candidates) {
    const content = await readOrExplain(path);
    if (content !== undefined) return parseCloudsYaml(content, path);
  }
  const hint = places.configFile === undefined ? ' (or set OS_CLIENT_CONFIG_FILE)' : '';
  throw new CloudsYAMLError([
    `clouds.yaml: expected a file at one of ${candidates.join(', ')}${hint}, found none`,
  ]);
}

function listCandidates(places: CloudsYamlPlaces): readonly string[] {
  const paths =
    places.configFile === undefined || places.configFile === '' ? places.paths : [places.configFile];
  return paths.map((path) => {
    const expanded = path === '~' || path.startsWith('~/') ? join(homedir(), path.slice(1)) : path;
    return isAbsolute(expanded) ? expanded : resolve(places.cwd, expanded);
  });
}

async function readOrExplain(path: string): Promise<string | undefined> {
  try {
    return await readTextFile(path);
  } catch (cause) {
    const reason = messageOf(cause);
    throw new CloudsYAMLError([`${path}: expected a readable file (${reason})`], { cause });
  }
}

/** Parses the text of clouds.yaml down to its entries. */
export function parseCloudsYaml(content: string, path: string): CloudsYaml {
  const fail = (problems: readonly string[]): Error =>
    new CloudsYAMLError(problems.map((problem) => `${path}: ${problem}`));
  let value: unknown;
  try {
    value = parseYaml(content);
  } catch (cause) {
    if (!(cause instanceof YamlError)) throw cause;
    throw fail([`expected YAML: ${cause.message}`]);
  }
  const { clouds } = decode(cloudsYamlEntries, value, '', fail);
  const entries = new Map(Object.entries(clouds));
  if (entries.size === 0) throw fail(['clouds: expected at least one cloud, got none']);
  return { path, clouds: entries };
}

/** Returns the access to the cloud `name`. Throws CloudsYAMLError when the entry is missing or invalid. */
export function getCloudAccess(yaml: CloudsYaml, name: string): CloudAccess {
  const entry = yaml.clouds.get(name);
  if (entry !== undefined) return parseCloudAccess(name, entry, yaml.path);
  const known = [...yaml.clouds.keys()].join(', ');
  throw new CloudsYAMLError([`${yaml.path}: expected one of the clouds ${known}, got ${name}`]);
}
