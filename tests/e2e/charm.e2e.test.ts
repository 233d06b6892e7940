import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Relation } from '../support/juju/unit-agent.ts';
import { type BuilderUser, createBuilderUser, listServersEver } from './support/builder-user.ts';
import { APPLICATION, type Deployment, deployCharm } from './support/charm-on-lab.ts';
import { describeImage, wipeImages } from './support/copies.ts';
import { takeInventory } from './support/inventory.ts';
import { consumerDatabag } from './support/lab-credentials.ts';
import type { Mirror } from '../support/mirror.ts';
import { startTinyMirror } from './support/run-on-lab.ts';

const SCRIPT_TOKEN = 'planted-script-token-5e1f';
const CONSUMER_CLOUDS = ['consumer', 'neighbour', 'neighbour-b'];
const SERVERS = `${APPLICATION}-`;

let mirror: Mirror;
let user: BuilderUser;
let charm: Deployment;
let startedWith: Awaited<ReturnType<typeof takeInventory>>;
let serversBefore: number;
const relations = new Map<string, Relation>();

/** Returns the images that are published for the consumer with this cloud: noble's, then jammy's. */
const publishedImages = (cloud: string): readonly { readonly id: string; readonly tags: string }[] => {
  const { images = '[]' } = relations.get(cloud)?.ourDatabag() ?? {};
  return JSON.parse(images) as { id: string; tags: string }[];
};

const publishedIds = (cloud: string): readonly string[] => publishedImages(cloud).map(({ id }) => id);

const integrate = async (cloud: string): Promise<void> => {
  const relation = charm.agent.relate('image', `runners-${cloud}`);
  relation.addUnit(`runners-${cloud}/0`, await consumerDatabag(cloud));
  relations.set(cloud, relation);
  await charm.agent.waitForIdle();
};

/** Waits until two images are published for the consumer, neither of which is among `old`. */
const waitForImages = (
  cloud: string,
  seconds: number,
  old: readonly string[] = [],
): Promise<readonly string[]> =>
  charm.until(`two new images for ${cloud}`, seconds, async () => {
    const ids = publishedIds(cloud);
    return Promise.resolve(ids.length === 2 && ids.every((id) => !old.includes(id)) ? ids : undefined);
  });

const waitUntilIdle = (seconds: number): Promise<true> =>
  charm.until('no job to run', seconds, async () => {
    const built = await charm.readBuilt();
    return built?.running.length === 0 && built.batch.total === built.batch.done ? true : undefined;
  });

const countServers = async (): Promise<number> => (await listServersEver(SERVERS)).length - serversBefore;

const statusOf = async (cloud: string, id: string): Promise<unknown> =>
  (await describeImage(cloud, id))?.['status'];

/** Restarts the daemon with a clock that is ahead and with another interval between its ticks. */
const restartDaemon = async (hoursAhead: number, tickSeconds: number): Promise<void> => {
  const { machine, paths } = charm;
  await machine.editServiceFile(paths.service, (text) =>
    text.replace(
      /^(ExecStart=.*?)( --clock-offset-hours .*)?$/m,
      `$1 --clock-offset-hours ${hoursAhead} --tick-seconds ${tickSeconds}`,
    ),
  );
  await machine.restartService(paths.service);
};

beforeAll(async () => {
  mirror = await startTinyMirror();
  for (const cloud of CONSUMER_CLOUDS) await wipeImages(cloud, 'e2e-');
  user = await createBuilderUser(APPLICATION);
  startedWith = await takeInventory();
  serversBefore = (await listServersEver(SERVERS)).length;
  charm = await deployCharm(user, mirror, SCRIPT_TOKEN);
});

afterAll(async () => {
  await charm.machine.close();
  await user.delete();
  await mirror.close();
  for (const cloud of [...CONSUMER_CLOUDS, 'builder']) await wipeImages(cloud, 'e2e-');
});

