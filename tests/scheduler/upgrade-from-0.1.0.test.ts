import { expect, test } from '@jest/globals';
import { type DesiredState, parseDesiredState } from '../../src/model/unit/desired-state.ts';
import { EMPTY_JOURNAL } from '../../src/scheduler/journal/journal.ts';
import { FORMAT_1 } from '../support/desired-format-1.ts';
import {
  HOUR,
  JAMMY,
  NOBLE,
  NOW,
  copyOf,
  describePlan,
  image,
  planInput,
  seen,
} from './plan/plan-fixtures.ts';

/** The values that 0.1.0 wrote into journal.json for the settings of FORMAT_1. */
const PREPARED_UNDER = {
  noble: '27d468b00424078c.083588cd056caf76',
  jammy: 'b4fc7ee19f0252e0.083588cd056caf76',
};
/** The value that 0.1.0 wrote to the metadata of images. */
const runConfig = 'charm=0.1.0 runner=2.331.0 script=0123456789abcdef';

const readAs = (changes: object): DesiredState =>
  parseDesiredState(JSON.stringify({ ...FORMAT_1, ...changes }));

function planAfterUpgrade(desired: DesiredState): readonly string[] {
  const built = [image('n1', { runConfig }), image('j1', { runConfig, name: JAMMY })];
  const copies = [copyOf('n1', { runConfig }), copyOf('j1', { runConfig, name: JAMMY })];
  const journal = {
    ...EMPTY_JOURNAL,
    preparedAt: { noble: NOW - HOUR, jammy: NOW - HOUR },
    preparedUnder: PREPARED_UNDER,
  };
  const observation = [seen('builder', 'build', built), seen('red', 'red', copies)];
  return describePlan(planInput({ desired, version: '0.1.0', journal, observation }));
}

test('A unit refreshed from 0.1.0 builds, copies and prepares nothing that is fresh', () => {
  expect(planAfterUpgrade(readAs({ requests: [], published: undefined }))).toEqual([
    `${NOBLE}: fresh until 2026-11-21T17:00Z`,
    `${JAMMY}: fresh until 2026-11-21T17:00Z`,
  ]);
});

test('A build that an action requested from 0.1.0 starts on the base that 0.1.0 prepared', () => {
  expect(planAfterUpgrade(readAs({ published: undefined }))).toEqual([
    `build ${NOBLE} → red: asked by action 42`,
    `${JAMMY}: fresh until 2026-11-21T17:00Z`,
  ]);
});

test('A base is prepared again in another project than that of 0.1.0', () => {
  const build = { ...FORMAT_1.build, project: 'https://keystone default/other' };
  expect(planAfterUpgrade(readAs({ build, published: undefined }))).toEqual([
    'prepare noble: prepared under other settings',
    `${NOBLE}: waits for base noble/x64 to be prepared`,
    `${JAMMY}: fresh until 2026-11-21T17:00Z`,
  ]);
});
