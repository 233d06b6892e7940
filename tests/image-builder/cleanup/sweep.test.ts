import { describe, expect, test } from '@jest/globals';
import { sweepLeftovers } from '../../../src/image-builder/cleanup/sweep.ts';
import { CancelledError } from '../../../src/model/errors.ts';
import { encodeKeypairComment } from '../../../src/model/cloud/keypair-comment.ts';
import { OWNER_KEYS, type Owner, encodeOwner } from '../../../src/model/owner.ts';
import { failureOf } from '../../support/cloud-fixture.ts';
import { OWNER, PUBLIC_KEY, useTestTools } from '../make-test-tools.ts';
import { changeImage } from '../../support/openstack/glance/images.ts';
import { useEmulator } from '../use-emulator.ts';
import { uuidOf } from '../../support/uuid-of.ts';

const at = useEmulator();
const makeTools = useTestTools(at);
const FOREIGN: Owner = { ...OWNER, application: 'other' };
const OTHER_MODEL: Owner = { ...OWNER, modelUuid: 'model-2' };
const LONG_AGO = '2026-11-01T08:00:00Z';

const RECENT = '2026-11-21T07:00:00Z';

const addServer = (
  word: string,
  process: string,
  owner: Owner = OWNER,
  created = RECENT,
  more: Readonly<Record<string, string>> = {},
): void => {
  const metadata = { ...encodeOwner(owner), [OWNER_KEYS.process]: process, ...more };
  at.openstack.addServer({ id: uuidOf(word), name: `name-${word}`, created, metadata });
};
const addImage = (word: string, process: string, change: object = {}, owner: Owner = OWNER): void => {
  const own = { ...encodeOwner(owner), [OWNER_KEYS.kind]: 'runner', [OWNER_KEYS.process]: process };
  at.add({ id: uuidOf(word), name: 'noble.building-b1', created_at: RECENT, ...own, ...change });
};
const addKeypair = (name: string, comment: string): void => {
  const { userId } = at.openstack.account('builder');
  at.openstack.state.keypairs.push({ userId, name, public_key: `${PUBLIC_KEY}${comment}`, fingerprint: '' });
};
const addOwnKeypair = (name: string, process: string, owner: Owner = OWNER): void => {
  addKeypair(name, ` ${encodeKeypairComment(owner, process)}`);
};

const deleted = () =>
  at.calls().flatMap((call) => (call.startsWith('DELETE') ? [call.split('/').at(-1)] : []));
/** The ids of all servers, images and keypairs. */
const left = () => [
  ...at.openstack.state.servers.keys(),
  ...at.images.keys(),
  ...at.openstack.state.keypairs.map(({ name }) => name),
];

