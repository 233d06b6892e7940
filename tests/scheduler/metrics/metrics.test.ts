import { describe, expect, test } from '@jest/globals';
import type { JobOutcome } from '../../../src/builder/tools.ts';
import type { DesiredState } from '../../../src/model/unit/desired-state.ts';
import type { ImageCopy } from '../../../src/model/image/image-copy.ts';
import type { Observation } from '../../../src/model/observation.ts';
import { EMPTY_JOURNAL } from '../../../src/scheduler/journal/journal.ts';
import { Metrics } from '../../../src/scheduler/metrics/metrics.ts';
import { deriveBuilt } from '../../../src/scheduler/report/derive-built.ts';
import { desiredState } from '../desired-fixtures.ts';
import { NOBLE, NOW, copyOf, failed, hoursAgo, image, job, seen } from '../plan/plan-fixtures.ts';

const PUBLISHED = [{ relationId: 1, imageIds: ['new-copy'], isConfirmed: true }];
const SEEN = [
  seen('builder', 'build', [image('new', { createdAt: hoursAgo(2), size: 5, runnerVersion: '2.331.0' })]),
  seen('red', 'red', [copyOf('new', { createdAt: hoursAgo(1), runnerVersion: '2.331.0' })]),
];
const seconds = (hours: number): number => (NOW - hours * 3_600_000) / 1000;

/** Shows the state after a reconcile at NOW. */
function show(
  metrics: Metrics,
  observation: Observation,
  desired = desiredState({ published: PUBLISHED }),
): void {
  const facts = { observation, plan: [], journal: EMPTY_JOURNAL, ongoing: [], batch: { done: 0, total: 0 } };
  const built = deriveBuilt(undefined, { desired, ...facts });
  metrics.setState({ desired, intervalHours: 6, observation, built }, NOW);
}

function metricsOf(observation: Observation, desired?: DesiredState): Metrics {
  const metrics = new Metrics('1.0.0');
  show(metrics, observation, desired);
  return metrics;
}

/** Returns the lines of a metric, without its name. */
function linesOf(metrics: Metrics, name: string): readonly string[] {
  const lines = metrics.render().split('\n');
  return lines
    .filter((line) => new RegExp(`^image_builder_${name}[{ ]`).test(line))
    .map((line) => line.slice(14 + name.length).trim());
}

const effort = { attempts: 1, seconds: 3 };
const copied: ImageCopy = {
  cloud: 'red',
  imageId: 'i',
  outcome: 'copied',
  provenBy: 'hash',
  bytes: 70,
  ...effort,
};
const refused: ImageCopy = { cloud: 'red', outcome: 'failed', kind: 'denied', reason: 'quota', ...effort };

/** Returns the outcome of a build with these copies. */
function outcomeOf(images: readonly ImageCopy[], given: object = {}): JobOutcome {
  const result = { job: 'build', images, warnings: [], ...given } as const;
  return { state: 'done', result };
}

