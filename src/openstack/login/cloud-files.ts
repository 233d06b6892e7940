import { homedir } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { CloudsYAMLError } from '../../model/errors.ts';
import { messageOf } from '../../model/text/message-of.ts';
import { errorCodeOf } from '../../system/error-code.ts';
import { expandHome, readLimitedTextFile } from '../../system/files/text-file.ts';
import { YamlError, parsePythonYaml } from '../../system/yaml.ts';

/** The search path of clouds.yaml and of the files beside it. */
export interface CloudsYamlPlaces {
  /** OS_CLIENT_CONFIG_FILE, OS_CLIENT_SECURE_FILE, XDG_CONFIG_HOME, HOME and the variables of the cloud `envvars`. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The paths of clouds.yaml in search order; `~` is the home folder. */
  readonly paths: readonly string[];
  /** The folder that relative paths start from. */
  readonly cwd: string;
}

/** A file that was found, with its parsed content. */
export interface CloudFile {
  readonly path: string;
  readonly content: unknown;
}

/** In bytes. */
export const MAXIMUM_FILE = 1024 * 1024;

const SUFFIXES = ['.yaml', '.yml', '.json'];
const USER_FOLDER = '~/.config/openstack';
const SYSTEM_FOLDER = '/etc/openstack';

/** Returns the folders that are searched, in their order. */
export function listFolders({ env, paths, cwd }: CloudsYamlPlaces): readonly string[] {
  const home = homeOf(env);
  const configHome = env['XDG_CONFIG_HOME'] ?? '';
  const before = new Map([
    [USER_FOLDER, isAbsolute(configHome) ? [join(configHome, 'openstack')] : []],
    [SYSTEM_FOLDER, ['/etc/xdg/openstack']],
  ]);
  const folders = paths.map((path) => dirname(path));
  const all = folders.flatMap((folder) => [...(before.get(folder) ?? []), folder]);
  return [...new Set(all.map((folder) => resolve(cwd, expandHome(folder, home))))];
}

/** Reads the first of `<name>.yaml`, `.yml` and `.json` in the folders of the search path. */
export async function findFile(name: string, places: CloudsYamlPlaces): Promise<CloudFile | undefined> {
  for (const folder of listFolders(places)) {
    for (const suffix of SUFFIXES) {
      const found = await readCloudFile(join(folder, `${name}${suffix}`));
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/** Reads the file that the environment variable `variable` names. Returns undefined when the variable is not set. */
export async function readGivenFile(
  variable: string,
  { env, cwd }: CloudsYamlPlaces,
): Promise<CloudFile | undefined> {
  const given = env[variable] ?? '';
  if (given === '') return undefined;
  const path = resolve(cwd, expandHome(given, homeOf(env)));
  const found = await readCloudFile(path);
  if (found !== undefined) return found;
  throw new CloudsYAMLError([`${path}: expected a readable file, as ${variable} says, found none`]);
}

function homeOf(env: CloudsYamlPlaces['env']): string {
  const home = env['HOME'] ?? '';
  return home === '' ? homedir() : home;
}

/** The errors for files that openstacksdk skips. */
const SKIPPED = ['EACCES', 'ENOTDIR', 'ELOOP'];

async function readCloudFile(path: string): Promise<CloudFile | undefined> {
  const text = await readLimitedTextFile(path, MAXIMUM_FILE).catch((cause: unknown) => {
    if (SKIPPED.includes(errorCodeOf(cause) ?? '')) return undefined;
    throw new CloudsYAMLError([`${path}: expected a readable file (${messageOf(cause)})`], { cause });
  });
  return text === undefined ? undefined : { path, content: parseCloudFile(text, path) };
}

/** Parses the text of a file: JSON when its path ends so, else YAML. Throws CloudsYAMLError without quoting the text. */
export function parseCloudFile(text: string, path: string): unknown {
  if (path.endsWith('json')) return parseJson(text, path);
  try {
    return parsePythonYaml(text);
  } catch (cause) {
    if (!(cause instanceof YamlError)) throw cause;
    throw new CloudsYAMLError([`${path}: expected YAML: ${cause.message}`]);
  }
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new CloudsYAMLError([`${path}: expected JSON, got something else`]); // V8's message quotes the text
  }
}
