import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { BAD_CLOUDS } from '../support/openstack/bad-cloud.ts';
import { APPLICATION, type CharmFixture, openCharmFixture } from '../support/charm-fixture.ts';

const LONGEST_MS = 300_000;
const WAIT_S = 200;

let stage: CharmFixture;

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'charm-'));
  stage = await openCharmFixture({ folder, speed: 40, clouds: 4, config: { 'base-image': 'noble' } });
  await stage.deploy();
}, LONGEST_MS);

afterAll(() => stage.close(), LONGEST_MS);

test(
  'A consumer gets its image while the cloud of another consumer accepts logins and never answers them',
  async () => {
    const { username = '' } = stage.emulator.credentials('neighbour-b');
    const hang = stage.emulator.cloud('b').faults.add({
      ...{ at: 'POST /identity/v3/auth/tokens', onlyBody: `"${username}"`, fault: 'hang' },
    });
    const stuck = await stage.integrate('stuck', 'neighbour-b');
    await stage.until('a login that hangs', WAIT_S, () => hang.affectedCount() > 0 || undefined);
    const good = await stage.integrate('good', 'consumer');
    const published = await stage.until('the image of the good consumer', WAIT_S, () => {
      const images = JSON.parse(good.ourDatabag()['images'] ?? '[]') as readonly { readonly id: string }[];
      return images[0]?.id;
    });
    const found = stage.emulator.inventory().b.images.find(({ id }) => id === published);
    expect(found).toMatchObject({ name: `${APPLICATION}-noble-x64`, status: 'active', owner: 'consumer' });
    expect(JSON.parse(stuck.ourDatabag()['images'] ?? '[]')).toEqual([]);
    hang.takeBack();
    await stage.until('the image of the other consumer', WAIT_S, () => {
      const images = JSON.parse(stuck.ourDatabag()['images'] ?? '[]') as readonly unknown[];
      return images.length === 1 || undefined;
    });
    expect(stage.emulator.inventory().a.serversEver).toHaveLength(1);
  },
  LONGEST_MS,
);

test(
  'A consumer gets its image while the cloud of another consumer sends without end',
  async () => {
    const flood = stage.emulator.cloud('c').faults.add(BAD_CLOUDS['sends without end']);
    const bad = await stage.integrate('flooding', 'consumer-c');
    await stage.until('a response without end', WAIT_S, () => flood.affectedCount() > 0 || undefined);
    const good = await stage.integrate('other', 'consumer-d');
    await stage.until('the image of the good consumer', WAIT_S, () => {
      const images = JSON.parse(good.ourDatabag()['images'] ?? '[]') as readonly unknown[];
      return images.length === 1 || undefined;
    });
    const { images } = stage.emulator.inventory().d ?? { images: [] };
    expect(images.map(({ name }) => name)).toContain(`${APPLICATION}-noble-x64`);
    expect(JSON.parse(bad.ourDatabag()['images'] ?? '[]')).toEqual([]);
  },
  LONGEST_MS,
);
