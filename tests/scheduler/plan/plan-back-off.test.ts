import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  forgetFailure,
  nextAttemptAt,
  parseJournal,
  rememberAnswered,
  rememberEnded,
  rememberFailure,
  rememberSuccess,
} from '../../../src/scheduler/journal/back-off.ts';
import type { DesiredState } from '../../../src/model/desired-state.ts';
import { EMPTY_JOURNAL, type Journal, failureKey } from '../../../src/scheduler/journal/journal.ts';
import { isPreparedFor, settingsOf } from '../../../src/scheduler/plan/plan-settings.ts';
import { changeDesired, desiredState } from '../desired-fixtures.ts';
import { HOUR, JAMMY, NOBLE, NOW } from './plan-fixtures.ts';

fc.configureGlobal({ seed: 20261121 }); // reproducible runs

const MINUTE = 60_000;
const build = { kind: 'build', subject: NOBLE, cloudId: '' } as const;

function fail(
  journal: Journal,
  changes: { readonly settings?: string; readonly now?: number } = {},
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
      ...{ ...build, errorKind: 'build', message: 'no', settings: 's', attempts: 2 },
      ...{ failedAt: '2026-11-21T13:00:00.000Z', nextAttemptAt: '2026-11-21T13:10:00.000Z' },
    });
    expect(attemptsOf(fail(twice, { settings: 'other' }))).toBe(1);
    expect(attemptsOf(forgetFailure(twice, build))).toBeUndefined();
  });

  test('The time of the last successful build follows a clock that was set back', () => {
    const ahead = rememberSuccess(fail(EMPTY_JOURNAL), { ...build, now: NOW + 24 * HOUR, settings: 's' });
    const back = rememberSuccess(ahead, { ...build, now: NOW, settings: 's' });
    expect([ahead.failures, ahead.builtAt, back.builtAt]).toEqual([
      {},
      { [NOBLE]: NOW + 24 * HOUR },
      { [NOBLE]: NOW },
    ]);
  });

  test('The time of a preparation and the settings of a prune are recorded', () => {
    const base = { kind: 'prepare', subject: 'noble', cloudId: '' } as const;
    const prune = { kind: 'prune', subject: NOBLE, cloudId: 'red' } as const;
    const both = [base, prune].reduce<Journal>(
      (journal, job) => rememberSuccess(journal, { ...job, now: NOW, settings: 's' }),
      EMPTY_JOURNAL,
    );
    expect(both.preparedAt).toEqual({ noble: NOW });
    expect(both.pruned).toEqual({ [failureKey(prune)]: { settings: 's', at: NOW } });
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
    const journal = rememberEnded(
      rememberSuccess(fail(EMPTY_JOURNAL), {
        ...{ kind: 'prune', subject: NOBLE, cloudId: 'red', now: NOW, settings: 's' },
      }),
      'b1',
    );
    expect(parseJournal(JSON.stringify(journal))).toEqual({ journal, isCorrupt: false });
    expect(parseJournal(undefined)).toEqual({ journal: EMPTY_JOURNAL, isCorrupt: false });
  });

  test.each([
    '',
    '{',
    '[]',
    'null',
    '{"format":2}',
    JSON.stringify({ ...EMPTY_JOURNAL, builtAt: { a: 'b' } }),
  ])('The text %j is reported as a corrupt journal and read as an empty one', (json) => {
    expect(parseJournal(json)).toEqual({ journal: EMPTY_JOURNAL, isCorrupt: true });
  });

  test('Entries that can be read survive in a corrupt journal', () => {
    const good = rememberEnded(
      rememberSuccess(fail(EMPTY_JOURNAL), { ...build, now: NOW, settings: 's' }),
      'b1',
    );
    const odd = {
      ...{ ...good, builtAt: { ...good.builtAt, odd: 'x' }, failures: { odd: {} } },
      ...{ endedBuilds: ['b1', 7], pruned: 'x' },
    };
    expect(parseJournal(JSON.stringify(odd))).toEqual({ journal: good, isCorrupt: true });
  });

  test('Successful builds that follow each other quickly under the same settings form a streak', () => {
    const end = (journal: Journal, buildId: string, minutes: number, settings = 's'): Journal =>
      rememberEnded(rememberSuccess(journal, { ...build, now: NOW + minutes * MINUTE, settings }), buildId);
    const idsOf = ({ builds }: Journal) => builds[NOBLE]?.ids;
    const twice = end(end(EMPTY_JOURNAL, 'b1', 0), 'b2', 60);
    expect(idsOf(twice)).toEqual(['b1', 'b2']);
    expect(idsOf(rememberEnded(twice, 'failed'))).toEqual(['b1', 'b2']);
    expect(idsOf(end(twice, 'b2', 60))).toEqual(['b1', 'b2']);
    expect(idsOf(end(twice, 'b3', 60 + 6 * 60))).toEqual(['b3']);
    expect(idsOf(end(twice, 'b3', 70, 'other'))).toEqual(['b3']);
  });

  test('A journal of an earlier version without prunes is read', () => {
    const earlier = JSON.stringify({ ...EMPTY_JOURNAL, endedBuilds: ['b1'], pruned: undefined });
    expect(parseJournal(earlier)).toEqual({
      journal: { ...EMPTY_JOURNAL, endedBuilds: ['b1'] },
      isCorrupt: false,
    });
  });
});

