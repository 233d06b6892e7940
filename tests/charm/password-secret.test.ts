import { readFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { changeConfig } from '../support/juju/model/config-values.ts';
import { addSecret, grantSecret, revokeSecret, updateSecret } from '../support/juju/model/secrets.ts';
import { configure, deploy, integrate, useUnit } from './support/use-unit.ts';

const fixture = useUnit();

describe('the secret of the password', () => {
  test('The status names the command that grants the password secret', async () => {
    const { unit } = fixture;
    await deploy(unit);
    const secret = addSecret(unit.model, 'other', { password: 'x' });
    changeConfig(unit.model, { 'openstack-password-secret': secret });
    expect(await unit.hook('config-changed')).toBe(0);
    const id = secret.slice('secret:'.length);
    expect(unit.status).toBe(
      `blocked: openstack-password-secret is not granted: juju grant-secret ${id} app`,
    );
    grantSecret(unit.model, secret);
    await unit.hook('update-status');
    expect(unit.status).toBe('waiting: the scheduler has not reported yet');
  });

  test('The status names a missing key or a missing password secret', async () => {
    const { unit } = fixture;
    await deploy(unit);
    const secret = addSecret(unit.model, 'other', { passphrase: 'hunter2' });
    grantSecret(unit.model, secret);
    changeConfig(unit.model, { 'openstack-password-secret': secret });
    await unit.hook('config-changed');
    expect(unit.status).toContain('its key password is missing or empty');
    changeConfig(unit.model, { 'openstack-password-secret': 'secret:d5zzzzzzzzzzzzzzzzzz' });
    await unit.hook('config-changed');
    expect(unit.status).toContain('there is no secret d5zzzzzzzzzzzzzzzzzz');
  });

  test('A new revision of the password is used, and a revoked secret keeps the last desired state', async () => {
    const { unit } = fixture;
    const secret = configure(unit);
    integrate(unit);
    await unit.hook('install');
    updateSecret(unit.model, secret, { password: 'rotated' });
    await unit.dispatch({ kind: 'secret-changed', secretId: secret.slice('secret:'.length) });
    expect(await readFile(unit.paths.cloudsYaml, 'utf8')).toContain('rotated');
    expect(await unit.desired()).toMatchObject({ credentialsGeneration: 2 });
    const before = await unit.desired();
    revokeSecret(unit.model, secret);
    await unit.hook('update-status');
    expect(unit.status).toMatch(/^blocked: openstack-password-secret is not granted/);
    expect(await unit.desired()).toEqual(before);
  });

  test('Problems of the password secret and of options are reported together', async () => {
    const { unit } = fixture;
    await deploy(unit);
    const secret = addSecret(unit.model, 'other', { password: 'x' });
    changeConfig(unit.model, { 'openstack-password-secret': secret, 'base-image': 'dingo' });
    await unit.hook('config-changed');
    expect(unit.status).toMatch(
      /^blocked: base-image: expected .*, got dingo; openstack-password-secret is not granted/,
    );
  });
});
