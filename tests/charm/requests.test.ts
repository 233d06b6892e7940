import { describe, expect, test } from '@jest/globals';
import { type Decision, decide } from '../../src/charm/decide.ts';
import { SETTINGS, after } from './support/dispatches.ts';
import { built, observed } from './support/facts.ts';
import { charmConfig } from './support/options.ts';

const idsOf = ({ desired }: Decision) =>
  desired?.requests.map(({ action, builds }) => [action, builds.map(({ buildId }) => buildId)]);

function buildIdCounter(): () => string {
  let count = 0;
  return () => `b${(count += 1)}`;
}

describe('a request', () => {
  const config = charmConfig({ 'base-image': 'noble,jammy' });
  const facts = observed({ settings: { ...SETTINGS, config } });

  test('A request asks for every image and shares builds that have not ended', () => {
    const newBuildId = buildIdCounter();
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

  test('An answered request is dropped, and the next one gets new builds', () => {
    const newBuildId = buildIdCounter();
    const requested = after(facts, decide(facts, { action: '1', newBuildId }));
    const answered = { ...requested, built: built({ answered: ['1'] }) };
    expect(idsOf(decide(answered))).toEqual([]);
    expect(idsOf(decide(answered, { action: '2', newBuildId }))).toEqual([['2', ['b3', 'b4']]]);
  });

  test('A request does not share a build that has ended', () => {
    const newBuildId = buildIdCounter();
    const requested = after(facts, decide(facts, { action: '1', newBuildId }));
    const halfDone = { ...requested, built: built({ endedBuilds: ['b1'] }) };
    expect(idsOf(decide(halfDone, { action: '2', newBuildId }))).toEqual([
      ['1', ['b1', 'b2']],
      ['2', ['b3', 'b2']],
    ]);
  });

  test('A request does not share a build that has ended before the daemon reports it, or that is being cancelled', () => {
    const newBuildId = buildIdCounter();
    const requested = after(facts, decide(facts, { action: '1', newBuildId }));
    const cancel = { job: { kind: 'cancel', action: '2', jobId: 'b1' } } as const;
    const cancelling = after(requested, decide(requested, cancel));
    expect(idsOf(decide(cancelling, { action: '3', newBuildId, endedBuilds: ['b2'] }))).toEqual([
      ['1', ['b1', 'b2']],
      ['3', ['b3', 'b4']],
    ]);
  });

  test('A request loses the images that are no longer desired, and is dropped with the last one', () => {
    const requested = after(facts, decide(facts, { action: '1', newBuildId: buildIdCounter() }));
    expect(
      idsOf(
        decide({ ...requested, settings: { ...SETTINGS, config: charmConfig({ 'base-image': 'jammy' }) } }),
      ),
    ).toEqual([['1', ['b2']]]);
    expect(
      idsOf(
        decide({ ...requested, settings: { ...SETTINGS, config: charmConfig({ 'base-image': 'focal' }) } }),
      ),
    ).toEqual([]);
  });

  test('At most 20 requests are kept, and no build is lost', () => {
    let state = facts;
    const newBuildId = buildIdCounter();
    for (let action = 1; action <= 25; action += 1) {
      state = after(state, decide(state, { action: String(action), newBuildId }));
    }
    expect(state.desired?.requests.map(({ action }) => action)).toEqual(
      Array.from({ length: 20 }, (_, index) => String(index + 6)),
    );
    expect(new Set(idsOf(decide(state))?.map(([, ids]) => String(ids)))).toEqual(new Set(['b1,b2']));
  });

  test('A build that later requests do not share is not dropped, however many there are', () => {
    const newBuildId = buildIdCounter();
    const ask = (before: typeof facts, action: string, base: 'noble' | 'jammy') =>
      after(before, decide(before, { action, variants: { base }, newBuildId }));
    let state = ask(facts, '1', 'noble');
    for (let action = 2; action <= 25; action += 1) state = ask(state, String(action), 'jammy');
    expect(idsOf(decide(state))?.map(([action, ids]) => `${String(action)}: ${String(ids)}`)).toEqual([
      '1: b1',
      ...Array.from({ length: 19 }, (_, index) => `${index + 7}: b2`),
    ]);
  });

  test('The request of a job beyond the 20th is refused, and the cancellation of one is not', () => {
    const preflight = (action: string) => ({
      job: { action, kind: 'preflight', jobId: `p${action}` } as const,
    });
    let state = facts;
    for (let action = 1; action <= 20; action += 1)
      state = after(state, decide(state, preflight(String(action))));
    expect(() => decide(state, preflight('21'))).toThrow('20 requests of earlier actions are not done yet');
    const cancel = { job: { action: '22', kind: 'cancel', jobId: 'p1' } as const };
    expect(decide(state, cancel).desired?.jobRequests).toHaveLength(21);
    const answered = { ...state, built: built({ answered: ['7'] }) };
    expect(decide(answered, preflight('21')).desired?.jobRequests).toHaveLength(20);
  });
});
