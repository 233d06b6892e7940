import { describe, expect, test } from '@jest/globals';
import { type Collected, collect, joinCollector } from '../../support/juju/collector.ts';
import type { Relation } from '../../support/juju/model/model.ts';
import { addRelation } from '../../support/juju/model/relations.ts';
import { built } from '../support/facts.ts';
import type { TestUnit } from '../support/unit.ts';
import { configure, deploy, useUnit } from '../support/use-unit.ts';

const fixture = useUnit();

/** Relates a collector and runs the hooks of its relation. */
async function monitor(unit: TestUnit, application = 'grafana-agent'): Promise<Relation> {
  const relation = addRelation(unit.model, 'cos-agent', application);
  relation.created = true;
  await run(unit, relation, 'created');
  joinCollector(relation).joined = true;
  await run(unit, relation, 'joined', `${application}/0`);
  return relation;
}

async function run(
  unit: TestUnit,
  { id: relationId }: Relation,
  change: 'created' | 'joined' | 'changed' | 'broken',
  remoteUnit?: string,
): Promise<void> {
  const remote = remoteUnit === undefined ? {} : { remoteUnit };
  expect(await unit.dispatch({ kind: 'relation', change, relationId, ...remote })).toBe(0);
}

const portOf = (collected: Collected | undefined): unknown =>
  /localhost:(\d+)/.exec(JSON.stringify(collected?.scrapeJobs))?.[1];

describe('the relation cos-agent', () => {
  test('A collector gets the scrape job, the alert rules and the dashboard', async () => {
    const { unit } = fixture;
    await deploy(unit);
    await unit.report(built({ metricsPort: 19_811 }));
    const collected = collect(await monitor(unit));
    expect(collected?.scrapeJobs).toEqual([
      {
        job_name: 'app_image_builder_scheduler',
        metrics_path: '/metrics',
        static_configs: [{ targets: ['localhost:19811'] }],
      },
    ]);
    const model = { juju_model: 'images', juju_model_uuid: 'deadbeef-0bad-400d-8000-4b1d0d06f00d' };
    const labels = { ...model, juju_application: 'app' };
    expect(collected?.rules).toMatchObject({
      groups: [
        {
          name: expect.stringMatching(/^\w+_app_image_builder_rules$/),
          rules: [{ labels }, {}, {}, {}, {}, {}],
        },
      ],
    });
    expect(collected?.dashboards).toMatchObject([{ title: 'GitHub runner image builder' }]);
  });

  test('A collector that is related before the unit is configured gets rules and dashboard, and later the scrape job', async () => {
    const { unit } = fixture;
    await unit.hook('install');
    const relation = await monitor(unit);
    expect(collect(relation)).toMatchObject({ scrapeJobs: [], dashboards: [{}] });
    configure(unit);
    await unit.hook('config-changed');
    await unit.report(built({ metricsPort: 19_810 }));
    await unit.dispatch({ kind: 'own', name: 'built' });
    expect(portOf(collect(relation))).toBe('19810');
  });

  test('Another port of the daemon is written by the next hook that it requests', async () => {
    const { unit } = fixture;
    await deploy(unit);
    const relation = await monitor(unit);
    for (const metricsPort of [19_810, 19_812, undefined]) {
      await unit.report(built({ metricsPort }));
      await unit.dispatch({ kind: 'own', name: 'built' });
      expect(portOf(collect(relation))).toBe(metricsPort === undefined ? undefined : `${metricsPort}`);
    }
  });

  test('Two collectors get the same data, and a broken relation is not written to', async () => {
    const { unit } = fixture;
    await deploy(unit);
    await unit.report(built({ metricsPort: 19_810 }));
    const [old, next] = [await monitor(unit), await monitor(unit, 'opentelemetry-collector')];
    expect(collect(old)).toEqual(collect(next));
    const before = { ...old.ourUnit };
    await unit.report(built({ metricsPort: 19_812 }));
    await run(unit, old, 'broken');
    expect(old.ourUnit).toEqual(before);
    expect(portOf(collect(next))).toBe('19812');
  });

  test('The databag is written only when it differs', async () => {
    const { unit } = fixture;
    await deploy(unit);
    const relation = await monitor(unit);
    collect(relation); // writes the receivers of traces
    const since = unit.model.toolCalls.length;
    await run(unit, relation, 'changed', 'grafana-agent/0');
    const calls = unit.model.toolCalls.slice(since).map(({ tool }) => tool);
    expect(calls.filter((tool) => tool === 'relation-set')).toEqual([]);
    expect(calls.filter((tool) => tool.startsWith('relation-'))).toHaveLength(2 + 3 + 1 + 3);
  });

  test('A collector is no consumer of images', async () => {
    const { unit } = fixture;
    configure(unit);
    await unit.hook('install');
    await monitor(unit);
    expect((await unit.desired())?.consumers).toEqual([]);
    expect(unit.status).toMatch(/^blocked: integrate/);
  });

  test('The databag contains no secret', async () => {
    const { unit } = fixture;
    await deploy(unit);
    const relation = await monitor(unit);
    expect(JSON.stringify([relation.ourUnit, collect(relation)])).not.toMatch(/passw0rd/);
  });
});
