import { describe, expect, test } from '@jest/globals';
import { changeConfig } from '../support/juju/model/config-values.ts';
import type { Model } from '../support/juju/model/model.ts';
import { built } from './support/facts.ts';
import { configure, deploy, integrate, useUnit } from './support/use-unit.ts';

const fixture = useUnit();

/** Returns the writing hook tools that actions called. */
const writesOf = ({ toolCalls }: Model): readonly string[] =>
  toolCalls
    .filter(({ during }) => during === 'run')
    .map(({ tool }) => tool)
    .filter((tool) => /-set$|-fail$/.test(tool));

describe('the action run', () => {
  test('The action run returns the ids of the requested builds at once', async () => {
    const { unit } = fixture;
    await deploy(unit);
    changeConfig(unit.model, { 'base-image': 'noble,jammy' });
    const task = await unit.action('run');
    expect(task).toMatchObject({
      status: 'completed',
      results: { 'build-ids': 'build-1,build-2', images: 'app-noble-x64,app-jammy-x64' },
      stdout: '',
      stderr: '',
    });
    expect((await unit.desired())?.requests).toEqual([
      {
        action: task.id,
        builds: [
          { imageName: 'app-noble-x64', buildId: 'build-1' },
          { imageName: 'app-jammy-x64', buildId: 'build-2' },
        ],
      },
    ]);
  });

  test('The action run with a base builds the images of this base only', async () => {
    const { unit } = fixture;
    await deploy(unit);
    changeConfig(unit.model, { 'base-image': 'noble,jammy' });
    const task = await unit.action('run', { base: '22.04' });
    expect(task.results).toEqual({ 'build-ids': 'build-1', images: 'app-jammy-x64' });
    expect((await unit.desired())?.requests).toEqual([
      { action: task.id, builds: [{ imageName: 'app-jammy-x64', buildId: 'build-1' }] },
    ]);
  });

  test('The action run refuses a base that is not one of the option base-image', async () => {
    const { unit } = fixture;
    await deploy(unit);
    const task = await unit.action('run', { base: 'focal' });
    expect(task).toMatchObject({
      status: 'failed',
      returnCode: 0,
      message: 'base: expected one of the option base-image (noble), got focal',
    });
    expect((await unit.desired())?.requests).toEqual([]);
  });

  test('The action run with channels builds the images of these channels only', async () => {
    const { unit } = fixture;
    await deploy(unit);
    changeConfig(unit.model, {
      'base-image': 'noble,jammy',
      'juju-channels': '3.6/stable',
      'microk8s-channels': '1.29-strict/stable',
    });
    const imagesOf = async (params: Record<string, string>): Promise<unknown> =>
      (await unit.action('run', params)).results['images'];
    expect(await imagesOf({ juju: '3.6/Stable', microk8s: 'none' })).toBe(
      'app-noble-x64-juju-3.6-stable,app-jammy-x64-juju-3.6-stable',
    );
    expect(await imagesOf({ base: 'jammy', microk8s: '1.29-strict/stable' })).toBe(
      'app-jammy-x64-mk8s-1.29-strict-stable,app-jammy-x64-juju-3.6-stable-mk8s-1.29-strict-stable',
    );
    expect(await imagesOf({ base: 'noble', juju: 'none', microk8s: 'none' })).toBe('app-noble-x64');
  });

  test('The action run refuses channels that are not among the options', async () => {
    const { unit } = fixture;
    await deploy(unit);
    changeConfig(unit.model, { 'juju-channels': '3.6/stable' });
    const task = await unit.action('run', { juju: '3.5/stable', microk8s: '1.29-strict/stable' });
    expect(task.message).toContain(
      'juju: expected one of the option juju-channels (none, 3.6/stable), got 3.5/stable',
    );
    expect(task.message).toContain(
      'microk8s: expected one of the option microk8s-channels (none), got 1.29-strict/stable',
    );
  });

  test('A second action run shares the builds of the first that have not ended', async () => {
    const { unit } = fixture;
    await deploy(unit);
    await unit.action('run');
    expect((await unit.action('run')).results).toMatchObject({ 'build-ids': 'build-1' });
    await unit.report(built({ answered: ['1', '2'] }));
    expect((await unit.action('run')).results).toMatchObject({ 'build-ids': 'build-2' });
    expect((await unit.desired())?.requests.map(({ action }) => action)).toEqual(['3']);
  });

  test('The action run fails and writes nothing while options are invalid', async () => {
    const { unit } = fixture;
    await deploy(unit);
    changeConfig(unit.model, { 'base-image': 'dingo' });
    const before = await unit.desired();
    const task = await unit.action('run');
    expect(task).toMatchObject({ status: 'failed', returnCode: 0 });
    expect(task.message).toMatch(/^base-image: expected .*, got dingo$/);
    expect(await unit.desired()).toEqual(before);
    expect(writesOf(unit.model)).toEqual(['action-fail']);
  });

  test('The action run fails and names the remedy while no consumer has credentials', async () => {
    const { unit } = fixture;
    configure(unit);
    await unit.hook('install');
    expect((await unit.action('run')).message).toMatch(/juju integrate app:image/);
    integrate(unit, 'consumer', {});
    expect((await unit.action('run')).message).toBe('waiting for credentials from consumer');
    expect((await unit.desired())?.requests).toEqual([]);
    expect(writesOf(unit.model)).toEqual(['action-fail', 'action-fail']);
  });

  test('The action run fails on a stopped unit', async () => {
    const { unit } = fixture;
    await deploy(unit);
    await unit.hook('stop');
    expect(await unit.action('run')).toMatchObject({ status: 'failed', message: 'the unit is stopped' });
  });

  test('The action run fails with the reason when the charm has no program digest', async () => {
    const { unit } = fixture;
    await deploy(unit);
    unit.breakCharm();
    const task = await unit.action('run');
    expect(task).toMatchObject({ status: 'failed', returnCode: 0 });
    expect(task.message).toMatch(/program-digest: expected the digest of the program/);
  });
});

test('An unknown action fails', async () => {
  const { unit } = fixture;
  await deploy(unit);
  const task = { id: '9', name: 'dance', params: {}, status: 'running', message: '', results: {} } as const;
  const output = { stdout: '', stderr: '', returnCode: undefined, progress: [] };
  const dance = { ...task, ...output };
  await unit.dispatch({ kind: 'action', task: dance });
  expect(dance).toMatchObject({
    status: 'failed',
    message:
      'expected one of the actions run, list-images, list-builds, show-build, plan, pause, resume, rollback, pin, unpin, cancel-build, prune, preflight, launch-runner, got dance',
  });
});
