import { type CloudEntry, cloudEntry } from '../model/clouds-yaml.ts';
import { decode } from '../model/decode.ts';
import { CloudsYAMLError } from '../model/errors.ts';

/** The access to one cloud: its entry of clouds.yaml. */
export interface CloudAccess extends CloudEntry {
  /** The key in clouds.yaml. */
  readonly name: string;
  /** The root of Keystone's v3 API, without a slash at its end. */
  readonly authUrl: string;
}

/** Decodes the entry `name` of clouds.yaml at `path`. Throws CloudsYAMLError with all its problems. */
export function parseCloudAccess(name: string, entry: unknown, path: string): CloudAccess {
  const fail = (problems: readonly string[]): Error =>
    new CloudsYAMLError(problems.map((problem) => `${path}: ${problem}`));
  const read = decode(cloudEntry, entry, `clouds.${name}`, fail);
  return { name, ...read, authUrl: v3Root(read.authUrl) };
}

function v3Root(authUrl: string): string {
  const trimmed = authUrl.replace(/\/+$/, '');
  return trimmed.endsWith('/v3') ? trimmed : `${trimmed.replace(/\/v2\.0$/, '')}/v3`;
}
