import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { rememberAnswered, rememberEnded } from '../../../src/scheduler/journal/answers.ts';
import {
  type FailedJob,
  forgetFailure,
  nextAttemptAt,
  rememberBuild,
  rememberFailure,
  rememberListed,
  rememberSuccess,
} from '../../../src/scheduler/journal/back-off.ts';
import { parseJournal } from '../../../src/scheduler/journal/parse-journal.ts';
import { EMPTY_JOURNAL, type Journal, failureKey } from '../../../src/scheduler/journal/journal.ts';
import type { Observation } from '../../../src/model/observation.ts';
import type { DesiredState } from '../../../src/model/unit/desired-state.ts';
import { changeDesired, desiredState } from '../desired-fixtures.ts';
import { HOUR, NOBLE, NOW, image, seen } from './plan-fixtures.ts';

fc.configureGlobal({ seed: 20261121 }); // reproducible runs

const MINUTE = 60_000;
const build = { kind: 'build', subject: NOBLE, cloudId: '' } as const;

function fail(
  journal: Journal,
  changes: Partial<Pick<FailedJob, 'settings' | 'now' | 'errorKind' | 'message'>> = {},
): Journal {
  return rememberFailure(journal, {
    ...{ ...build, errorKind: 'build', message: 'no', settings: 's', now: NOW },
    ...{ intervalHours: 6, random01: 0.5 },
    ...changes,
  });
}

function attemptsOf(journal: Journal): number | undefined {
  return journal.failures[failureKey(build)]?.attempts;
}

/** Remembers what the clouds list while no job runs, or while these run. */
const listedAt = (
  journal: Journal,
  desired: DesiredState,
  observation: Observation | undefined,
  ongoing: readonly { readonly buildId: string }[] = [],
): Journal => rememberListed(journal, desired, { observation, ongoing });

test('The delay after a quota that is used up does not grow', () => {
  const none = { errorKind: 'quota', message: 'quota: cores 8 of 10 used, a build needs 4' } as const;
  const thrice = [1, 2, 3].reduce((journal) => fail(journal, none), EMPTY_JOURNAL);
  expect(thrice.failures[failureKey(build)]).toMatchObject({
    attempts: 3,
    nextAttemptAt: new Date(NOW + 5 * MINUTE).toISOString(),
  });
});