describe('the charm on a real OpenStack', () => {
  test('The charm asks for an integration and builds nothing before there is one', async () => {
    expect(charm.agent.model.status).toEqual({
      status: 'blocked',
      message: expect.stringContaining(`juju integrate ${APPLICATION}:image`),
    });
    expect(await countServers()).toBe(0);
  });

  test('Two bases are built concurrently, and each consumer gets images that are active in its own project', async () => {
    await integrate('consumer');
    await integrate('neighbour');
    let mostAtOnce = 0;
    await charm.until('images for both', 400, async () => {
      const running = (await charm.readBuilt())?.running ?? [];
      mostAtOnce = Math.max(mostAtOnce, running.filter(({ kind }) => kind === 'build').length);
      return publishedIds('consumer').length === 2 && publishedIds('neighbour').length === 2
        ? true
        : undefined;
    });
    expect(mostAtOnce).toBe(2);
    expect(await countServers()).toBe(2);
    for (const cloud of ['consumer', 'neighbour']) {
      expect(publishedImages(cloud).map(({ tags }) => tags)).toEqual(['x64,noble', 'x64,jammy']);
      for (const [index, base] of ['noble', 'jammy'].entries()) {
        expect(await describeImage(cloud, publishedIds(cloud)[index] ?? '')).toMatchObject({
          name: `${APPLICATION}-${base}-x64`,
          status: 'active',
          image_builder_application: APPLICATION,
        });
      }
    }
    const [consumer, neighbour] = [publishedIds('consumer'), publishedIds('neighbour')];
    expect(consumer.filter((id) => neighbour.includes(id))).toEqual([]);
    await waitUntilIdle(60);
    await charm.agent.updateStatus();
    expect(charm.agent.model.status).toEqual({
      status: 'active',
      message: expect.stringContaining('next build'),
    });
  });

  test('A later consumer gets copies without a build, and a consumer in a known project gets the same images', async () => {
    await integrate('neighbour-b');
    const copies = await waitForImages('neighbour-b', 120);
    for (const id of copies) expect(await statusOf('neighbour-b', id)).toBe('active');
    relations.set('twin', charm.agent.relate('image', 'twin'));
    relations.get('twin')?.addUnit('twin/0', await consumerDatabag('consumer'));
    await charm.agent.waitForIdle();
    expect(await waitForImages('twin', 60)).toEqual(publishedIds('consumer'));
    expect(await countServers()).toBe(2);
    const ours = (await takeInventory('consumer')).images.filter(({ name }) => name.startsWith(APPLICATION));
    expect(ours).toHaveLength(2);
  });

  test('A consumer with wrong or incomplete credentials does not affect other consumers', async () => {
    const before = publishedIds('consumer');
    const right = await consumerDatabag('neighbour');
    for (const [name, data] of [
      ['wrong', { ...right, password: 'wrong' }],
      ['few', { ...right, password: '' }],
    ] as const) {
      relations.set(name, charm.agent.relate('image', name));
      relations.get(name)?.addUnit(`${name}/0`, data);
    }
    await charm.agent.waitForIdle();
    await charm.until('the wrong password to be refused', 60, async () => {
      const failures = (await charm.readBuilt())?.clouds.map(({ failure }) => failure?.kind);
      return failures?.includes('denied') === true ? true : undefined;
    });
    await charm.agent.updateStatus();
    expect(charm.agent.model.status).toEqual({
      status: 'active',
      message: expect.stringMatching(/^wrong is refused by its cloud/),
    });
    expect([publishedIds('wrong'), publishedIds('few'), publishedIds('consumer')]).toEqual([[], [], before]);
    for (const name of ['wrong', 'few']) relations.get(name)?.break();
    await charm.agent.waitForIdle();
  });
});

