import { getEventListeners } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import { systemClock } from '../../src/system/clock.ts';

describe('the system clock', () => {
  test('the clock returns the current time', () => {
    const before = Date.now();
    const now = systemClock.now();
    expect(now).toBeGreaterThanOrEqual(before);
    expect(now).toBeLessThanOrEqual(Date.now());
  });

  test('a finished sleep leaves no listener on its signal', async () => {
    const { signal } = new AbortController();
    const before = performance.now();
    await systemClock.sleep(20, signal);
    expect(performance.now() - before).toBeGreaterThanOrEqual(18);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  test('an aborted signal ends a sleep at once with the reason of the signal', async () => {
    const controller = new AbortController();
    const reason = { any: 'value' };
    const sleep = systemClock.sleep(60_000, controller.signal);
    controller.abort(reason);
    await expect(sleep).rejects.toBe(reason);
    await expect(systemClock.sleep(60_000, controller.signal)).rejects.toBe(reason);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });

  test('a sleep may be longer than the longest timer of Node', async () => {
    const controller = new AbortController();
    const sleep = systemClock.sleep(2 ** 40, controller.signal);
    const winner = await Promise.race([
      sleep.then(() => 'woken'),
      systemClock.sleep(20).then(() => 'asleep'),
    ]);
    expect(winner).toBe('asleep');
    controller.abort(new Error('test ended'));
    await expect(sleep).rejects.toThrow('test ended');
  });
});
