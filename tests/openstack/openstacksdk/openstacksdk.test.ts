import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { CLOUD_YAML_PATHS } from '../../../src/image-builder/openstack-builder.ts';
import { CloudsYAMLError } from '../../../src/model/errors.ts';
import { encodeAuthRequest } from '../../../src/openstack/login/auth-request.ts';
import type { CloudAccess } from '../../../src/openstack/login/cloud-access.ts';
import { getCloudAccess, readCloudsYaml } from '../../../src/openstack/login/clouds-yaml.ts';
import { parseYaml } from '../../../src/system/yaml.ts';

/** One case of cases.yaml. */
interface SdkCase {
  readonly title: string;
  readonly cloud?: string;
  readonly clouds?: string;
  readonly secure?: string;
  readonly public?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
  readonly differs?: string;
}

/** The login that openstacksdk made of a case: see record.py. */
interface SdkLogin {
  readonly auth_url: string;
  readonly request: object;
  readonly region: string | null;
  readonly interface: string;
  readonly verify: boolean;
  readonly cacert: string | null;
  readonly cert: readonly (string | null)[];
  readonly endpoints: readonly (string | null)[];
}
type Recorded = SdkLogin | { readonly error: string };

const read = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8');
const cases = parseYaml(read('cases.yaml')) as readonly SdkCase[];
const [, ...lines] = read('recorded.jsonl').trimEnd().split('\n');
const recordings = lines.map(
  (line) => JSON.parse(line) as { readonly title: string; readonly result: Recorded },
);
const results = Object.fromEntries(recordings.map(({ title, result }) => [title, result]));
const BASE =
  '{auth_url: https://keystone.example.com/v3, username: user, password: secret, project_name: project, user_domain_name: UD, project_domain_name: PD}';

let home = '';
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'openstacksdk-'));
});
afterEach(() => rm(home, { recursive: true }));

async function readAs(given: SdkCase): Promise<CloudAccess> {
  const files = {
    ...given.files,
    ...(given.clouds === undefined ? {} : { 'work/clouds.yaml': `clouds: ${given.clouds}` }),
    ...(given.secure === undefined ? {} : { 'work/secure.yaml': `clouds: ${given.secure}` }),
    ...(given.public === undefined ? {} : { 'work/clouds-public.yaml': `public-clouds: ${given.public}` }),
  };
  await mkdir(join(home, 'work'));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(home, path)), { recursive: true });
    await writeFile(join(home, path), text.replaceAll('BASE', BASE));
  }
  const variables = Object.entries(given.env ?? {}).map(([key, value]) => [key, value.replace('HOME', home)]);
  const env = { HOME: home, ...(Object.fromEntries(variables) as Record<string, string>) };
  const yaml = await readCloudsYaml({ env, paths: CLOUD_YAML_PATHS, cwd: join(home, 'work') });
  return getCloudAccess(yaml, given.cloud ?? 'a');
}

const inHome = (path: string | undefined): string | null => path?.replace(/^~/, 'HOME') ?? null;

/** Returns the login in the form of record.py. */
function loginOf(access: CloudAccess, recorded: SdkLogin): SdkLogin {
  const root = `${recorded.auth_url.replace(/(\/v[23](\.0)?)?\/?$/, '')}/v3`; // openstacksdk asks the cloud for its versions later
  return {
    auth_url: access.authUrl === root ? recorded.auth_url : access.authUrl,
    request: JSON.parse(encodeAuthRequest(access)) as object,
    region: access.region ?? null,
    interface: access.interface,
    verify: access.verify,
    cacert: access.verify ? inHome(access.cacert) : null,
    cert: [inHome(access.cert), inHome(access.key)],
    endpoints: [access.endpoints.compute, access.endpoints.image, access.endpoints.network].map(
      (url) => url ?? null,
    ),
  };
}

describe('the login that openstacksdk reads from the same files and variables', () => {
  test('Every case has a recorded result', () => {
    expect(Object.keys(results)).toEqual(cases.map(({ title }) => title));
  });

  const same = cases.filter(({ differs }) => differs === undefined);
  test.each(same.map((given) => [given.title, given] as const))(
    'The login is that of openstacksdk, or an error like there, for %s',
    async (title, given) => {
      const recorded = results[title];
      if (recorded === undefined || 'error' in recorded) {
        await expect(readAs(given)).rejects.toBeInstanceOf(CloudsYAMLError);
        return;
      }
      const expected = { ...recorded, interface: recorded.interface.replace('URL', '') };
      expect(loginOf(await readAs(given), recorded)).toEqual(expected);
    },
  );

  const different = cases.filter(({ differs }) => differs !== undefined);
  test.each(different.map((given) => [`${given.title}: ${given.differs ?? ''}`, given] as const))(
    'The result differs from that of openstacksdk on purpose for %s',
    async (_, given) => {
      if (given.differs?.startsWith('a login') === true) {
        expect(results[given.title]).toHaveProperty('error');
        await expect(readAs(given)).resolves.toHaveProperty('authUrl');
      } else {
        await expect(readAs(given)).rejects.toBeInstanceOf(CloudsYAMLError);
      }
    },
  );
});
