import { type CloudProfiles, mergeSettings } from '../../model/cloud/cloud-settings.ts';
import { isMapping } from '../../model/decode.ts';
import { CloudsYAMLError } from '../../model/errors.ts';
import { type CloudAccess, parseCloudAccess } from './cloud-access.ts';
import {
  type CloudFile,
  type CloudsYamlPlaces,
  findFile,
  listFolders,
  parseCloudFile,
  readGivenFile,
} from './cloud-files.ts';
import { readEnvironmentCloud } from './environment-cloud.ts';

/** The clouds of the environment and of clouds.yaml. Their entries are decoded at their use. */
export interface CloudsYaml {
  /** The file, for messages. */
  readonly path: string;
  /** The cloud of the environment, if there is one, then those of the file in its order. */
  readonly clouds: ReadonlyMap<string, unknown>;
  readonly profiles: CloudProfiles;
  /** The name of the cloud of the environment; undefined when there is none. */
  readonly environmentCloud: string | undefined;
}

const MAXIMUM_CLOUDS = 1000;
const LONGEST_NAME = 255;
const NO_PROFILES: CloudProfiles = new Map();
/** Stands for a file that does not exist. */
const NO_FILE: CloudFile = { path: 'OS_* variables', content: undefined };

/**
 * Reads the clouds as openstacksdk does: clouds.yaml, secure.yaml over it, the cloud of the environment, and
 * clouds-public.yaml when an entry has a profile. Throws CloudsYAMLError when there is no cloud.
 */
export async function readCloudsYaml(places: CloudsYamlPlaces): Promise<CloudsYaml> {
  const own = (await readGivenFile('OS_CLIENT_CONFIG_FILE', places)) ?? (await findFile('clouds', places));
  const secure = (await readGivenFile('OS_CLIENT_SECURE_FILE', places)) ?? (await findFile('secure', places));
  const { path } = own ?? secure ?? NO_FILE;
  const inFiles = mergeClouds(listClouds(own), listClouds(secure));
  const environment = readEnvironmentCloud(places.env);
  if (environment !== undefined && inFiles.has(environment.name)) throw sameName(environment.name, path);
  const ofEnvironment: readonly [string, unknown][] =
    environment === undefined ? [] : [[environment.name, environment.settings]];
  const clouds = new Map([...ofEnvironment, ...inFiles]);
  if (own === undefined && clouds.size === 0) throw noFile(places);
  checkClouds(clouds, path);
  const hasProfile = [...clouds.values()].some(
    (entry) => isMapping(entry) && ('profile' in entry || 'cloud' in entry),
  );
  const profiles = hasProfile ? await readProfiles(places) : NO_PROFILES;
  return { path, clouds, profiles, environmentCloud: environment?.name };
}

function noFile(places: CloudsYamlPlaces): CloudsYAMLError {
  const folders = listFolders(places).join(', ');
  return new CloudsYAMLError([
    `clouds.yaml: expected the file (or clouds.yml, clouds.json) in one of ${folders}, found none that is readable; set OS_CLIENT_CONFIG_FILE to its path, or set OS_AUTH_URL and the other variables of a login`,
  ]);
}

/** Parses the text of a clouds.yaml down to its entries. */
export function parseCloudsYaml(text: string, path: string): CloudsYaml {
  const clouds = listClouds({ path, content: parseCloudFile(text, path) });
  checkClouds(clouds, path);
  return { path, clouds, profiles: NO_PROFILES, environmentCloud: undefined };
}

function listClouds(file: CloudFile | undefined): ReadonlyMap<string, unknown> {
  const content = file?.content;
  if (file === undefined || content === undefined || content === null) return new Map();
  if (!isMapping(content)) throw problem(file.path, 'expected a mapping with the key clouds');
  const clouds = content['clouds'] ?? {};
  if (!isMapping(clouds)) throw problem(file.path, 'clouds: expected a mapping');
  return new Map(Object.entries(clouds));
}

function problem(path: string, text: string): CloudsYAMLError {
  return new CloudsYAMLError([`${path}: ${text}`]);
}

/** Adds the settings of `upper` to those of `clouds`. */
function mergeClouds(
  clouds: ReadonlyMap<string, unknown>,
  upper: ReadonlyMap<string, unknown>,
): ReadonlyMap<string, unknown> {
  const merged = [...upper].map(([name, entry]): [string, unknown] => {
    const lower = clouds.get(name);
    return [name, isMapping(lower) && isMapping(entry) ? mergeSettings(lower, entry) : entry];
  });
  return new Map([...clouds, ...merged]);
}

function sameName(name: string, path: string): CloudsYAMLError {
  const text = `clouds: contains ${shorten(name)}, the name of the cloud of the OS_* variables`;
  return problem(path, `${text}; rename the entry, or set OS_CLOUD_NAME to another name`);
}

function checkClouds(clouds: ReadonlyMap<string, unknown>, path: string): void {
  if (clouds.size === 0) throw problem(path, 'clouds: expected at least one cloud, got none');
  if (clouds.size > MAXIMUM_CLOUDS) {
    throw problem(path, `clouds: expected at most ${MAXIMUM_CLOUDS} clouds, got ${clouds.size}`);
  }
  const longest = Math.max(...[...clouds.keys()].map((name) => name.length));
  if (longest <= LONGEST_NAME) return;
  throw problem(path, `clouds: expected names of at most ${LONGEST_NAME} characters, got one of ${longest}`);
}

async function readProfiles(places: CloudsYamlPlaces): Promise<CloudProfiles> {
  const file = await findFile('clouds-public', places);
  const profiles = isMapping(file?.content) ? file.content['public-clouds'] : undefined;
  return isMapping(profiles) ? new Map(Object.entries(profiles)) : NO_PROFILES;
}

/** Returns the access to the cloud `name`. Throws CloudsYAMLError when the entry is missing or invalid. */
export function getCloudAccess(yaml: CloudsYaml, name: string): CloudAccess {
  const { clouds, path, profiles, environmentCloud } = yaml;
  const entry = clouds.get(name);
  const source = name === environmentCloud ? NO_FILE.path : path;
  if (entry !== undefined) return parseCloudAccess(name, entry, source, profiles);
  throw problem(path, `expected one of the clouds ${listNames(clouds)}, got ${shorten(name)}`);
}

const SHOWN_NAMES = 20;
const SHOWN_LENGTH = 60;

function listNames(clouds: ReadonlyMap<string, unknown>): string {
  const shown = [...clouds.keys()].slice(0, SHOWN_NAMES).map(shorten).join(', ');
  return clouds.size > SHOWN_NAMES ? `${shown} and ${clouds.size - SHOWN_NAMES} more` : shown;
}

function shorten(name: string): string {
  return name.length <= SHOWN_LENGTH ? name : `${name.slice(0, SHOWN_LENGTH)}…`;
}
