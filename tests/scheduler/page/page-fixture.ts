import type { PastJob } from '../../../src/builder/jobs/past-jobs.ts';
import type { JobOutcome } from '../../../src/builder/tools.ts';
import type { Built, CloudReport } from '../../../src/model/unit/built.ts';
import { nameConsumers } from '../../../src/model/unit/consumer-names.ts';
import type { JobResult } from '../../../src/model/program-result.ts';
import type { OngoingJob } from '../../../src/model/job/ongoing-job.ts';
import type { EndedBuild } from '../../../src/scheduler/journal/journal.ts';
import type { PageFacts } from '../../../src/scheduler/page/page-facts.ts';
import { uuidOf } from '../../support/uuid-of.ts';
import { desiredState } from '../desired-fixtures.ts';

export const NOW = Date.parse('2026-11-26T14:30:00Z');
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const GIB = 1024 ** 3;

const before = (milliseconds: number): string => new Date(NOW - milliseconds).toISOString();

/** Returns an image of noble and its revisions in one cloud, each `[word, build id, age in hours]`. */
export function cloudReport(
  cloudId: string,
  revisions: readonly (readonly [string, string, number])[],
  given: Partial<CloudReport> = {},
): CloudReport {
  const [newest] = revisions;
  const size = 2.4 * GIB;
  const image = newest && {
    ...{
      arch: 'x64' as const,
      base: 'noble' as const,
      juju: '',
      microk8s: '',
      cloudId,
      imageId: uuidOf(newest[0]),
    },
    details: { createdAt: before(newest[2] * HOUR), size, runnerVersion: '2.331.0' },
  };
  return {
    ...{ cloudId, failure: undefined, images: image === undefined ? [] : [image] },
    activeIds: revisions.map(([word]) => uuidOf(word)),
    revisions: revisions.map(([word, buildId, hours]) => ({
      ...{ imageName: 'app-noble-x64', imageId: uuidOf(word), buildId, createdAt: before(hours * HOUR) },
    })),
    ...given,
  };
}

/** Returns a job that ended `ago` milliseconds before now after `took` milliseconds. */
export function pastJob(job: Partial<OngoingJob>, ago: number, took: number, outcome: JobOutcome): PastJob {
  return {
    job: { ...ongoing(job), startedAt: NOW - ago - took },
    isCancelled: false,
    end: { outcome, at: NOW - ago },
  };
}

export function ongoing(job: Partial<OngoingJob>): OngoingJob {
  return {
    ...{ kind: 'build', buildId: 'b00000000001', subject: 'app-noble-x64', cloudIds: [] },
    ...{ reason: 'interval elapsed: built 6 h ago', startedAt: NOW - 4 * MINUTE },
    ...job,
  };
}

/** Returns the outcome of a job that made an image. */
export function done(job: 'build' | 'layer', imageId: string, imageBytes = 2.4 * GIB): JobOutcome {
  const result = { job, imageId, imageBytes, warnings: [] } as JobResult;
  return { state: 'done', result };
}

export function failed(message: string, given: Partial<JobOutcome> = {}): JobOutcome {
  const failure = { kind: 'unavailable', message, step: 'create server', leftovers: [] } as const;
  return { state: 'failed', ...failure, result: undefined, ...given } as JobOutcome;
}

/** The builds of three weeks, of which one failed. */
export const HISTORY: readonly EndedBuild[] = Array.from({ length: 24 }, (_, index) => ({
  ...{ imageName: 'app-noble-x64', buildId: `b${index}`, at: NOW - (24 - index) * 6 * HOUR },
  ...{ seconds: 480 + ((index * 37) % 90), hasImage: index !== 15 },
  ...(index === 15 ? {} : { bytes: GIB * (2.3 + index / 200) }),
}));

