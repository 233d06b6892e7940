import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { APPLICATION, type CharmFixture, openCharmFixture } from '../support/charm-fixture.ts';
import type { Relation } from '../support/juju/unit-agent.ts';
import { findInClouds } from './find-in-clouds.ts';

const NAMES = [`${APPLICATION}-noble-x64`, `${APPLICATION}-jammy-x64`];
const WAIT_S = 90;
/** Long enough for several such waits, so that the failing wait reports its condition before the test times out. */
const LONGEST_MS = 300_000;

let stage: CharmFixture;
let near: Relation;
let far: Relation;

beforeAll(async () => {
  stage = await openCharmFixture({ folder: await mkdtemp(join(tmpdir(), 'charm-')), speed: 40 });
  await stage.deploy();
}, LONGEST_MS);

afterAll(() => stage.close(), LONGEST_MS);

const publishedIds = (relation: Relation): readonly string[] => {
  const images = JSON.parse(relation.ourDatabag()['images'] ?? '[]') as readonly { readonly id: string }[];
  return images.map(({ id }) => id);
};

/** Waits until each relation publishes two images, none of them among `old`. */
const waitForImages = (relations: readonly Relation[], old: readonly string[] = []): Promise<true> =>
  stage.until('two new images for each', WAIT_S, () => {
    const isPublished = (ids: readonly string[]): boolean =>
      ids.length === 2 && ids.every((id) => !old.includes(id));
    return relations.map(publishedIds).every(isPublished) || undefined;
  });

const waitUntilIdle = (): Promise<true> =>
  stage.until('no job to run', WAIT_S, async () => {
    const built = await stage.readBuilt();
    return built?.running.length === 0 && built.batch.total === built.batch.done ? true : undefined;
  });

const countServers = (): number => stage.emulator.inventory().a.serversEver.length;

/** Returns the names of these images in a cloud, without images that are not active or not of the project. */
const namesOf = (cloud: 'a' | 'b', project: string, ids: readonly string[]): readonly string[] => {
  const { images } = stage.emulator.inventory()[cloud];
  return ids.flatMap((id) => {
    const found = images.find((image) => image.id === id);
    return found?.status === 'active' && found.owner === project ? [found.name] : [];
  });
};

describe('the packed charm in front of two clouds', () => {
  test('without a consumer, the charm builds nothing and its status names the command to run', () => {
    expect(stage.agent.status).toEqual({
      status: 'blocked',
      message: expect.stringContaining(`juju integrate ${APPLICATION}:image`),
    });
    expect(countServers()).toBe(0);
  });

  jest.setTimeout(LONGEST_MS);

  test('each base is built once, and each consumer gets images that are active in its own project', async () => {
    near = await stage.integrate('near', 'neighbour');
    far = await stage.integrate('far', 'consumer');
    await waitForImages([near, far]);
    expect(namesOf('a', 'neighbour', publishedIds(near))).toEqual(NAMES);
    expect(namesOf('b', 'consumer', publishedIds(far))).toEqual(NAMES);
    expect(countServers()).toBe(2);
    await waitUntilIdle();
    await stage.agent.updateStatus();
    expect(stage.agent.status).toEqual({
      status: 'active',
      message: expect.stringContaining('next build'),
    });
  });

  test('a later consumer gets copies without a new build', async () => {
    const late = await stage.integrate('late', 'neighbour-b');
    await waitForImages([late]);
    expect(namesOf('b', 'neighbour', publishedIds(late))).toEqual(NAMES);
    expect(countServers()).toBe(2);
  });

  test('the builds of an action run once, although the daemon is killed and the charm upgraded during them', async () => {
    const old = [...publishedIds(near), ...publishedIds(far)];
    const { status, results } = await stage.agent.runAction('run', {});
    expect(status).toBe('completed');
    expect(results['build-ids']).toMatch(/^[0-9a-f]{12},[0-9a-f]{12}$/);
    await stage.until('a server', WAIT_S, () => countServers() > 2 || undefined);
    await stage.machine.killService(stage.paths.service, 'SIGKILL');
    await stage.agent.upgrade(stage.charm);
    await waitForImages([near, far], old);
    await waitUntilIdle();
    expect(countServers()).toBe(4);
  });

  test('after a reboot, the credentials are restored and the published images stay the same', async () => {
    const published = [publishedIds(near), publishedIds(far)];
    await stage.machine.reboot();
    expect(await readFile(stage.paths.cloudsYaml, 'utf8')).toContain('builder');
    await waitUntilIdle();
    expect([publishedIds(near), publishedIds(far)]).toEqual(published);
    expect(countServers()).toBe(4);
  });

  test('no secret appears on the machine or in the clouds', async () => {
    expect(await stage.machine.findText(stage.secrets)).toEqual([]);
    const inClouds = findInClouds(stage.emulator, stage.secrets);
    expect(inClouds).toEqual([]);
  });

  test('removing the charm leaves no service, process, file, server, port or keypair', async () => {
    await stage.agent.runAction('run', {});
    await stage.until('servers', WAIT_S, () => countServers() > 4 || undefined);
    await stage.agent.remove();
    await stage.until('empty clouds', WAIT_S, () => {
      const { servers, ports, keypairs } = stage.emulator.inventory().a;
      return [...servers, ...ports, ...keypairs].length === 0 || undefined;
    });
    expect(stage.machine.services()).toEqual([]);
    expect(await stage.machine.listFiles()).toEqual([]);
    expect(stage.machine.listProcesses()).toEqual([]);
    const all = Object.values(stage.emulator.inventory()).flatMap(({ images }) => images);
    expect(all.filter(({ status, name }) => status !== 'active' || name.includes('.building-'))).toEqual([]);
  });
});
