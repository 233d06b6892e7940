import { describe, expect, test } from '@jest/globals';
import { built, report } from './support/facts.ts';
import { deploy, imageOf, useUnit } from './support/use-unit.ts';

const fixture = useUnit();

describe('a unit that is not the leader', () => {
  test('looks and publishes, and tells its daemon to build nothing', async () => {
    const { unit } = fixture;
    unit.model.leader = false;
    const { relation, cloudId } = await deploy(unit);
    expect(await unit.desired()).toMatchObject({ role: 'observes' });
    await unit.report(built({ clouds: [report(cloudId, { noble: 'n1' })], idleReason: 'stands by' }));
    await unit.hook('update-status');
    expect(imageOf(relation)).toBe('n1');
    expect(unit.status).toBe('active: images stay as they are: stands by');
  });

  test('refuses the action, and says where to run it', async () => {
    const { unit } = fixture;
    await deploy(unit);
    unit.model.leader = false;
    const task = await unit.action('run');
    expect(task).toMatchObject({ status: 'failed', message: 'this unit stands by: juju run app/leader run' });
  });

  test('takes over when it is elected, and what is published stays', async () => {
    const { unit } = fixture;
    unit.model.leader = false;
    const { relation, cloudId } = await deploy(unit);
    await unit.report(built({ clouds: [report(cloudId, { noble: 'n1' })] }));
    await unit.hook('update-status');
    unit.model.leader = true;
    await unit.hook('leader-elected');
    expect(await unit.desired()).toMatchObject({ role: 'works' });
    expect(imageOf(relation)).toBe('n1');
  });
});
