import { expect, test } from '@jest/globals';
import { findSourceAddress } from '../../src/system/source-address.ts';

test('The source address towards an address of this machine is that address', async () => {
  expect(await findSourceAddress('127.0.0.1')).toBe('127.0.0.1');
});

test('There is no source address towards an address without a route', async () => {
  expect(await findSourceAddress('255.255.255.255')).toBeUndefined();
});
