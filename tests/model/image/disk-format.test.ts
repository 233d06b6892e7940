import { expect, test } from '@jest/globals';
import { QCOW2_MAGIC, diskFormatOf } from '../../../src/model/image/disk-format.ts';

const qcow2 = Uint8Array.of(...QCOW2_MAGIC, 0, 0);
const raw = Uint8Array.of(1, 2, 3, 4);

test.each([
  ['the magic of qcow2', qcow2, 'qcow2', 'qcow2'],
  ['the magic of qcow2', qcow2, 'raw', 'qcow2'],
  ['the magic of qcow2', qcow2, undefined, 'qcow2'],
  ['other first bytes', raw, 'qcow2', 'raw'],
  ['other first bytes', raw, 'raw', 'raw'],
  ['other first bytes', raw, undefined, 'raw'],
  ['other first bytes', raw, 'vmdk', 'vmdk'],
  ['an incomplete magic of qcow2', QCOW2_MAGIC.subarray(0, 3), 'qcow2', 'raw'],
  ['no bytes', new Uint8Array(), 'qcow2', 'raw'],
])('An image with %s (%p) and the label %p has the format %s', (_, head, label, format) => {
  expect(diskFormatOf(head, label)).toBe(format);
});