describe('a revision', () => {
  test('The run action builds a new revision of each image', async () => {
    const old = [...publishedIds('consumer'), ...publishedIds('neighbour'), ...publishedIds('neighbour-b')];
    const action = await charm.agent.runAction('run', {});
    expect(action.status).toBe('completed');
    expect(action.results['build-ids']).toMatch(/^[0-9a-f]{12},[0-9a-f]{12}$/);
    for (const cloud of CONSUMER_CLOUDS) await waitForImages(cloud, 400, old);
    expect(await countServers()).toBe(4);
    for (const id of old.slice(0, 2)) expect(await statusOf('consumer', id)).toBe('active'); // two revisions are kept
  });

  test('A revision is not pruned while a databag names it, even after newer builds, and is pruned afterwards', async () => {
    await waitUntilIdle(60);
    const published = publishedIds('consumer');
    const release = charm.agent.hold();
    await restartDaemon(24, 1); // ticks come faster than the clouds respond, so they overlap
    const killed = await charm.until('a server of the new build', 120, async () =>
      (await countServers()) > 4 ? true : undefined,
    );
    expect(killed).toBe(true);
    await charm.machine.killService(charm.paths.service, 'SIGKILL');
    await charm.until('six servers, all gone', 300, async () => {
      const servers = await listServersEver(SERVERS);
      const isDone =
        servers.length - serversBefore === 6 && servers.every(({ status }) => status === 'DELETED');
      return isDone ? true : undefined;
    });
    await waitUntilIdle(120);
    await restartDaemon(48, 15);
    await charm.until('eight servers', 300, async () => ((await countServers()) === 8 ? true : undefined));
    await waitUntilIdle(300);
    expect(publishedIds('consumer')).toEqual(published);
    for (const id of published) expect(await statusOf('consumer', id)).toBe('active');
    release();
    await waitForImages('consumer', 120, published);
    await charm.until('the old revisions to go', 120, async () => {
      const left = await Promise.all(published.map((id) => statusOf('consumer', id)));
      return left.every((status) => status === undefined) ? true : undefined;
    });
    expect(await countServers()).toBe(8);
  });
});

describe('credentials', () => {
  test('The charm uses a rotated password', async () => {
    await restartDaemon(48, 15);
    await user.rotatePassword();
    await charm.until('the old password to be refused', 120, async () => {
      const cloud = (await charm.readBuilt())?.clouds.find(({ cloudId }) => cloudId === 'builder');
      return cloud?.failure?.kind === 'denied' ? true : undefined;
    });
    await charm.agent.updateSecret(charm.passwordSecret, { password: user.password() });
    await charm.agent.waitForIdle();
    await charm.until('the new password to be used', 60, async () => {
      const cloud = (await charm.readBuilt())?.clouds.find(({ cloudId }) => cloudId === 'builder');
      return cloud !== undefined && cloud.failure === undefined ? true : undefined;
    });
  });

  test('Credentials are in no file outside the run folder', async () => {
    const secrets = [user.password(), SCRIPT_TOKEN, (await consumerDatabag('consumer'))['password'] ?? ''];
    expect(await charm.machine.findText(secrets)).toEqual([]);
    expect(await readFile(charm.paths.cloudsYaml, 'utf8')).toContain(user.password()); // shows that the search can find it
  });
});

describe('a consumer that departs', () => {
  test('A consumer that departs and returns gets its images again without a build', async () => {
    const ids = publishedIds('neighbour');
    relations.get('neighbour')?.break();
    await charm.agent.waitForIdle();
    await integrate('neighbour');
    expect(await waitForImages('neighbour', 60)).toEqual(ids);
    expect(await countServers()).toBe(8);
  });
});

describe('removal', () => {
  test('Removing the charm during a build leaves no service, process, file, server, port or keypair', async () => {
    await charm.agent.runAction('run', {});
    await charm.until('servers', 120, async () => ((await countServers()) === 10 ? true : undefined));
    await charm.agent.remove();
    await charm.until('all to be gone', 180, async () => {
      const { servers, ports } = await takeInventory();
      const keypairs = await user.listKeypairs();
      const isClean =
        servers.length === startedWith.servers.length &&
        ports.length === startedWith.ports.length &&
        keypairs.length === 0;
      return isClean ? true : undefined;
    });
    expect(charm.machine.services()).toEqual([]);
    await charm.until('the end of the last jobs', 60, () => {
      return charm.machine.listProcesses().length === 0 || undefined;
    });
    expect(await charm.machine.listFiles()).toEqual([]);
    const unfinished = (await takeInventory()).images.filter(({ name }) => name.includes('.building-'));
    expect(unfinished).toEqual([]);
  });
});
