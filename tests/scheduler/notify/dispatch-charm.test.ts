import { expect, test } from '@jest/globals';
import { createCharmDispatcher } from '../../../src/scheduler/notify/dispatch-charm.ts';
import { CommandError, type RunCommand } from '../../../src/system/process/command.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const HOUR = 3_600_000;
const PARTS = { jujuExec: 'juju-exec', unit: 'app/0', onReplaced: () => Promise.resolve() };

test('An event whose juju-exec was stopped at the deadline is held back for an hour, and other events are not', async () => {
  const clock = new ManualClock();
  const { signal } = new AbortController();
  const calls: string[] = [];
  const run: RunCommand = async ({ args, timeoutMs }) => {
    calls.push(args.join(' '));
    await clock.sleep(timeoutMs);
    throw new CommandError('juju-exec: ended');
  };
  const dispatch = createCharmDispatcher({ ...PARTS, run, clock, signal });
  const first = dispatch('built');
  await clock.advance(HOUR - 1);
  expect(calls).toHaveLength(1);
  await clock.advance(1);
  expect(await first).toEqual({ state: 'failed', message: 'juju-exec: ended' });
  expect(await dispatch('built')).toEqual({ state: 'dropped' });
  expect(calls).toHaveLength(1);
  void dispatch('run');
  expect(calls).toHaveLength(2);
  await clock.advance(HOUR);
  void dispatch('built');
  expect(calls).toHaveLength(3);
});

test('An event that failed before the deadline can be repeated at once', async () => {
  const clock = new ManualClock();
  const { signal } = new AbortController();
  const run: RunCommand = () => Promise.reject(new CommandError('no such unit'));
  const dispatch = createCharmDispatcher({ ...PARTS, run, clock, signal });
  const outcomes = [await dispatch('built'), await dispatch('built')];
  expect(outcomes.map(({ state }) => state)).toEqual(['failed', 'failed']);
});

test('A dispatch that found another charm calls onReplaced once', async () => {
  const clock = new ManualClock();
  const { signal } = new AbortController();
  let calls = 0;
  const onReplaced = (): Promise<void> => Promise.resolve(void (calls += 1));
  const run: RunCommand = () => Promise.resolve({ exitCode: 86, signal: undefined, stdout: '', stderr: '' });
  const dispatch = createCharmDispatcher({ ...PARTS, run, clock, signal, onReplaced });
  expect([await dispatch('built'), calls]).toEqual([{ state: 'replaced' }, 1]);
});
