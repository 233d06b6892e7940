import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { initialize } from '../../src/image-builder/openstack-builder.ts';
import { OWNER_KEYS, encodeOwner } from '../../src/model/owner.ts';
import { QCOW2_MAGIC } from '../../src/model/image/disk-format.ts';
import { OWNER, useTestTools } from './make-test-tools.ts';
import { changeImage } from '../support/openstack/glance/images.ts';
import type { AddedImage } from './open-store.ts';
import { useEmulator } from './use-emulator.ts';
import { uuidOf } from '../support/uuid-of.ts';

const at = useEmulator();
const makeTools = useTestTools(at);
const DATA = Buffer.concat([QCOW2_MAGIC, Buffer.alloc(1000, 7)]);
const SUM = createHash('sha256').update(DATA).digest('hex');

beforeEach(() => {
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
const addBaseImage = (word: string, change: Partial<AddedImage> = {}) =>
  at.add({
    id: uuidOf(word),
    name: 'image-builder-base-noble-x64',
    ...encodeOwner(OWNER),
    [OWNER_KEYS.kind]: 'base',
    [OWNER_KEYS.baseSha256]: 'f'.repeat(64),
    created_at: '2026-11-21T07:30:00Z',
    ...change,
  });

/** Makes all images of the cloud a day older. */
const ageImages = (): void => {
  for (const { id } of at.images.values()) {
    changeImage(at.openstack.state, id, { created_at: '2026-11-20T00:00:00Z' });
  }
};

describe('initialize', () => {
  test('An initialized cloud has every requested base image and the security group', async () => {
    const images = await prepare();
    expect(images.map(({ base, wasUploaded }) => [base, wasUploaded])).toEqual([
      ['noble', true],
      ['jammy', true],
    ]);
    expect(at.named()).toHaveLength(2);
    const groups = at.emulator.inventory().a.securityGroups.map(({ name }) => name);
    expect(groups).toContain('github-runner-image-builder-v1-builder');
  });

  test('A second initialize changes nothing', async () => {
    await prepare();
    const before = at.calls().length;
    expect((await prepare()).map(({ wasUploaded }) => wasUploaded)).toEqual([false, false]);
    expect(
      at
        .calls()
        .slice(before)
        .filter((call) => !call.startsWith('GET')),
    ).toEqual([]);
  });

  test('Superseded base images are deleted, except those that a server was booted from', async () => {
    addBaseImage('old');
    addBaseImage('used');
    at.openstack.addServer({ id: uuidOf('s9'), imageId: uuidOf('used') });
    await prepare();
    expect([...at.images.keys()]).toContain(uuidOf('old')); // a build may have chosen it just now
    ageImages();
    await prepare();
    expect([...at.images.keys()]).not.toContain(uuidOf('old'));
    expect([...at.images.keys()]).toContain(uuidOf('used'));
  });

  test('Images of other owners, unfinished base images and runner images are kept', async () => {
    addBaseImage('foreign', { [OWNER_KEYS.application]: 'other' });
    addBaseImage('saving', { status: 'saving' });
    addBaseImage('runner', { [OWNER_KEYS.kind]: 'runner' });
    await prepare();
    for (const word of ['foreign', 'saving', 'runner']) expect(at.images.has(uuidOf(word))).toBe(true);
  });

  test('A superseded base image that cannot be deleted causes a warning only', async () => {
    addBaseImage('old');
    at.disturb(`DELETE /image/v2/images/${uuidOf('old')}`, { status: 409, body: 'in use' });
    await prepare();
    ageImages();
    const { tools, warnings } = makeTools();
    await prepare(tools);
    expect(warnings).toEqual([
      expect.stringMatching(`^older base image ${uuidOf('old')} was not deleted: .*in use`),
    ]);
  });
});
