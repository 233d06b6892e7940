import { mkdtemp, readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { APPLICATION, type CharmFixture, openCharmFixture } from '../support/charm-fixture.ts';
import type { Relation } from '../support/juju/unit-agent.ts';
import { formerMetadata, formerResult, runConfigOf } from './former-files.ts';
import { type FormerBuild, packIdleCharm, startFormerBuild } from './former-unit.ts';

const IMAGE = `${APPLICATION}-noble-x64`;
const WAIT_S = 90;
const LONGEST_MS = 300_000;

let stage: CharmFixture;
let consumer: Relation;
let build: FormerBuild;

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'charm-'));
  const config = { 'base-image': 'noble' };
  stage = await openCharmFixture({ folder, speed: 40, config, packFirst: packIdleCharm });
  await stage.deploy();
  consumer = await stage.integrate('far', 'consumer');
  build = await startFormerBuild(stage, 'consumer');
  const cloud = stage.emulator.cloud('a');
  const metadata = { ...formerMetadata(build.unit, build.process), image_builder_kind: 'server' };
  cloud.addServer({ id: build.unit.serverId, name: `${APPLICATION}-image-builder-noble-x64`, metadata });
}, LONGEST_MS);

afterAll(async () => {
  build.kill();
  await stage.close();
}, LONGEST_MS);

jest.setTimeout(LONGEST_MS);

const inventory = () => stage.emulator.inventory();
const readJournal = async (): Promise<unknown> => JSON.parse(await readFile(stage.paths.journal, 'utf8'));

const waitForLog = (text: string): Promise<true> =>
  stage.until(text, WAIT_S, async () => {
    const log = await readFile(join(stage.paths.log, 'scheduler.log'), 'utf8').catch(() => '');
    return log.includes(text) || undefined;
  });

/** Ends the build as 0.1.0 does: the image is copied, its server is gone, and its result is printed. */
async function endBuild(): Promise<string> {
  const { unit, process } = build;
  const more = { image_builder_kind: 'runner', image_builder_run_config: runConfigOf(unit) };
  const properties = { ...formerMetadata(unit, process), image_builder_image_name: IMAGE, ...more };
  const add = (cloud: 'a' | 'b', owner: string, source: object): string =>
    stage.emulator.cloud(cloud).addImage({
      ...{ name: IMAGE, owner, data: Buffer.from('image of 0.1.0') },
      properties: { ...properties, ...source },
    }).id;
  const id = add('a', 'builder', {});
  const copy = add('b', 'consumer', { image_builder_source_image_id: id });
  stage.emulator.cloud('a').state.servers.delete(unit.serverId);
  await build.end(formerResult(unit, id, copy));
  return copy;
}

describe('a unit of version 0.1.0 that is refreshed during a build', () => {
  test('The new daemon adopts the running build and starts no other', async () => {
    await stage.agent.upgrade(stage.charm);
    await waitForLog('job adopted');
    await waitForLog('"reason":"being built"');
    expect((await stage.readBuilt())?.running).toMatchObject([{ kind: 'build', subject: IMAGE }]);
    expect(inventory().a.serversEver).toHaveLength(1);
    expect(inventory().a.servers).toHaveLength(1);
  });

  test('The result of the build is recorded, and the consumer gets the id of its copy', async () => {
    const copy = await endBuild();
    await stage.until('the published id', WAIT_S, () => consumer.ourDatabag()['id'] === copy || undefined);
    await waitForLog('"reason":"fresh until'); // the next plan builds nothing
    expect(await readJournal()).toMatchObject({
      built: { [IMAGE]: { buildId: build.unit.buildId } },
      endedBuilds: [build.unit.buildId],
      failures: {},
    });
    await stage.agent.updateStatus();
    expect(stage.agent.status).toEqual({ status: 'active', message: expect.stringContaining('next build') });
    expect(consumer.ourDatabag()['id']).toBe(copy);
  });

  test('Nothing was built twice, and nothing is left of the build or of the program of 0.1.0', async () => {
    expect(inventory().a.serversEver).toHaveLength(1);
    for (const cloud of [inventory().a, inventory().b]) {
      expect(cloud.images.filter(({ name }) => name === IMAGE)).toHaveLength(1);
      expect(cloud.images.filter(({ status }) => status !== 'active')).toEqual([]);
    }
    expect([inventory().a.servers, inventory().a.keypairs]).toEqual([[], []]);
    await stage.agent.upgrade(stage.charm); // the next upgrade deletes programs that no process uses
    expect(await readdir(stage.paths.programs)).not.toContain('0'.repeat(64));
    await stage.agent.remove();
    expect(await stage.machine.listFiles()).toEqual([]);
    expect(stage.machine.listProcesses()).toEqual([]);
  });
});
