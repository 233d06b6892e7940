import { describe, expect, test } from '@jest/globals';
import { openProjectTurns } from '../../../src/image-builder/distribute/project-turns.ts';

/** A work that ends when it is told to. */
function work() {
  const told: { end: () => void; fail: () => void } = { end: () => undefined, fail: () => undefined };
  const ended = new Promise<void>((resolve, reject) => {
    told.end = resolve;
    told.fail = () => {
      reject(new Error('no'));
    };
  });
  let isBegun = false;
  const act = (): Promise<void> => {
    isBegun = true;
    return ended;
  };
  return { act, isBegun: () => isBegun, end: () => told.end(), fail: () => told.fail() };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));
const nothing = (): void => undefined;

describe('works on projects', () => {
  test('go on at the same time where the projects differ', async () => {
    const takeTurn = openProjectTurns();
    const [a, b] = [work(), work()];
    const all = [takeTurn(['a'], nothing, a.act), takeTurn(['b'], nothing, b.act)];
    await settle();
    expect([a.isBegun(), b.isBegun()]).toEqual([true, true]);
    for (const { end } of [a, b]) end();
    await Promise.all(all);
  });

  test.each([
    ['ends', (one: ReturnType<typeof work>) => one.end()],
    ['fails', (one: ReturnType<typeof work>) => one.fail()],
  ])('of one project wait until the one before %s, and say so first', async (_, finish) => {
    const takeTurn = openProjectTurns();
    const [first, second] = [work(), work()];
    let waits = 0;
    const one = takeTurn(['k', 'g'], nothing, first.act).catch((error: unknown) => error);
    const two = takeTurn(['x', 'g'], () => (waits += 1), second.act); // any of its names will do
    await settle();
    expect([first.isBegun(), second.isBegun(), waits]).toEqual([true, false, 1]);
    finish(first);
    await one;
    await settle();
    expect(second.isBegun()).toBe(true);
    second.end();
    await two;
  });

  test('give what they give, and fail as they fail', async () => {
    const takeTurn = openProjectTurns();
    await expect(takeTurn(['a'], nothing, () => Promise.resolve(7))).resolves.toBe(7);
    const failure = new Error('own');
    await expect(takeTurn(['a'], nothing, () => Promise.reject(failure))).rejects.toBe(failure);
  });

  test('that come when all before have ended do not wait', async () => {
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
