import { describe, expect, test } from '@jest/globals';
import { built, report } from './support/facts.ts';
import { configure, deploy, imageOf, integrate, useUnit } from './support/use-unit.ts';

const fixture = useUnit();

describe('a unit that is not the leader', () => {
  test('stands by: it sets nothing up, asks for nothing, and says who works', async () => {
    const { unit } = fixture;
    unit.model.leader = false;
    configure(unit);
    integrate(unit);
    expect(await unit.hook('install')).toBe(0);
    expect(unit.status).toBe('waiting: stands by: app/leader builds and publishes the images');
    expect(await unit.desired()).toBeUndefined();
    const task = await unit.action('run');
    expect(task).toMatchObject({
      status: 'failed',
      message: expect.stringContaining('juju run app/leader run'),
    });
  });

  test('any more stops its daemon and takes back what it told; when it leads again it tells it again', async () => {
    const { unit } = fixture;
    const { relation, cloudId } = await deploy(unit);
    await unit.report(built({ clouds: [report(cloudId, { noble: 'n1' })] }));
    await unit.hook('update-status');
    expect([imageOf(relation), unit.systemd.isActive]).toEqual(['n1', true]);
    unit.model.leader = false;
    await unit.hook('update-status');
    expect([imageOf(relation), unit.systemd.isActive]).toEqual([undefined, false]);
    unit.model.leader = true;
    await unit.hook('leader-elected');
    expect([imageOf(relation), unit.systemd.isActive]).toEqual(['n1', true]);
  });
});
