import { describe, expect, test } from '@jest/globals';
import type { JobOutcome } from '../../../src/builder/tools.ts';
import type { JobKind } from '../../../src/model/built.ts';
import type { Delivery } from '../../../src/model/delivery.ts';
import type { PrunedImage } from '../../../src/model/program-result-common.ts';
import type { JobResult } from '../../../src/model/program-result.ts';
import { summarizeResult } from '../../../src/scheduler/jobs/summarize-result.ts';
import { EMPTY_JOURNAL, type Journal } from '../../../src/scheduler/journal/journal.ts';
import { recordJobEnd } from '../../../src/scheduler/journal/record-job-end.ts';
import { desiredState } from '../desired-fixtures.ts';
import { NOBLE, NOW, job } from '../plan/plan-fixtures.ts';

const terms = { desired: desiredState(), intervalHours: 6 };
const copied = (...images: readonly Delivery[]): JobResult => ({ job: 'copy', images, warnings: [] });
const built = (...images: readonly Delivery[]): JobResult => ({ job: 'build', images, warnings: [] });
const done = (result: JobResult = { job: 'build', warnings: [] }): JobOutcome => ({ state: 'done', result });
const failed = (kind: 'build' | 'partial' | 'denied', result?: JobResult): JobOutcome => ({
  ...{ state: 'failed', kind, message: 'whole', step: '', leftovers: [], result },
});
const effort = { attempts: 1, seconds: 1 };
const arrived = (cloud: string): Delivery => ({
  ...{ cloud, imageId: 'i', outcome: 'copied', provenBy: 'hash', ...effort },
});
const refused = (cloud: string): Delivery => ({
  ...{ cloud, outcome: 'failed', kind: 'denied', reason: 'quota', ...effort },
});

function settle(
  kind: JobKind,
  clouds: readonly string[],
  outcome: JobOutcome,
  journal = EMPTY_JOURNAL,
): Journal {
  const subject = kind === 'prepare' ? 'noble' : NOBLE;
  return recordJobEnd(journal, { job: job(kind, subject, clouds), outcome, terms, now: NOW, random01: 0.5 });
}

/** Its failures, as `build app-noble-x64 : message`. */
function failuresOf({ failures }: Journal): readonly string[] {
  return Object.entries(failures).map(([key, { message }]) => `${key}: ${message}`);
}

describe('the journal, once a build has ended', () => {
  test('well, knows when, and no failure of it', () => {
    const before = settle('build', ['red'], failed('build'));
    const after = settle('build', ['red'], done(built(arrived('red'))), before);
    expect(after).toMatchObject({ builtAt: { [NOBLE]: NOW }, failures: {}, endedBuilds: [`build-${NOBLE}`] });
  });

  test('badly, knows why, and that an action need not wait for it', () => {
    const after = settle('build', ['red'], failed('build'));
    expect(failuresOf(after)).toEqual([`build ${NOBLE} : whole`]);
    expect(after).toMatchObject({ builtAt: {}, endedBuilds: [`build-${NOBLE}`] });
  });

  test('well, but not everywhere, has the image as built and the rest as copies that failed', () => {
    const outcome = failed('partial', built(arrived('red'), refused('blue')));
    const after = settle('build', ['red', 'blue'], outcome);
    expect(failuresOf(after)).toEqual([`copy ${NOBLE} blue: quota`]);
    expect(after.builtAt).toEqual({ [NOBLE]: NOW });
  });
});

describe('the journal, once a copy has ended', () => {
  test('here well and there badly, knows each', () => {
    const before = settle('copy', ['red', 'blue'], failed('denied'));
    expect(failuresOf(before)).toEqual([`copy ${NOBLE} red: whole`, `copy ${NOBLE} blue: whole`]);
    const outcome = failed('partial', copied(arrived('red'), refused('blue')));
    const after = settle('copy', ['red', 'blue'], outcome, before);
    expect(failuresOf(after)).toEqual([`copy ${NOBLE} blue: quota`]);
    expect(Object.values(after.failures)[0]?.attempts).toBe(2);
  });

  test('well, knows of no failure', () => {
    const before = settle('copy', ['red'], failed('denied'));
    expect(failuresOf(settle('copy', ['red'], done(), before))).toEqual([]);
  });
});

test('a base that was prepared is known, and one that was not', () => {
  const before = settle('prepare', ['builder'], failed('denied'));
  expect(failuresOf(before)).toEqual(['prepare noble : whole']);
  const after = settle('prepare', ['builder'], done(), before);
  expect(after).toMatchObject({ preparedAt: { noble: NOW }, failures: {} });
});

test('a prune that failed is known under its cloud', () => {
  const before = settle('prune', ['red'], failed('denied'));
  expect(failuresOf(before)).toEqual([`prune ${NOBLE} red: whole`]);
  expect(failuresOf(settle('prune', ['red'], done(), before))).toEqual([]);
});

describe('a result', () => {
  test.each<[string, JobOutcome]>([
    ['that is missing', failed('denied')],
    ['of a build without copies', done({ job: 'build', warnings: [] })],
    ['of a prepare', done({ job: 'prepare', warnings: [] })],
  ])('%s names no single cloud and no revision', (_, outcome) => {
    expect(summarizeResult(outcome)).toEqual({ copied: [], notCopied: [], notPruned: [] });
  });

  test('of a copy names the clouds that have the image, and why the others do not', () => {
    expect(summarizeResult(failed('partial', copied(arrived('red'), refused('blue'))))).toEqual({
      copied: ['red'],
      notCopied: [{ cloudId: 'blue', errorKind: 'denied', message: 'quota' }],
      notPruned: [],
    });
  });

  test('of a prune tells what stays that should have gone', () => {
    const images: readonly PrunedImage[] = [
      { id: 'a', createdAt: '', outcome: 'deleted', reason: 'older' },
      { id: 'b', createdAt: '', outcome: 'failed', reason: 'in use' },
    ];
    const outcome = done({ job: 'prune', images, warnings: [] });
    expect(summarizeResult(outcome).notPruned).toEqual([{ errorKind: 'build', message: 'in use' }]);
  });
});

describe('a job that ended while no daemon was there', () => {
  const end = (kind: JobKind, outcome: JobOutcome, journal: Journal, now = NOW): Journal => {
    const subject = kind === 'prepare' ? 'noble' : NOBLE;
    const ended = { job: job(kind, subject, ['red']), outcome, terms, now, random01: 0.5 };
    return recordJobEnd(journal, { ...ended, isLeftBehind: true });
  };

  test.each(['build', 'copy', 'prepare', 'prune'] as const)(
    'and is in the journal already, a %s, changes nothing there',
    (kind) => {
      for (const outcome of [done(), failed('denied')]) {
        const before = settle(kind, ['red'], outcome);
        expect(end(kind, outcome, before, NOW - 10)).toEqual(before);
      }
    },
  );

  test('and is not in the journal, is taken into it', () => {
    const before = settle('copy', ['red'], failed('denied'));
    const after = end('copy', failed('denied'), before, NOW + 1000);
    expect(Object.values(after.failures)[0]?.attempts).toBe(2);
  });
});

test('a build that never started has failed, and is still owed to the action that asked for it', () => {
  const ended = { job: job('build', NOBLE, []), outcome: failed('build'), terms, now: NOW, random01: 0.5 };
  const after = recordJobEnd(EMPTY_JOURNAL, { ...ended, neverStarted: true });
  expect(failuresOf(after)).toEqual([`build ${NOBLE} : whole`]);
  expect(after.endedBuilds).toEqual([]);
});
