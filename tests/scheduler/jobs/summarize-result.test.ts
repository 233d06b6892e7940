import { expect, test } from '@jest/globals';
import type { JobOutcome } from '../../../src/builder/tools.ts';
import type { ImageCopy } from '../../../src/model/image/image-copy.ts';
import type { PrunedImage } from '../../../src/model/result/program-result-common.ts';
import type { JobResult } from '../../../src/model/program-result.ts';
import { summarizeResult } from '../../../src/scheduler/jobs/summarize-result.ts';

const done = (result: JobResult): JobOutcome => ({ state: 'done', result });
const failed = (kind: 'partial' | 'denied', result?: JobResult): JobOutcome => ({
  ...{ state: 'failed', kind, message: 'whole', step: '', leftovers: [], result },
});

test.each<[string, JobOutcome]>([
  ['A missing result', failed('denied')],
  ['The result of a build without copies', done({ job: 'build', warnings: [] })],
  ['The result of a preparation', done({ job: 'prepare', warnings: [] })],
])('%s names no single cloud and no revision', (_, outcome) => {
  const none = { copies: [], copied: [], notCopied: [], notPruned: [], leftBehind: [] };
  expect(summarizeResult(outcome)).toEqual(none);
});

test('The summary of a copy lists the clouds that have the image and the reasons of the others', () => {
  const effort = { attempts: 1, seconds: 1 };
  const copies: readonly ImageCopy[] = [
    { cloud: 'red', imageId: 'i', outcome: 'copied', provenBy: 'hash', ...effort },
    { cloud: 'blue', outcome: 'failed', kind: 'denied', reason: 'quota', ...effort },
  ];
  expect(summarizeResult(failed('partial', { job: 'copy', images: copies, warnings: [] }))).toEqual({
    copies,
    copied: ['red'],
    notCopied: [{ cloudId: 'blue', errorKind: 'denied', message: 'quota' }],
    notPruned: [],
    leftBehind: [],
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
