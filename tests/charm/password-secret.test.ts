import { readFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { parseYaml } from '../../src/system/yaml.ts';
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

  test('An application credential in the secret replaces the options of user and project', async () => {
    const { unit } = fixture;
    const content = { 'application-credential-id': 'a1', 'application-credential-secret': 's3cret-MARKED' };
    const secret = addSecret(unit.model, 'openstack', content);
    changeConfig(unit.model, {
      'openstack-auth-url': 'https://k/v3',
      'openstack-region': 'north',
      'openstack-password-secret': secret,
    });
    integrate(unit);
    await unit.hook('install');
    expect(unit.status).toMatch(
      /^blocked: openstack-password-secret is not granted: juju grant-secret \w+ app$/,
    );
    grantSecret(unit.model, secret);
    await unit.hook('update-status');
    expect(unit.status).toBe('waiting: the scheduler has not reported yet');
    const yaml = parseYaml(await readFile(unit.paths.cloudsYaml, 'utf8'));
    expect(yaml).toMatchObject({
      clouds: {
        builder: {
          auth_type: 'v3applicationcredential',
          auth: {
            auth_url: 'https://k/v3',
            application_credential_id: 'a1',
            application_credential_secret: 's3cret-MARKED',
          },
          region_name: 'north',
        },
      },
    });
    expect(await unit.desired()).toMatchObject({ project: 'https://k/v3 application credential a1 north' });
    expect(await readFile(unit.paths.desired, 'utf8')).not.toContain('MARKED');
  });

  const BOTH = 'application-credential-id=… application-credential-secret=…';
  test.each<[Record<string, string>, string]>([
    [
      { password: 'x', 'application-credential-id': 'a' },
      `it has a password and an application credential, keep one: juju update-secret <id> password=…, or juju update-secret <id> ${BOTH}`,
    ],
    [
      { 'application-credential-id': 'a' },
      `its key application-credential-secret is missing or empty: juju update-secret <id> ${BOTH}`,
    ],
    [
      { 'application-credential-secret': 's', other: 'x' },
      `its key application-credential-id is missing or empty: juju update-secret <id> ${BOTH}`,
    ],
    [
      { other: 'x' },
      `its key password is missing or empty: juju update-secret <id> password=…, or juju update-secret <id> ${BOTH}`,
    ],
  ])(
    'A secret with %j is refused with the keys and the command that corrects it',
    async (content, problem) => {
      const { unit } = fixture;
      await deploy(unit);
      const secret = addSecret(unit.model, 'other', content);
      grantSecret(unit.model, secret);
      changeConfig(unit.model, { 'openstack-password-secret': secret });
      await unit.hook('config-changed');
      const id = secret.slice('secret:'.length);
      expect(unit.status).toBe(`blocked: openstack-password-secret: ${problem.replaceAll('<id>', id)}`);
    },
  );

  test('Without an application credential, the options of user and project are required', async () => {
    const { unit } = fixture;
    const secret = configure(unit, { 'openstack-user-name': '', 'openstack-project-name': ' ' });
    integrate(unit);
    await unit.hook('install');
    expect(unit.status).toBe('blocked: set openstack-project-name, openstack-user-name');
    revokeSecret(unit.model, secret);
    await unit.hook('update-status');
    expect(unit.status).toMatch(
      /^blocked: set openstack-project-name, openstack-user-name; openstack-password-secret is not granted/,
    );
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
