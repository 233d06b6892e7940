import { existsSync, lstatSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { APPLICATION, type CharmFixture, openCharmFixture } from '../support/charm-fixture.ts';
import type { ConfigChange } from '../support/juju/model/config-values.ts';
import { CRONTAB, packPythonCharm } from '../support/juju/charm/pack-python-charm.ts';
import type { Era } from '../support/juju/charm/python-charm.ts';
import { readPeersForPython } from '../support/docs/way-back.ts';
import { NEEDED_BY_2024, otherFilesOf } from '../support/juju/charm/python-host.ts';

const UNIT = `${APPLICATION}/0`;
const IMAGE = `${APPLICATION}-noble-x64`;
const WAIT_S = 120;

jest.setTimeout(300_000);

/** Sets the options as the operator of an era did. */
function optionsOf(era: Era, { agent, emulator, mirror, scriptToken }: CharmFixture): ConfigChange {
  const { password = '' } = emulator.credentials('builder');
  const common = {
    architecture: 'amd64',
    'base-image': 'noble',
    'openstack-auth-url': emulator.cloud('a').authUrl,
    'openstack-project-domain-name': 'Default',
    'openstack-project-name': 'builder',
    'openstack-user-domain-name': 'Default',
    'openstack-user-name': 'builder',
    'revision-history-limit': 2,
    'script-url': `${mirror.url}/script.sh`,
  };
  if (era === 'matrix')
    return {
      ...common,
      'app-channel': 'stable',
      'experimental-external-build': true,
      'experimental-external-build-flavor': 'LAB.runner', // the Python charm lower-cased it
      'experimental-external-build-network': 'lab',
      'openstack-password': password,
      'script-secret': `api-token=${scriptToken}`,
    };
  const login = agent.addSecret('login', { password });
  const script = agent.addSecret('script-of-2026', { 'api-token': scriptToken });
  for (const secret of [login, script]) agent.grantSecret(secret);
  const secrets = { 'openstack-password-secret': login, 'script-secret-id': script };
  return { ...common, 'build-flavor': 'lab.runner', 'build-network': 'lab', ...secrets };
}

describe.each([
  ['matrix', '3.6.28'],
  ['matrix', '4.0.15'],
  ['secrets', '3.6.28'],
  ['secrets', '4.0.15'],
] as const)('a unit of the era %s under Juju %s', (era, jujuVersion) => {
  let stage: CharmFixture;
  let folder = '';
  let python = '';
  let oldId = '';
  let kept: readonly string[] = [];

  const isThere = (path: string): boolean =>
    lstatSync(join(stage.machine.root, path), { throwIfNoEntry: false }) !== undefined;
  const listPresent = (paths: readonly string[]): readonly string[] => paths.filter(isThere);
  const databag = () => stage.agent.model.relations[0]?.ourUnit ?? {};
  const listImages = (): readonly string[] =>
    (['a', 'b'] as const).flatMap((cloud) => stage.emulator.inventory()[cloud].images.map(({ id }) => id));
  /** Sets options that the Python charm lacks, and that a refresh to it drops: the mirror stands for the internet. */
  const useMirror = (): void => {
    stage.agent.model.config.set('cloud-images-url', stage.mirror.url);
    stage.agent.model.config.set('runner-releases-url', `${stage.mirror.url}/releases`);
  };
  const serviceState = (): string | undefined =>
    stage.machine.services().find(({ name }) => name === stage.paths.service)?.state;
  const hasStopped = (): boolean => /^(inactive|failed)$/.test(serviceState() ?? '');

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'charm-'));
    const packFirst = async (to: string): Promise<string> =>
      (python = await packPythonCharm(era, UNIT, { folder: to }));
    const unit = { base: 'ubuntu@22.04', jujuVersion };
    stage = await openCharmFixture({ folder, speed: 40, packFirst, unit });
    await stage.agent.deploy({ config: optionsOf(era, stage) });
    await stage.integrate('far', 'consumer');
    const add = (cloud: 'a' | 'b', owner: string, name: string): string =>
      stage.emulator.cloud(cloud).addImage({ name, owner, data: Buffer.from(name) }).id;
    oldId = add('b', 'consumer', IMAGE);
    kept = [
      oldId,
      add('b', 'consumer', IMAGE), // an older revision
      add('b', 'consumer', `${APPLICATION}-2-noble-x64`), // of another application
      add('a', 'builder', `${APPLICATION}-image-builder-base-noble-x64`),
      add('a', 'builder', 'image-builder-base-noble-x64'), // shared by all applications of 2024
    ];
    const images = JSON.stringify([{ id: oldId, tags: 'x64,noble' }]);
    Object.assign(databag(), { id: oldId, tags: 'x64,noble', images });
    useMirror();
  });

  afterAll(() => stage.close());

  test('The refresh stops the crontab at once, and keeps the image and the files until there is a new image', async () => {
    expect(isThere(CRONTAB)).toBe(true);
    const { statusHistory } = stage.agent.model;
    const former = statusHistory.length;
    await stage.agent.upgrade(stage.charm);
    expect(databag()['id']).toBe(oldId);
    expect(isThere(CRONTAB)).toBe(false);
    const files = [...otherFilesOf(era, APPLICATION), ...NEEDED_BY_2024];
    expect(listPresent(files)).toEqual(files);
    const isBuilding = (): boolean =>
      statusHistory.slice(former).some(({ status }) => status === 'waiting' || status === 'maintenance');
    await stage.until('a status about the first image', WAIT_S, () => isBuilding() || undefined);
  });

  test('The first image of this charm replaces the published one, whose id is never blank', async () => {
    const ids = new Set<string>();
    await stage.until('a new image', WAIT_S, () => {
      ids.add(databag()['id'] ?? '');
      return ids.size > 1 || undefined;
    });
    expect([...ids][0]).toBe(oldId);
    expect(ids).not.toContain('');
    await stage.until(
      'the removal of the traces',
      WAIT_S,
      () => !isThere('home/ubuntu/clouds.yaml') || undefined,
    );
    await stage.agent.updateStatus();
    expect(stage.agent.status.status).toBe('active');
  });

  test('The traces are gone, except what the Python charm would miss, and no image of others is touched', () => {
    expect(listPresent(otherFilesOf(era, APPLICATION))).toEqual([]);
    expect(listPresent(NEEDED_BY_2024)).toEqual(era === 'matrix' ? NEEDED_BY_2024 : []);
    expect(listImages()).toEqual(expect.arrayContaining([...kept]));
  });

  if (jujuVersion.startsWith('4.')) {
    test('Juju 4.0 refuses a refresh back until the Python charm has the peer relation', async () => {
      await expect(stage.agent.upgrade(python)).rejects.toThrow('no corresponding peer relation "peers"');
      python = await packPythonCharm(era, UNIT, { folder, moreMetadata: readPeersForPython() });
    });
  }

  test('The Python charm works after a refresh back, and the scheduler stops', async () => {
    const published = databag()['id'];
    await stage.agent.upgrade(python);
    expect(stage.agent.status.status).not.toBe('error');
    expect(await stage.agent.execute('JUJU_DISPATCH_PATH=run ./dispatch')).toMatchObject({ code: 0 });
    expect(listPresent([CRONTAB, 'home/ubuntu/clouds.yaml'])).toHaveLength(2);
    expect(databag()['id']).toBe(published);
    await stage.machine.killService(stage.paths.service, 'SIGKILL'); // its successor reports at once
    await stage.until('no credentials', WAIT_S, () => !existsSync(stage.paths.cloudsYaml) || undefined);
    await stage.until('the end of the scheduler', WAIT_S, () => hasStopped() || undefined);
    expect(await stage.machine.journal(stage.paths.service)).toContain('refreshed to another charm');
  });

  test('A second refresh to this charm starts the scheduler, builds nothing and removes the traces again', async () => {
    const [published, servers] = [databag()['id'], stage.emulator.inventory().a.serversEver.length];
    useMirror();
    await stage.agent.upgrade(stage.charm);
    await stage.until(
      'the removal of the traces',
      WAIT_S,
      () => !isThere('home/ubuntu/clouds.yaml') || undefined,
    );
    expect([serviceState(), isThere(CRONTAB), databag()['id']]).toEqual(['active', false, published]);
    expect(stage.emulator.inventory().a.serversEver).toHaveLength(servers);
  });

  test('A removed unit leaves no trace of the Python charm', async () => {
    await stage.agent.remove();
    expect(listPresent([...otherFilesOf(era, APPLICATION), ...NEEDED_BY_2024, CRONTAB])).toEqual([]);
  });
});
