import { describe, expect, test } from '@jest/globals';
import { deriveUnitStatus } from '../../../src/charm/status/unit-status.ts';
import type { StatusInput } from '../../../src/charm/status/status-rule.ts';
import type { Built, JobFailure, RunningJob } from '../../../src/model/unit/built.ts';
import { STATUS_FACTS, built, cloudOf, imageRelation, remoteUnit, report } from '../support/facts.ts';

const RELATION = imageRelation();
const CLOUD = cloudOf(RELATION);

function statusOf(given: Partial<StatusInput> = {}): string {
  const input = {
    application: 'app',
    problems: [],
    relations: [RELATION],
    built: built(),
    isServed: true,
    ...STATUS_FACTS,
  };
  const { name, message } = deriveUnitStatus({ ...input, ...given });
  return `${name}: ${message}`;
}

const withBuilt = (given: Partial<Built>, isServed = true): string =>
  statusOf({ built: built(given), isServed });

const failure = (given: Partial<JobFailure> = {}): JobFailure => ({
  kind: 'build',
  subject: 'app-noble-x64',
  cloudId: '',
  errorKind: 'build',
  message: 'wait for cloud-init: it failed',
  failedAt: '2026-11-21T13:00:00.000Z',
  attempts: 1,
  nextAttemptAt: '2026-11-21T13:05:10.000Z',
  ...given,
});

const running = (given: Partial<RunningJob> = {}): RunningJob => ({
  ...{ kind: 'build', buildId: 'b1', subject: 'app-noble-x64', step: 'wait for server' },
  ...{ reason: 'never built', startedAt: '2026-11-21T13:00:00.000Z' },
  ...given,
});

const refused = { kind: 'denied', type: '', message: 'HTTP 401' } as const;
const unreachable = { kind: 'unavailable', type: '', message: 'no answer within 10 s' } as const;
const consumerReport = (failure: typeof refused | typeof unreachable) => report(CLOUD, {}, { failure });
const builderReport = (failure: typeof refused | typeof unreachable) => report('builder', {}, { failure });

