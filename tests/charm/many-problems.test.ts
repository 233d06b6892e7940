import { expect, test } from '@jest/globals';
import { joinParts } from '../../src/charm/status/status-line.ts';
import { changeConfig } from '../support/juju/model/config-values.ts';
import { deploy, useUnit } from './support/use-unit.ts';

const fixture = useUnit();
const many = (count: number): readonly string[] => Array.from({ length: count }, (_, index) => `p${index}`);

test('A line shows five parts and the number of the others', () => {
  expect(joinParts(many(5))).toBe('p0; p1; p2; p3; p4');
  expect(joinParts(many(7))).toBe('p0; p1; p2; p3; p4; and 2 more');
});

test('All invalid options are in the log when they change, and not again in update-status', async () => {
  const { unit } = fixture;
  await deploy(unit);
  const names = ['build-interval', 'revision-history-limit', 'max-parallel-builds', 'metrics-port'];
  changeConfig(unit.model, {
    ...Object.fromEntries(names.map((name) => [name, -1])),
    ...{ 'base-image': 'x', 'runner-version': 'x', architecture: 'x' },
  });
  for (const hook of ['config-changed', 'update-status']) await unit.hook(hook);
  expect(unit.status).toMatch(/^blocked: ([^;]*; ){2,5}and \d more$/);
  for (const name of [...names, 'base-image', 'runner-version', 'architecture']) {
    const lines = unit.model.log.filter(({ message }) => message.startsWith(`${name}: expected`));
    expect(lines).toHaveLength(1);
  }
});
