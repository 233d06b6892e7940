import { describe, expect, test } from '@jest/globals';
import { prune } from '../../../src/image-builder/cleanup/prune.ts';
import { pruneClouds } from '../../../src/image-builder/cleanup/prune-clouds.ts';
import { sweepLeftovers } from '../../../src/image-builder/cleanup/sweep.ts';
import { encodeKeypairComment } from '../../../src/model/cloud/keypair-comment.ts';
import { OWNER_KEYS, type Owner, encodeOwner } from '../../../src/model/owner.ts';
import { failureOf } from '../../support/cloud-fixture.ts';
import { uuidOf } from '../../support/uuid-of.ts';
import { OWNER, PUBLIC_KEY, useTestTools } from '../make-test-tools.ts';
import { useEmulator } from '../use-emulator.ts';

const at = useEmulator();
const makeTools = useTestTools(at);

const NAME = 'builder-noble-x64';
/** A second application of ours in the same project, whose name begins with that of the first. */
const OTHER: Owner = { ...OWNER, application: 'builder-2', unit: 'builder-2/0' };
const OTHER_MODEL: Owner = { ...OWNER, modelUuid: 'model-2' };

/** The words whose UUIDs the images and servers of a test have. */
const words = new Map<string, string>();
const idOf = (word: string): string => {
  const id = uuidOf(word);
  words.set(id, word);
  return id;
};
const wordOf = (id: string): string => words.get(id) ?? id;

const addOurs = (word: string, owner: Owner = OWNER, change: object = {}): void => {
  at.add({
    id: idOf(word),
    name: `${owner.application}-noble-x64`,
    ...encodeOwner(owner),
    [OWNER_KEYS.kind]: 'runner',
    ...change,
  });
};
const addFormer = (word: string, name = NAME, change: object = {}): void => {
  at.add({ id: idOf(word), name, ...change });
};
const addKeypair = (name: string, comment = ''): void => {
  const { userId } = at.openstack.account('builder');
  at.openstack.state.keypairs.push({ userId, name, public_key: `${PUBLIC_KEY}${comment}`, fingerprint: '' });
};
const left = (): readonly string[] => [
  ...[...at.images.keys(), ...at.openstack.state.servers.keys()].map(wordOf),
  ...at.openstack.state.keypairs.map(({ name }) => name),
];

type Order = Parameters<typeof pruneClouds>[0];
const order = (change: Partial<Order>): Order => ({
  ...{ isDryRun: false, protectedIds: [], revisions: [], former: [], omitted: [] },
  ...change,
});
const byName = (change: Partial<Order> = {}): Order =>
  order({ former: [{ cloudId: 'builder', imageIds: [], names: 'all' }], ...change });

/** Prunes, and returns the things with words as ids. */
async function pruneThings(...[request, tools]: Parameters<typeof pruneClouds>) {
  return (await pruneClouds(request, tools)).map((thing) => ({ ...thing, id: wordOf(thing.id) }));
}