describe('settingsOf', () => {
  const settings = (kind: 'build' | 'copy' | 'prune', ...args: Parameters<typeof desiredState>) =>
    settingsOf(desiredState(...args), kind, NOBLE);

  test('The digest of a build changes with its options and with the credentials', () => {
    expect(settings('build', { images: { runnerVersion: '2.331.0' } })).not.toBe(settings('build'));
    expect(settings('build', { build: { flavor: 'm1.big' } })).not.toBe(settings('build'));
    expect(settings('build', { credentialsGeneration: 2 })).not.toBe(settings('build'));
  });

  test('The digest of a build does not change with consumers, publications or limits', () => {
    const changes = {
      generation: 9,
      build: { maxParallel: 9, keepRevisions: 9 },
      consumers: [],
      published: [],
    };
    expect(settings('build', changes)).toBe(settings('build'));
  });

  test('The digest changes when any field is added to the run config of the image', () => {
    const withField = (imageName: string) => {
      const desired = desiredState({ images: { bases: ['noble', 'jammy'] } });
      const config = desired.images.get(imageName);
      const added = config && { ...config, externalService: { ...config.externalService, later: 'x' } };
      return { ...desired, images: new Map(added && [...desired.images, [imageName, added]]) };
    };
    const before = desiredState({ images: { bases: ['noble', 'jammy'] } });
    const digests = (desired: DesiredState) =>
      (['build', 'copy', 'prune', 'prepare'] as const).map((kind) =>
        settingsOf(desired, kind, kind === 'prepare' ? 'noble' : NOBLE),
      );
    const changed = digests(withField(NOBLE));
    expect(digests(before).filter((digest) => changed.includes(digest))).toEqual([]);
    expect(digests(withField(JAMMY))).toEqual(digests(before));
    expect(isPreparedFor(changed[3] ?? '', before, 'noble')).toBe(true);
  });

  test('A digest of a prepared base that 0.1.0 wrote is valid for that base only', () => {
    const former = '27d468b00424078c.083588cd056caf76';
    const both = desiredState({ images: { bases: ['noble', 'jammy'] } });
    expect(['noble', 'jammy', 'focal'].map((base) => isPreparedFor(former, both, base))).toEqual([
      true,
      false,
      false,
    ]);
  });

  test('The digest of a copy changes with the consumers, that of a prune with publications and revisions', () => {
    expect(settings('copy', { consumers: [] })).not.toBe(settings('copy'));
    expect(settings('copy', { build: { keepRevisions: 9 } })).toBe(settings('copy'));
    expect(settings('prune', { build: { keepRevisions: 9 } })).not.toBe(settings('prune'));
    const published = [{ relationId: 1, imageIds: ['a'], isConfirmed: true }];
    expect(settings('prune', { published })).not.toBe(settings('prune'));
  });
});
