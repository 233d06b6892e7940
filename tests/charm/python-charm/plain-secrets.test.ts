import { readFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { changeConfig } from '../../support/juju/model/config-values.ts';
import { addSecret, grantSecret } from '../../support/juju/model/secrets.ts';
import { PASSWORD, configure, integrate, listNotices, useUnit } from '../support/use-unit.ts';

const fixture = useUnit();

const infoLines = () => listNotices(fixture.unit);
const READY = 'waiting: the scheduler has not reported yet';
const PLAIN_PASSWORD = ' p@ss=w0rd $HOME\t';

async function configurePlain(given: Record<string, string> = {}): Promise<string> {
  const { unit } = fixture;
  const secret = configure(unit, { 'script-url': 'https://example.com/s.sh', ...given });
  changeConfig(unit.model, { 'openstack-password-secret': undefined, 'openstack-password': PLAIN_PASSWORD });
  integrate(unit);
  expect(await unit.hook('config-changed')).toBe(0);
  return secret;
}

const scriptSecrets = async (): Promise<unknown> =>
  (JSON.parse(await readFile(fixture.unit.paths.secrets, 'utf8')) as { scriptSecrets: unknown })
    .scriptSecrets;

describe('a plain password', () => {
  test('The plain password is used without changes, and the log names the commands that move it', async () => {
    await configurePlain();
    expect(fixture.unit.status).toBe(READY);
    expect(await readFile(fixture.unit.paths.cloudsYaml, 'utf8')).toContain(JSON.stringify(PLAIN_PASSWORD));
    expect(infoLines()).toEqual([
      "openstack-password is readable in the model's config; move it into a secret: " +
        'SECRET=$(juju add-secret app-openstack password="$(juju config app openstack-password)") && ' +
        'juju grant-secret app-openstack app && juju config app openstack-password-secret=$SECRET && ' +
        'juju config app --reset openstack-password',
    ]);
  });

  test('The password secret is used when both are set, and the log names the command that removes the other', async () => {
    const { unit } = fixture;
    const secret = await configurePlain();
    changeConfig(unit.model, { 'openstack-password-secret': secret });
    await unit.hook('config-changed');
    const clouds = await readFile(unit.paths.cloudsYaml, 'utf8');
    expect([clouds.includes(PASSWORD), clouds.includes(PLAIN_PASSWORD.trim())]).toEqual([true, false]);
    expect(infoLines().at(-1)).toBe(
      'openstack-password is ignored, because openstack-password-secret is set: juju config app --reset openstack-password',
    );
  });

  test('The plain password does not replace a password secret that is not granted', async () => {
    const { unit } = fixture;
    await configurePlain();
    changeConfig(unit.model, {
      'openstack-password-secret': addSecret(unit.model, 'other', { password: 'x' }),
    });
    await unit.hook('config-changed');
    expect(unit.status).toMatch(/^blocked: openstack-password-secret is not granted/);
  });

  test('The options of user and project are required with a plain password', async () => {
    await configurePlain({ 'openstack-user-name': '' });
    expect(fixture.unit.status).toBe('blocked: set openstack-user-name');
  });

  test('A plain password of blanks counts as not set', async () => {
    const { unit } = fixture;
    await configurePlain();
    changeConfig(unit.model, { 'openstack-password': '  ' });
    await unit.hook('config-changed');
    expect(unit.status).toBe('blocked: set openstack-password-secret');
  });
});

describe('plain secrets of the script', () => {
  test('The pairs reach the script as those of a secret do', async () => {
    await configurePlain({ 'script-secret': ' api-token=dG9rZW4=  MY_KEY=b ' });
    expect(fixture.unit.status).toBe(READY);
    expect(await scriptSecrets()).toEqual({ 'api-token': 'dG9rZW4=', MY_KEY: 'b' });
    expect(infoLines()).toContain(
      "script-secret is readable in the model's config; move it into a secret: " +
        'SECRET=$(juju add-secret app-script api-token=… my-key=…) && juju grant-secret app-script app && ' +
        'juju config app script-secret-id=$SECRET && juju config app --reset script-secret',
    );
  });

  test("The script's secret is used when both are set", async () => {
    const { unit } = fixture;
    await configurePlain({ 'script-secret': 'a=plain' });
    const secret = addSecret(unit.model, 'script', { other: 'x' });
    grantSecret(unit.model, secret);
    changeConfig(unit.model, { 'script-secret-id': secret });
    await unit.hook('config-changed');
    expect(await scriptSecrets()).toEqual({ other: 'x' });
    expect(infoLines()).toContain(
      'script-secret is ignored, because script-secret-id is set: juju config app --reset script-secret',
    );
  });

  test.each(['hunter2', 'a=', '=hunter2', 'a=b hunter2', '1a=hunter2'])(
    'The script secret "%s" is refused without repeating it',
    async (value) => {
      await configurePlain({ 'script-secret': value });
      expect(fixture.unit.status).toBe(
        'blocked: script-secret: expected KEY=VALUE pairs separated by spaces, with keys of letters, digits, - and _, got something else',
      );
    },
  );

  test('A plain script secret without a script URL is refused', async () => {
    await configurePlain({ 'script-secret': 'a=b', 'script-url': '' });
    expect(fixture.unit.status).toBe(
      'blocked: script-secret: expected script-url to be set too, as only a script receives the secret, got nothing',
    );
  });

  test('A plain value that no variable can hold is refused with the name of the plain option', async () => {
    await configurePlain({ 'script-secret': 'a=x\0y' });
    expect(fixture.unit.status).toContain('script-secret: its key "a" has a NUL byte');
  });
});
