import { startEmulator } from '../tests/support/openstack/emulator.ts';
import type { EmulatedCloud } from '../tests/support/openstack/emulated-cloud.ts';
import { RepeatedData } from '../tests/support/openstack/glance/repeated-data.ts';

/**
 * Runs the emulated clouds of the benchmark in a separate process, each behind its own link. They count and hash
 * uploads and do not keep them. Arguments: the number of destinations, the MiB of the image in the first cloud, the
 * MB/s of each link. Prints a `Clouds` as JSON.
 */
const [destinations = 1, sizeMiB = 64, linkMBps = 60] = process.argv.slice(2).map(Number);
const BLOCK = Buffer.from(Array.from({ length: 64 * 1024 }, (_, index) => (index * 31) & 0xff));

/** The clouds as the two programs reach them. */
export interface Clouds {
  readonly cloudsYaml: string;
  readonly imageId: string;
  /** URL and token of the image service of the source and of each destination. */
  readonly endpoints: readonly (readonly [string, string])[];
}

/** Logs in for the baseline, which has no client of Keystone. */
async function logIn(cloud: EmulatedCloud, user: string): Promise<readonly [string, string]> {
  const { password, projectId } = cloud.account(user);
  const identity = {
    methods: ['password'],
    password: { user: { name: user, domain: { id: 'default' }, password } },
  };
  const body = JSON.stringify({ auth: { identity, scope: { project: { id: projectId } } } });
  const headers = { 'content-type': 'application/json' };
  const { headers: answered } = await fetch(`${cloud.authUrl}/auth/tokens`, {
    method: 'POST',
    headers,
    body,
  });
  return [`${cloud.state.origin}/image`, answered.get('x-subject-token') ?? ''];
}

const emulator = await startEmulator({
  clouds: Math.max(2, destinations + 1),
  linkBytesPerSecond: linkMBps * 1e6,
  discardsUploads: true,
});
const [source, ...others] = (['a', 'b', 'c', 'd'] as const)
  .slice(0, destinations + 1)
  .map((name) => emulator.cloud(name));
if (source === undefined) throw new Error('expected at least one cloud');
const data = new RepeatedData(BLOCK, sizeMiB * 1024 * 1024);
const { id } = source.addImage({ name: 'bench', owner: 'builder', data, properties: {} });
const endpoints = [logIn(source, 'builder'), ...others.map((cloud) => logIn(cloud, 'consumer'))];
const clouds: Clouds = {
  cloudsYaml: emulator.cloudsYaml(),
  imageId: id,
  endpoints: await Promise.all(endpoints),
};
process.stdout.write(`${JSON.stringify(clouds)}\n`);
