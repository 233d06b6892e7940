import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  type Decoder,
  anything,
  decode,
  fields,
  mapping,
  optional,
  text,
} from '../../../src/model/decode.ts';
import { parseYaml } from '../../../src/system/yaml.ts';
import { type CharmConfig, type RawConfig, parseCharmConfig } from '../../../src/charm/options/config.ts';

const CHARM_ROOT = resolve(import.meta.dirname, '../../..');

/** Reads one of the charm's YAML files. */
export function readCharmFile(name: string): string {
  return readFileSync(resolve(CHARM_ROOT, name), 'utf8');
}

const option = fields({ type: text, default: optional(anything), description: text });
const configYaml: Decoder<{ readonly options: Readonly<Record<string, OptionSpec>> }> = fields({
  options: mapping(option),
});

export interface OptionSpec {
  readonly type: string;
  readonly default: unknown;
  readonly description: string;
}

/** Returns the options that config.yaml declares. */
export function declaredOptions(): Readonly<Record<string, OptionSpec>> {
  const fail = (problems: readonly string[]): Error => new Error(problems.join('\n'));
  return decode(configYaml, parseYaml(readCharmFile('config.yaml')), 'config.yaml', fail).options;
}

/** The options that the operator must set. */
export const REQUIRED: RawConfig = {
  'openstack-auth-url': 'https://keystone.example.com:5000/v3',
  'openstack-password-secret': 'secret:d0passw0rd',
  'openstack-project-domain-name': 'default',
  'openstack-project-name': 'build',
  'openstack-user-domain-name': 'default',
  'openstack-user-name': 'builder',
};

/** The output of `config-get` when the operator set the required options and `given`. */
export function rawConfig(given: RawConfig = {}): RawConfig {
  const defaults = Object.entries(declaredOptions()).flatMap(([name, { default: value }]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  return { ...Object.fromEntries(defaults), ...REQUIRED, ...given };
}

export function charmConfig(given: RawConfig = {}): CharmConfig {
  return parseCharmConfig(rawConfig(given), 'x86_64');
}
