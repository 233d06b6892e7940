import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { createEmulatorClock } from '../support/openstack/emulator-clock.ts';

function blockEventLoop(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

test('Work that is late runs in the order in which it was due', async () => {
  const clock = createEmulatorClock(1);
  const ran: string[] = [];
  clock.after(0.05, () => void ran.push('first'));
  await sleep(30);
  clock.after(0.05, () => void ran.push('third')); // with the delay of the first
  clock.after(0.032, () => void ran.push('second'));
  blockEventLoop(150);
  await sleep(60);
  clock.close();
  expect(ran).toEqual(['first', 'second', 'third']);
});

test('A closed clock runs nothing', async () => {
  const clock = createEmulatorClock(100);
  const ran: string[] = [];
  clock.after(1, () => void ran.push('never'));
  clock.close();
  await sleep(30);
  expect(ran).toEqual([]);
});
