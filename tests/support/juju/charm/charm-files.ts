import { parseYaml } from '../../../../src/system/yaml.ts';
import { type JsonSchema, isMapping, parseSchema } from '../model/json-schema.ts';

const OPTION_TYPES = ['string', 'int', 'float', 'boolean', 'secret'] as const;

export type OptionType = (typeof OPTION_TYPES)[number];

export type ConfigValue = string | number | boolean;

export interface ConfigOption {
  readonly type: OptionType;
  readonly default?: ConfigValue;
}

interface Endpoint {
  readonly name: string;
  readonly role: 'provides' | 'requires' | 'peers';
  readonly interface: string;
  readonly scope: 'global' | 'container';
}

interface ActionSpec {
  readonly name: string;
  readonly params: JsonSchema;
}

/** The parts of a charm's files that Juju reads. */
export interface CharmFiles {
  readonly name: string;
  /** The bases that the charm runs on, such as `ubuntu@24.04`. */
  readonly bases: readonly string[];
  /** The entries of `assumes`. */
  readonly assumes: readonly unknown[];
  readonly endpoints: ReadonlyMap<string, Endpoint>;
  readonly options: ReadonlyMap<string, ConfigOption>;
  readonly actions: ReadonlyMap<string, ActionSpec>;
}

/** The texts of a charm's YAML files; only metadata.yaml is required. */
export interface CharmTexts {
  readonly metadata: string;
  readonly config?: string | undefined;
  readonly actions?: string | undefined;
  readonly manifest?: string | undefined;
}

type Mapping = Readonly<Record<string, unknown>>;

/** A charm that Juju would not deploy. */
export class CharmRefused extends Error {
  override readonly name = 'CharmRefused';
}

/** Reads a charm's files as Juju 3.6 does. Throws CharmRefused. */
export function parseCharm(texts: CharmTexts): CharmFiles {
  const metadata = readMapping(texts.metadata, 'metadata.yaml');
  for (const key of ['name', 'summary', 'description']) textOf(metadata, key, 'metadata.yaml');
  refuseFormatOne(metadata);
  const bases = texts.manifest === undefined ? [] : parseBases(texts.manifest);
  const assumes = metadata['assumes'] ?? [];
  if (!Array.isArray(assumes)) throw new CharmRefused('metadata.yaml: assumes: expected a list');
  if (assumes.length > 0 && bases.length === 0) {
    throw new CharmRefused('metadata.yaml: assumes needs a manifest.yaml with bases');
  }
  return {
    name: parseName(textOf(metadata, 'name', 'metadata.yaml')),
    ...{ bases, assumes },
    endpoints: parseEndpoints(metadata),
    options: texts.config === undefined ? new Map() : parseOptions(texts.config),
    actions: texts.actions === undefined ? new Map() : parseActions(texts.actions),
  };
}

function parseName(name: string): string {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]*[a-z][a-z0-9]*)*$/.test(name)) {
    throw new CharmRefused(`metadata.yaml: invalid charm name ${name}`);
  }
  return name;
}

function refuseFormatOne(metadata: Mapping): void {
  for (const key of ['series', 'min-juju-version']) {
    if (metadata[key] !== undefined) throw new CharmRefused(`metadata.yaml: ${key} is of format v1`);
  }
}

function parseBases(manifest: string): readonly string[] {
  const { bases = [] } = readMapping(manifest, 'manifest.yaml');
  if (!Array.isArray(bases)) throw new CharmRefused('manifest.yaml: bases: expected a list');
  return bases.map((each) => {
    const base = mappingOf(each, 'manifest.yaml');
    return `${textOf(base, 'name', 'manifest.yaml')}@${textOf(base, 'channel', 'manifest.yaml')}`;
  });
}

function parseEndpoints(metadata: Mapping): ReadonlyMap<string, Endpoint> {
  const endpoints = new Map<string, Endpoint>();
  for (const role of ['provides', 'requires', 'peers'] as const) {
    for (const [name, value] of Object.entries(mappingOf(metadata[role], role))) {
      const fields = typeof value === 'string' ? { interface: value } : mappingOf(value, name);
      const protocol = textOf(fields, 'interface', name);
      refuseEndpoint(name, protocol);
      if (endpoints.has(name)) throw new CharmRefused(`metadata.yaml: duplicate endpoint ${name}`);
      endpoints.set(name, { name, role, interface: protocol, scope: parseScope(fields, name) });
    }
  }
  return endpoints;
}

function parseScope({ scope = 'global' }: Mapping, name: string): 'global' | 'container' {
  if (scope === 'global' || scope === 'container') return scope;
  throw new CharmRefused(`endpoint ${name}: invalid scope ${String(scope)}`);
}

function refuseEndpoint(name: string, protocol: string): void {
  if (!/^[a-z][a-z0-9]*([_-][a-z0-9]+)*$/.test(name)) throw new CharmRefused(`invalid endpoint ${name}`);
  for (const word of [name, protocol]) {
    if (word === 'juju' || word.startsWith('juju-'))
      throw new CharmRefused(`endpoint ${name}: ${word} is reserved`);
  }
}

function parseOptions(text: string): ReadonlyMap<string, ConfigOption> {
  const { options } = readMapping(text, 'config.yaml');
  if (options === undefined) throw new CharmRefused('config.yaml: options is mandatory');
  const entries = Object.entries(mappingOf(options, 'options'));
  return new Map(entries.map(([name, value]) => [name, parseOption(name, mappingOf(value, name))]));
}

function parseOption(name: string, { type = 'string', default: value }: Mapping): ConfigOption {
  const known = OPTION_TYPES.find((each) => each === type);
  if (known === undefined)
    throw new CharmRefused(`config.yaml: option ${name}: invalid type ${String(type)}`);
  if (value === undefined || value === null) return { type: known };
  if (!matchesType(known, value))
    throw new CharmRefused(`config.yaml: option ${name}: default is not of type ${known}`);
  return { type: known, default: value };
}

/** Reports whether an option of this type accepts the value. */
export function matchesType(type: OptionType, value: unknown): value is ConfigValue {
  if (type === 'int') return typeof value === 'number' && Number.isInteger(value);
  if (type === 'float') return typeof value === 'number';
  if (type === 'boolean') return typeof value === 'boolean';
  if (type === 'secret') return value === '' || (typeof value === 'string' && value.startsWith('secret:'));
  return typeof value === 'string';
}

function parseActions(text: string): ReadonlyMap<string, ActionSpec> {
  const entries = Object.entries(readMapping(text, 'actions.yaml'));
  return new Map(entries.map(([name, value]) => [name, parseAction(name, mappingOf(value, name))]));
}

function parseAction(name: string, { params, required, additionalProperties }: Mapping): ActionSpec {
  if (!/^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/.test(name)) throw new CharmRefused(`invalid action name ${name}`);
  if (name === 'juju' || name.startsWith('juju-')) throw new CharmRefused(`action ${name}: juju is reserved`);
  const schema = { type: 'object', properties: mappingOf(params, name), required, additionalProperties };
  return { name, params: parseSchema(schema, `action ${name}`) };
}

function readMapping(text: string, file: string): Mapping {
  return mappingOf(parseYaml(text), file);
}

function mappingOf(value: unknown, at: string): Mapping {
  if (value === undefined || value === null) return {};
  if (!isMapping(value)) throw new CharmRefused(`${at}: expected a mapping`);
  return value;
}

function textOf(mapping: Mapping, key: string, at: string): string {
  const value = mapping[key];
  if (typeof value === 'string' && value !== '') return value;
  throw new CharmRefused(`${at}: expected ${key}`);
}
