import { describe, expect, test } from '@jest/globals';
import { openProjectTurns } from '../../../src/image-builder/distribute/project-turns.ts';

/** Returns a task that runs until `end` or `fail` is called. */
function makeTask() {
  const controls: { end: () => void; fail: () => void } = { end: () => undefined, fail: () => undefined };
  const ended = new Promise<void>((resolve, reject) => {
    controls.end = resolve;
    controls.fail = () => {
      reject(new Error('no'));
    };
  });
  let isStarted = false;
  const act = (): Promise<void> => {
    isStarted = true;
    return ended;
  };
  return { act, isStarted: () => isStarted, end: () => controls.end(), fail: () => controls.fail() };
}

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));
const nothing = (): void => undefined;

describe('turns of projects', () => {
  test('Tasks of different projects run at the same time', async () => {
    const takeTurn = openProjectTurns();
    const [a, b] = [makeTask(), makeTask()];
    const all = [takeTurn(['a'], nothing, a.act), takeTurn(['b'], nothing, b.act)];
    await nextTurn();
    expect([a.isStarted(), b.isStarted()]).toEqual([true, true]);
    for (const { end } of [a, b]) end();
    await Promise.all(all);
  });

  test.each([
    ['ends', (one: ReturnType<typeof makeTask>) => one.end()],
    ['fails', (one: ReturnType<typeof makeTask>) => one.fail()],
  ])('A task reports that it waits and starts when the earlier task of its project %s', async (_, finish) => {
    const takeTurn = openProjectTurns();
    const [first, second] = [makeTask(), makeTask()];
    let waits = 0;
    const one = takeTurn(['k', 'g'], nothing, first.act).catch((error: unknown) => error);
    const two = takeTurn(['x', 'g'], () => (waits += 1), second.act); // one common key is enough
    await nextTurn();
    expect([first.isStarted(), second.isStarted(), waits]).toEqual([true, false, 1]);
    finish(first);
    await one;
    await nextTurn();
    expect(second.isStarted()).toBe(true);
    second.end();
    await two;
  });

  test('A turn has the result or the failure of its task', async () => {
    const takeTurn = openProjectTurns();
    await expect(takeTurn(['a'], nothing, () => Promise.resolve(7))).resolves.toBe(7);
    const failure = new Error('own');
    await expect(takeTurn(['a'], nothing, () => Promise.reject(failure))).rejects.toBe(failure);
  });

  test('A task does not wait when all earlier tasks of its project have ended', async () => {
    const takeTurn = openProjectTurns();
    await takeTurn(['a'], nothing, () => Promise.resolve());
    let waits = 0;
    await takeTurn(
      ['a'],
      () => (waits += 1),
      () => Promise.resolve(),
    );
    expect(waits).toBe(0);
  });
});