describe('a prune of several clouds', () => {
  test('A dry run reports what would be deleted and deletes nothing', async () => {
    for (const id of ['old', 'older', 'new']) addOurs(id);
    const { tools, warnings } = makeTools();
    const revisions = [
      { cloudId: 'builder', imageName: NAME, keepRevisions: 1, deletableIds: [uuidOf('old')] },
    ];
    const things = await pruneThings(
      order({ isDryRun: true, revisions, omitted: ['c2 is left out'] }),
      tools,
    );
    expect(things).toMatchObject([
      { kind: 'image', id: 'new', outcome: 'kept' },
      { id: 'older', outcome: 'kept', reason: 'not to be deleted' },
      { id: 'old', name: NAME, outcome: 'would be deleted', reason: 'older than the newest 1' },
    ]);
    expect(left()).toEqual(['old', 'older', 'new']);
    expect(warnings).toEqual(['c2 is left out']);
  });

  test('Images of the Python charm are deleted by id, except protected ones and those with an owner', async () => {
    for (const id of ['was', 'protected', 'loading'])
      addFormer(id, 'any', id === 'loading' ? { status: 'queued' } : {});
    addOurs('ours');
    const imageIds = ['was', 'protected', 'loading', 'ours', 'gone'].map(uuidOf);
    const { tools } = makeTools();
    const things = await pruneThings(
      order({
        protectedIds: [uuidOf('protected')],
        former: [{ cloudId: 'builder', imageIds, names: 'none' }],
      }),
      tools,
    );
    expect(things.map(({ id, outcome, reason }) => [id, outcome, reason])).toEqual([
      ['was', 'deleted', 'of the Python charm'],
      ['protected', 'kept', 'protected'],
      ['loading', 'kept', 'not active but queued'],
      ['ours', 'kept', 'it has the metadata of an owner'],
    ]);
    expect(left()).toEqual(['protected', 'loading', 'ours']);
  });

  test('What the Python charm left is found by its exact names', async () => {
    addOurs('ours');
    const former = {
      revision: NAME,
      channels: `${NAME}-juju-3.6-stable-mk8s-1.31-stable`,
      base: 'builder-image-builder-base-noble-x64',
      'shared-base': 'image-builder-base-jammy-arm64',
    };
    const others = { similar: `${NAME}-2`, other: 'builder-2-noble-x64', foreign: 'ubuntu-noble' };
    for (const [id, name] of Object.entries({ ...former, ...others })) addFormer(id, name);
    at.openstack.addServer({ id: idOf('server'), name: 'builder-image-builder-noble-x64', metadata: {} });
    at.openstack.addServer({ id: idOf('runner'), name: 'builder-image-builder-noble-x64-b1', metadata: {} });
    for (const name of ['builder-image-builder-ssh-key', 'my-key']) addKeypair(name);
    const { tools } = makeTools();
    const listed = await pruneThings(byName({ isDryRun: true }), tools);
    const ids = [...Object.keys(former), 'server', 'builder-image-builder-ssh-key'];
    expect(listed.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
    expect(new Set(listed.map(({ outcome }) => outcome))).toEqual(new Set(['would be deleted']));
    await pruneThings(byName(), tools);
    expect(left()).toEqual(['ours', ...Object.keys(others), 'runner', 'my-key']);
  });

  test('No image is deleted by its name before the cloud has an image of this charm, or while it is published', async () => {
    addFormer('published');
    addFormer('old');
    const { tools } = makeTools();
    expect(await pruneThings(byName(), tools)).toMatchObject([
      { id: 'old', outcome: 'kept', reason: 'this cloud has no image of this charm yet' },
      { id: 'published', outcome: 'kept' },
    ]);
    addOurs('ours');
    await pruneThings(byName({ protectedIds: [uuidOf('published')] }), tools);
    expect(left()).toEqual(['published', 'ours']);
  });

  test('A thing that cannot be deleted is a warning, and a cloud that cannot be listed stops the job only when it is the only one', async () => {
    addFormer('was', 'any');
    at.disturb('DELETE /image/v2/images/:id', { status: 409, body: 'in use' }, { times: 1 });
    const { tools, warnings } = makeTools();
    const former = [{ cloudId: 'builder', imageIds: [uuidOf('was')], names: 'none' }] as const;
    expect(await pruneThings(order({ former }), tools)).toMatchObject([{ id: 'was', outcome: 'failed' }]);
    expect(warnings).toEqual([
      expect.stringMatching(/^image any \([-0-9a-f]{36}\) in builder was not deleted: .*409/s),
    ]);
    at.disturb('GET /image/v2/images/:id', { status: 403, body: 'no' });
    expect(await failureOf(pruneThings(order({ former }), tools))).toMatchObject({ kind: 'denied' });
  });
});

test("Two applications in one project never touch each other's things", async () => {
  for (const owner of [OTHER, OTHER_MODEL]) {
    const dead = { [OWNER_KEYS.process]: 'dead' };
    const id = (what: string): string => `${what}-${owner.application}-${owner.modelUuid}`;
    for (const what of ['new', 'old']) addOurs(id(what), owner);
    addOurs(id('unfinished'), owner, { name: `${NAME}.building-b1`, ...dead });
    addOurs(id('base'), owner, { name: 'builder-image-builder-base-noble-x64', [OWNER_KEYS.kind]: 'base' });
    const metadata = { ...encodeOwner(owner), ...dead };
    at.openstack.addServer({ id: idOf(id('server')), name: 'builder-image-builder-noble-x64', metadata });
    addKeypair(id('key'), ` ${encodeKeypairComment(owner, 'dead')}`);
    addKeypair('builder-image-builder-ssh-key', ` ${encodeKeypairComment(owner, 'dead')}`);
  }
  const others = left();
  addOurs('mine');
  const { tools } = makeTools();
  const revisions = [
    { cloudId: 'builder', imageName: NAME, keepRevisions: 1, deletableIds: [...at.images.keys()] },
  ];
  await pruneThings(order({ revisions }), tools);
  await pruneThings(byName(), tools);
  await prune(at.cloud, {
    imageName: NAME,
    keepRevisions: 1,
    protectedIds: [],
    owner: OWNER,
    isDryRun: false,
  });
  expect(await sweepLeftovers(at.cloud, tools)).toEqual([]);
  expect(left().filter((id) => id !== 'mine')).toEqual(others);
});
