import { InputError } from '../model/errors.ts';
import { type HostSecrets, parseHostSecrets } from '../model/job/host-secrets.ts';
import { Secret } from '../model/secret.ts';
import { errorCodeOf } from '../system/error-code.ts';
import type { OptionReader } from './commands/options/read-options.ts';
import type { Host } from './request.ts';

const OPTION = '--secrets-fd';
const SECRET_PREFIX = 'IMAGE_BUILDER_SECRET_';

/** Reads the descriptor of `--secrets-fd`. Problems name the descriptor but not its content. */
export function readSecretsOption(reader: OptionReader, host: Host): HostSecrets | undefined {
  if (!reader.isGiven('secretsFd')) return undefined;
  if (reader.text('secretsFd') === '') reader.problem(OPTION, 'a number, 3 or more', '');
  const descriptor = reader.wholeNumber('secretsFd', OPTION, 3, 0);
  return descriptor === 0 ? undefined : reader.attempt(() => readSecrets(descriptor, host, `${OPTION} `));
}

/** Reads secrets.json from an inherited descriptor. Throws InputError without any of its content. */
export function readSecrets(
  descriptor: number,
  { readDescriptor }: Host,
  label = 'descriptor ',
): HostSecrets {
  const fail = (problems: readonly string[], cause: unknown): InputError =>
    new InputError(
      problems.map((problem) => `${label}${descriptor}: ${problem}`),
      { cause },
    );
  let text: string;
  try {
    text = readDescriptor(descriptor);
  } catch (cause) {
    const code = errorCodeOf(cause) ?? 'unknown reason';
    throw fail(
      [`expected a descriptor that can be read, opened by the process that starts the program (${code})`],
      cause,
    );
  }
  try {
    return parseHostSecrets(text);
  } catch (cause) {
    throw cause instanceof InputError ? fail(cause.problems, cause) : cause;
  }
}

/** Returns the secrets of the login at GitHub; undefined when they are not set. */
export function readGithubVariables(env: Readonly<Record<string, string | undefined>>): {
  readonly githubToken: Secret | undefined;
  readonly githubAppKey: Secret | undefined;
} {
  const read = (name: string): Secret | undefined => {
    const value = env[name]?.trim() ?? '';
    return value === '' ? undefined : new Secret(value);
  };
  return {
    githubToken: read('IMAGE_BUILDER_GITHUB_TOKEN'),
    githubAppKey: read('IMAGE_BUILDER_GITHUB_APP_KEY'),
  };
}

/** Returns the variables IMAGE_BUILDER_SECRET_<NAME> of an environment, by <NAME>. */
export function listSecretVariables(
  env: Readonly<Record<string, string | undefined>>,
): ReadonlyMap<string, Secret> {
  const found = Object.entries(env).filter(([key]) => key.startsWith(SECRET_PREFIX));
  return new Map(found.map(([key, value = '']) => [key.slice(SECRET_PREFIX.length), new Secret(value)]));
}
