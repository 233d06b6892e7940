import type { HookTools } from '../juju/hook-tools.ts';
import type { ApplicationCredentialAuth, PasswordAuth } from '../model/cloud/cloud-login.ts';
import { readGithubLogin } from '../model/github-login.ts';
import { toScriptVariables } from '../model/guest/script-variables.ts';
import type { Secret } from '../model/secret.ts';
import type { RawConfig } from './options/config.ts';
import { OptionReader, isSecretUri } from './options/option-reader.ts';
import { readPlainSecrets } from './python-charm/plain-secrets.ts';

/** The secret part of the login to the build cloud. */
export type BuildCredential =
  Pick<PasswordAuth, 'method' | 'password'> | Pick<ApplicationCredentialAuth, 'method' | 'id' | 'secret'>;

/** The content of the secrets that the options name, and the problems of reading them. */
export interface SecretsRead {
  /** Undefined while the secret cannot be read or its content is not exactly one login. */
  readonly credential: BuildCredential | undefined;
  /** The secrets of the script, by the keys of the Juju secret. */
  readonly scriptSecrets: Readonly<Record<string, Secret>>;
  /** The content of the secret with the login at GitHub; empty when there is none. */
  readonly github: Readonly<Record<string, Secret>>;
  readonly problems: readonly string[];
}

type Reader = Pick<HookTools, 'secretGet'>;

const OPTION = 'openstack-password-secret';
const SCRIPT_OPTION = 'script-secret-id';
const GITHUB_OPTION = 'github-secret';
const PASSWORD = 'password';
const CREDENTIAL_ID = 'application-credential-id';
const CREDENTIAL_SECRET = 'application-credential-secret';

/**
 * Reads the newest revision of the secrets that the options name, on every event because a grant fires no hook. It
 * reads them even while other options are invalid, to report all problems at once. Problems that the operator can
 * solve are returned; any other failure throws. A plain option is used only where no secret is named.
 */
export async function readSecrets(raw: RawConfig, application: string, tools: Reader): Promise<SecretsRead> {
  const reader = new OptionReader(raw);
  const plain = readPlainSecrets(reader);
  const login = await readSecret(OPTION, raw, application, tools);
  const script = await readSecret(SCRIPT_OPTION, raw, application, tools);
  const github = await readSecret(GITHUB_OPTION, raw, application, tools);
  const githubLogin = github.content && readGithubLogin(Object.fromEntries(github.content));
  const plainLogin = reader.text(OPTION) === '' ? toLogin(plain.password) : undefined;
  const read = plainLogin ?? (login.content && readCredential(login.content, login.id));
  const usesPlainScript = plain.script !== undefined && reader.text(SCRIPT_OPTION) === '';
  const scriptSecrets = (usesPlainScript ? plain.script : script.content) ?? new Map<string, Secret>();
  const scriptOption = usesPlainScript ? 'script-secret' : SCRIPT_OPTION;
  return {
    credential: typeof read === 'string' ? undefined : read,
    scriptSecrets: Object.fromEntries(scriptSecrets),
    github: Object.fromEntries(github.content ?? []),
    problems: [
      ...reader.problems,
      ...login.problems,
      ...(typeof read === 'string' ? [read] : []),
      ...script.problems,
      ...github.problems,
      ...(typeof githubLogin === 'string' ? [`${GITHUB_OPTION}: ${githubLogin}`] : []),
      ...toScriptVariables(scriptSecrets).problems.map((problem) => `${scriptOption}: its key ${problem}`),
    ],
  };
}

function toLogin(password: Secret | undefined): BuildCredential | undefined {
  return password && { method: 'password', password };
}

/** Returns the only login in the content of the secret, or the problem of the content. */
function readCredential(content: ReadonlyMap<string, Secret>, secretId: string): BuildCredential | string {
  const [password, id, secret] = [PASSWORD, CREDENTIAL_ID, CREDENTIAL_SECRET].map((key) => {
    const value = content.get(key);
    return value?.reveal() === '' ? undefined : value;
  });
  const update = `juju update-secret ${secretId}`;
  const useCredential = `${update} ${CREDENTIAL_ID}=… ${CREDENTIAL_SECRET}=…`;
  if (password !== undefined && (id !== undefined || secret !== undefined))
    return `${OPTION}: it has a password and an application credential, keep one: ${update} password=…, or ${useCredential}`;
  if (password !== undefined) return { method: 'password', password };
  if (id !== undefined && secret !== undefined)
    return { method: 'application_credential', id: id.reveal(), secret };
  if (id !== undefined || secret !== undefined) {
    const missing = id === undefined ? CREDENTIAL_ID : CREDENTIAL_SECRET;
    return `${OPTION}: its key ${missing} is missing or empty: ${useCredential}`;
  }
  return `${OPTION}: its key password is missing or empty: ${update} password=…, or ${useCredential}`;
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
  if (typeof uri !== 'string' || !isSecretUri(uri)) return { id: '', content: undefined, problems: [] };
  const id = uri.split(/[:/]/).at(-1) ?? ''; // the id is opaque; the text before it may name a model
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
