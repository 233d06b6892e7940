import { describe, expect, test } from '@jest/globals';
import type { JobOutcome } from '../../../src/builder/tools.ts';
import type { ImageCopy } from '../../../src/model/image/image-copy.ts';
import type { OngoingJob } from '../../../src/model/job/ongoing-job.ts';
import type { PrunedImage } from '../../../src/model/result/program-result-common.ts';
import type { JobResult } from '../../../src/model/program-result.ts';
import { EMPTY_JOURNAL, type Journal } from '../../../src/scheduler/journal/journal.ts';
import { parseJournal } from '../../../src/scheduler/journal/parse-journal.ts';
import { recordJobEnd } from '../../../src/scheduler/journal/record-job-end.ts';
import { uuidOf } from '../../support/uuid-of.ts';
import { desiredState } from '../desired-fixtures.ts';
import { NOBLE, NOW, job } from '../plan/plan-fixtures.ts';

const context = { desired: desiredState(), intervalHours: 6 };
const NEXT = new Date(NOW + 300_000).toISOString();
const IMAGE = uuidOf('i1');

function end(
  kind: OngoingJob['kind'],
  outcome: JobOutcome,
  { journal = EMPTY_JOURNAL, isLeftBehind = false, ...change }: Partial<OngoingJob> & Change = {},
): Journal {
  const ended = { ...job(kind, NOBLE, ['red', 'blue']), startedAt: NOW - 90_000, ...change };
  return recordJobEnd(journal, { job: ended, outcome, context, now: NOW, random01: 0.5, isLeftBehind });
}

interface Change {
  readonly journal?: Journal;
  readonly isLeftBehind?: boolean;
}

const done = (result: Partial<JobResult> & Pick<JobResult, 'job'>): JobOutcome => ({
  state: 'done',
  result: { warnings: [], ...result },
});
const failed = (more: object = {}): JobOutcome => ({
  ...{ state: 'failed', kind: 'build', message: 'no host', step: '', leftovers: [], result: undefined },
  ...more,
});
const copied: ImageCopy = {
  ...{ cloud: 'red', imageId: IMAGE, outcome: 'copied', provenBy: 'hash', attempts: 1, seconds: 12.4 },
};
const refused: ImageCopy = {
  ...{ cloud: 'blue', outcome: 'failed', kind: 'denied', reason: 'quota', attempts: 1, seconds: 1 },
};
const pruned = (outcome: PrunedImage['outcome']): PrunedImage => ({
  ...{ id: IMAGE, createdAt: '', outcome, reason: '' },
});

describe('the ends of jobs for the log', () => {
  test('A build has an end with its image and content, one for each copy, and one for each failed copy', () => {
    const result = { job: 'build', imageId: IMAGE, images: [copied, refused], warnings: [] } as const;
    const { ends } = end('build', failed({ kind: 'partial', result }));
    expect(ends).toEqual([
      {
        ...{ kind: 'build', buildId: `build-${NOBLE}`, subject: NOBLE, cloudId: '', outcome: 'succeeded' },
        ...{ endedAt: new Date(NOW).toISOString(), seconds: 90, imageId: IMAGE, arch: 'x64', base: 'noble' },
      },
      expect.objectContaining({ kind: 'copy', cloudId: 'red', outcome: 'succeeded', seconds: 12 }),
      expect.objectContaining({
        ...{ kind: 'copy', cloudId: 'blue', outcome: 'failed', reason: 'quota', nextAttemptAt: NEXT },
      }),
    ]);
  });

  test('An image that a project has already as its source is no copy', () => {
    const itself = { ...copied, outcome: 'itself' } as ImageCopy;
    expect(end('copy', done({ job: 'copy', images: [itself] })).ends).toEqual([]);
  });

  test.each(['prepare', 'layer', 'build', 'sweep'] as const)(
    'A %s that failed has one end with the cause and the next attempt',
    (kind) => {
      expect(end(kind, failed()).ends).toEqual([
        expect.objectContaining({ kind, outcome: 'failed', reason: 'no host', nextAttemptAt: NEXT }),
      ]);
    },
  );

  test('A copy that failed as a whole has an end for each cloud', () => {
    const { ends } = end('copy', failed());
    expect(ends.map(({ cloudId, outcome }) => [cloudId, outcome])).toEqual([
      ['red', 'failed'],
      ['blue', 'failed'],
    ]);
  });

  test.each(['preflight', 'trial', 'prune-clouds'] as const)(
    'A %s that an action requested and that failed has an end without a next attempt',
    (kind) => {
      const request = { kind: 'prune', isDryRun: true } as const;
      const jobRequests = [{ ...request, action: '1', jobId: `${kind}-${NOBLE}` }];
      const requested = { ...context, desired: { ...context.desired, jobRequests } };
      const of = { job: job(kind, NOBLE), outcome: failed(), context: requested, now: NOW, random01: 0.5 };
      const { ends } = recordJobEnd(EMPTY_JOURNAL, of);
      expect(ends).toEqual([expect.objectContaining({ kind, outcome: 'failed', reason: 'no host' })]);
      expect(ends[0]?.nextAttemptAt).toBeUndefined();
    },
  );

  test('A prune has an end for each cloud with the number of deleted images, and a dry run has none', () => {
    const things = ['red', 'red', 'blue'].map((cloud) => ({
      ...{ ...pruned('deleted'), cloud, kind: 'image' as const, name: NOBLE },
    }));
    const outcome = done({ job: 'prune-clouds', things });
    const { ends } = end('prune-clouds', outcome, { deletableIds: [IMAGE] });
    expect(ends.map(({ cloudId, deleted }) => [cloudId, deleted])).toEqual([
      ['red', 2],
      ['blue', 1],
    ]);
    expect(end('prune-clouds', outcome).ends).toEqual([]);
    const images = [pruned('deleted'), pruned('kept')];
    expect(end('prune', done({ job: 'prune', images }), { cloudIds: ['red'] }).ends).toEqual([
      expect.objectContaining({ kind: 'prune', cloudId: 'red', deleted: 1 }),
    ]);
  });

  test('A cancelled job has an end that names the action', () => {
    expect(end('build', failed({ cancelledBy: '7' })).ends).toEqual([
      expect.objectContaining({ kind: 'build', outcome: 'cancelled', reason: 'action 7' }),
    ]);
  });

  test('A job whose end was recorded before a crash of the daemon has no second end', () => {
    const outcome = done({ job: 'copy', images: [copied] });
    const journal = end('copy', outcome);
    expect(journal.ends).toHaveLength(1);
    expect(end('copy', outcome, { journal, isLeftBehind: true }).ends).toEqual(journal.ends);
  });

  test('The journal keeps the newest 100 ends with cut reasons', () => {
    let journal = EMPTY_JOURNAL;
    for (let count = 0; count < 120; count++) {
      journal = end('build', failed({ message: 'x'.repeat(9000) }), { journal, buildId: `b${count}` });
    }
    expect([journal.ends.length, journal.ends.at(-1)?.buildId, journal.ends[0]?.reason?.length]).toEqual([
      ...[100, 'b119', 500],
    ]);
    expect(parseJournal(JSON.stringify(journal))).toEqual({ journal, isCorrupt: false });
  });
});
