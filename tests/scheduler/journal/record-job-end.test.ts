import { describe, expect, test } from '@jest/globals';
import type { JobOutcome } from '../../../src/builder/tools.ts';
import type { JobKind } from '../../../src/model/job/job-kind.ts';
import type { ImageCopy } from '../../../src/model/image/image-copy.ts';
import type { JobResult } from '../../../src/model/program-result.ts';
import { EMPTY_JOURNAL, type Journal } from '../../../src/scheduler/journal/journal.ts';
import { parseJournal } from '../../../src/scheduler/journal/parse-journal.ts';
import { recordJobEnd } from '../../../src/scheduler/journal/record-job-end.ts';
import { desiredState } from '../desired-fixtures.ts';
import { NOBLE, NOW, job } from '../plan/plan-fixtures.ts';

const context = { desired: desiredState(), intervalHours: 6 };
const copied = (...images: readonly ImageCopy[]): JobResult => ({ job: 'copy', images, warnings: [] });
const built = (...images: readonly ImageCopy[]): JobResult => ({ job: 'build', images, warnings: [] });
const done = (result: JobResult = { job: 'build', warnings: [] }): JobOutcome => ({ state: 'done', result });
const failed = (kind: 'build' | 'partial' | 'denied' | 'quota', result?: JobResult): JobOutcome => ({
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
  test('A build without quota is recorded without its step, because the plan says that it waits for it', () => {
    const message = 'create server: quota: cores 8 of 10 used, a build needs 4';
    const outcome = { ...failed('quota'), message, step: 'create server' };
    expect(failuresOf(record('build', [], outcome))).toEqual([
      `build ${NOBLE} : quota: cores 8 of 10 used, a build needs 4`,
    ]);
  });

  test('A successful build is recorded with its time and removes its failure', () => {
    const before = record('build', ['red'], failed('build'));
    const after = record('build', ['red'], done(built(arrived('red'))), before);
    expect(after).toMatchObject({
      built: { [NOBLE]: { buildId: `build-${NOBLE}`, at: NOW, unlisted: 1 } },
      failures: {},
      endedBuilds: [`build-${NOBLE}`],
    });
  });

  test('A failed build is recorded with its reason and answers the action that waits for it', () => {
    const after = record('build', ['red'], failed('build'));
    expect(failuresOf(after)).toEqual([`build ${NOBLE} : whole`]);
    expect(after).toMatchObject({ built: {}, endedBuilds: [`build-${NOBLE}`] });
  });

  test('A build that did not reach all clouds is recorded as a success with failed copies', () => {
    const outcome = failed('partial', built(arrived('red'), refused('blue')));
    const after = record('build', ['red', 'blue'], outcome);
    expect(failuresOf(after)).toEqual([`copy ${NOBLE} blue: quota`]);
    expect(after.built[NOBLE]?.at).toBe(NOW);
  });
});

describe('the history of builds', () => {
  test('A build is in the history with its duration and the size of its image, and a failed one without', () => {
    const outcome = done({ job: 'build', imageBytes: 2_000_000, warnings: [] });
    const { history } = record('build', ['red'], failed('build'), record('build', ['red'], outcome));
    const { startedAt } = job('build', NOBLE, ['red']);
    const common = {
      imageName: NOBLE,
      buildId: `build-${NOBLE}`,
      at: NOW,
      seconds: (NOW - startedAt) / 1000,
    };
    expect(history).toEqual([
      { ...common, hasImage: true, bytes: 2_000_000 },
      { ...common, hasImage: false, bytes: undefined },
    ]);
  });

  test('A job that makes no image of a consumer is not in the history', () => {
    expect(record('copy', ['red'], done(copied(arrived('red')))).history).toEqual([]);
    expect(record('prepare', [], done()).history).toEqual([]);
  });

  test('The history has the newest 400 builds and survives a restart', () => {
    const [older] = record('build', [], done()).history;
    if (older === undefined) throw new Error('expected a build in the history');
    const full = { ...EMPTY_JOURNAL, history: Array.from({ length: 400 }, (_, at) => ({ ...older, at })) };
    const after = record('build', [], done(), full);
    expect(after.history).toHaveLength(400);
    expect([after.history[0]?.at, after.history.at(-1)?.at]).toEqual([1, NOW]);
    expect(parseJournal(JSON.stringify(after)).journal.history).toEqual(
      JSON.parse(JSON.stringify(after.history)),
    );
  });
});

describe('a job that was killed while it copied', () => {
  const killed: JobOutcome = {
    ...{ state: 'failed', kind: 'unavailable', message: 'whole', step: '', leftovers: [], result: undefined },
    copyingTo: ['blue'],
  };
  const suspectsOf = ({ failures }: Journal): readonly string[] =>
    Object.values(failures).flatMap(({ cloudId, isSuspect }) => (isSuspect ? [cloudId] : []));

  test('The clouds that a killed build was copying to are suspects, and its image counts as built', () => {
    const after = record('build', ['red', 'blue'], killed);
    expect(failuresOf(after)).toEqual([`copy ${NOBLE} blue: whole`]);
    expect(suspectsOf(after)).toEqual(['blue']);
    expect(after.built[NOBLE]?.at).toBe(NOW);
  });

  test('Only the clouds that a killed copy was copying to are suspects, until a copy ends with a result', () => {
    const after = record('copy', ['red', 'blue'], killed);
    expect(failuresOf(after)).toEqual([`copy ${NOBLE} red: whole`, `copy ${NOBLE} blue: whole`]);
    expect(suspectsOf(after)).toEqual(['blue']);
    expect(suspectsOf(record('copy', ['blue'], failed('partial', copied(refused('blue'))), after))).toEqual(
      [],
    );
  });

  test('A build that was killed before its copies is a failed build', () => {
    const after = record('build', ['red'], { ...killed, copyingTo: [] });
    expect(failuresOf(after)).toEqual([`build ${NOBLE} : whole`]);
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

test('A layer is recorded with its duration and that of its parts, as not listed yet', () => {
  const steps = [
    { name: 'install parts', seconds: 500 },
    { name: 'stop server', seconds: 9 },
  ];
  const subject = `${NOBLE}.layer`;
  const made = { ...job('layer', subject), startedAt: NOW - 600_000 };
  const ended = { context, now: NOW, random01: 0.5, outcome: done({ job: 'layer', steps, warnings: [] }) };
  const journal = recordJobEnd(EMPTY_JOURNAL, { ...ended, job: made });
  const expected = { buildId: made.buildId, at: NOW, isListed: false, seconds: 600, partsSeconds: 500 };
  expect(journal.layers).toMatchObject({ [subject]: expected });
  expect(parseJournal(JSON.stringify(journal))).toEqual({ journal, isCorrupt: false });
});

test('A failed prune is recorded with its cloud', () => {
  const before = record('prune', ['red'], failed('denied'));
  expect(failuresOf(before)).toEqual([`prune ${NOBLE} red: whole`]);
  expect(failuresOf(record('prune', ['red'], done(), before))).toEqual([]);
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