export const BUILT: Built = {
  ...{
    format: 1,
    generation: 9,
    desiredGeneration: 1,
    batch: { done: 0, total: 1 },
    answered: [],
    endedBuilds: [],
  },
  clouds: [
    cloudReport('builder', [
      ['n2', 'a1b2c3d4e5f6', 3],
      ['n1', '0f9e8d7c6b5a', 9],
    ]),
    cloudReport('red-0a1b2c3d', [
      ['r2', 'a1b2c3d4e5f6', 2.9],
      ['r1', '0f9e8d7c6b5a', 8.9],
    ]),
    cloudReport('blue-4e5f6a7b', [['b1', '0f9e8d7c6b5a', 8.8]], {
      failure: { kind: 'unavailable', type: 'ServerError', message: 'GET /v2/images answered 503' },
    }),
  ],
  running: [],
  failures: [
    {
      ...{
        kind: 'copy',
        subject: 'app-noble-x64',
        cloudId: 'blue-4e5f6a7b',
        errorKind: 'unavailable',
        attempts: 3,
      },
      ...{
        message: 'PUT /v2/images/x/file answered 503',
        failedAt: before(20 * MINUTE),
        nextAttemptAt: before(-15 * MINUTE),
      },
    },
  ],
  nextBuildAt: before(-3 * HOUR),
  ...{ idleReason: undefined, metricsPort: undefined, heartbeatAt: before(MINUTE) },
  skipped: [
    {
      subject: 'app-noble-x64 to blue-4e5f6a7b',
      reason: 'failed 3 times: blue-4e5f6a7b answered 503',
      until: before(-15 * MINUTE),
    },
    { subject: 'app-noble-x64', reason: 'fresh until 2026-11-26T17:30Z', until: before(-3 * HOUR) },
    { subject: 'app-jammy-x64', reason: 'paused by the operator' },
  ],
};

/** Returns a page of a unit with two bases and two consumers, one of which cannot be reached. */
export function pageFacts(given: Partial<PageFacts> = {}): PageFacts {
  const desired = desiredState({
    images: { bases: ['noble', 'jammy'] },
    consumers: [
      { relationId: 1, unit: 'large-runners/0', cloudId: 'red-0a1b2c3d' },
      { relationId: 2, unit: 'arm-runners/0', cloudId: 'blue-4e5f6a7b' },
    ],
    published: [
      { relationId: 1, imageIds: [uuidOf('r2')], isConfirmed: true },
      { relationId: 2, imageIds: [uuidOf('b1')], isConfirmed: true },
    ],
    steering: {
      ...{ isPaused: false, pausedImages: ['app-jammy-x64'], pausedConsumers: ['arm-runners'] },
      pins: [{ imageName: 'app-noble-x64', buildId: '0f9e8d7c6b5a' }],
    },
  });
  const running = {
    ...{
      job: ongoing({ buildId: 'c0ffee000001', layerId: uuidOf('layer') }),
      isCancelled: false,
      end: undefined,
    },
    steps: [
      { step: 'create server', state: 'finished', startedAt: NOW - 4 * MINUTE, seconds: 42.1, text: '' },
      {
        step: 'install parts',
        state: 'running',
        startedAt: NOW - 3 * MINUTE,
        seconds: undefined,
        text: 'docker, apt',
      },
    ],
  } as const;
  const layer = { kind: 'layer', subject: 'app-noble-x64.layer', buildId: 'facade000001' } as const;
  return {
    ...{ unit: 'app/0', version: '0.1.0', now: NOW, problems: [], desired, built: BUILT, running: [running] },
    ended: [
      pastJob(layer, 5 * MINUTE, 6 * MINUTE, done('layer', uuidOf('layer'))),
      pastJob({ buildId: 'a1b2c3d4e5f6' }, 3 * HOUR, 8 * MINUTE, done('build', uuidOf('n2'))),
      pastJob(
        { buildId: 'dead00000001', subject: 'app-jammy-x64' },
        5 * HOUR,
        MINUTE,
        failed('no valid host'),
      ),
    ],
    history: HISTORY,
    consumerNames: nameConsumers(desired.consumers),
    ...given,
  };
}