describe('nextAttemptAt', () => {
  test('The delay starts at 5 minutes and doubles up to the interval or 6 hours', () => {
    const minutes = (attempts: number, hours: number) =>
      (nextAttemptAt(0, attempts, hours, 0.5) - 0) / MINUTE;
    expect([1, 2, 3, 4, 5, 6, 7, 8, 50].map((n) => minutes(n, 24))).toEqual([
      5, 10, 20, 40, 80, 160, 320, 360, 360,
    ]);
    expect([4, 5, 6, 2000].map((n) => minutes(n, 1))).toEqual([40, 60, 60, 60]);
  });

  test('The jitter is at most 20 % and never exceeds the interval or 6 hours', () => {
    const anyAttempt = [
      fc.integer({ min: 1, max: 100 }),
      fc.integer({ min: 1, max: 24 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
    ] as const;
    fc.assert(
      fc.property(...anyAttempt, (attempts, hours, random01) => {
        const longest = Math.min(hours, 6) * HOUR;
        const plain = Math.min(5 * MINUTE * 2 ** (attempts - 1), longest);
        const delay = nextAttemptAt(NOW, attempts, hours, random01) - NOW;
        expect(delay).toBeGreaterThanOrEqual(Math.floor(plain * 0.8));
        expect(delay).toBeLessThanOrEqual(Math.min(Math.ceil(plain * 1.2), longest));
      }),
    );
  });
});

describe('the journal', () => {
  test('Consecutive failures are counted, and the count starts over under other settings', () => {
    const twice = fail(fail(EMPTY_JOURNAL), { now: NOW + HOUR });
    expect(twice.failures[failureKey(build)]).toEqual({
      ...{ ...build, errorKind: 'build', message: 'no', settings: 's', attempts: 2, isSuspect: false },
      ...{ failedAt: '2026-11-21T13:00:00.000Z', nextAttemptAt: '2026-11-21T13:10:00.000Z' },
    });
    expect(attemptsOf(fail(twice, { settings: 'other' }))).toBe(1);
    expect(attemptsOf(forgetFailure(twice, build))).toBeUndefined();
  });

  test('The time of the last successful build follows a clock that was set back', () => {
    const ahead = rememberBuild(EMPTY_JOURNAL, NOBLE, { buildId: 'b1', at: NOW + 24 * HOUR, settings: 's' });
    const back = rememberBuild(ahead, NOBLE, { buildId: 'b2', at: NOW, settings: 's' });
    expect(back.built[NOBLE]).toMatchObject({ buildId: 'b2', at: NOW, settings: 's', unlisted: 2 });
  });

  test('The time of a preparation and the settings of a prune are recorded', () => {
    const base = { kind: 'prepare', subject: 'noble', cloudId: '' } as const;
    const prune = { kind: 'prune', subject: NOBLE, cloudId: 'red' } as const;
    const both = [base, prune].reduce<Journal>(
      (journal, job) =>
        rememberSuccess(journal, { ...job, buildId: 'b1', now: NOW, settings: 's', deletableIds: ['old'] }),
      EMPTY_JOURNAL,
    );
    expect(both.preparedAt).toEqual({ noble: NOW });
    expect(both.pruned).toEqual({ [failureKey(prune)]: { ids: ['old'], at: NOW } });
  });

  test('An action is answered when all its builds of wanted images have ended', () => {
    const request = (action: string, ...builds: readonly (readonly [string, string])[]) => ({
      action,
      builds: builds.map(([imageName, buildId]) => ({ imageName, buildId })),
    });
    const desired = desiredState({
      requests: [
        request('1', [NOBLE, 'b1']),
        request('2', [NOBLE, 'b1'], ['app-jammy-x64', 'b2']),
        request('3', [NOBLE, 'b3']),
      ],
    });
    expect(rememberAnswered(rememberEnded(EMPTY_JOURNAL, 'b1'), desired).answered).toEqual(['1', '2']);
    const both = changeDesired(desired, { images: { bases: ['noble', 'jammy'] } });
    expect(rememberAnswered(rememberEnded(EMPTY_JOURNAL, 'b1'), both).answered).toEqual(['1']);
  });

  test('The same journal is returned when nothing changes', () => {
    const ended = rememberEnded(EMPTY_JOURNAL, 'b1');
    expect(rememberEnded(ended, 'b1')).toBe(ended);
    expect(forgetFailure(ended, build)).toBe(ended);
    expect(rememberAnswered(ended, desiredState())).toBe(ended);
  });

  test('The newest 100 ended builds are kept', () => {
    const ids = Array.from({ length: 150 }, (_, index) => `b${index}`);
    expect(ids.reduce(rememberEnded, EMPTY_JOURNAL).endedBuilds).toEqual(ids.slice(50));
  });

  test('A journal is read back without loss', () => {
    const built = rememberBuild(EMPTY_JOURNAL, NOBLE, { buildId: 'b1', at: NOW, settings: 's' });
    const journal = rememberEnded(
      rememberSuccess(fail(built), {
        buildId: 'b1',
        ...{ kind: 'prune', subject: NOBLE, cloudId: 'red', now: NOW, settings: 's' },
      }),
      'b1',
    );
    expect(parseJournal(JSON.stringify(journal))).toEqual({ journal, isCorrupt: false });
    expect(parseJournal(undefined)).toEqual({ journal: EMPTY_JOURNAL, isCorrupt: false });
  });

  test('Entries that can be read survive in a corrupt journal', () => {
    const built = rememberBuild(EMPTY_JOURNAL, NOBLE, { buildId: 'b1', at: NOW, settings: 's' });
    const good = rememberEnded(
      rememberSuccess(fail(built), { ...build, buildId: 'b1', now: NOW, settings: 's' }),
      'b1',
    );
    const odd = {
      ...{ ...good, built: { ...good.built, odd: 'x' }, failures: { odd: {} } },
      ...{ endedBuilds: ['b1', 7], pruned: 'x' },
    };
    expect(parseJournal(JSON.stringify(odd))).toEqual({ journal: good, isCorrupt: true });
  });

  test('Builds whose images the build cloud does not list are counted under the same settings', () => {
    const end = (journal: Journal, buildId: string, settings = 's'): Journal =>
      rememberBuild(journal, NOBLE, { buildId, at: NOW, settings });
    const unlistedOf = ({ built }: Journal) => built[NOBLE]?.unlisted;
    const list = (journal: Journal, buildId: string, status = 'active') =>
      listedAt(journal, desiredState(), [seen('builder', 'build', [image('i', { buildId, status })])]);
    const twice = end(end(EMPTY_JOURNAL, 'b1'), 'b2');
    expect(unlistedOf(twice)).toBe(2);
    expect(unlistedOf(end(twice, 'b2'))).toBe(2);
    expect(unlistedOf(end(twice, 'b3', 'other'))).toBe(1);
    expect(unlistedOf(list(twice, 'b1'))).toBe(2);
    expect(unlistedOf(list(twice, 'b2', 'saving'))).toBe(2);
    expect(unlistedOf(list(twice, 'b2'))).toBe(0);
    expect(unlistedOf(end(list(twice, 'b2'), 'b3'))).toBe(1);
  });

  test('On standby, the last build of the unit is superseded by a newer image of another build', () => {
    const own = rememberBuild(EMPTY_JOURNAL, NOBLE, { buildId: 'b1', at: NOW, settings: 's' });
    const isSuperseded = (role: 'works' | 'observes', buildIds: readonly string[]): boolean | undefined => {
      const images = buildIds.map((buildId) => image(buildId, { buildId }));
      const observation = [seen('builder', 'build', images)];
      return listedAt(own, desiredState({ role }), observation).built[NOBLE]?.isSuperseded;
    };
    expect(isSuperseded('observes', ['b2', 'b1'])).toBe(true);
    expect(isSuperseded('observes', ['b1', 'b0'])).toBe(false);
    expect(isSuperseded('observes', [])).toBe(false);
    expect(isSuperseded('works', ['b2', 'b1'])).toBe(false);
  });

  test.each([
    ['The last layer counts as listed when the build cloud lists it', 'b1', true],
    ['The last layer does not count as listed when only an earlier one is', 'b0', false],
  ])('%s', (_, buildId, isListed) => {
    const name = `${NOBLE}.layer`;
    const made = {
      kind: 'layer',
      subject: name,
      cloudId: '',
      buildId: 'b1',
      now: NOW,
      settings: 's',
    } as const;
    const layer = {
      id: 'l',
      name,
      status: 'active',
      createdAt: new Date(NOW).toISOString(),
      key: 'k',
      buildId,
    };
    const cloud = seen('builder', 'build', []);
    const observation = [{ ...cloud, layers: [layer] } as typeof cloud];
    const journal = listedAt(rememberSuccess(EMPTY_JOURNAL, made), desiredState(), observation);
    expect(journal.layers[name]?.isListed).toBe(isListed);
  });

  test('A requested build whose image exists has ended, even when the journal was lost', () => {
    const requests = [{ action: '1', builds: [{ imageName: NOBLE, buildId: 'b1' }] }];
    const desired = desiredState({ requests });
    const journalAfter = (status: string, cloudId = 'builder') =>
      listedAt(EMPTY_JOURNAL, desired, [seen(cloudId, 'p', [image('i', { buildId: 'b1', status })])]);
    expect(rememberAnswered(journalAfter('active'), desired).answered).toEqual(['1']);
    expect(journalAfter('saving')).toBe(EMPTY_JOURNAL);
    expect(journalAfter('active', 'red')).toBe(EMPTY_JOURNAL);
    const copying = [seen('builder', 'p', [image('i', { buildId: 'b1' })])]; // its image is active, and it still copies
    expect(listedAt(EMPTY_JOURNAL, desired, copying, [{ buildId: 'b1' }])).toBe(EMPTY_JOURNAL);
    expect(listedAt(EMPTY_JOURNAL, desired, undefined)).toBe(EMPTY_JOURNAL);
  });
});
