import { beforeEach, describe, expect, test } from '@jest/globals';
import { sweepLeftovers } from '../../../src/image-builder/cleanup/sweep.ts';
import { CancelledError } from '../../../src/model/errors.ts';
import { encodeKeypairComment } from '../../../src/model/keypair-comment.ts';
import { OWNER_KEYS, type Owner, encodeOwner } from '../../../src/model/owner.ts';
import { failureOf, useHttpCloud } from '../../support/cloud-fixture.ts';
import { OWNER, useTestTools } from '../make-test-tools.ts';
import { scriptGlance } from '../scripted-glance.ts';

const at = useHttpCloud();
const makeTools = useTestTools(at);
const FOREIGN: Owner = { ...OWNER, application: 'other' };
const OTHER_MODEL: Owner = { ...OWNER, modelUuid: 'model-2' };
const LONG_AGO = '2026-11-01T08:00:00Z';

const server = (id: string, process: string, owner: Owner = OWNER, created = '2026-11-21T07:00:00Z') => ({
  id,
  name: `name-${id}`,
  status: 'ACTIVE',
  created,
  metadata: { ...encodeOwner(owner), [OWNER_KEYS.process]: process },
});
const image = (id: string, process: string, change: Record<string, string> = {}, owner: Owner = OWNER) => ({
  id,
  name: 'noble.building-b1',
  ...encodeOwner(owner),
  [OWNER_KEYS.kind]: 'runner',
  [OWNER_KEYS.process]: process,
  ...change,
});
const keypair = (name: string, process: string, owner: Owner = OWNER) => ({
  keypair: { name, public_key: `ssh-ed25519 AAAA ${encodeKeypairComment(owner, process)}` },
});

function scriptNova(servers: readonly object[], keypairs: readonly object[]): void {
  at.http.on('GET /v2.1/servers/detail', { body: { servers } });
  at.http.on('GET /v2.1/os-keypairs', { body: { keypairs } });
  at.http.on('DELETE /v2.1/servers/*', { status: 204 });
  at.http.on('DELETE /v2.1/os-keypairs/*', { status: 202 });
  at.http.on('GET /v2.0/ports', { body: { ports: [] } });
}

const deleted = () =>
  at.http
    .requests()
    .filter(({ method }) => method === 'DELETE')
    .map(({ url }) => url.pathname.split('/').at(-1));

describe('a sweep', () => {
  let glance: ReturnType<typeof scriptGlance>;
  beforeEach(() => {
    glance = scriptGlance(at.http);
  });

  test('A sweep deletes the server, unfinished images and keypair of a dead build', async () => {
    scriptNova([server('s1', 'dead')], [keypair('k1', 'dead')]);
    glance.add(image('i1', 'dead'));
    glance.add(image('i2', 'dead', { [OWNER_KEYS.kind]: 'base', name: 'base', status: 'queued' }));
    const { tools, warnings } = makeTools();
    expect(await sweepLeftovers(at.cloud, tools)).toEqual([
      'server name-s1 (s1)',
      'image base (i2)',
      'image noble.building-b1 (i1)',
      'keypair k1',
    ]);
    expect(deleted()).toEqual(['s1', 'i2', 'i1', 'k1']);
    expect(warnings).toEqual([]);
  });

  test('A sweep deletes the ports that Nova left of a deleted server', async () => {
    scriptNova([server('s1', 'dead')], []);
    at.http.on('GET /v2.0/ports', { body: { ports: [{ id: 'p1' }] } });
    at.http.on('DELETE /v2.0/ports/*', { status: 204 });
    await sweepLeftovers(at.cloud, makeTools().tools);
    expect(deleted()).toEqual(['s1', 'p1']);
    expect(at.http.requests('GET /v2.0/ports')[0]?.url.search).toBe('?device_id=s1');
  });

  test('A sweep keeps resources of other owners, of live builds and without an owner', async () => {
    scriptNova(
      [
        server('alive', 'alive'),
        server('foreign', 'dead', FOREIGN),
        server('model', 'dead', OTHER_MODEL),
        server('far', 'far'),
        { id: 'plain', name: 'image-builder-noble-x64-b1', status: 'ACTIVE' },
      ],
      [
        keypair('alive', 'alive'),
        keypair('foreign', 'dead', FOREIGN),
        keypair('far', 'far'),
        { keypair: { name: 'plain', public_key: 'ssh-ed25519 AAAA me@host' } },
        { keypair: { name: 'bare', public_key: 'ssh-ed25519 AAAA' } },
      ],
    );
    glance.add(image('alive', 'alive'));
    glance.add(image('foreign', 'dead', {}, FOREIGN));
    expect(await sweepLeftovers(at.cloud, makeTools().tools)).toEqual([]);
    expect(deleted()).toEqual([]);
  });

  test('A sweep keeps every finished image', async () => {
    scriptNova([], []);
    glance.add(image('good', 'dead', { name: 'noble' }));
    glance.add(image('base', 'dead', { [OWNER_KEYS.kind]: 'base', name: 'base' }));
    glance.add(image('odd', 'dead', { name: 'noble.building-b2' }));
    await sweepLeftovers(at.cloud, makeTools().tools);
    expect(deleted()).toEqual([]);
  });

  test('A sweep deletes resources of another host after a day, except keypairs', async () => {
    scriptNova([server('s1', 'far', OWNER, LONG_AGO)], [keypair('k1', 'far')]);
    glance.add(image('i1', 'far', { created_at: LONG_AGO }));
    await sweepLeftovers(at.cloud, makeTools().tools);
    expect(deleted()).toEqual(['s1', 'i1']);
  });

  test('A resource that cannot be deleted causes a warning, and the sweep continues', async () => {
    scriptNova([server('s1', 'dead'), server('s2', 'dead')], [keypair('k1', 'dead')]);
    at.http.on('DELETE /v2.1/servers/s1', {
      status: 409,
      body: { conflictingRequest: { message: 'locked' } },
    });
    const { tools, warnings } = makeTools();
    expect(await sweepLeftovers(at.cloud, tools)).toEqual(['server name-s2 (s2)', 'keypair k1']);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/^left behind: server name-s1 \(s1\): .*locked/);
  });

  test('A stopped sweep deletes nothing more', async () => {
    scriptNova([server('s1', 'dead'), server('s2', 'dead')], []);
    const stop = new AbortController();
    at.http.on('DELETE /v2.1/servers/s1', () => {
      stop.abort(new CancelledError('stopped'));
      return { status: 204 };
    });
    const { tools } = makeTools({ signal: stop.signal });
    const swept = sweepLeftovers(at.connection.withSignal(stop.signal), tools);
    await expect(failureOf(swept)).resolves.toMatchObject({ kind: 'cancelled' });
    expect(deleted()).toEqual(['s1']);
  });

  test('A sweep that cannot list resources fails and deletes nothing', async () => {
    at.http.on('GET /v2.1/servers/detail', { status: 403 });
    await expect(failureOf(sweepLeftovers(at.cloud, makeTools().tools))).resolves.toMatchObject({
      kind: 'denied',
    });
    expect(deleted()).toEqual([]);
  });
});
