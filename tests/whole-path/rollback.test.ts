import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { APPLICATION, type CharmFixture, openCharmFixture } from '../support/charm-fixture.ts';
import type { Relation } from '../support/juju/unit-agent.ts';

const IMAGE = `${APPLICATION}-noble-x64`;
const WAIT_S = 90;
/** Long enough for several such waits, so that the failing wait reports its condition before the test times out. */
const LONGEST_MS = 300_000;

let stage: CharmFixture;
let relations: readonly Relation[];

beforeAll(async () => {
  stage = await openCharmFixture({
    ...{ folder: await mkdtemp(join(tmpdir(), 'charm-')), speed: 40 },
    ...{ config: { 'base-image': 'noble' }, unit: { jujuVersion: '4.0.15' } },
  });
  await stage.deploy();
  relations = [await stage.integrate('near', 'neighbour'), await stage.integrate('far', 'consumer')];
}, LONGEST_MS);

afterAll(() => stage.close(), LONGEST_MS);

jest.setTimeout(LONGEST_MS);

const publishedIds = (): readonly string[] => relations.map((relation) => relation.ourDatabag()['id'] ?? '');

/** Waits until each relation publishes an image and all of them differ from `old`, and returns their ids. */
const waitForOthers = (old: readonly string[]): Promise<readonly string[]> =>
  stage.until('another image for each', WAIT_S, () => {
    const ids = publishedIds();
    return ids.every((id) => id !== '' && !old.includes(id)) ? ids : undefined;
  });

const waitUntilIdle = (): Promise<true> =>
  stage.until('no job to run', WAIT_S, async () => {
    const built = await stage.readBuilt();
    return built?.running.length === 0 ? true : undefined;
  });

const countServers = (): number => stage.emulator.inventory().a.serversEver.length;

const countImages = (cloud: 'a' | 'b'): number =>
  stage.emulator.inventory()[cloud].images.filter(({ name }) => name === IMAGE).length;

describe('a rollback of the packed charm', () => {
  let first: readonly string[];
  let second: readonly string[];

  test('A rollback publishes the previous revision to every consumer without a build', async () => {
    first = await waitForOthers([]);
    await stage.agent.runAction('run', {});
    second = await waitForOthers(first);
    await waitUntilIdle();
    const servers = countServers();
    const task = await stage.agent.runAction('rollback', { image: IMAGE });
    expect(task.results).toMatchObject({
      image: IMAGE,
      consumers: { near: 'in seconds', far: 'in seconds' },
      until: `juju run ${APPLICATION}/leader unpin image=${IMAGE}`,
    });
    expect(await waitForOthers(second)).toEqual(first);
    expect(countServers()).toBe(servers);
  });

  test('A pinned revision and its copies stay published and exist although newer ones are built', async () => {
    for (const more of [1, 2]) {
      const servers = countServers();
      await stage.agent.runAction('run', {});
      await stage.until(`server ${more}`, WAIT_S, () => countServers() === servers + 1 || undefined);
      await stage.until('another image', WAIT_S, async () => {
        const built = await stage.readBuilt();
        return built?.running.length === 0 && built.answered.length > 0 ? true : undefined;
      });
    }
    await waitUntilIdle();
    await stage.agent.updateStatus();
    expect(publishedIds()).toEqual(first);
    const ids = [...stage.emulator.inventory().a.images, ...stage.emulator.inventory().b.images]
      .filter(({ status }) => status === 'active')
      .map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining([...first]));
    expect(countImages('b')).toBe(2); // newer revisions are not copied
  });

  test('After unpin, the newest revision is copied and published', async () => {
    const pinned = publishedIds();
    expect((await stage.agent.runAction('unpin', { image: IMAGE })).status).toBe('completed');
    const newest = await waitForOthers([...pinned, ...second]);
    expect(newest).toHaveLength(2);
    await waitUntilIdle();
  });
});
