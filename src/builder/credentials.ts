import { isDeepStrictEqual } from 'node:util';
import { chmod } from 'node:fs/promises';
import { type OpenstackCloudsConfig, cloudsYaml, encodeCloudsYaml } from '../model/clouds-yaml.ts';
import { decode } from '../model/decode.ts';
import { type HostSecrets, encodeHostSecrets, parseHostSecrets } from '../model/job/host-secrets.ts';
import { InputError } from '../model/errors.ts';
import type { UnitPaths } from '../model/unit/unit-paths.ts';
import { readTextFile, writeFileAtomic } from '../system/files/text-file.ts';
import { ensureFolder } from '../system/files/folders.ts';
import { isOnTmpfs } from '../system/files/tmpfs.ts';
import { YamlError, parseYaml, renderYaml } from '../system/yaml.ts';
import { BuilderSetupError } from './errors.ts';
import type { Host } from './tools.ts';

/** The credentials on a host. A file that is missing, or that this version cannot read, is undefined. */
export interface InstalledCredentials {
  readonly clouds: OpenstackCloudsConfig | undefined;
  readonly secrets: HostSecrets | undefined;
}

type CredentialHost = Pick<Host, 'paths'>;

/**
 * Writes clouds.yaml unless its content is already the same. Returns whether it was written. Throws BuilderSetupError
 * when its folder is not on a tmpfs.
 */
export async function installCloudsYaml(
  cloudConfig: OpenstackCloudsConfig,
  { paths }: CredentialHost,
): Promise<boolean> {
  const wanted = encodeCloudsYaml(cloudConfig);
  await ensureRunFolder(paths);
  const before = await readTextFile(paths.cloudsYaml);
  if (
    before !== undefined &&
    areSame(
      tryParse(() => parseYaml(before)),
      wanted,
    )
  ) {
    await chmod(paths.cloudsYaml, 0o600);
    return false;
  }
  await writeFileAtomic(paths.cloudsYaml, renderYaml(wanted), 0o600);
  return true;
}

/** Writes secrets.json unless its content is already the same. Returns whether it was written. */
export async function installHostSecrets(secrets: HostSecrets, { paths }: CredentialHost): Promise<boolean> {
  await ensureRunFolder(paths);
  const wanted = encodeHostSecrets(secrets);
  if ((await readTextFile(paths.secrets)) === wanted) {
    await chmod(paths.secrets, 0o600);
    return false;
  }
  await writeFileAtomic(paths.secrets, wanted, 0o600);
  return true;
}

/** Reads the files that `installCloudsYaml` and `installHostSecrets` wrote. */
export async function readInstalled({ paths }: CredentialHost): Promise<InstalledCredentials> {
  const [yaml, json] = [await readTextFile(paths.cloudsYaml), await readTextFile(paths.secrets)];
  return {
    clouds: yaml === undefined ? undefined : tryParse(() => parseClouds(yaml)),
    secrets: json === undefined ? undefined : tryParse(() => parseHostSecrets(json)),
  };
}

/** Reports whether the host has these clouds and these secrets. The generation is not compared. */
export function holdsSame(
  { clouds, secrets }: InstalledCredentials,
  wanted: { readonly clouds: OpenstackCloudsConfig; readonly secrets: HostSecrets },
): boolean {
  if (clouds === undefined || secrets === undefined) return false;
  const comparable = (given: HostSecrets): unknown =>
    JSON.parse(encodeHostSecrets({ ...given, generation: 0 }));
  return (
    areSame(encodeCloudsYaml(clouds), encodeCloudsYaml(wanted.clouds)) &&
    isDeepStrictEqual(comparable(secrets), comparable(wanted.secrets))
  );
}

async function ensureRunFolder(paths: UnitPaths): Promise<void> {
  await ensureFolder(paths.run, 0o700);
  if (await isOnTmpfs(paths.run)) return;
  const message = `${paths.run}: expected a folder on a tmpfs, got one on a disk: credentials would be written to it`;
  throw new BuilderSetupError(`${message}. Mount a tmpfs on /run of the machine`, { kind: 'input' });
}

/**
 * Reports whether two clouds.yaml have the same content. The order of the clouds counts, because the program uses the
 * first one by default.
 */
function areSame(one: unknown, other: unknown): boolean {
  return isDeepStrictEqual(one, other) && JSON.stringify(cloudIds(one)) === JSON.stringify(cloudIds(other));
}

function cloudIds(content: unknown): readonly string[] {
  const clouds: unknown =
    typeof content === 'object' && content !== null && 'clouds' in content && content.clouds;
  return typeof clouds === 'object' && clouds !== null ? Object.keys(clouds) : [];
}

function parseClouds(yaml: string): OpenstackCloudsConfig {
  return decode(cloudsYaml, parseYaml(yaml), 'clouds.yaml', (problems) => new InputError(problems));
}

/** Returns undefined for a corrupt file, so that it is written again like a missing one. */
function tryParse<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (error instanceof YamlError || error instanceof InputError) return undefined;
    throw error;
  }
}
