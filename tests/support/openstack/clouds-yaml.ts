import { CLOUD_ENTRIES, type CloudEntry, type CloudName } from './accounts.ts';
import type { Account } from './cloud-state.ts';

/** The address of a cloud and its accounts. */
interface CloudAddress {
  readonly authUrl: string;
  readonly region: string;
  readonly accounts: readonly Account[];
}

/** The `auth` mapping of an entry of clouds.yaml. */
type AuthMapping = Readonly<Record<string, string>>;

/** Returns the address of a cloud, or undefined when it was not started. */
type FindCloud = (name: CloudName) => CloudAddress | undefined;

function getEntry(name: string): CloudEntry {
  const entry = CLOUD_ENTRIES[name];
  if (entry === undefined) throw new Error(`expected an entry of clouds.yaml, got ${name}`);
  return entry;
}

function authOf({ user, method }: CloudEntry, { authUrl, accounts }: CloudAddress): AuthMapping {
  const account = accounts.find(({ userName }) => userName === user);
  if (account === undefined) throw new Error(`expected a user ${user}`);
  const { applicationCredential, password } = account;
  if (method === 'application credential' && applicationCredential !== undefined) {
    return {
      auth_url: authUrl,
      application_credential_id: applicationCredential.id,
      application_credential_secret: applicationCredential.secret,
    };
  }
  return {
    auth_url: authUrl,
    username: user,
    password,
    project_name: account.projectName,
    user_domain_name: 'Default',
    project_domain_name: 'Default',
  };
}

/** Renders a clouds.yaml with the entries of all started clouds, as JSON, which is valid YAML. */
export function renderCloudsYaml(find: FindCloud): string {
  const clouds = Object.entries(CLOUD_ENTRIES).flatMap(([name, entry]) => {
    const cloud = find(entry.cloud);
    if (cloud === undefined) return [];
    const auth = authOf(entry, cloud);
    const type = entry.method === 'password' ? 'password' : 'v3applicationcredential';
    const region = entry.hasRegion ? { region_name: cloud.region } : {};
    return [[name, { auth_type: type, auth, identity_api_version: '3', ...region }] as const];
  });
  return `${JSON.stringify({ clouds: Object.fromEntries(clouds) }, undefined, 2)}\n`;
}

/** Returns the relation data of a consumer with this entry: the keys of `auth`, and never a region, as real ones do. */
export function renderCredentials(name: string, find: FindCloud): Record<string, string> {
  const entry = getEntry(name);
  const cloud = find(entry.cloud);
  if (cloud === undefined) throw new Error(`expected cloud ${entry.cloud} of entry ${name} to be started`);
  return { ...authOf(entry, cloud) };
}
