import { beforeEach, describe, expect, test } from '@jest/globals';
import { changeConfig } from '../support/juju/model/config-values.ts';
import { built, consumerDatabag } from './support/facts.ts';
import { NOBLE, publish } from './support/revisions.ts';
import { TestUnit } from './support/unit.ts';
import { useUnit } from './support/use-unit.ts';

const fixture = useUnit();

describe.each(['3.6.28', '4.0.15'])('the action plan under Juju %s', (jujuVersion) => {
  beforeEach(async () => {
    await fixture.unit.close();
    fixture.unit = await TestUnit.open('app', { jujuVersion });
  });

  test('The action plan shows what runs, what comes later, when and why, with the names of consumers', async () => {
    const { unit } = fixture;
    const { cloudId } = await publish(unit);
    const at = '2026-11-21T13:00:00.000Z';
    const job = { kind: 'build', buildId: 'b9', subject: NOBLE, step: 'wait for server' } as const;
    await unit.report(
      built({
        desiredGeneration: 99,
        running: [{ ...job, reason: 'never built', startedAt: at }],
        skipped: [
          { subject: 'app-jammy-x64', reason: 'fresh until 2026-11-21T13:00Z', until: at },
          { subject: `${NOBLE} to ${cloudId}`, reason: 'being copied' },
        ],
      }),
    );
    expect((await unit.action('plan')).results).toEqual({
      running: { b9: { what: `build ${NOBLE}`, why: 'never built', step: 'wait for server' } },
      later: {
        'app-jammy-x64': { what: 'app-jammy-x64', when: at, why: 'fresh until 2026-11-21T13:00Z' },
        'app-noble-x64-to-consumer': { what: `${NOBLE} to consumer`, why: 'being copied' },
      },
      tree: ['base noble/x64', `  build ${NOBLE} runs: never built`].join('\n'),
      ...{ paused: 'nothing', pinned: 'nothing' },
    });
    await unit.report(built({ desiredGeneration: 0, idleReason: 'on standby' }));
    expect((await unit.action('plan')).results).toMatchObject({
      ...{ state: 'on standby', running: 'nothing', later: 'nothing' },
      note: expect.stringContaining('repeat in a minute'),
    });
  });

  test('The tree of the action plan has each image below the layer that it starts from or waits for', async () => {
    const { unit } = fixture;
    await publish(unit);
    changeConfig(unit.model, { 'juju-channels': '3.6/stable' });
    await unit.hook('config-changed');
    const layer = `${NOBLE}.layer`;
    const at = '2026-11-21T13:00:00.000Z';
    const job = { kind: 'layer', buildId: 'b9', subject: layer, step: '', startedAt: at } as const;
    const waits = { reason: `waits for ${layer} to be made`, layer };
    const skipped = [NOBLE, `${NOBLE}-juju-3.6-stable`].map((subject) => ({ subject, ...waits }));
    await unit.report(built({ running: [{ ...job, reason: 'shared by 2 images' }], skipped }));
    expect((await unit.action('plan')).results['tree']).toBe(
      [
        'base noble/x64',
        `  layer ${layer} runs: shared by 2 images`,
        `    ${NOBLE}: waits for ${layer} to be made`,
        `    ${NOBLE}-juju-3.6-stable: waits for ${layer} to be made`,
      ].join('\n'),
    );
  });

  test('Work that waits for several reasons has an entry for each', async () => {
    const { unit } = fixture;
    await publish(unit);
    const reasons = ['fresh', 'pinned to a revision that is gone', 'paused'];
    await unit.report(built({ skipped: reasons.map((reason) => ({ subject: NOBLE, reason })) }));
    expect((await unit.action('plan')).results['later']).toEqual({
      [NOBLE]: { what: NOBLE, why: 'fresh' },
      [`${NOBLE}-2`]: { what: NOBLE, why: 'pinned to a revision that is gone' },
      [`${NOBLE}-3`]: { what: NOBLE, why: 'paused' },
    });
  });

  test('The names of the consumers in a plan are those of units when an application has several', async () => {
    const { unit } = fixture;
    const { relation } = await publish(unit);
    const second = { project_name: 'second' };
    relation.remoteUnits.set('consumer/1', {
      ...{
        name: 'consumer/1',
        data: consumerDatabag(second),
        version: 1,
        seen: 1,
        joined: true,
        left: false,
      },
    });
    await unit.hook('config-changed');
    const [, cloudId = ''] = await unit.cloudIds();
    await unit.report(built({ skipped: [{ subject: `${NOBLE} to ${cloudId}`, reason: 'being copied' }] }));
    expect((await unit.action('plan')).results).toMatchObject({
      later: { 'app-noble-x64-to-consumer-1': { what: `${NOBLE} to consumer/1` } },
    });
  });
});
