import { describe, expect, test } from '@jest/globals';
import type { JobOutcome } from '../../../src/builder/tools.ts';
import type { JobKind } from '../../../src/model/built.ts';
import type { ImageCopy } from '../../../src/model/image-copy.ts';
import type { PrunedImage } from '../../../src/model/program-result-common.ts';
import type { JobResult } from '../../../src/model/program-result.ts';
import { summarizeResult } from '../../../src/scheduler/jobs/summarize-result.ts';
import { EMPTY_JOURNAL, type Journal } from '../../../src/scheduler/journal/journal.ts';
import { recordJobEnd } from '../../../src/scheduler/journal/record-job-end.ts';
import { desiredState } from '../desired-fixtures.ts';
import { NOBLE, NOW, job } from '../plan/plan-fixtures.ts';

const context = { desired: desiredState(), intervalHours: 6 };
const copied = (...images: readonly ImageCopy[]): JobResult => ({ job: 'copy', images, warnings: [] });
const built = (...images: readonly ImageCopy[]): JobResult => ({ job: 'build', images, warnings: [] });
const done = (result: JobResult = { job: 'build', warnings: [] }): JobOutcome => ({ state: 'done', result });
const failed = (kind: 'build' | 'partial' | 'denied', result?: JobResult): JobOutcome => ({
  ...{ state: 'failed', kind, message: 'whole', step: '', leftovers: [], result },
});
const effort = { attempts: 1, seconds: 1 };
const arrived = (cloud: string): ImageCopy => ({
  ...{ cloud, imageId: 'i', outcome: 'copied', provenBy: 'hash', ...effort },
});
const refused = (cloud: string): ImageCopy => ({
  ...{ cloud, outcome: 'failed', kind: 'denied', reason: 'quota', ...effort },
});

function record(
  kind: JobKind,
  clouds: readonly string[],
  outcome: JobOutcome,
  journal = EMPTY_JOURNAL,
): Journal {
  const subject = kind === 'prepare' ? 'noble' : NOBLE;
  return recordJobEnd(journal, {
    job: job(kind, subject, clouds),
    outcome,
    context,
    now: NOW,
    random01: 0.5,
  });
}

/** Returns the failures in the form `build app-noble-x64 : message`. */
function failuresOf({ failures }: Journal): readonly string[] {
  return Object.entries(failures).map(([key, { message }]) => `${key}: ${message}`);
}

describe('the end of a build', () => {
  test('A successful build is recorded with its time and removes its failure', () => {
    const before = record('build', ['red'], failed('build'));
    const after = record('build', ['red'], done(built(arrived('red'))), before);
    expect(after).toMatchObject({ builtAt: { [NOBLE]: NOW }, failures: {}, endedBuilds: [`build-${NOBLE}`] });
  });

  test('A failed build is recorded with its reason and answers the action that waits for it', () => {
    const after = record('build', ['red'], failed('build'));
    expect(failuresOf(after)).toEqual([`build ${NOBLE} : whole`]);
    expect(after).toMatchObject({ builtAt: {}, endedBuilds: [`build-${NOBLE}`] });
  });

  test('A build that did not reach all clouds is recorded as a success with failed copies', () => {
    const outcome = failed('partial', built(arrived('red'), refused('blue')));
    const after = record('build', ['red', 'blue'], outcome);
    expect(failuresOf(after)).toEqual([`copy ${NOBLE} blue: quota`]);
    expect(after.builtAt).toEqual({ [NOBLE]: NOW });
  });
});

describe('the end of a copy', () => {
  test('A copy is recorded separately for each cloud', () => {
    const before = record('copy', ['red', 'blue'], failed('denied'));
    expect(failuresOf(before)).toEqual([`copy ${NOBLE} red: whole`, `copy ${NOBLE} blue: whole`]);
    const outcome = failed('partial', copied(arrived('red'), refused('blue')));
    const after = record('copy', ['red', 'blue'], outcome, before);
    expect(failuresOf(after)).toEqual([`copy ${NOBLE} blue: quota`]);
    expect(Object.values(after.failures)[0]?.attempts).toBe(2);
  });

  test('A successful copy removes its failure', () => {
    const before = record('copy', ['red'], failed('denied'));
    expect(failuresOf(record('copy', ['red'], done(), before))).toEqual([]);
  });
});

test('A successful preparation is recorded with its time and removes its failure', () => {
  const before = record('prepare', ['builder'], failed('denied'));
  expect(failuresOf(before)).toEqual(['prepare noble : whole']);
  const after = record('prepare', ['builder'], done(), before);
  expect(after).toMatchObject({ preparedAt: { noble: NOW }, failures: {} });
});

test('A failed prune is recorded with its cloud', () => {
  const before = record('prune', ['red'], failed('denied'));
  expect(failuresOf(before)).toEqual([`prune ${NOBLE} red: whole`]);
  expect(failuresOf(record('prune', ['red'], done(), before))).toEqual([]);
});

describe('summarizeResult', () => {
  test.each<[string, JobOutcome]>([
    ['A missing result', failed('denied')],
    ['The result of a build without copies', done({ job: 'build', warnings: [] })],
    ['The result of a preparation', done({ job: 'prepare', warnings: [] })],
  ])('%s names no single cloud and no revision', (_, outcome) => {
    expect(summarizeResult(outcome)).toEqual({ copied: [], notCopied: [], notPruned: [] });
  });

  test('The summary of a copy lists the clouds that have the image and the reasons of the others', () => {
    expect(summarizeResult(failed('partial', copied(arrived('red'), refused('blue'))))).toEqual({
      copied: ['red'],
      notCopied: [{ cloudId: 'blue', errorKind: 'denied', message: 'quota' }],
      notPruned: [],
    });
  });

  test('The summary of a prune lists the revisions that could not be deleted', () => {
    const images: readonly PrunedImage[] = [
      { id: 'a', createdAt: '', outcome: 'deleted', reason: 'older' },
      { id: 'b', createdAt: '', outcome: 'failed', reason: 'in use' },
    ];
    const outcome = done({ job: 'prune', images, warnings: [] });
    expect(summarizeResult(outcome).notPruned).toEqual([{ errorKind: 'build', message: 'in use' }]);
  });
});

describe('a job that ended while no daemon ran', () => {
  const end = (kind: JobKind, outcome: JobOutcome, journal: Journal, now = NOW): Journal => {
    const subject = kind === 'prepare' ? 'noble' : NOBLE;
    const ended = { job: job(kind, subject, ['red']), outcome, context, now, random01: 0.5 };
    return recordJobEnd(journal, { ...ended, isLeftBehind: true });
  };

  test.each(['build', 'copy', 'prepare', 'prune'] as const)(
    'A %s that is in the journal already is not recorded twice',
    (kind) => {
      for (const outcome of [done(), failed('denied')]) {
        const before = record(kind, ['red'], outcome);
        expect(end(kind, outcome, before, NOW - 10)).toEqual(before);
      }
    },
  );

  test('A job that is not in the journal is recorded after the restart', () => {
    const before = record('copy', ['red'], failed('denied'));
    const after = end('copy', failed('denied'), before, NOW + 1000);
    expect(Object.values(after.failures)[0]?.attempts).toBe(2);
  });
});

test('A build that never started is recorded as failed and does not answer its action', () => {
  const ended = { job: job('build', NOBLE, []), outcome: failed('build'), context, now: NOW, random01: 0.5 };
  const after = recordJobEnd(EMPTY_JOURNAL, { ...ended, neverStarted: true });
  expect(failuresOf(after)).toEqual([`build ${NOBLE} : whole`]);
  expect(after.endedBuilds).toEqual([]);
});
