import { describe, expect, test } from '@jest/globals';
import { waitFor } from '../../src/system/wait.ts';
import { NappingClock } from '../support/http-clock.ts';

describe('a wait', () => {
  test('looks at once, soon again, and then at its own pace', async () => {
    const clock = new NappingClock();
    const wait = { what: 'it', timeoutMs: 60_000, intervalMs: 2000, option: '--it-timeout', clock };
    let looks = 0;
    const found = await waitFor(() => Promise.resolve(++looks === 7 ? 'it' : undefined), wait);
    expect(found).toBe('it');
    expect(clock.naps).toEqual([250, 500, 1000, 2000, 2000, 2000]);
  });

  test('never pauses longer than it is told to', async () => {
    const clock = new NappingClock();
    const wait = { what: 'it', timeoutMs: 60_000, intervalMs: 100, option: '--it-timeout', clock };
    let looks = 0;
    await waitFor(() => Promise.resolve(++looks === 3 ? 'it' : undefined), wait);
    expect(clock.naps).toEqual([100, 100]);
  });
});
