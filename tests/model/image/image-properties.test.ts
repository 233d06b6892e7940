import { expect, test } from '@jest/globals';
import { parseImageProperties, readImageProperties } from '../../../src/model/image/image-properties.ts';

test('A list of properties is sorted, and read back with all of its values', () => {
  const list = parseImageProperties('os_x=a=b, hw_disk_bus=scsi', () => undefined);
  expect(list).toBe('hw_disk_bus=scsi,os_x=a=b');
  expect(readImageProperties(list)).toEqual({ hw_disk_bus: 'scsi', os_x: 'a=b' });
  expect(readImageProperties(parseImageProperties('', () => undefined))).toEqual({});
});

test.each([
  ['architecture=x86_64', 'pairs like hw_disk_bus=scsi', 'architecture=x86_64'],
  ['hw_disk_bus', 'pairs like hw_disk_bus=scsi', 'hw_disk_bus'],
  ['hw_disk_bus=', 'pairs like hw_disk_bus=scsi', 'hw_disk_bus='],
  ['hw_x=a b', 'pairs like hw_disk_bus=scsi', 'hw_x=a b'],
  ['hw_x=1,', 'pairs like hw_disk_bus=scsi', ''],
  ['os_hash_algo=md5', 'no property that Glance sets itself', 'os_hash_algo'],
  ['hw_x=1,hw_x=2', 'each property once', 'hw_x twice'],
  [`hw_x=${'1'.repeat(200)}`, 'at most 150 characters', '205 characters'],
])('The property list "%s" is refused', (list, expected, got) => {
  const problems: string[][] = [];
  parseImageProperties(list, (...problem) => problems.push(problem));
  expect(problems).toEqual([[expected, got]]);
});
