import { mkdir, writeFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { jobFiles, writeJobOrder } from '../../src/builder/jobs/job-files.ts';
import { encodePreflightResult } from '../../src/model/result/program-result-preflight.ts';
import { primaryOf } from '../../src/model/unit/desired-images.ts';
import { orderHead } from '../builder/support/jobs.ts';
import { configure, deploy, integrate, useUnit } from './support/use-unit.ts';

const fixture = useUnit();

describe('the action preflight', () => {
  test('The preflight is requested and its id is returned at once, even before a consumer has credentials', async () => {
    const { unit } = fixture;
    configure(unit);
    integrate(unit, 'consumer', {});
    await unit.hook('install');
    const task = await unit.action('preflight');
    expect(task).toMatchObject({ status: 'completed', results: { id: 'build-1' } });
    expect((await unit.desired())?.jobRequests).toEqual([
      { action: task.id, kind: 'preflight', jobId: 'build-1' },
    ]);
  });

  test('Invalid options are reported instead', async () => {
    const { unit } = fixture;
    await unit.hook('install');
    expect(await unit.action('preflight')).toMatchObject({
      status: 'failed',
      message: expect.stringMatching(/^set openstack-auth-url, /),
    });
  });

  test('show-build lists the checks, and a failed check fails the preflight', async () => {
    const { unit } = fixture;
    const { cloudId } = await deploy(unit);
    const desired = await unit.desired();
    if (desired === undefined) throw new Error('unreachable');
    const files = jobFiles(unit.paths, 'p1');
    await mkdir(unit.paths.jobs, { recursive: true });
    const entries = [primaryOf(desired.images)] as const;
    await writeJobOrder({ ...orderHead({ id: 'p1' }), kind: 'preflight', entries, cloudIds: [] }, files);
    const checks = [
      { cloud: cloudId, name: 'login', outcome: 'failed', reason: 'HTTP\n401', advice: 'check the user' },
      { cloud: '', name: 'proxy', outcome: 'skipped', reason: 'no proxy is used', advice: '' },
    ] as const;
    await writeFile(files.result, encodePreflightResult({ checks }, { warnings: [] }));
    expect((await unit.action('show-build', { id: 'p1' })).results).toMatchObject({
      ...{ kind: 'preflight', image: 'all images', outcome: 'failed', error: 'failed checks: login' },
      checks: 'failed: consumer: login: HTTP 401; check the user\nskipped: proxy: no proxy is used',
    });
    expect((await unit.action('list-builds')).results).toMatchObject({
      builds: { p1: { kind: 'preflight', outcome: 'failed' } },
    });
  });
});