describe('the metrics of the state', () => {
  test('The age of a published image counts from the build of its source, with the version of its runner', () => {
    const metrics = metricsOf(SEEN);
    const labels = `image="${NOBLE}",consumer="red",relation="image:1",cloud="red"`;
    expect(linesOf(metrics, 'published_image_timestamp_seconds')).toEqual([`{${labels}} ${seconds(2)}`]);
    expect(linesOf(metrics, 'published_runner_info')).toEqual([`{${labels},runner_version="2.331.0"} 1`]);
    expect(linesOf(metrics, 'image_built_timestamp_seconds')).toEqual([`{image="${NOBLE}"} ${seconds(2)}`]);
    expect(linesOf(metrics, 'image_size_bytes')).toEqual([`{image="${NOBLE}",cloud="builder"} 5`]);
  });

  test.each([
    ['the latest runner counts from the build of the image', 'charm=1 runner=latest script=none', seconds(2)],
    ['a chosen runner counts from its release', 'charm=1 runner=2.331.0 script=none', seconds(700)],
  ])('The age of %s', (_, runConfig, expected) => {
    const runner = { runConfig, runnerVersion: '2.331.0', runnerReleasedAt: hoursAgo(700) };
    const [builder] = SEEN;
    const red = seen('red', 'red', [copyOf('new', { createdAt: hoursAgo(1), ...runner })]);
    const metrics = metricsOf(builder === undefined ? [red] : [builder, red]);
    expect(linesOf(metrics, 'published_runner_timestamp_seconds')).toEqual([
      expect.stringMatching(new RegExp(` ${expected}$`)),
    ]);
  });

  test('While a databag changes, only the newer of the two published images is shown', () => {
    const both = [{ relationId: 1, imageIds: ['old-copy', 'new-copy'], isConfirmed: false }];
    const [builder, red] = [
      SEEN[0],
      seen('red', 'red', [copyOf('new'), copyOf('old', { createdAt: hoursAgo(9) })]),
    ];
    const metrics = metricsOf(
      builder === undefined ? [red] : [builder, red],
      desiredState({ published: both }),
    );
    expect(linesOf(metrics, 'published_image_timestamp_seconds')).toHaveLength(1);
  });

  test.each([
    ['has no id', [{ relationId: 1, imageIds: [], isConfirmed: true }], SEEN, ['0']],
    ['has an id that is active', PUBLISHED, SEEN, ['1']],
    ['has an id that is gone', PUBLISHED, [seen('builder', 'b', []), seen('red', 'red', [])], ['0']],
    ['has an id, and its cloud was never queried', PUBLISHED, [], ['1']],
    ['is not known yet', undefined, SEEN, []],
  ])('A consumer that %s is shown as served or not', (_, published, observation, values) => {
    const metrics = metricsOf(observation, desiredState({ published }));
    const served = linesOf(metrics, 'consumer_served');
    expect(served).toEqual(values.map((value) => `{consumer="red",relation="image:1"} ${value}`));
  });

  test('A cloud that fails keeps its last images and is not up', () => {
    const metrics = metricsOf(SEEN);
    show(metrics, [failed('builder'), failed('red')]);
    expect(linesOf(metrics, 'image_built_timestamp_seconds')).toHaveLength(1);
    expect(linesOf(metrics, 'published_image_timestamp_seconds')).toHaveLength(1);
    expect(linesOf(metrics, 'cloud_up')).toEqual(['{cloud="builder"} 0', '{cloud="red"} 0']);
  });

  test('An image that was never built has the time since which it is wanted', () => {
    const metrics = metricsOf([seen('builder', 'b', [])]);
    expect(linesOf(metrics, 'image_built_timestamp_seconds')).toEqual([]);
    expect(linesOf(metrics, 'image_wanted_timestamp_seconds')).toEqual([`{image="${NOBLE}"} ${NOW / 1000}`]);
  });

  test('Without a state there is only the heartbeat', () => {
    const metrics = new Metrics('1.0.0');
    expect(metrics.render()).toBe('');
    metrics.beat(NOW);
    expect(linesOf(metrics, 'last_reconcile_timestamp_seconds')).toEqual([`${NOW / 1000}`]);
  });
});

