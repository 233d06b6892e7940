import { describe, expect, test } from '@jest/globals';
import { waitFor } from '../../src/system/wait.ts';
import { SkippingClock } from '../support/skipping-clock.ts';

describe('a wait', () => {
  test('a wait probes at once, then with doubling pauses up to its interval', async () => {
    const clock = new SkippingClock();
    const wait = { what: 'it', timeoutMs: 60_000, intervalMs: 2000, option: '--it-timeout', clock };
    let probes = 0;
    const found = await waitFor(() => Promise.resolve(++probes === 7 ? 'it' : undefined), wait);
    expect(found).toBe('it');
    expect(clock.naps).toEqual([250, 500, 1000, 2000, 2000, 2000]);
  });

  test('a wait for a condition that cannot be met at once pauses before its first probe', async () => {
    const clock = new SkippingClock();
    const limits = { timeoutMs: 60_000, intervalMs: 4000, firstPauseMs: 1000 };
    let probes = 0;
    const probe = () => Promise.resolve(++probes === 5 ? 'it' : undefined);
    expect(await waitFor(probe, { what: 'it', ...limits, option: '--it-timeout', clock })).toBe('it');
    expect(clock.naps).toEqual([1000, 2000, 4000, 4000, 4000]);
  });

  test('a wait never pauses longer than its interval', async () => {
    const clock = new SkippingClock();
    const wait = { what: 'it', timeoutMs: 60_000, intervalMs: 100, option: '--it-timeout', clock };
    let probes = 0;
    await waitFor(() => Promise.resolve(++probes === 3 ? 'it' : undefined), wait);
    expect(clock.naps).toEqual([100, 100]);
  });
});
