import { expect, test } from '@jest/globals';
import { minDiskOf } from '../../../src/image-builder/build/server-image.ts';
import { IMAGE, useEmulator } from '../../whole-path/program-on-emulator.ts';

const fixture = useEmulator();

test('An image and its copies have the requested properties and the minimum disk of their own data', async () => {
  const { code, err } = await fixture.build(['--image-property', 'os_x=a=b, hw_disk_bus=scsi']);
  expect(code === 0 ? '' : err).toBe('');
  for (const name of ['a', 'b'] as const) {
    const [image] = [...fixture.emulator.cloud(name).state.images.values()].filter(
      (one) => one.name === IMAGE,
    );
    expect(image).toMatchObject({ hw_disk_bus: 'scsi', os_x: 'a=b', min_disk: 1 });
  }
});

test.each([
  [undefined, undefined],
  [0, undefined],
  [1, 1],
  [3 * 1024 ** 3, 3],
  [3 * 1024 ** 3 + 1, 4],
])('An image with a disk of %p bytes needs %p GiB', (virtualSize, minimum) => {
  expect(minDiskOf({ virtualSize })).toBe(minimum);
});
