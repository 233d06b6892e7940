import { describe, expect, test } from '@jest/globals';
import { mkdir, writeFile } from 'node:fs/promises';
import { jobFiles, writeJobOrder } from '../../src/builder/jobs/job-files.ts';
import { encodePruneCloudsResult } from '../../src/model/result/program-result-prune.ts';
import { orderHead } from '../builder/support/jobs.ts';
import { changeConfig } from '../support/juju/model/config-values.ts';
import { deploy, useUnit } from './support/use-unit.ts';

const fixture = useUnit();

describe('the action prune', () => {
  test.each([
    ['nothing', {}, { kind: 'prune', isDryRun: true }],
    ['dry-run=false', { 'dry-run': false }, { kind: 'prune', isDryRun: false }],
    ['legacy=true', { legacy: true }, { kind: 'prune-former', isDryRun: true }],
    ['both', { legacy: true, 'dry-run': false }, { kind: 'prune-former', isDryRun: false }],
  ])('With %s, the prune is requested and its id is returned at once', async (_given, params, request) => {
    const { unit } = fixture;
    await deploy(unit);
    const task = await unit.action('prune', params);
    expect(task).toMatchObject({
      status: 'completed',
      results: { id: 'build-1', 'dry-run': String(request.isDryRun) },
    });
    expect((await unit.desired())?.jobRequests).toEqual([{ action: task.id, jobId: 'build-1', ...request }]);
    expect((await unit.action('show-build', { id: 'build-1' })).results).toEqual({
      ...{ kind: request.kind, reason: `asked by action ${task.id}`, outcome: 'waiting' },
    });
  });

  test('A unit that is not the leader or has invalid options refuses it', async () => {
    const { unit } = fixture;
    await deploy(unit);
    changeConfig(unit.model, { 'base-image': 'dingo' });
    expect((await unit.action('prune')).message).toMatch(/^base-image: /);
    unit.model.leader = false;
    expect((await unit.action('prune')).message).toBe(
      'this unit is not the leader: use juju run app/leader prune',
    );
    expect((await unit.desired())?.jobRequests).toEqual([]);
  });

  test('show-build lists what was deleted and kept, the deleted things first', async () => {
    const { unit } = fixture;
    const { cloudId } = await deploy(unit);
    const files = jobFiles(unit.paths, 'p1');
    await mkdir(unit.paths.jobs, { recursive: true });
    const order = { subject: 'old revisions', isDryRun: false, protectedIds: [], revisions: [], former: [] };
    await writeJobOrder({ ...orderHead({ id: 'p1' }), kind: 'prune-clouds', ...order, omitted: [] }, files);
    const image = { kind: 'image', name: 'app-noble-x64', createdAt: '' } as const;
    const things = [
      { ...image, cloud: 'builder', id: 'r1', outcome: 'kept', reason: 'one of the newest 5' },
      { ...image, cloud: cloudId, id: 'r9', outcome: 'deleted', reason: 'older than the newest 5' },
      { ...image, cloud: 'builder', kind: 'keypair', id: 'k', name: 'k', outcome: 'deleted', reason: 'old' },
    ] as const;
    await writeFile(files.result, encodePruneCloudsResult({ things }, { warnings: [] }));
    expect((await unit.action('show-build', { id: 'p1' })).results).toMatchObject({
      ...{ kind: 'prune-clouds', image: 'old revisions', outcome: 'succeeded' },
      things:
        'consumer: image app-noble-x64 (r9) deleted: older than the newest 5\n' +
        'build cloud: keypair k deleted: old\n' +
        'build cloud: image app-noble-x64 (r1) kept: one of the newest 5',
    });
    expect((await unit.action('list-builds')).results).toMatchObject({
      builds: { p1: { kind: 'prune-clouds', outcome: 'succeeded' } },
    });
  });
});
