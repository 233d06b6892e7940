import { describe, expect, test } from '@jest/globals';
import { type Decision, decide } from '../../src/charm/decide.ts';
import { WISH, after } from './support/dispatches.ts';
import { built, observed } from './support/facts.ts';
import { charmConfig } from './support/options.ts';

const idsOf = ({ desired }: Decision) =>
  desired?.requests.map(({ action, builds }) => [action, builds.map(({ buildId }) => buildId)]);

function counter(): () => string {
  let made = 0;
  return () => `b${(made += 1)}`;
}

describe('a request', () => {
  const config = charmConfig({ 'base-image': 'noble,jammy' });
  const facts = observed({ settings: { ...WISH, config } });

  test('asks for every image, and shares builds that were asked for and have not ended', () => {
    const newBuildId = counter();
    const first = decide(facts, { action: '1', newBuildId });
    expect(first.desired?.requests).toEqual([
      {
        action: '1',
        builds: [
          { imageName: 'app-noble-x64', buildId: 'b1' },
          { imageName: 'app-jammy-x64', buildId: 'b2' },
        ],
      },
    ]);
    const second = decide(after(facts, first), { action: '2', newBuildId });
    expect(idsOf(second)).toEqual([
      ['1', ['b1', 'b2']],
      ['2', ['b1', 'b2']],
    ]);
    expect(idsOf(decide(after(facts, second), { action: '2', newBuildId }))).toEqual(idsOf(second));
  });

  test('is dropped when it is answered, and the next one has builds of its own', () => {
    const newBuildId = counter();
    const asked = after(facts, decide(facts, { action: '1', newBuildId }));
    const answered = { ...asked, built: built({ answered: ['1'] }) };
    expect(idsOf(decide(answered))).toEqual([]);
    expect(idsOf(decide(answered, { action: '2', newBuildId }))).toEqual([['2', ['b3', 'b4']]]);
  });

  test('has no part in a build that has ended: the next one gets another', () => {
    const newBuildId = counter();
    const asked = after(facts, decide(facts, { action: '1', newBuildId }));
    const halfDone = { ...asked, built: built({ endedBuilds: ['b1'] }) };
    expect(idsOf(decide(halfDone, { action: '2', newBuildId }))).toEqual([
      ['1', ['b1', 'b2']],
      ['2', ['b3', 'b2']],
    ]);
  });

  test('for images that are no longer wanted is dropped', () => {
    const asked = after(facts, decide(facts, { action: '1', newBuildId: counter() }));
    expect(
      idsOf(decide({ ...asked, settings: { ...WISH, config: charmConfig({ 'base-image': 'jammy' }) } })),
    ).toEqual([['1', ['b2']]]);
    expect(
      idsOf(decide({ ...asked, settings: { ...WISH, config: charmConfig({ 'base-image': 'focal' }) } })),
    ).toEqual([]);
  });

  test('waits with 19 others at most, and loses no build', () => {
    let state = facts;
    const newBuildId = counter();
    for (let action = 1; action <= 25; action += 1) {
      state = after(state, decide(state, { action: String(action), newBuildId }));
    }
    expect(state.desired?.requests.map(({ action }) => action)).toEqual(
      Array.from({ length: 20 }, (_, index) => String(index + 6)),
    );
    expect(new Set(idsOf(decide(state))?.map(([, ids]) => String(ids)))).toEqual(new Set(['b1,b2']));
  });
});
