import { expect, test } from '@jest/globals';
import { type Preview, renderPlan, renderPreviewText } from '../../src/scheduler/preview.ts';
import { planWork } from '../../src/scheduler/plan/plan.ts';
import { desiredState } from './desired-fixtures.ts';
import { skip } from '../../src/scheduler/plan/plan-entry.ts';
import { JAMMY, NOBLE, NOW, job, planInput, seen } from './plan/plan-fixtures.ts';

test('The preview shows below each layer what waits for it', () => {
  const images = { jujuChannels: ['3/stable'], microk8sChannels: ['1.31/stable'] };
  const desired = desiredState({ images });
  const plan = planWork(planInput({ desired }));
  const preview: Preview = {
    ...{ unit: 'app/0', at: NOW, credentials: 'ready', problems: [], running: [], plan },
    ...renderPlan(plan, [], desired, undefined),
  };
  const lower = 'app-noble-x64.layer';
  const upper = 'app-noble-x64-mk8s-1.31-stable.layer';
  expect(renderPreviewText(preview).split('\n')).toEqual([
    'app/0 at 2026-11-21T12:00:00.000Z, credentials ready',
    'base noble/x64',
    `  layer ${lower}: shared by 4 images`,
    `    skip ${upper}: waits for ${lower} to be made`,
    `      skip app-noble-x64-mk8s-1.31-stable: waits for ${upper} to be made`,
    `      skip app-noble-x64-juju-3-stable-mk8s-1.31-stable: waits for ${upper} to be made`,
    `    skip app-noble-x64: waits for ${lower} to be made`,
    `    skip app-noble-x64-juju-3-stable: waits for ${lower} to be made`,
    '',
  ]);
});

test('The tree of the preview has running jobs and layers that are made, and leaves out copies', () => {
  const desired = desiredState({
    images: { bases: ['noble', 'jammy'], jujuChannels: ['3/stable'], microk8sChannels: [] },
  });
  const layer = {
    id: 'l1',
    name: 'app-noble-x64.layer',
    status: 'active',
    createdAt: '',
    key: 'k',
    buildId: 'b1',
  };
  const builds = [{ ...job('build', NOBLE), layerId: 'l1' }, job('copy', NOBLE, ['red'])];
  const plan = [
    skip('waits', `${NOBLE}-juju-3-stable`, 'waits for a free slot (1 of 1)'),
    skip('running', 'base jammy/x64', 'being prepared'),
    skip('fresh', JAMMY, 'fresh until later'),
  ];
  const clouds = [{ ...seen('builder', 'build', []), layers: [layer] }];
  expect(renderPlan(plan, builds, desired, clouds)).toEqual({
    tree: [
      'base noble/x64',
      '  app-noble-x64.layer: made',
      `    runs: build ${NOBLE} (build-${NOBLE}): never built`,
      `  skip ${NOBLE}-juju-3-stable: waits for a free slot (1 of 1)`,
      'skip base jammy/x64: being prepared',
      `  skip ${JAMMY}: fresh until later`,
    ],
    others: [`runs: copy ${NOBLE} (copy-${NOBLE}): never built`],
  });
});
