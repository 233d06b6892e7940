import { type CloudEntry, cloudEntry } from '../../model/clouds-yaml.ts';
import { type CloudProfiles, cloudSettings } from '../../model/cloud/cloud-settings.ts';
import { type Decoder, decode } from '../../model/decode.ts';
import { CloudsYAMLError } from '../../model/errors.ts';
import { withoutTrailing } from '../../model/text/without-trailing.ts';

/** The access to one cloud: its entry of clouds.yaml. */
export interface CloudAccess extends CloudEntry {
  /** The key in clouds.yaml. */
  readonly name: string;
  /** The root of Keystone's v3 API, without a slash at its end. */
  readonly authUrl: string;
}

/** Decodes the entry `name` of clouds.yaml at `path`. Throws CloudsYAMLError with all its problems. */
export function parseCloudAccess(
  name: string,
  entry: unknown,
  path: string,
  profiles: CloudProfiles = new Map(),
): CloudAccess {
  const fail = (problems: readonly string[]): Error =>
    new CloudsYAMLError(problems.map((problem) => `${path}: ${problem}`));
  const read = decode(entryOf(profiles), entry, `clouds.${name}`, fail);
  return { name, ...read, authUrl: v3Root(read.authUrl) };
}

function entryOf(profiles: CloudProfiles): Decoder<CloudEntry> {
  const settings = cloudSettings(profiles);
  return (value, at, problems) => {
    const merged = settings(value, at, problems);
    return merged && cloudEntry(merged, at, problems);
  };
}

function v3Root(authUrl: string): string {
  const [plain = ''] = authUrl.trim().split(/[?#]/);
  const trimmed = withoutTrailing('/', plain);
  return trimmed.endsWith('/v3') ? trimmed : `${trimmed.replace(/\/v2\.0$/, '')}/v3`;
}
