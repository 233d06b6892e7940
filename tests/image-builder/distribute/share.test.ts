import { beforeEach, describe, expect, test } from '@jest/globals';
import { distribute } from '../../../src/image-builder/distribute/distribute.ts';
import { useTestTools } from '../make-test-tools.ts';
import { PUT } from '../open-store.ts';
import { useClouds } from '../use-clouds.ts';
import { uuidOf } from '../../support/uuid-of.ts';

const at = useClouds();
const makeTools = useTestTools(at);
const MEMBERS = '/image/v2/images/:id/members';

/** Makes the cloud `other` another project of the source cloud. */
beforeEach(() => {
  at.alias('other', 'neighbour');
  at.source.add({ id: uuidOf('i1') });
});

const share = async (made = makeTools({ connect: at.connect }), destinations = ['other']) => {
  const request = {
    cloudName: 'source',
    imageId: uuidOf('i1'),
    destinations,
    within: 'share',
  } as const;
  return (await distribute(request, made.tools)).results;
};
const projectId = () => at.source.openstack.account('neighbour').projectId;
const members = () => [...(at.source.openstack.state.members.get(uuidOf('i1')) ?? [])];

describe('sharing an image within a cloud', () => {
  test('An image is shared with another project of its cloud without a transfer of data', async () => {
    expect(await share()).toMatchObject([{ cloud: 'other', outcome: 'shared', imageId: uuidOf('i1') }]);
    expect(at.source.images.get(uuidOf('i1'))).toMatchObject({ visibility: 'shared' });
    expect(members()).toEqual([[projectId(), 'accepted']]);
    expect(at.source.seen(PUT)).toEqual([]);
  });

  test('The step of a share says that it shares', async () => {
    const made = makeTools({ connect: at.connect });
    await share(made);
    expect(made.events.map(({ step }) => step)).toContain('share image with other');
    expect(made.events.filter(({ step }) => step.startsWith('copy image'))).toEqual([]);
  });

  test('The step of a destination in another cloud says that it copies', async () => {
    const made = makeTools({ connect: at.connect });
    expect(await share(made, ['other', 'b'])).toMatchObject([{ outcome: 'shared' }, { outcome: 'copied' }]);
    const steps = made.events.flatMap(({ kind, step }) => (kind === 'started' ? [step] : []));
    expect(steps.slice(1).sort()).toEqual(['copy image to b', 'share image with other']);
  });

  test('A share that the project cannot accept is withdrawn', async () => {
    at.source.disturb(`PUT ${MEMBERS}/:project`, { status: 403 });
    expect(await share()).toMatchObject([{ outcome: 'failed', kind: 'denied' }]);
    expect(at.source.seen(`DELETE ${MEMBERS}/:project`)).toHaveLength(1);
    expect(members()).toEqual([]);
  });

  test('An image stays shared with a project that had it before a failed attempt', async () => {
    await share();
    at.source.disturb(`PUT ${MEMBERS}/:project`, { status: 403 });
    expect(await share()).toMatchObject([{ outcome: 'failed' }]);
    expect(members()).toEqual([[projectId(), 'accepted']]);
  });
});