describe("the unit's status", () => {
  test.each<[string, Partial<StatusInput>, string]>([
    [
      'all problems of options and secrets',
      { problems: ['set a, b', 'c: wrong'] },
      'blocked: set a, b; c: wrong',
    ],
    [
      'the command that integrates a consumer',
      { relations: [] },
      'blocked: integrate with a charm that needs images: juju integrate app:image <runner charm>',
    ],
    [
      'the applications without credentials',
      {
        relations: [
          imageRelation({ units: [] }),
          imageRelation({ id: 4, application: 'other', units: [remoteUnit('other/0', {})] }),
        ],
      },
      'waiting: waiting for credentials from consumer, other',
    ],
    [
      'the missing report of the scheduler',
      { built: undefined },
      'waiting: the scheduler has not reported yet',
    ],
  ])('The status before the first report shows %s', (_case, given, status) => {
    expect(statusOf(given)).toBe(status);
  });

  test.each<[string, Partial<Built>, string, string]>([
    [
      'the time of the next build',
      {},
      'active: next build 14:00Z',
      'waiting: first image: next build 14:00Z',
    ],
    [
      'no time while no next build is planned',
      { nextBuildAt: undefined },
      'active: ',
      'waiting: first image: about to be built',
    ],
    [
      'the reason why the scheduler is idle',
      { idleReason: 'waiting for credentials: missing' },
      'active: images stay as they are: waiting for credentials: missing',
      'waiting: waiting for credentials: missing',
    ],
    [
      'a running build with its reason and step',
      { running: [running()], batch: { done: 0, total: 2 } },
      'maintenance: building 1/2 images: noble-x64 (never built): wait for server',
      'waiting: first image: building 1/2 images: noble-x64 (never built): wait for server',
    ],
    [
      'all running builds',
      {
        running: [running({ step: '' }), running({ subject: 'app-jammy-x64', reason: 'asked by action 4' })],
        batch: { done: 1, total: 3 },
      },
      'maintenance: building 2/3 images: noble-x64 (never built); jammy-x64 (asked by action 4): wait for server',
      'waiting: first image: building 2/3 images: noble-x64 (never built); jammy-x64 (asked by action 4): wait for server',
    ],
    [
      'the base that is prepared',
      { running: [running({ kind: 'prepare', subject: 'noble/x64', step: 'upload', reason: '' })] },
      'maintenance: preparing base noble/x64: upload',
      'waiting: first image: preparing base noble/x64: upload',
    ],
    [
      'the reason why a build failed',
      { failures: [failure({ attempts: 3 })] },
      'active: serving the last good image (next try 13:05Z) because noble-x64: wait for cloud-init: it failed (3 times)',
      'blocked: no image yet: failed because noble-x64: wait for cloud-init: it failed (3 times); next try 13:05Z',
    ],
    [
      'the next attempt after a temporary failure',
      { failures: [failure({ errorKind: 'unavailable', message: 'no answer' })] },
      'active: serving the last good image (next try 13:05Z) because noble-x64: no answer',
      'waiting: first image: next try 13:05Z: noble-x64: no answer',
    ],
    [
      'the quota that a build waits for',
      { failures: [failure({ errorKind: 'quota', message: 'quota: cores 8 of 10 used, a build needs 4' })] },
      'active: serving the last good image (next try 13:05Z) because noble-x64: quota: cores 8 of 10 used, a build needs 4',
      'waiting: first image: next try 13:05Z: noble-x64: quota: cores 8 of 10 used, a build needs 4',
    ],
    [
      'the command to run after a refused build',
      { failures: [failure({ errorKind: 'input', message: '--flavor: none is called m9' })] },
      'active: serving the last good image because the build is refused: check juju config app: noble-x64: --flavor: none is called m9',
      'blocked: the build is refused: check juju config app: noble-x64: --flavor: none is called m9',
    ],
    [
      'the answer of a build cloud that refuses the login',
      { clouds: [builderReport(refused)] },
      'active: serving the last good image because the build cloud refuses us: check juju config app: HTTP 401',
      'blocked: the build cloud refuses us: check juju config app: HTTP 401',
    ],
    [
      'the error of a build cloud that does not answer',
      { clouds: [builderReport(unreachable)] },
      'active: serving the last good image because the build cloud does not answer: no answer within 10 s',
      'waiting: first image: the build cloud does not answer: no answer within 10 s',
    ],
    [
      'the refused consumer and what to do',
      { clouds: [consumerReport(refused)] },
      'active: consumer is refused by its cloud: correct the OpenStack credentials of consumer, then juju remove-relation app consumer and integrate again: HTTP 401',
      'blocked: consumer is refused by its cloud: correct the OpenStack credentials of consumer, then juju remove-relation app consumer and integrate again: HTTP 401',
    ],
    [
      'the consumer whose cloud does not answer',
      { clouds: [consumerReport(unreachable)] },
      'active: consumer: its cloud does not answer: no answer within 10 s',
      'waiting: first image: consumer: its cloud does not answer: no answer within 10 s',
    ],
    [
      'the consumer that an image was not copied to',
      { failures: [failure({ kind: 'copy', cloudId: CLOUD, message: 'quota' })] },
      'active: consumer: app-noble-x64 was not copied: quota',
      'waiting: first image: consumer: app-noble-x64 was not copied: quota',
    ],
    [
      'the cloud where old images were not deleted',
      { failures: [failure({ kind: 'prune', message: 'in use' })] },
      'active: the build cloud: old images of app-noble-x64 were not deleted: in use',
      'waiting: first image: the build cloud: old images of app-noble-x64 were not deleted: in use',
    ],
    [
      'the image that is copied',
      { running: [running({ kind: 'copy', reason: 'new consumer', step: '' })] },
      'active: copying app-noble-x64 (new consumer)',
      'waiting: first image: copying app-noble-x64 (new consumer)',
    ],
    [
      'no running prune',
      { running: [running({ kind: 'prune' })] },
      'active: next build 14:00Z',
      'waiting: first image: next build 14:00Z',
    ],
  ])('The status shows %s', (_case, given, served, unserved) => {
    expect(withBuilt(given, true)).toBe(served);
    expect(withBuilt(given, false)).toBe(unserved);
  });

  test('The status names the consumers without an image', () => {
    const unserved = ['other', 'third'];
    expect(statusOf({ unserved })).toBe('active: next build 14:00Z; no image yet for other, third');
  });

  test('The status shows the most important condition', () => {
    const all: Partial<Built> = {
      idleReason: 'x',
      clouds: [builderReport(refused), consumerReport(refused)],
      running: [running()],
      failures: [failure()],
    };
    const order: string[] = [];
    for (const without of [
      {},
      { idleReason: undefined },
      { clouds: [consumerReport(refused)] },
      { running: [] },
      { failures: [] },
      { clouds: [] },
    ]) {
      Object.assign(all, without);
      order.push(withBuilt(all).slice(0, 25));
    }
    expect(order).toEqual([
      'active: images stay as th',
      'active: serving the last ',
      'maintenance: building 1/1',
      'active: serving the last ',
      'active: consumer is refus',
      'active: next build 14:00Z',
    ]);
    expect(statusOf({ problems: ['p'], relations: [], built: built(all) })).toBe('blocked: p');
  });

  test('The status is one line with the first problem almost in full and the number of those left out', () => {
    const long = `set ${'x'.repeat(250)}`;
    expect(statusOf({ problems: [long, 'b', 'c'] })).toBe(`blocked: ${long}; and 2 more`);
    expect(statusOf({ problems: ['a\nb', 'y'.repeat(150), 'z'.repeat(60)] })).toBe(
      `blocked: a b; ${'y'.repeat(150)}; and 1 more`,
    );
    expect(statusOf({ problems: ['x'.repeat(150_000)] })).toHaveLength('blocked: '.length + 1000);
    const { message } = deriveUnitStatus({
      application: 'app',
      problems: [],
      relations: [RELATION],
      isServed: true,
      ...STATUS_FACTS,
      built: built({ failures: [failure({ message: 'm'.repeat(500) })] }),
    });
    expect(message).toHaveLength(200);
  });
});
