import { Secret } from '../../model/secret.ts';
import type { OptionReader } from '../options/option-reader.ts';

/** The secrets that the Python charm took from plain options. Undefined when the option is not set. */
export interface PlainSecrets {
  readonly password: Secret | undefined;
  /** The script's environment, by the keys that the operator gave. */
  readonly script: ReadonlyMap<string, Secret> | undefined;
}

/** Reads the plain options that contain secrets. Their problems repeat no value. */
export function readPlainSecrets(reader: OptionReader): PlainSecrets {
  return { password: reader.secret('openstack-password'), script: readScript(reader) };
}

/** Splits a list of KEY=VALUE pairs at white space. A value may contain `=`, as the end of base64 does. */
function readScript(reader: OptionReader): ReadonlyMap<string, Secret> | undefined {
  const pairs = reader.secret('script-secret')?.reveal().split(/\s+/);
  const words = pairs?.filter((pair) => pair !== '') ?? [];
  if (words.length === 0) return undefined;
  const entries = words.flatMap((word) => {
    const [, key, value] = /^([a-z][\w-]*)=(.+)$/i.exec(word) ?? [];
    return key === undefined || value === undefined ? [] : [[key, new Secret(value)] as const];
  });
  if (entries.length < words.length) {
    const expected = 'KEY=VALUE pairs separated by spaces, with keys of letters, digits, - and _';
    reader.addProblem('script-secret', expected, 'something else'); // not repeated: it may be a secret
  }
  return new Map(entries);
}

/**
 * Returns a line for the log about each plain secret: the commands that move it into a Juju secret, or the command that
 * removes it when the option of a secret is set too, which then is used.
 */
export function listPlainSecretNotices(reader: OptionReader, application: string): readonly string[] {
  const { password, script } = readPlainSecrets(reader);
  const move = (option: string, secretOption: string, name: string, content: string): string => {
    const reset = `juju config ${application} --reset ${option}`;
    if (reader.text(secretOption) !== '')
      return `${option} is ignored, because ${secretOption} is set: ${reset}`;
    const secret = `${application}-${name}`;
    return (
      `${option} is readable in the model's config; move it into a secret: ` +
      `SECRET=$(juju add-secret ${secret} ${content}) && juju grant-secret ${secret} ${application} && ` +
      `juju config ${application} ${secretOption}=$SECRET && ${reset}`
    );
  };
  const value = `password="$(juju config ${application} openstack-password)"`;
  const pairs = [...(script?.keys() ?? [])].map((key) => `${key.toLowerCase().replaceAll('_', '-')}=…`);
  return [
    ...(password === undefined
      ? []
      : [move('openstack-password', 'openstack-password-secret', 'openstack', value)]),
    ...(pairs.length === 0 ? [] : [move('script-secret', 'script-secret-id', 'script', pairs.join(' '))]),
  ];
}
