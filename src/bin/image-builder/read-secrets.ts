import { InputError } from '../../model/errors.ts';
import { type HostSecrets, parseHostSecrets } from '../../model/host-secrets.ts';
import { Secret } from '../../model/secret.ts';
import { errorCodeOf } from '../../system/error-code.ts';
import type { OptionReader } from './read-options.ts';
import type { Host, Request } from './request.ts';

const OPTION = '--secrets-fd';
const SECRET_PREFIX = 'IMAGE_BUILDER_SECRET_';

/** What the descriptor of `--secrets-fd` gives; problems name the descriptor and nothing of what it gave. */
export function readSecretsDescriptor(reader: OptionReader, host: Host): HostSecrets | undefined {
  if (!reader.isGiven('secretsFd')) return undefined;
  if (reader.text('secretsFd') === '') reader.problem(OPTION, 'a number, 3 or more', '');
  const descriptor = reader.wholeNumber('secretsFd', OPTION, 3, 0);
  return descriptor === 0 ? undefined : reader.attempt(() => parseDescriptor(descriptor, host));
}

function parseDescriptor(descriptor: number, { readDescriptor }: Host): HostSecrets {
  const fail = (problems: readonly string[], cause: unknown): InputError =>
    new InputError(
      problems.map((problem) => `${OPTION} ${descriptor}: ${problem}`),
      { cause },
    );
  let text: string;
  try {
    text = readDescriptor(descriptor);
  } catch (cause) {
    const code = errorCodeOf(cause) ?? 'no reason told';
    throw fail([`expected a descriptor that can be read, opened by who starts the program (${code})`], cause);
  }
  try {
    return parseHostSecrets(text);
  } catch (cause) {
    throw cause instanceof InputError ? fail(cause.problems, cause) : cause;
  }
}

/** The external script's environment: of --secrets-fd when it is given, else of our own. */
export function scriptSecretsOf(
  request: Request,
  env: Readonly<Record<string, string | undefined>>,
): ReadonlyMap<string, Secret> {
  if (request.command === 'run' && request.scriptSecrets !== undefined) return request.scriptSecrets;
  const found = Object.entries(env).filter(([key]) => key.startsWith(SECRET_PREFIX));
  return new Map(found.map(([key, value = '']) => [key.slice(SECRET_PREFIX.length), new Secret(value)]));
}
