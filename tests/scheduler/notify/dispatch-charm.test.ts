import { expect, test } from '@jest/globals';
import { createCharmDispatcher } from '../../../src/scheduler/notify/dispatch-charm.ts';
import { CommandError, type RunCommand } from '../../../src/system/process/command.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const HOUR = 3_600_000;

test('an event whose client was ended at its deadline is held back for an hour, and no other one', async () => {
  const clock = new ManualClock();
  const { signal } = new AbortController();
  const calls: string[] = [];
  const run: RunCommand = async ({ args, timeoutMs }) => {
    calls.push(args.join(' '));
    await clock.sleep(timeoutMs);
    throw new CommandError('juju-exec: ended');
  };
  const enter = createCharmDispatcher({ jujuExec: 'juju-exec', unit: 'app/0', run, clock, signal });
  const first = enter('built');
  await clock.advance(HOUR - 1);
  expect(calls).toHaveLength(1);
  await clock.advance(1);
  expect(await first).toEqual({ state: 'failed', message: 'juju-exec: ended' });
  expect(await enter('built')).toEqual({ state: 'dropped' });
  expect(calls).toHaveLength(1);
  void enter('run');
  expect(calls).toHaveLength(2);
  await clock.advance(HOUR);
  void enter('built');
  expect(calls).toHaveLength(3);
});

test('an event that failed before its deadline may be sent again at once', async () => {
  const clock = new ManualClock();
  const { signal } = new AbortController();
  const run: RunCommand = () => Promise.reject(new CommandError('no such unit'));
  const enter = createCharmDispatcher({ jujuExec: 'juju-exec', unit: 'app/0', run, clock, signal });
  const outcomes = [await enter('built'), await enter('built')];
  expect(outcomes.map(({ state }) => state)).toEqual(['failed', 'failed']);
});
