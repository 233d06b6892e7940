import { beforeEach, describe, expect, test } from '@jest/globals';
import { describeSize, reportImageSize } from '../../../src/image-builder/build/image-size.ts';
import type { BuildFacts } from '../../../src/image-builder/context.ts';
import { type Image, listImages } from '../../../src/openstack/images.ts';
import { useEmulator } from '../use-emulator.ts';
import { uuidOf } from '../../support/uuid-of.ts';

const MIB = 1024 * 1024;
const at = useEmulator();
let notes: string[];
let facts: BuildFacts[];
let warnings: string[];

beforeEach(() => {
  [notes, facts, warnings] = [[], [], []];
});

const report = (image: Image): Promise<void> =>
  reportImageSize(at.cloud, image, {
    record: (fact) => facts.push(fact),
    report: (event) => notes.push(event.kind === 'note' ? event.text : event.kind),
    warn: (message) => warnings.push(message),
    ownerFilter: undefined,
  });

async function newestOf(name: string): Promise<Image> {
  const [newest] = await listImages(at.cloud, name);
  if (newest === undefined) throw new Error(`no image ${name}`);
  return newest;
}

describe('the size of an image', () => {
  test.each([
    [100 * MIB, undefined, 'the image has 100.0 MiB'],
    [112 * MIB, { id: 'a', size: 100 * MIB }, 'the image has 112.0 MiB, 12% more than revision a'],
    [90 * MIB, { id: 'a', size: 100 * MIB }, 'the image has 90.0 MiB, 10% less than revision a'],
    [100 * MIB, { id: 'a', size: 100 * MIB + 7 }, 'the image has 100.0 MiB, as revision a'],
    [100 * MIB, { id: 'a', size: undefined }, 'the image has 100.0 MiB'],
    [100 * MIB, { id: 'a', size: 0 }, 'the image has 100.0 MiB'],
  ])('A size of %i bytes after %j is described', (bytes, previous, expected) => {
    expect(describeSize(bytes, previous)).toBe(expected);
  });

  test('The size is recorded and compared with the newest other revision that is active', async () => {
    at.add({ id: uuidOf('first'), name: 'noble', size: 50 * MIB });
    at.add({ id: uuidOf('second'), name: 'noble', size: 100 * MIB });
    at.add({ id: uuidOf('unfinished'), name: 'noble', size: 1, status: 'saving' });
    at.add({ id: uuidOf('other'), name: 'jammy', size: 1 });
    at.add({ id: uuidOf('new'), name: 'noble', size: 112 * MIB });
    const image = await newestOf('noble');
    expect(image.id).toBe(uuidOf('new'));
    await report(image);
    expect(facts).toEqual([{ imageBytes: 112 * MIB }]);
    expect(notes).toEqual([`the image has 112.0 MiB, 12% more than revision ${uuidOf('second')}`]);
  });

  test('A cloud that knows no size of the image leaves it out', async () => {
    at.add({ id: uuidOf('new'), name: 'noble', size: 1 });
    await report({ ...(await newestOf('noble')), size: undefined });
    expect([facts, notes, warnings]).toEqual([[], [], []]);
  });
});
