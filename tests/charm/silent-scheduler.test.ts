import { expect, test } from '@jest/globals';
import { deriveUnitStatus } from '../../src/charm/status/unit-status.ts';
import { STATUS_FACTS, built, imageRelation } from './support/facts.ts';
import { deploy, useUnit } from './support/use-unit.ts';

const fixture = useUnit();
const MINUTE = 60_000;

function countRestarts(): number {
  return fixture.unit.systemd.calls.filter((call) => call.startsWith('restart')).length;
}

test('A scheduler that has been silent for 20 minutes is restarted by the next hook, which says so', async () => {
  const { unit } = fixture;
  await deploy(unit);
  const before = countRestarts();
  const heartbeatAt = new Date(unit.clock.now()).toISOString();
  await unit.report(built({ heartbeatAt }));
  await unit.clock.advance(19 * MINUTE);
  await unit.hook('update-status');
  expect(countRestarts()).toBe(before);
  expect(unit.status).not.toContain('scheduler');
  await unit.clock.advance(MINUTE);
  await unit.hook('update-status');
  expect(countRestarts()).toBe(before + 1);
  expect(unit.status).toContain('waiting: scheduler has not reported for 20 min and was restarted');
});

test('A scheduler that was stopped is started, and is not called silent for the time before', async () => {
  const { unit } = fixture;
  await deploy(unit);
  const before = countRestarts();
  await unit.report(built({ heartbeatAt: new Date(unit.clock.now()).toISOString() }));
  unit.systemd.isActive = false;
  await unit.clock.advance(60 * MINUTE);
  await unit.hook('upgrade-charm');
  expect(unit.systemd.isActive).toBe(true);
  expect(countRestarts()).toBe(before);
  expect(unit.status).not.toContain('has not reported');
});

test('A silent scheduler is in the status, whatever it reported last', () => {
  const input = {
    ...{ application: 'app', problems: [], relations: [imageRelation()], ...STATUS_FACTS },
    built: built({ idleReason: 'waiting for credentials' }),
  };
  const message =
    'scheduler has not reported for 21 min and was restarted; if this stays: juju debug-log --include app';
  for (const [isServed, name] of [
    [true, 'active'],
    [false, 'waiting'],
  ] as const)
    expect(deriveUnitStatus({ ...input, isServed, silentMinutes: 21 })).toEqual({ name, message });
});
