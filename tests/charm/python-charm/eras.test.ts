import { expect, test } from '@jest/globals';
import { type Era, pythonCharm } from '../../support/juju/charm/python-charm.ts';
import type { ConfigValue } from '../../support/juju/charm/charm-files.ts';
import { applyRefresh } from '../../support/juju/charm/refresh-rules.ts';
import { changeConfig } from '../../support/juju/model/config-values.ts';
import { addSecret, grantSecret } from '../../support/juju/model/secrets.ts';
import { integrate, listNotices, useUnit } from '../support/use-unit.ts';

const fixture = useUnit();

const COMMON = {
  architecture: 'amd64',
  'base-image': 'jammy,24.04',
  'build-interval': 12,
  'openstack-auth-url': 'https://keystone.example.com:5000/v3',
  'openstack-project-domain-name': 'default',
  'openstack-project-name': 'build',
  'openstack-user-domain-name': 'default',
  'openstack-user-name': 'builder',
  'revision-history-limit': 3,
  'runner-version': '2.331.0',
  'script-url': 'https://example.com/s.sh',
};

/** Changes the options as the operator of the Python charm had set them, then refreshes to this charm. */
async function refreshWith(era: Era, given: Record<string, ConfigValue>): Promise<void> {
  const { model } = fixture.unit;
  const ours = model.charm;
  model.charm = pythonCharm(era);
  changeConfig(model, { ...COMMON, ...given });
  applyRefresh(model, ours);
  integrate(fixture.unit);
  expect(await fixture.unit.hook('upgrade-charm')).toBe(0);
  expect(await fixture.unit.hook('config-changed')).toBe(0);
}

test('A unit of the matrix era works after a refresh without any change of its options', async () => {
  await refreshWith('matrix', {
    'app-channel': 'edge',
    'dockerhub-cache': '',
    'experimental-external-build': true,
    'experimental-external-build-flavor': 'm1.builder',
    'experimental-external-build-network': 'builders',
    'juju-channels': '',
    'microk8s-channels': '',
    'openstack-password': 'p',
    'script-secret': 'TOKEN=abc',
  });
  expect(fixture.unit.status).toBe('waiting: the scheduler has not reported yet');
  const image = (await fixture.unit.desired())?.images.get('app-jammy-x64');
  expect(image?.cloud).toMatchObject({
    buildFlavor: 'm1.builder',
    buildNetwork: 'builders',
    numRevisions: 3,
  });
  expect(listNotices(fixture.unit).map((line) => line.split(' ', 1)[0])).toEqual([
    'unit', // taken over from the Python charm
    'experimental-external-build-flavor',
    'app-channel=edge',
    'openstack-password',
    'script-secret',
  ]);
});

test('A unit of the era with a password secret works after a refresh, and has nothing to change', async () => {
  const { model } = fixture.unit;
  const [login, script] = [
    addSecret(model, 'login', { password: 'p' }),
    addSecret(model, 'script', { token: 't' }),
  ];
  for (const secret of [login, script]) grantSecret(model, secret);
  await refreshWith('secrets', {
    'build-flavor': 'm1.builder',
    'build-network': 'builders',
    'openstack-password-secret': login,
    'script-secret-id': script,
  });
  expect(fixture.unit.status).toBe('waiting: the scheduler has not reported yet');
  expect([...((await fixture.unit.desired())?.images.keys() ?? [])]).toEqual([
    'app-jammy-x64',
    'app-noble-x64',
  ]);
  expect(listNotices(fixture.unit)).toEqual(['unit taken over from the Python charm']);
});
