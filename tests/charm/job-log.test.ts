import { describe, expect, test } from '@jest/globals';
import type { JobEnd } from '../../src/model/job/job-end.ts';
import { uuidOf } from '../support/uuid-of.ts';
import { built } from './support/facts.ts';
import { deploy, useUnit } from './support/use-unit.ts';

const fixture = useUnit();
const IMAGE = uuidOf('i1');
const ID = '0123456789ab';

const end = (change: Partial<JobEnd> = {}): JobEnd => ({
  ...{ kind: 'build', buildId: ID, subject: 'app-noble-x64', cloudId: '', seconds: 312 },
  ...{ endedAt: '2026-11-21T12:00:00.000Z', outcome: 'succeeded', imageId: IMAGE },
  ...change,
});
const failure = (change: Partial<JobEnd>): JobEnd =>
  end({ outcome: 'failed', imageId: undefined, nextAttemptAt: '2026-11-21T12:05:00.000Z', ...change });
const numbered = (count: number): readonly JobEnd[] =>
  Array.from({ length: count }, (_, index) => failure({ buildId: `b${index}`, reason: `cause ${index}` }));

/** Returns the log's lines about ends of jobs. */
const lines = (): readonly string[] =>
  fixture.unit.model.log
    .map(({ level, message }) => `${level} ${message}`)
    .filter((line) => / (build|copy|prune|preflight) of |image_build/.test(line));

async function hook(ended: readonly JobEnd[], event = 'update-status'): Promise<number> {
  await fixture.unit.report(built({ ended }));
  return fixture.unit.hook(event);
}

describe('the ends of jobs in the log of Juju', () => {
  test('A build, a copy and a prune that succeeded have a line each, and the build a record for dashboards', async () => {
    const { cloudId } = await deploy(fixture.unit);
    await hook([
      end({ arch: 'x64', base: 'noble' }),
      end({ kind: 'copy', cloudId, seconds: 12 }),
      end({ kind: 'prune', cloudId: 'builder', imageId: undefined, deleted: 2, seconds: 3 }),
      end({ kind: 'prune-clouds', cloudId: 'builder', imageId: undefined, deleted: 3, seconds: 1 }),
    ]);
    expect(lines()).toEqual([
      `INFO build of app-noble-x64 succeeded in 5 min 12 s: image ${IMAGE} (show-build id=${ID})`,
      'INFO {"log_type":"image_build","duration":312,"cloud_images_count":1,"arch":"x64","bases":["noble"]}',
      `INFO copy of app-noble-x64 to consumer succeeded in 12 s: image ${IMAGE} (show-build id=${ID})`,
      `INFO prune of app-noble-x64 in the build cloud succeeded in 3 s: 2 images deleted (show-build id=${ID})`,
      `INFO prune of app-noble-x64 in the build cloud succeeded in 1 s: 3 things deleted (show-build id=${ID})`,
    ]);
  });

  test('A failure is one warning with the cause, the consumer and the next attempt', async () => {
    const { cloudId } = await deploy(fixture.unit);
    await hook([
      failure({ kind: 'copy', cloudId, reason: `cloud ${cloudId}:\n  over quota` }),
      failure({ kind: 'preflight', subject: 'all images', reason: 'no login', nextAttemptAt: undefined }),
      end({ outcome: 'cancelled', reason: 'action 7' }),
    ]);
    const log = `show-build id=${ID} has its log`;
    expect(lines()).toEqual([
      `WARNING copy of app-noble-x64 to consumer failed: cloud consumer: over quota; next attempt at 2026-11-21T12:05:00.000Z; ${log}`,
      `WARNING preflight of all images failed: no login; ${log}`,
      `INFO build of app-noble-x64 was cancelled by action 7; ${log}`,
    ]);
  });

  test('An end is logged once, whatever events follow, and after a refresh of the charm', async () => {
    await deploy(fixture.unit);
    for (const event of ['update-status', 'upgrade-charm', 'config-changed', 'update-status'])
      await hook([failure({ reason: 'no host' })], event);
    await fixture.unit.hook('update-status'); // the same report again
    expect(lines()).toHaveLength(1);
    await hook([failure({ reason: 'no host' }), failure({ endedAt: '2026-11-21T13:00:00.000Z' })]);
    expect(lines()).toHaveLength(2);
  });

  test('A hook that fails after it has logged an end does not log it again when Juju repeats it', async () => {
    const { unit } = fixture;
    await deploy(unit);
    const heartbeatAt = new Date(unit.clock.now()).toISOString();
    await unit.clock.advance(3_600_000); // the scheduler is silent and is restarted last
    unit.systemd.cannotRestart = true;
    await unit.report(built({ ended: [failure({ reason: 'no host' })], heartbeatAt }));
    expect(await unit.hook('update-status')).toBe(1);
    expect(lines()).toHaveLength(1);
    unit.systemd.cannotRestart = false;
    expect(await unit.hook('update-status')).toBe(0);
    expect(lines()).toHaveLength(1);
  });

  test('A hook logs at most 20 ends, and later hooks the others in their order', async () => {
    await deploy(fixture.unit);
    const counts: number[] = [];
    for (let event = 0; event < 4; event++) {
      await hook(numbered(45));
      counts.push(lines().length);
    }
    expect(counts).toEqual([20, 40, 45, 45]);
    expect(lines().map((line) => /cause \d+/.exec(line)?.[0])).toEqual(
      numbered(45).map(({ reason }) => reason),
    );
  });

  test('Ends are not logged again after the report was lost for a while', async () => {
    await deploy(fixture.unit);
    await hook(numbered(2));
    await fixture.unit.report({ format: 1 } as never); // cannot be read
    await fixture.unit.hook('update-status');
    await hook(numbered(3));
    expect(lines()).toHaveLength(3);
  });

  test('A report of an earlier version has no ends', async () => {
    await deploy(fixture.unit);
    await fixture.unit.report(built());
    expect(await fixture.unit.hook('update-status')).toBe(0);
    expect(lines()).toEqual([]);
  });
});
