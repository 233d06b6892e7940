/** The part of JSON Schema (draft 4) that this charm's actions use. Other keywords are refused, never ignored. */
export interface JsonSchema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly default?: unknown;
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean;
}

const KEYWORDS = [
  ...['type', 'enum', 'minimum', 'maximum', 'minLength', 'maxLength', 'pattern', 'default', 'items'],
  ...['properties', 'required', 'additionalProperties', 'title', 'description'],
];

export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Parses a schema. Throws on unsupported keywords. */
export function parseSchema(value: unknown, at: string): JsonSchema {
  if (!isMapping(value)) throw new Error(`${at}: expected a schema`);
  const unknown = Object.keys(value).filter((key) => !KEYWORDS.includes(key));
  if (unknown.length > 0) throw new Error(`${at}: schema keywords ${unknown.join(', ')} are not supported`);
  const { items, properties, ...scalars } = value;
  return {
    ...(Object.fromEntries(Object.entries(scalars).filter(([, each]) => each !== undefined)) as JsonSchema),
    ...(items === undefined ? {} : { items: parseSchema(items, `${at}.items`) }),
    ...(isMapping(properties) ? { properties: parseProperties(properties, at) } : {}),
  };
}

function parseProperties(
  properties: Readonly<Record<string, unknown>>,
  at: string,
): Readonly<Record<string, JsonSchema>> {
  const entries = Object.entries(properties);
  return Object.fromEntries(entries.map(([name, each]) => [name, parseSchema(each, `${at}.${name}`)]));
}

/** Returns the violations of the schema; none when `value` is valid. */
export function findViolations(schema: JsonSchema, value: unknown, at = '(root)'): readonly string[] {
  if (schema.type !== undefined && !isOfType(schema.type, value)) {
    return [`${at} : must be of type ${schema.type}, given ${JSON.stringify(value)}`];
  }
  return [
    ...(schema.enum?.includes(value) === false
      ? [`${at} : must be one of the values ${JSON.stringify(schema.enum)}`]
      : []),
    ...(typeof value === 'number' ? numberViolations(schema, value, at) : []),
    ...(typeof value === 'string' ? textViolations(schema, value, at) : []),
    ...(Array.isArray(value) ? listViolations(schema, value, at) : []),
    ...(isMapping(value) ? objectViolations(schema, value, at) : []),
  ];
}

function numberViolations({ minimum, maximum }: JsonSchema, value: number, at: string): readonly string[] {
  return [
    ...(minimum !== undefined && value < minimum
      ? [`${at} : must be greater than or equal to ${minimum}`]
      : []),
    ...(maximum !== undefined && value > maximum ? [`${at} : must be less than or equal to ${maximum}`] : []),
  ];
}

function textViolations(
  { minLength, maxLength, pattern }: JsonSchema,
  value: string,
  at: string,
): readonly string[] {
  return [
    ...(minLength !== undefined && value.length < minLength
      ? [`${at} : must be at least ${minLength} long`]
      : []),
    ...(maxLength !== undefined && value.length > maxLength
      ? [`${at} : must be at most ${maxLength} long`]
      : []),
    ...(pattern !== undefined && !new RegExp(pattern).test(value)
      ? [`${at} : does not match ${pattern}`]
      : []),
  ];
}

function listViolations({ items }: JsonSchema, value: readonly unknown[], at: string): readonly string[] {
  if (items === undefined) return [];
  return value.flatMap((each, index) => findViolations(items, each, `${at}.${index}`));
}

function objectViolations(
  { properties = {}, required = [], additionalProperties = true }: JsonSchema, // the default of Juju 3.6
  value: Readonly<Record<string, unknown>>,
  at: string,
): readonly string[] {
  const missing = required.filter((name) => value[name] === undefined);
  const surplus = Object.keys(value).filter((name) => properties[name] === undefined);
  return [
    ...missing.map((name) => `${at} : "${name}" property is missing and required`),
    ...(additionalProperties
      ? []
      : surplus.map((name) => `${at} : additional property "${name}" is not allowed`)),
    ...Object.entries(properties).flatMap(([name, schema]) =>
      value[name] === undefined ? [] : findViolations(schema, value[name], `${at}.${name}`),
    ),
  ];
}

function isOfType(type: string, value: unknown): boolean {
  if (type === 'object') return isMapping(value);
  if (type === 'array') return Array.isArray(value);
  if (type === 'integer') return Number.isInteger(value);
  if (type === 'null') return value === null;
  return typeof value === type;
}

/** Returns `value`, completed with the defaults of absent properties. */
export function withDefaults(
  { properties = {} }: JsonSchema,
  value: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const defaults = Object.entries(properties).flatMap(([name, schema]): [string, unknown][] =>
    schema.default === undefined ? [] : [[name, schema.default]],
  );
  return { ...Object.fromEntries(defaults), ...value };
}
