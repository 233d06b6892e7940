import fc from 'fast-check';
import type { CloudLogin } from '../../src/model/cloud/cloud-login.ts';
import { encodeCloudsYaml } from '../../src/model/clouds-yaml.ts';
import { Secret } from '../../src/model/secret.ts';
import { renderYaml } from '../../src/system/yaml.ts';

const ODD_TEXTS = [
  '0001',
  'yes',
  'null',
  '~',
  ' a ',
  'a\n',
  '"',
  "'",
  '#x',
  '$HOME',
  '{x}',
  '%(y)s',
  'ä€😀',
  '<<',
  '1e5',
  '-',
  '*a',
  '&a',
  '!t',
  'a: b',
  '2026-01-01',
];
const anyText = fc.oneof(fc.constantFrom(...ODD_TEXTS), fc.string({ minLength: 1, maxLength: 40 }));
const region = fc.option(
  fc.stringMatching(/^[A-Za-z0-9 _-]{1,20}$/).filter((name) => name.trim() !== ''),
  { nil: undefined },
);
const reference = fc.oneof(fc.record({ id: anyText }), fc.record({ name: anyText }));
const domain = reference;
const secret = anyText.map((value) => new Secret(value));
const project = { project: reference, projectDomain: domain };
const auth: fc.Arbitrary<CloudLogin['auth']> = fc.oneof(
  fc.record({
    method: fc.constant('password' as const),
    user: reference,
    userDomain: domain,
    password: secret,
    ...project,
  }),
  fc.record({ method: fc.constant('token' as const), secret, ...project }),
  fc.record({ method: fc.constant('application_credential' as const), id: anyText, secret }),
  fc.record({
    method: fc.constant('named_application_credential' as const),
    name: anyText,
    user: reference,
    userDomain: domain,
    secret,
  }),
);
/** A login that the renderer can write. */
export const login = fc.record({
  authUrl: fc.constantFrom('https://k.example.com/v3', 'http://[::1]:5000/identity/v3'),
  auth,
  region,
});

/** Keys of clouds.yaml, and some that JavaScript objects have. */
export const KEYS = [
  ...[
    'auth',
    'auth_type',
    'auth_plugin',
    'auth-url',
    'auth_url',
    'username',
    'user_name',
    'user-id',
    'password',
  ],
  ...['project_name', 'tenant-id', 'domain_name', 'user_domain_id', 'project_domain_name', 'default_domain'],
  ...['application_credential_id', 'application_credential_secret', 'application_credential_name', 'token'],
  ...[
    'region_name',
    'regions',
    'name',
    'values',
    'interface',
    'endpoint_type',
    'verify',
    'insecure',
    'cacert',
  ],
  ...['cert', 'key', 'profile', 'cloud', 'trust_id', 'system_scope', 'passcode', 'image_endpoint_override'],
  ...['image_interface', '__proto__', 'constructor', 'toString', '<<', ''],
];
const VALUES = [
  ...[
    'https://k.example.com/v3',
    'password',
    'token',
    'v3applicationcredential',
    'v3totp',
    'publicURL',
    'admin',
  ],
  ...['ftp://x', 'http://', 'https://{region_name}/', '{', '}}', '{password}', '/etc/passwd', '~', 'R1,R2'],
];
const scalar = fc.oneof(
  fc.constantFrom<unknown>(...VALUES, ...ODD_TEXTS),
  fc.constantFrom<unknown>(null, true, false, 0, -1, 1.5, 1e300, Number.NaN, '', 'x'.repeat(3000)),
  fc.string(),
);
const { value: anyValue } = fc.letrec<{ value: unknown; mapping: object }>((tie) => ({
  value: fc.oneof({ maxDepth: 3 }, scalar, fc.array(tie('value'), { maxLength: 2 }), tie('mapping')),
  mapping: fc.dictionary(fc.constantFrom(...KEYS), tie('value'), { maxKeys: 4 }),
}));
const few = fc.dictionary(fc.constantFrom(...KEYS), fc.oneof(scalar, anyValue), { maxKeys: 2 });
const BASE = { auth_url: 'https://k.example.com/v3', user_id: 'u', password: 'p', project_id: 'p' };
const nearlyValid = fc
  .record({ auth: few, rest: few })
  .map(({ auth: changes, rest }) => ({ ...rest, auth: { ...BASE, ...changes } }));
const entry = fc.oneof({ weight: 3, arbitrary: nearlyValid }, { weight: 1, arbitrary: anyValue });
/** A piece of text that takes the place of another one. */
const damage = fc.record({
  at: fc.nat(400),
  length: fc.nat(20),
  piece: fc.oneof(fc.string(), fc.constantFrom(...ODD_TEXTS, '\t', '\0', '\u2028', '[', '{', '---\n')),
});
/** Renders a value as YAML, or as JSON, sometimes with a piece cut out or put in. */
export const file = fc
  .record({
    clouds: fc.oneof({ weight: 4, arbitrary: fc.record({ one: entry }) }, { weight: 1, arbitrary: anyValue }),
    isJson: fc.boolean(),
    damage: fc.oneof(fc.constant(undefined), damage),
  })
  .map(({ clouds, isJson, damage: cut }) => {
    const whole = isJson ? JSON.stringify({ clouds }) : renderYaml({ clouds });
    return cut === undefined ? whole : whole.slice(0, cut.at) + cut.piece + whole.slice(cut.at + cut.length);
  });

/** The ways in which people write the same entry. */
export const spelling = fc.record({
  hasHyphens: fc.boolean(),
  hasTenant: fc.boolean(),
  hasAuthType: fc.boolean(),
  isOutside: fc.boolean(),
  regions: fc.constantFrom('name', 'list', 'mapping'),
  isJson: fc.boolean(),
});
type Spelling = typeof spelling extends fc.Arbitrary<infer T> ? T : never;

/** Spells the entry that `encodeCloudsYaml` returns for a login in another way. */
export function respell(given: CloudLogin, how: Spelling): string {
  const { clouds } = encodeCloudsYaml({ clouds: { one: given } }) as {
    clouds: { one: Readonly<Record<string, unknown>> & { auth: Readonly<Record<string, unknown>> } };
  };
  const { auth: values, auth_type: type, region_name: name, ...rest } = clouds.one;
  const spelled = Object.entries(values).map(([key, value]) => {
    const tenant = how.hasTenant ? key.replace(/^project_(id|name)$/, 'tenant_$1') : key;
    return [how.hasHyphens ? tenant.replaceAll('_', '-') : tenant, value];
  });
  const inAuth = Object.fromEntries(how.isOutside ? [] : spelled) as object;
  const outside = Object.fromEntries(how.isOutside ? spelled : []) as object;
  const listed = how.regions === 'list' ? [name, 'R9'] : [{ name, values: {} }];
  const regional = how.regions === 'name' ? { region_name: name } : { regions: listed };
  const typed = how.hasAuthType ? { auth_type: type ?? 'password' } : {};
  const content = {
    clouds: {
      one: { ...rest, ...outside, ...typed, ...(name === undefined ? {} : regional), auth: inAuth },
    },
  };
  return how.isJson ? JSON.stringify(content) : renderYaml(content);
}
