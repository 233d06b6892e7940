import { expect, test } from '@jest/globals';
import { until, useDaemons } from './support/daemon-fixture.ts';

const at = useDaemons();
const NOBLE = 'app-noble-x64';
const COLOURS = ['red', 'blue', 'green'];

/** Returns the clouds that were listed after the first `count` lists. */
async function listedAfter(count: number): Promise<readonly string[]> {
  const calls = (await at.host.calls('list')).slice(count);
  return calls.flatMap(({ order }) => (order.kind === 'list' ? order.cloudIds : []));
}

const consumersOf = (cloudIds: readonly string[]) =>
  cloudIds.map((cloudId, index) => ({ relationId: index + 1, unit: `${cloudId}/0`, cloudId }));

test('The end of a copy lists the cloud of the copy and none of the others', async () => {
  for (const cloudId of ['blue', 'green', 'new']) await at.host.addCloud(cloudId, `${cloudId} project`);
  await at.host.putDesired({ consumers: consumersOf(COLOURS) });
  const daemon = at.start();
  await daemon.untilDone(`build ${NOBLE}`);
  await daemon.reconcileTwice();
  await at.host.put('hold-copy');
  await at.host.putDesired({ consumers: consumersOf([...COLOURS, 'new']) });
  await daemon.advanceUntil(async () => (await at.host.calls('copy')).length === 1);
  await until(() => daemon.logged('snapshot').at(-1)?.fields?.['unanswered'] === 0);
  const before = (await at.host.calls('list')).length;
  await at.host.remove('hold-copy');
  await daemon.untilDone(`copy ${NOBLE}`);
  await until(async () => {
    const reported = (await at.host.built())?.clouds.find(({ cloudId }) => cloudId === 'new');
    return reported?.images.length === 1;
  });
  expect(await listedAfter(before)).toEqual(['new']);
});
