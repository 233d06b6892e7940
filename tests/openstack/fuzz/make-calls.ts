// Makes calls to a cloud that gives generated responses: make-calls.ts ORIGIN COUNT calls|logins
import { readFileSync } from 'node:fs';
import { ProductError } from '../../../src/model/errors.ts';
import type { Cloud } from '../../../src/openstack/cloud.ts';
import { listFlavors } from '../../../src/openstack/flavors.ts';
import { createFloatingIp, listFloatingIps } from '../../../src/openstack/floating-ips.ts';
import { openImageData } from '../../../src/openstack/image-data.ts';
import { listImageMembers } from '../../../src/openstack/image-members.ts';
import {
  createImage,
  deleteImage,
  findImage,
  listImages,
  updateImage,
} from '../../../src/openstack/images.ts';
import { createKeypair, deleteKeypair, listKeypairs } from '../../../src/openstack/keypairs.ts';
import { listNetworks } from '../../../src/openstack/networks.ts';
import { listServerPorts } from '../../../src/openstack/ports.ts';
import { listVisibleProjects } from '../../../src/openstack/projects.ts';
import {
  createIngressRule,
  createSecurityGroup,
  listSecurityGroups,
} from '../../../src/openstack/security-groups.ts';
import {
  createServerImage,
  findServer,
  getConsole,
  listServers,
  stopServer,
} from '../../../src/openstack/servers.ts';
import { createVolume, createVolumeImage, findVolume, listVolumes } from '../../../src/openstack/volumes.ts';
import { connectTo } from '../../support/http-connect.ts';
import { SkippingClock } from '../../support/skipping-clock.ts';
import { CORRECT_LOGIN, NEXT_ANSWER } from './serve-answers.ts';

const LIMIT_MS = 20_000;
const ID = '5f9b2a3e-0000-4000-8000-000000000001';

const CALLS: Readonly<Record<string, (cloud: Cloud) => Promise<unknown>>> = {
  listFlavors,
  findServer: (cloud) => findServer(cloud, ID),
  listServers,
  stopServer: (cloud) => stopServer(cloud, ID),
  getConsole: (cloud) => getConsole(cloud, ID),
  createServerImage: (cloud) => createServerImage(cloud, ID, { name: 'n', metadata: {} }),
  findImage: (cloud) => findImage(cloud, ID),
  listImages: (cloud) => listImages(cloud, 'i'),
  createImage: (cloud) => createImage(cloud, { name: 'i', diskFormat: 'raw', properties: {} }),
  updateImage: (cloud) => updateImage(cloud, ID, { name: 'n', properties: {} }),
  deleteImage: (cloud) => deleteImage(cloud, ID),
  listImageMembers: (cloud) => listImageMembers(cloud, ID),
  listNetworks,
  listServerPorts: (cloud) => listServerPorts(cloud, ID),
  listSecurityGroups: (cloud) => listSecurityGroups(cloud, 'g'),
  createSecurityGroup: (cloud) => createSecurityGroup(cloud, 'g', ''),
  createIngressRule: (cloud) => createIngressRule(cloud, ID, { protocol: 'tcp', port: 22 }),
  listKeypairs,
  createKeypair: (cloud) => createKeypair(cloud, { name: 'k', publicKey: 'ssh-ed25519 A' }),
  deleteKeypair: (cloud) => deleteKeypair(cloud, 'k'),
  findVolume: (cloud) => findVolume(cloud, ID),
  listVolumes,
  createVolume: (cloud) => createVolume(cloud, { name: 'v', size: 1, imageId: ID, metadata: {} }),
  createVolumeImage: (cloud) => createVolumeImage(cloud, ID, 'n'),
  listFloatingIps,
  createFloatingIp: (cloud) => createFloatingIp(cloud, { networkId: ID, portId: ID, description: '' }),
  listVisibleProjects,
  openImageData: async (cloud) => {
    const data = await openImageData(cloud, ID, 0, new AbortController().signal);
    data.on('error', () => undefined).destroy();
  },
};

/** The longest key and value that a call may return: those of URLs, except for these. */
const LONGEST = 2048;
const LONGER: Readonly<Record<string, number>> = { getConsole: 1024 * 1024, listKeypairs: 16_384 };

/** Returns the path of a text in `value` that is longer than `most`, if any. */
function findLongText(value: unknown, most: number, at = 'the result'): string | undefined {
  if (typeof value === 'string')
    return value.length > most ? `${at} has ${value.length} characters` : undefined;
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, item] of Object.entries(value)) {
    if (key.length > LONGEST) return `a key in ${at} has ${key.length} characters`;
    const found = findLongText(item, most, `${at}.${key}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Makes the call and returns the problem with its outcome, if any. */
async function findProblem(call: Promise<unknown>, longest: number): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const overrun = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`not finished after ${LIMIT_MS} ms`), LIMIT_MS);
  });
  const outcome = call.then(
    (value: unknown) => findLongText(value, longest),
    (error: unknown) => {
      if (!(error instanceof ProductError)) return `threw ${String(error)}`;
      return error.message.length > 2000 ? `a message of ${error.message.length} characters` : undefined;
    },
  );
  return Promise.race([outcome, overrun]).finally(() => clearTimeout(timer));
}

/** Makes the calls in turn, each against the next response of the server, and returns the problems. */
async function findProblems(
  origin: string,
  count: number,
  isLoginFuzzed: boolean,
): Promise<readonly string[]> {
  const names = Object.keys(CALLS);
  const problems: string[] = [];
  for (let index = 0; index < count; index += 1) {
    await fetch(`${origin}${CORRECT_LOGIN}`);
    const connection = await connectTo(origin, { clock: new SkippingClock() });
    const cloud = connection.withSignal();
    if (!isLoginFuzzed) await cloud.identity.getToken();
    await fetch(`${origin}${NEXT_ANSWER}`);
    const name = names[index % names.length] ?? '';
    const problem = await findProblem(CALLS[name]?.(cloud) ?? Promise.resolve(), LONGER[name] ?? LONGEST);
    if (problem !== undefined) problems.push(`${name} at answer ${index}: ${problem}`);
    await connection.close();
  }
  return problems;
}

const [origin = '', count = '0', part = ''] = process.argv.slice(2);
const problems = await findProblems(origin, Number(count), part === 'logins');
// The maxRSS of resourceUsage() is at least that of the parent, from which the process was forked.
const [, peakKib] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
process.stdout.write(JSON.stringify({ problems, peakMib: Number(peakKib) / 1024 }));