describe('a sweep', () => {
  test('A sweep deletes the unfinished layers of dead builds, and finished ones after a day', async () => {
    const layer = { [OWNER_KEYS.kind]: 'layer' };
    addImage('unfinished', 'dead', layer);
    addImage('running', 'alive', layer);
    addImage('recent', 'dead', { ...layer, name: 'noble.layer' });
    addImage('old', 'dead', { ...layer, name: 'noble.layer', created_at: LONG_AGO });
    await sweepLeftovers(at.cloud, makeTools().tools);
    expect(left().toSorted()).toEqual([uuidOf('recent'), uuidOf('running')].toSorted());
  });

  test('A sweep deletes the server, unfinished images and keypair of a dead build', async () => {
    addServer('s1', 'dead');
    addOwnKeypair('k1', 'dead');
    addImage('i1', 'dead');
    const newest = { created_at: '2026-11-21T07:30:00Z', status: 'queued' };
    addImage('i2', 'dead', { [OWNER_KEYS.kind]: 'base', name: 'base', ...newest });
    const { tools, warnings } = makeTools();
    expect(await sweepLeftovers(at.cloud, tools)).toEqual([
      `server name-s1 (${uuidOf('s1')})`,
      `image base (${uuidOf('i2')})`,
      `image noble.building-b1 (${uuidOf('i1')})`,
      'keypair k1',
    ]);
    expect(deleted()).toEqual([uuidOf('s1'), uuidOf('i2'), uuidOf('i1'), 'k1']);
    expect([left(), warnings]).toEqual([[], []]);
  });

  test('A sweep keeps an image that its build finished after the list of images, and before the build ended', async () => {
    addImage('i1', 'ending');
    const findProcessState = (): 'dead' => {
      changeImage(at.openstack.state, uuidOf('i1'), { name: 'noble' });
      return 'dead';
    };
    expect(await sweepLeftovers(at.cloud, makeTools({ findProcessState }).tools)).toEqual([]);
    expect([left(), deleted()]).toEqual([[uuidOf('i1')], []]);
  });

  test('A sweep keeps an image that it cannot look at again, and goes on with the others', async () => {
    addImage('i1', 'dead');
    addOwnKeypair('k1', 'dead');
    at.disturb('GET /image/v2/images/:id', { status: 503 });
    const { tools, warnings } = makeTools();
    expect(await sweepLeftovers(at.cloud, tools)).toEqual(['keypair k1']);
    expect(left()).toEqual([uuidOf('i1')]);
    expect(warnings).toEqual([expect.stringMatching(/^left behind: image noble\.building-b1 .*503/)]);
  });

  test('A sweep deletes the ports that Nova left of a deleted server', async () => {
    addServer('s1', 'dead');
    const { projectId } = at.openstack.account('builder');
    const { ports } = at.openstack.state;
    for (const word of ['s1', 's2']) {
      const id = uuidOf(`port of ${word}`);
      ports.set(id, { id, device_id: uuidOf(word), project_id: projectId });
    }
    at.openstack.leavePorts();
    await sweepLeftovers(at.cloud, makeTools().tools);
    expect(deleted()).toEqual([uuidOf('s1'), uuidOf('port of s1')]);
    expect([...ports.keys()]).toEqual([uuidOf('port of s2')]);
  });

  test('A sweep keeps resources of other owners, of live builds and without an owner', async () => {
    addServer('alive', 'alive');
    addServer('foreign', 'dead', FOREIGN);
    addServer('model', 'dead', OTHER_MODEL);
    addServer('far', 'far');
    at.openstack.addServer({ id: uuidOf('plain'), name: 'image-builder-noble-x64-b1' });
    addOwnKeypair('alive', 'alive');
    addOwnKeypair('foreign', 'dead', FOREIGN);
    addOwnKeypair('far', 'far');
    addKeypair('plain', ' me@host');
    addKeypair('bare', '');
    addImage('alive', 'alive');
    addImage('foreign', 'dead', {}, FOREIGN);
    expect(await sweepLeftovers(at.cloud, makeTools().tools)).toEqual([]);
    expect(deleted()).toEqual([]);
    expect(left()).toHaveLength(12);
  });

  test('A sweep keeps every finished image', async () => {
    addImage('good', 'dead', { name: 'noble' });
    addImage('base', 'dead', { [OWNER_KEYS.kind]: 'base', name: 'base' });
    addImage('odd', 'dead', { name: 'noble.building-b2' });
    await sweepLeftovers(at.cloud, makeTools().tools);
    expect(deleted()).toEqual([]);
    expect(left()).toEqual([uuidOf('good'), uuidOf('base'), uuidOf('odd')]);
  });

  test('A sweep deletes resources of another host after a day, except keypairs', async () => {
    addServer('s1', 'far', OWNER, LONG_AGO);
    addOwnKeypair('k1', 'far');
    addImage('i1', 'far', { created_at: LONG_AGO });
    await sweepLeftovers(at.cloud, makeTools().tools);
    expect(deleted()).toEqual([uuidOf('s1'), uuidOf('i1')]);
    expect(left()).toEqual(['k1']);
  });

  test('A sweep keeps a tagged server with its keypair until its time has passed', async () => {
    const keep = { [OWNER_KEYS.keptUntil]: '2026-11-22T08:00:00.000Z' };
    addServer('s1', 'dead', OWNER, LONG_AGO, keep);
    addServer('s2', 'dead', { ...OWNER, buildId: 'b2' });
    addOwnKeypair('k1', 'dead');
    addOwnKeypair('k2', 'dead', { ...OWNER, buildId: 'b2' });
    const { tools } = makeTools();
    expect(await sweepLeftovers(at.cloud, tools)).toEqual([`server name-s2 (${uuidOf('s2')})`, 'keypair k2']);
    expect(left()).toEqual([uuidOf('s1'), 'k1']);
    at.clock.advance(25 * 3600 * 1000);
    expect(await sweepLeftovers(at.cloud, tools)).toEqual([`server name-s1 (${uuidOf('s1')})`, 'keypair k1']);
    expect(left()).toEqual([]);
  });

  test('A resource that cannot be deleted causes a warning, and the sweep continues', async () => {
    for (const id of ['s1', 's2']) addServer(id, 'dead');
    addOwnKeypair('k1', 'dead');
    const body = { conflictingRequest: { message: 'locked' } };
    at.disturb(`DELETE /compute/v2.1/servers/${uuidOf('s1')}`, { status: 409, body });
    const { tools, warnings } = makeTools();
    expect(await sweepLeftovers(at.cloud, tools)).toEqual([`server name-s2 (${uuidOf('s2')})`, 'keypair k1']);
    expect(left()).toEqual([uuidOf('s1')]);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(`left behind: server name-s1 (${uuidOf('s1')}): `);
    expect(warnings[0]).toMatch('locked');
  });

  test('A stopped sweep deletes nothing more', async () => {
    for (const id of ['s1', 's2']) addServer(id, 'dead'); // Nova lists the newest server first
    const stop = new AbortController();
    at.arrivals(`DELETE /compute/v2.1/servers/${uuidOf('s2')}`, () =>
      stop.abort(new CancelledError('stopped')),
    );
    const { tools } = makeTools({ signal: stop.signal });
    const swept = sweepLeftovers(at.connection.withSignal(stop.signal), tools);
    await expect(failureOf(swept)).resolves.toMatchObject({ kind: 'cancelled' });
    expect(at.openstack.state.servers.get(uuidOf('s1'))?.shown['OS-EXT-STS:task_state']).toBeNull();
    expect(deleted()).not.toContain(uuidOf('s1'));
  });

  test('A sweep that cannot list resources fails and deletes nothing', async () => {
    addServer('s1', 'dead');
    at.disturb('GET /compute/v2.1/servers/detail', { status: 403 });
    await expect(failureOf(sweepLeftovers(at.cloud, makeTools().tools))).resolves.toMatchObject({
      kind: 'denied',
    });
    expect([deleted(), left()]).toEqual([[], [uuidOf('s1')]]);
  });
});