describe('the counters', () => {
  const build = job('build', NOBLE, ['red']);

  test('Counters of desired images and clouds begin at 0', () => {
    const metrics = metricsOf(SEEN);
    expect(linesOf(metrics, 'builds_total')).toEqual(
      ['done', 'partial', 'failed', 'cancelled'].map(
        (outcome) => `{image="${NOBLE}",outcome="${outcome}"} 0`,
      ),
    );
    expect(linesOf(metrics, 'copied_bytes_total')).toEqual(['{cloud="builder"} 0', '{cloud="red"} 0']);
  });

  test('A build counts its outcome, steps, copies, bytes and swept leftovers', () => {
    const metrics = metricsOf(SEEN);
    const steps = [
      { name: 'create server', seconds: 1.5 },
      { name: 'copy image to red', seconds: 3 },
      { name: 'copy image to blue', seconds: 4 },
      { name: 'undo create server', seconds: 1 },
    ];
    const outcome = outcomeOf([copied], { steps, swept: ['server a', 'image b'] });
    metrics.countEnd({ job: build, outcome, seconds: 100 });
    metrics.countEnd({ job: build, outcome, seconds: 90 });
    expect(linesOf(metrics, 'builds_total')[0]).toBe(`{image="${NOBLE}",outcome="done"} 2`);
    expect(linesOf(metrics, 'build_seconds')).toEqual([`{image="${NOBLE}"} 90`]);
    expect(linesOf(metrics, 'step_seconds_total')).toEqual([
      '{job_kind="build",step="create server"} 3',
      '{job_kind="build",step="copy image"} 14',
      '{job_kind="build",step="undo"} 2',
    ]);
    expect(linesOf(metrics, 'steps_total')[1]).toBe('{job_kind="build",step="copy image"} 4');
    expect(linesOf(metrics, 'copied_bytes_total')[1]).toBe('{cloud="red"} 140');
    expect(linesOf(metrics, 'copy_seconds_total')[1]).toBe('{cloud="red"} 6');
    expect(linesOf(metrics, 'leftovers_swept_total')).toEqual(['4']);
  });

  test('A copy that a cloud refuses counts as an error of that cloud', () => {
    const metrics = metricsOf(SEEN);
    metrics.countEnd({ job: build, outcome: outcomeOf([refused]), seconds: 1 });
    expect(linesOf(metrics, 'copies_total')).toContain('{cloud="red",outcome="failed"} 1');
    expect(linesOf(metrics, 'api_errors_total')).toContain('{cloud="red",error_kind="denied"} 1');
  });

  test.each([
    ['CloudUnavailableError', '1'],
    ['RunnerDownloadError', '0'],
  ])('A build that failed with %s counts %s errors of the build cloud', (type, count) => {
    const metrics = metricsOf(SEEN);
    const error = { kind: 'unavailable', type, message: 'm' } as const;
    const result = { job: 'build', error, warnings: [] } as const;
    const outcome: JobOutcome = {
      state: 'failed',
      kind: 'unavailable',
      message: 'm',
      step: '',
      leftovers: [],
      result,
    };
    metrics.countEnd({ job: build, outcome, seconds: 1 });
    expect(linesOf(metrics, 'builds_total')).toContain(`{image="${NOBLE}",outcome="failed"} 1`);
    expect(linesOf(metrics, 'api_errors_total')).toContain(
      `{cloud="builder",error_kind="unavailable"} ${count}`,
    );
  });

  test('Leftovers are those of the last job of a subject', () => {
    const metrics = metricsOf(SEEN);
    const warnings = ['left behind: server s1: HTTP 500', 'slow'];
    metrics.countEnd({ job: build, outcome: outcomeOf([], { warnings }), seconds: 1 });
    expect(linesOf(metrics, 'leftovers')).toEqual([`{job_kind="build",subject="${NOBLE}"} 1`]);
    metrics.countEnd({ job: build, outcome: outcomeOf([]), seconds: 1 });
    expect(linesOf(metrics, 'leftovers')).toEqual([`{job_kind="build",subject="${NOBLE}"} 0`]);
    show(metrics, SEEN, desiredState({ images: { bases: ['jammy'] } }));
    expect(linesOf(metrics, 'leftovers')).toEqual([]);
  });

  test('A query that a cloud refuses counts as an error of that cloud', () => {
    const metrics = metricsOf(SEEN);
    metrics.countObservation([failed('red'), ...SEEN]);
    expect(linesOf(metrics, 'api_errors_total')).toContain('{cloud="red",error_kind="unavailable"} 1');
  });
});
