import type { HookTools } from '../juju/hook-tools.ts';
import type { Secret } from '../model/secret.ts';
import type { RawConfig } from './config.ts';

/** The content of the secrets that the options name, and the problems of reading them. */
export interface SecretsRead {
  readonly password: Secret | undefined;
  /** The script's environment, by the names of the variables. */
  readonly scriptSecrets: Readonly<Record<string, Secret>>;
  readonly problems: readonly string[];
}

type Reader = Pick<HookTools, 'secretGet'>;

/**
 * Reads the newest revision of the secrets that the options name, on every event because a grant fires no hook. It
 * reads them even while other options are invalid, to report all problems at once. Problems that the operator can
 * solve are returned; any other failure throws.
 */
export async function readSecrets(raw: RawConfig, application: string, tools: Reader): Promise<SecretsRead> {
  const password = await readSecret('openstack-password-secret', raw, application, tools);
  const script = await readSecret('script-secret-id', raw, application, tools);
  const found = password.content?.get('password');
  const isPasswordEmpty = password.content !== undefined && (found === undefined || found.reveal() === '');
  const empty = isPasswordEmpty
    ? [
        `openstack-password-secret: its key password is missing or empty: juju update-secret ${password.id} password=…`,
      ]
    : [];
  return {
    password: isPasswordEmpty ? undefined : found,
    scriptSecrets: toVariables(script.content ?? new Map()),
    problems: [
      ...password.problems,
      ...empty,
      ...script.problems,
      ...listUnusable(script.content ?? new Map()),
    ],
  };
}

/** The result of reading the secret of one option. */
interface SecretResult {
  readonly id: string;
  readonly content: ReadonlyMap<string, Secret> | undefined;
  readonly problems: readonly string[];
}

async function readSecret(
  option: string,
  raw: RawConfig,
  application: string,
  tools: Reader,
): Promise<SecretResult> {
  const uri = raw[option];
  if (typeof uri !== 'string' || !uri.startsWith('secret:'))
    return { id: '', content: undefined, problems: [] };
  const id = uri.slice(uri.search(/[^:/]*$/)); // the id is opaque; the text before it may name a model
  const answer = await tools.secretGet(uri);
  switch (answer.state) {
    case 'read':
      return { id, content: answer.content, problems: [] };
    case 'not granted':
      return failed(id, `${option} is not granted: juju grant-secret ${id} ${application}`);
    case 'not found':
      return failed(id, `${option}: there is no secret ${id}: set it to one that juju secrets lists`);
  }
}

function failed(id: string, problem: string): SecretResult {
  return { id, content: undefined, problems: [problem] };
}

/** Turns Juju's keys, which have small letters, digits and dashes, into variables: `api-token` → `API_TOKEN`. */
function toVariables(content: ReadonlyMap<string, Secret>): Readonly<Record<string, Secret>> {
  return Object.fromEntries(
    [...content].map(([key, value]) => [key.toUpperCase().replaceAll('-', '_'), value]),
  );
}

function listUnusable(content: ReadonlyMap<string, Secret>): readonly string[] {
  return [...content]
    .filter(([, value]) => value.reveal().includes('\0'))
    .map(
      ([key]) => `script-secret-id: the value of its key ${key} has a NUL byte, which no variable can hold`,
    );
}
