import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { initialize } from '../../src/image-builder/openstack-builder.ts';
import { OWNER_KEYS, encodeOwner } from '../../src/model/owner.ts';
import { QCOW2_MAGIC } from '../../src/model/disk-format.ts';
import { useHttpCloud } from '../support/cloud-fixture.ts';
import { OWNER, useTestTools } from './make-test-tools.ts';
import { type ScriptedOpenStack, scriptOpenStack } from './scripted-openstack.ts';

const at = useHttpCloud();
const makeTools = useTestTools(at);
const DATA = Buffer.concat([QCOW2_MAGIC, Buffer.alloc(1000, 7)]);
const SUM = createHash('sha256').update(DATA).digest('hex');
let cloud: ScriptedOpenStack;

beforeEach(() => {
  cloud = scriptOpenStack(at.http, OWNER.buildId);
  for (const base of ['noble', 'jammy']) {
    const file = `${base}-server-cloudimg-amd64.img`;
    at.http.on(`GET /ubuntu/${base}/current/SHA256SUMS`, { body: `${SUM} *${file}\n` });
    at.http.on(`GET /ubuntu/${base}/current/${file}`, {
      headers: { 'content-length': String(DATA.length) },
      body: DATA,
    });
  }
});

const prepare = (tools = makeTools().tools) =>
  initialize(
    {
      ...{ cloudName: 'c1', prefix: '' },
      images: [
        { base: 'noble', arch: 'x64', baseRelease: '' },
        { base: 'jammy', arch: 'x64', baseRelease: '' },
      ],
    },
    tools,
  );
const addBaseImage = (id: string, change: Record<string, string> = {}) =>
  cloud.glance.add({
    id,
    name: 'image-builder-base-noble-x64',
    ...encodeOwner(OWNER),
    [OWNER_KEYS.kind]: 'base',
    [OWNER_KEYS.baseSha256]: 'f'.repeat(64),
    ...change,
  });

/** Makes all images of the cloud a day older. */
const ageImages = (): void => {
  for (const image of cloud.glance.images.values()) {
    cloud.glance.images.set(image.id, { ...image, created_at: '2026-11-20T00:00:00Z' });
  }
};

describe('initialize', () => {
  test('An initialized cloud has every requested base image and the security group', async () => {
    const images = await prepare();
    expect(images.map(({ base, wasUploaded }) => [base, wasUploaded])).toEqual([
      ['noble', true],
      ['jammy', true],
    ]);
    expect(cloud.glance.images.size).toBe(2);
    expect(cloud.calls).toContain('GET /v2.0/security-groups');
  });

  test('A second initialize changes nothing', async () => {
    await prepare();
    const before = cloud.calls.length;
    expect((await prepare()).map(({ wasUploaded }) => wasUploaded)).toEqual([false, false]);
    expect(cloud.calls.slice(before).filter((call) => !call.startsWith('GET'))).toEqual([]);
  });

  test('Superseded base images are deleted, except those that a server was booted from', async () => {
    addBaseImage('old');
    addBaseImage('used');
    cloud.servers.set('s9', { id: 's9', name: 'x', status: 'ACTIVE', image: { id: 'used' } });
    await prepare();
    expect([...cloud.glance.images.keys()]).toContain('old'); // a build may have chosen it just now
    ageImages();
    await prepare();
    expect([...cloud.glance.images.keys()]).not.toContain('old');
    expect([...cloud.glance.images.keys()]).toContain('used');
  });

  test('Images of other owners, unfinished base images and runner images are kept', async () => {
    addBaseImage('foreign', { [OWNER_KEYS.application]: 'other' });
    addBaseImage('saving', { status: 'saving' });
    addBaseImage('runner', { [OWNER_KEYS.kind]: 'runner' });
    await prepare();
    for (const id of ['foreign', 'saving', 'runner']) expect(cloud.glance.images.has(id)).toBe(true);
  });

  test('A superseded base image that cannot be deleted causes a warning only', async () => {
    addBaseImage('old');
    at.http.on('DELETE /v2/images/old', { status: 409, body: 'in use' });
    await prepare();
    ageImages();
    const { tools, warnings } = makeTools();
    await prepare(tools);
    expect(warnings).toEqual([expect.stringMatching(/^older base image old was not deleted: .*in use/)]);
  });
});
