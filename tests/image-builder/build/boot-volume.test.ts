import { beforeEach, describe, expect, test } from '@jest/globals';
import {
  createBootVolume,
  removeVolume,
  waitForVolume,
} from '../../../src/image-builder/build/boot-volume.ts';
import { uuidOf } from '../../support/uuid-of.ts';
import { useTestTools } from '../make-test-tools.ts';
import { useEmulator } from '../use-emulator.ts';

const at = useEmulator();
const makeTools = useTestTools(at);
const BASE = uuidOf('base');
const spec = { name: 'builder', imageId: BASE, imageName: 'noble', minimum: 20 };

beforeEach(() => {
  at.openstack.addBlockStorage();
  at.add({ id: BASE, name: 'base' });
});

describe('the volume of a build', () => {
  test.each([
    ['what a build needs', 0, 0, 20],
    ['the minimum disk of the base image', 30, 0, 30],
    ['the disk in the base image', 0, 24.5, 25],
  ])('The volume is as large as %s', async (_what, minDisk, virtualGib, size) => {
    Object.assign(at.images.get(BASE) ?? {}, {
      min_disk: minDisk,
      virtual_size: virtualGib * 1024 ** 3,
    });
    const id = await createBootVolume(at.cloud, spec, makeTools().tools);
    expect(at.openstack.state.volumes.get(id)?.shown).toMatchObject({
      size,
      name: 'builder',
      metadata: { image_builder_kind: 'volume', image_builder_build_id: 'b1' },
    });
  });

  test('A volume that never becomes available ends the wait with its status and the option', async () => {
    const { tools } = makeTools();
    const id = await createBootVolume(at.cloud, spec, tools);
    await waitForVolume(at.cloud, id, 'serverTimeout', tools);
    Object.assign(at.openstack.state.volumes.get(id)?.shown ?? {}, { status: 'downloading' });
    await expect(waitForVolume(at.cloud, id, 'serverTimeout', tools)).rejects.toThrow(
      /available \(last seen: downloading\); --server-timeout/,
    );
  });

  test('A volume that is still attached ends the wait for its deletion with its status and the option', async () => {
    const { tools } = makeTools();
    const id = await createBootVolume(at.cloud, spec, tools);
    await waitForVolume(at.cloud, id, 'serverTimeout', tools);
    Object.assign(at.openstack.state.volumes.get(id)?.shown ?? {}, { status: 'in-use' });
    await expect(removeVolume(at.cloud, id, tools)).rejects.toThrow(
      /gone \(last seen: in-use\); --delete-timeout/,
    );
  });

  test('A volume that another client deleted ends the wait', async () => {
    const wait = waitForVolume(at.cloud, uuidOf('v'), 'deleteTimeout', makeTools().tools);
    await expect(wait).rejects.toThrow('another client deleted it');
  });
});
