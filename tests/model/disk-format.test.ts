import { expect, test } from '@jest/globals';
import { QCOW2_MAGIC, diskFormatOf } from '../../src/model/disk-format.ts';

const qcow2 = Uint8Array.of(...QCOW2_MAGIC, 0, 0);
const raw = Uint8Array.of(1, 2, 3, 4);

test.each([
  ['of qcow2', qcow2, 'qcow2', 'qcow2'],
  ['of qcow2', qcow2, 'raw', 'qcow2'],
  ['of qcow2', qcow2, undefined, 'qcow2'],
  ['of something else', raw, 'qcow2', 'raw'],
  ['of something else', raw, 'raw', 'raw'],
  ['of something else', raw, undefined, 'raw'],
  ['of something else', raw, 'vmdk', 'vmdk'],
  ['that are half of qcow2’s', QCOW2_MAGIC.subarray(0, 3), 'qcow2', 'raw'],
  ['that are none', new Uint8Array(), 'qcow2', 'raw'],
])('first bytes %s: %p under the label %p is %s', (_, head, label, format) => {
  expect(diskFormatOf(head, label)).toBe(format);
});
