import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { APPLICATION, type CharmFixture, openCharmFixture } from '../support/charm-fixture.ts';
import type { Relation } from '../support/juju/unit-agent.ts';
import { SPELLINGS } from '../support/spellings.ts';
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

/** Returns the password of the build cloud in three of the spellings that a gateway may use. */
const spelled = (): readonly string[] => {
  const { password = '' } = stage.emulator.credentials('builder');
  return ['URL-encoded in lower case', 'in decimal HTML entities', 'in base64 after u:'].map(
    (name) => SPELLINGS[name]?.(password) ?? '',
  );
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

  test('The log of Juju has one line for each build and each copy, and a record of each build for dashboards', async () => {
    await stage.agent.updateStatus();
    const messages = stage.agent.model.log.map(({ message }) => message);
    const begins = (start: string): readonly string[] => messages.filter((text) => text.startsWith(start));
    for (const name of NAMES) {
      expect(begins(`build of ${name} succeeded in `)).toHaveLength(1);
      for (const consumer of ['near', 'far'])
        expect(begins(`copy of ${name} to ${consumer} succeeded in `)).toHaveLength(1);
    }
    const records = begins('{"log_type"').map(
      (text) => JSON.parse(text) as Readonly<Record<string, unknown>>,
    );
    const of = (base: string): object =>
      expect.objectContaining({ log_type: 'image_build', cloud_images_count: 1, arch: 'x64', bases: [base] });
    expect(records.map(({ bases }) => String(bases)).sort()).toEqual(['jammy', 'noble']);
    expect(records).toEqual(expect.arrayContaining([of('noble'), of('jammy')]));
  });

  test('a later consumer gets copies without a new build', async () => {
    const late = await stage.integrate('late', 'neighbour-b');
    await waitForImages([late]);
    expect(namesOf('b', 'neighbour', publishedIds(late))).toEqual(NAMES);
    expect(countServers()).toBe(2);
  });

  test('The actions preflight and prune report their outcome under the id that they return', async () => {
    const run = async (
      name: string,
      params: Readonly<Record<string, string | boolean>> = {},
    ): Promise<unknown> => {
      const { results } = await stage.agent.runAction(name, params);
      const id = results['id'] as string;
      return stage.until(`the end of ${name}`, WAIT_S, async () => {
        const shown = (await stage.agent.runAction('show-build', { id })).results;
        return /waiting|running/.test(shown['outcome'] as string) ? undefined : shown;
      });
    };
    const checks = await run('preflight');
    // objectContaining prints the failed checks too
    expect(checks).toEqual(expect.objectContaining({ kind: 'preflight', outcome: 'succeeded' }));
    const { checks: text } = checks as { readonly checks: string };
    expect(text).toMatch(/^ok: build cloud: login: project .*/);
    expect(text).toMatch(/^ok: far: image service: /m);
    expect(text).toMatch(/^ok: external script: /m);
    expect(text).not.toMatch(/^failed/m);
    expect(await run('prune')).toMatchObject({
      ...{ kind: 'prune-clouds', outcome: 'succeeded' },
      things: expect.stringContaining('kept: one of the newest'),
    });
    const former = stage.emulator.cloud('b').addImage({
      ...{ name: NAMES[0] ?? '', owner: 'consumer', data: Buffer.from('of the Python charm') },
    });
    const line = `image ${NAMES[0] ?? ''} (${former.id})`;
    expect(await run('prune', { legacy: true })).toMatchObject({
      things: expect.stringContaining(`far: ${line} would be deleted: of the Python charm`),
    });
    expect(await run('prune', { legacy: true, 'dry-run': false })).toMatchObject({
      things: expect.stringContaining(`far: ${line} deleted: of the Python charm`),
    });
    expect(stage.emulator.inventory().b.images.map(({ id }) => id)).not.toContain(former.id);
    expect(publishedIds(far).length).toBe(2);
  });

  test('the builds of an action run once, although the daemon is killed and the charm upgraded during them', async () => {
    const old = [...publishedIds(near), ...publishedIds(far)];
    const { status, results } = await stage.agent.runAction('run', {});
    expect(status).toBe('completed');
    expect(results['build-ids']).toMatch(/^[0-9a-f]{12},[0-9a-f]{12}$/);
    await stage.until('a server', WAIT_S, () => countServers() > 2 || undefined);
    await stage.machine.killService(stage.paths.service, 'SIGKILL');
    await stage.agent.upgrade(stage.charm);
    const [buildId = ''] = (results['build-ids'] as string).split(',');
    const during = await stage.agent.runAction('show-build', { id: buildId });
    expect(during.results).toMatchObject({ image: NAMES[0], reason: expect.stringContaining('action') });
    await waitForImages([near, far], old);
    await waitUntilIdle();
    expect(countServers()).toBe(4);
    const after = await stage.agent.runAction('show-build', { id: buildId });
    expect(after.results).toMatchObject({
      outcome: 'succeeded',
      copies: expect.stringMatching(/^(?=[^]*\bnear: copied, [0-9a-f-]{36}, )[^]*\bfar: copied, /),
      steps: expect.stringContaining('s create image'),
      log: expect.stringContaining('step finished'),
    });
    expect((await stage.agent.runAction('list-builds', {})).results['builds']).toMatchObject({
      [buildId]: { outcome: 'succeeded' },
    });
  });

  test('after a reboot, the credentials are restored and the published images stay the same', async () => {
    const published = [publishedIds(near), publishedIds(far)];
    await stage.machine.reboot();
    expect(await readFile(stage.paths.cloudsYaml, 'utf8')).toContain('builder');
    await waitUntilIdle();
    expect([publishedIds(near), publishedIds(far)]).toEqual(published);
    expect(countServers()).toBe(4);
  });

  test('A password that a gateway echoes is redacted in the report and in the status', async () => {
    const gateway = stage.emulator.cloud('a').faults.add({
      at: 'POST /compute/v2.1/servers',
      fault: { status: 400, body: { badRequest: { message: `refused: ${spelled().join(' ')}` } } },
    });
    await stage.agent.runAction('run', {});
    const reason = await stage.until('a failed build', WAIT_S, async () => {
      const built = await stage.readBuilt();
      return built?.failures.find(({ message }) => message.includes('refused'))?.message;
    });
    expect(reason).toMatch(/refused: \S*\[secret\]\S* \S*\[secret\]\S* \S*\[secret\]/);
    await waitUntilIdle();
    await stage.agent.updateStatus();
    gateway.takeBack();
  });

  test('no secret appears on the machine or in the clouds, in no spelling', async () => {
    const secrets = [...stage.secrets, ...spelled()];
    expect(await stage.machine.findText(secrets)).toEqual([]);
    const shown = JSON.stringify([stage.agent.model.statusHistory, stage.agent.model.log]);
    expect(secrets.filter((secret) => shown.includes(secret))).toEqual([]);
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
    await stage.until('the end of the last jobs', WAIT_S, () => {
      return stage.machine.listProcesses().length === 0 || undefined;
    });
    expect(await stage.machine.listFiles()).toEqual([]);
    const all = Object.values(stage.emulator.inventory()).flatMap(({ images }) => images);
    expect(all.filter(({ status, name }) => status !== 'active' || name.includes('.building-'))).toEqual([]);
  });
});
