import { describe, expect, test } from '@jest/globals';
import { built, report } from '../support/facts.ts';
import { configure, deploy, useUnit } from '../support/use-unit.ts';

const fixture = useUnit();

/** Returns the warnings in the log. */
const warnings = (): readonly string[] =>
  fixture.unit.model.log.filter(({ level }) => level === 'WARNING').map(({ message }) => message);

describe('the log of problems', () => {
  test('Every problem is logged once, until it ends and comes back', async () => {
    const { unit } = fixture;
    const { cloudId } = await deploy(unit);
    const failure = { kind: 'unavailable', type: '', message: 'no answer' } as const;
    const failing = built({ clouds: [report('builder', {}, { failure }), report(cloudId, {}, { failure })] });
    const logged = [
      'first image: the build cloud does not answer: no answer',
      'first image: consumer: its cloud does not answer: no answer',
    ];
    for (const rounds of [1, 2]) {
      await unit.report(failing);
      for (const event of ['update-status', 'config-changed', 'update-status']) await unit.hook(event);
      expect(unit.status).toBe(`waiting: ${logged[0]}`);
      expect(warnings()).toEqual(Array<readonly string[]>(rounds).fill(logged).flat());
      await unit.report(built());
      await unit.hook('update-status');
    }
  });

  test('Problems are logged on each event while the unit has no folder for its state', async () => {
    const { unit } = fixture;
    configure(unit, { 'base-image': 'dingo', 'build-interval': 0 });
    expect([await unit.hook('config-changed'), await unit.hook('config-changed')]).toEqual([0, 0]);
    expect(warnings().filter((message) => message.includes('dingo'))).toHaveLength(2);
    expect(warnings().filter((message) => message.startsWith('build-interval'))).toHaveLength(2);
  });
});
