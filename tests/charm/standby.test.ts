import { describe, expect, test } from '@jest/globals';
import { built, report } from './support/facts.ts';
import { deploy, imageOf, useUnit } from './support/use-unit.ts';
import { uuidOf } from '../support/uuid-of.ts';

const fixture = useUnit();

describe('a unit that is not the leader', () => {
  test('A unit that is not the leader publishes images, and its daemon only observes', async () => {
    const { unit } = fixture;
    unit.model.leader = false;
    const { relation, cloudId } = await deploy(unit);
    expect(await unit.desired()).toMatchObject({ role: 'observes' });
    await unit.report(
      built({ clouds: [report(cloudId, { noble: uuidOf('n1') })], idleReason: 'app/leader builds' }),
    );
    await unit.hook('update-status');
    expect(imageOf(relation)).toBe(uuidOf('n1'));
    expect(unit.status).toBe('active: images stay as they are: app/leader builds');
  });

  test('The action run fails on a unit that is not the leader and names the command for the leader', async () => {
    const { unit } = fixture;
    await deploy(unit);
    unit.model.leader = false;
    const task = await unit.action('run');
    expect(task).toMatchObject({
      status: 'failed',
      message: 'this unit is not the leader: use juju run app/leader run',
    });
  });

  test('A newly elected leader builds and keeps the published images', async () => {
    const { unit } = fixture;
    unit.model.leader = false;
    const { relation, cloudId } = await deploy(unit);
    await unit.report(built({ clouds: [report(cloudId, { noble: uuidOf('n1') })] }));
    await unit.hook('update-status');
    unit.model.leader = true;
    await unit.hook('leader-elected');
    expect(await unit.desired()).toMatchObject({ role: 'works' });
    expect(imageOf(relation)).toBe(uuidOf('n1'));
  });
});
