import type { HookTools } from '../juju/hook-tools.ts';
import type { Secret } from '../model/secret.ts';
import type { RawConfig } from './config.ts';

/** What Juju's secrets hold for us, and why not. */
export interface SecretsRead {
  readonly password: Secret | undefined;
  /** The script's environment, by the variables' names. */
  readonly scriptSecrets: Readonly<Record<string, Secret>>;
  readonly problems: readonly string[];
}

type Reader = Pick<HookTools, 'secretGet'>;

/**
 * Reads the secrets that the options name, the newest revision each time: a grant fires no hook. They are read also
 * while other options are wrong, so that all problems are told at once. What is not the operator's fault is thrown.
 */
export async function readSecrets(raw: RawConfig, application: string, tools: Reader): Promise<SecretsRead> {
  const password = await readSecret('openstack-password-secret', raw, application, tools);
  const script = await readSecret('script-secret-id', raw, application, tools);
  const found = password.content?.get('password');
  const isEmpty = password.content !== undefined && (found === undefined || found.reveal() === '');
  const empty = isEmpty
    ? [
        `openstack-password-secret: its key password is missing or empty: juju update-secret ${password.id} password=…`,
      ]
    : [];
  return {
    password: isEmpty ? undefined : found,
    scriptSecrets: toVariables(script.content ?? new Map()),
    problems: [
      ...password.problems,
      ...empty,
      ...script.problems,
      ...listUnusable(script.content ?? new Map()),
    ],
  };
}

interface OneSecret {
  readonly id: string;
  readonly content: ReadonlyMap<string, Secret> | undefined;
  readonly problems: readonly string[];
}

async function readSecret(
  option: string,
  raw: RawConfig,
  application: string,
  tools: Reader,
): Promise<OneSecret> {
  const uri = raw[option];
  if (typeof uri !== 'string' || !uri.startsWith('secret:'))
    return { id: '', content: undefined, problems: [] };
  const id = uri.slice(uri.search(/[^:/]*$/)); // ids are opaque; what comes before may name a model
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

function failed(id: string, problem: string): OneSecret {
  return { id, content: undefined, problems: [problem] };
}

/** Juju's keys have small letters, digits and dashes: `api-token` becomes `API_TOKEN`. */
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
