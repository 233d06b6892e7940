import { deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';

/** A response as bytes. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const STATUSES = [
  ...[200, 200, 200, 200, 200, 201, 202, 204, 206, 300, 301, 302, 307, 308],
  ...[400, 401, 403, 404, 404, 405, 409, 413, 416, 429, 500, 501, 502, 503, 504],
];

const UUID = '5f9b2a3e-0000-4000-8000-000000000001';
const LINKS = [{ rel: 'self', href: 'http://x/' }];
const TIME = '2026-11-26T00:00:00Z';
const SERVER = {
  id: UUID,
  name: 's',
  status: 'ACTIVE',
  created: TIME,
  links: LINKS,
  addresses: { n: [{ addr: '10.0.0.1' }] },
  metadata: { key: 'value' },
  fault: { message: 'no host' },
  'OS-EXT-STS:task_state': 'spawning',
};
const IMAGE = {
  id: UUID,
  name: 'i',
  status: 'active',
  owner: 'project-1',
  min_disk: 1,
  size: 5,
  created_at: TIME,
  visibility: 'private',
  checksum: '0',
  disk_format: 'raw',
  os_hash_algo: 'sha512',
  os_hash_value: '0',
  hw_disk_bus: 'scsi',
};
const VOLUME = { id: UUID, name: 'v', status: 'available', created_at: TIME, metadata: { key: 'value' } };
const ADDRESS = { id: UUID, floating_ip_address: '10.0.0.1', description: 'd', created_at: TIME };
const GROUP = {
  id: UUID,
  name: 'g',
  description: '',
  created_at: TIME,
  security_group_rules: [
    { direction: 'ingress', ethertype: 'IPv4', protocol: 'tcp', remote_ip_prefix: '10.0.0.0/8' },
  ],
};

/** Correct bodies, which the fuzzer damages. */
const DOCUMENTS: readonly unknown[] = [
  { flavors: [{ id: 'f', name: 'f', vcpus: 2, ram: 2048, disk: 20 }], flavors_links: LINKS },
  { server: SERVER },
  { servers: [SERVER, SERVER], servers_links: [{ rel: 'next', href: 'http://x/?marker=a' }] },
  { output: 'ci-info: ready' },
  IMAGE,
  { images: [IMAGE, IMAGE], next: '/v2/images?marker=b' },
  { volume: VOLUME },
  { volumes: [VOLUME, VOLUME] },
  { 'os-volume_upload_image': { image_id: UUID } },
  { floatingip: ADDRESS },
  { floatingips: [ADDRESS] },
  { projects: [{ id: 'p', name: 'p', domain_id: 'default', enabled: true }] },
  { networks: [{ id: UUID, name: 'n', status: 'ACTIVE', 'router:external': false, subnets: [UUID] }] },
  { ports: [{ id: UUID, name: 'p', device_id: UUID }] },
  { security_group: GROUP },
  { security_groups: [GROUP] },
  { keypairs: [{ keypair: { name: 'k', public_key: 'ssh-ed25519 A' } }] },
  { members: [{ member_id: 'project-1', image_id: UUID, status: 'accepted' }] },
  {
    token: {
      expires_at: '2099-01-01T00:00:00Z',
      project: { id: 'p' },
      catalog: [{ type: 'image', endpoints: [] }],
      roles: [{ name: 'member' }],
    },
  },
  { itemNotFound: { code: 404, message: 'not found' } },
  { NeutronError: { type: 'x', message: 'no', detail: '' } },
  { choices: [{ id: 'v2.1', links: LINKS }] },
];

const TEXTS = [
  '',
  ' ',
  'null',
  '404 page not found',
  '<html><head><title>502</title></head><body><h1>Bad Gateway</h1></body></html>',
  '{"servers": [',
  '\u0000\u0001',
  '"text"',
  '<'.repeat(100_000),
  ' '.repeat(300_000),
  `${'['.repeat(50_000)}${']'.repeat(50_000)}`,
  `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`,
  `{"images":[${'{},'.repeat(50_000)}{}]}`,
  `{"images":[${`${JSON.stringify(IMAGE)},`.repeat(2000)}${JSON.stringify(IMAGE)}],"next":"/v2/images?marker=b"}`,
  `{"message":"${'x'.repeat(500_000)}","code":"404","title":"x"}`,
];

const strange = fc.oneof(
  fc.constantFrom<unknown>(null, 0, -1, 1e308, true, '', ' ', [], {}, '__proto__', 'x'.repeat(70_000)),
  fc.jsonValue({ maxDepth: 4 }),
);

/** Replaces, removes or adds one value, or lengthens one key, at the path that `steps` choose. */
function damage(document: unknown, steps: readonly number[], value: unknown): unknown {
  const [step, ...others] = steps;
  if (step === undefined || typeof document !== 'object' || document === null) return value;
  if (Array.isArray(document)) {
    const at = step % (document.length + 1);
    return document
      .map((item: unknown, index) => (index === at ? damage(item, others, value) : item))
      .concat(at === document.length ? [value] : []);
  }
  const keys = Object.keys(document);
  const key = keys[step % Math.max(1, keys.length)];
  if (key === undefined) return { added: value };
  if (step % 7 === 0) return Object.fromEntries(Object.entries(document).filter(([name]) => name !== key));
  const name = step % 7 === 1 ? `${key}${'x'.repeat(70_000)}` : key;
  return { ...document, [name]: damage((document as Record<string, unknown>)[key], others, value) };
}

const damaged = fc
  .tuple(fc.constantFrom(...DOCUMENTS), fc.array(fc.nat(50), { maxLength: 5 }), strange)
  .map(([document, steps, value]) => JSON.stringify(damage(document, steps, value)));

const text = fc.oneof(
  { weight: 8, arbitrary: damaged },
  { weight: 2, arbitrary: fc.constantFrom(...DOCUMENTS).map((document) => JSON.stringify(document)) },
  { weight: 2, arbitrary: fc.constantFrom(...TEXTS) },
  { weight: 1, arbitrary: fc.json({ maxDepth: 6 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 2000 }) },
);

const LOCATIONS = [
  '',
  '/',
  '/login',
  'http://127.0.0.1:1/x',
  'https://[::1]',
  'http://unix:/x',
  'file:///etc/passwd',
  '%',
];

const header = fc.record(
  {
    'x-openstack-request-id': fc.constantFrom('req-1', '', 'r'.repeat(9000)),
    'x-subject-token': fc.constantFrom('token', ''),
    'content-type': fc.constantFrom('application/json', 'text/html; charset=UTF-8', 'x/y', ''),
    location: fc.constantFrom(...LOCATIONS),
    'retry-after': fc.constantFrom('0', '-5', '1e99', 'soon', '9'),
    'www-authenticate': fc.constantFrom('Keystone uri="http://x"', 'Basic'),
  },
  { requiredKeys: [] },
);

const ENCODERS: Readonly<Record<string, (body: Buffer) => Buffer>> = {
  identity: (body) => body,
  gzip: (body) => gzipSync(body, { level: 1 }),
  deflate: (body) => deflateSync(body, { level: 1 }),
  br: (body) => body,
  'gzip ': (body) => body,
};

const encoding = fc.oneof(
  { weight: 6, arbitrary: fc.constant(undefined) },
  { weight: 2, arbitrary: fc.constantFrom(...Object.keys(ENCODERS)) },
);

const answer = fc
  .record({ status: fc.constantFrom(...STATUSES), header, text, encoding, cut: fc.nat(30) })
  .map(({ status, header, text, encoding, cut }): RawAnswer => {
    const plain = Buffer.from(text);
    const coded = encoding === undefined ? plain : (ENCODERS[encoding]?.(plain) ?? plain);
    const headers = encoding === undefined ? header : { ...header, 'content-encoding': encoding };
    return { status, headers, body: cut === 0 ? coded.subarray(0, coded.length >> 1) : coded };
  });

/** Returns `count` responses, the same for the same seed. */
export function generateAnswers(count: number, seed: number): readonly RawAnswer[] {
  return fc.sample(answer, { numRuns: count, seed });
}
