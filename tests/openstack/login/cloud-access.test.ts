import { inspect } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { CloudsYAMLError } from '../../../src/model/errors.ts';
import { parseCloudAccess } from '../../../src/openstack/login/cloud-access.ts';

const auth = {
  auth_url: 'https://keystone:5000/v3',
  username: 'u',
  password: 'pw-MARKED',
  project_name: 'p',
  user_domain_name: 'Default',
  project_domain_name: 'Default',
};
const parse = (entry: unknown) => parseCloudAccess('c1', entry, '/x/clouds.yaml');
const without = (...keys: string[]) => ({
  auth: Object.fromEntries(Object.entries(auth).filter(([key]) => !keys.includes(key))),
});

function problemsOf(entry: unknown): readonly string[] {
  try {
    parse(entry);
  } catch (error) {
    expect(error).toBeInstanceOf(CloudsYAMLError);
    expect(inspect(error, { depth: 20 })).not.toMatch('MARKED');
    return (error as CloudsYAMLError).problems;
  }
  return [];
}

describe('valid entry of clouds.yaml', () => {
  test('An entry with a password is parsed', () => {
    expect(parse({ auth, region_name: 'R1', verify: false, cacert: '/ca.pem' })).toMatchObject({
      name: 'c1',
      authUrl: 'https://keystone:5000/v3',
      auth: { method: 'password', user: { name: 'u' }, userDomain: { name: 'Default' } },
      region: 'R1',
      interface: 'public',
      verify: false,
      cacert: '/ca.pem',
    });
  });

  test('An entry with an application credential needs neither user nor project', () => {
    const credential = {
      auth_url: 'https://k/v3',
      application_credential_id: 'i',
      application_credential_secret: 's',
    };
    const entry = { auth_type: 'v3applicationcredential', auth: credential };
    expect(parse(entry).auth).toMatchObject({ method: 'application_credential', id: 'i' });
    expect(parse({ auth: credential }).auth).toMatchObject({ method: 'application_credential', id: 'i' });
  });

  test.each([
    ['https://k', 'https://k/v3'],
    ['https://k/', 'https://k/v3'],
    ['https://k/v3/', 'https://k/v3'],
    ['https://k/identity', 'https://k/identity/v3'],
    ['https://k:5000/v2.0/', 'https://k:5000/v3'],
  ])('The auth_url %s is normalised to %s', (url, root) => {
    expect(parse({ auth: { ...auth, auth_url: url } }).authUrl).toBe(root);
  });

  test.each([
    ['domain_name', { domain_name: 'D' }, { name: 'D' }],
    ['domain_id', { domain_id: 'd' }, { id: 'd' }],
  ])('The field %s sets the domains of both user and project', (_, domain, reference) => {
    const entry = { auth: { ...without('user_domain_name', 'project_domain_name').auth, ...domain } };
    expect(parse(entry).auth).toMatchObject({ userDomain: reference, projectDomain: reference });
  });

  test('An entry with a user id and a project id needs no domains', () => {
    const keys = ['username', 'project_name', 'user_domain_name', 'project_domain_name'];
    const entry = { auth: { ...without(...keys).auth, user_id: 'u1', project_id: 'p1' } };
    expect(parse(entry).auth).toMatchObject({ user: { id: 'u1' }, project: { id: 'p1' } });
  });

  test('A parsed entry does not print its password', () => {
    const access = parse({ auth });
    expect(`${JSON.stringify(access)} ${inspect(access, { depth: 9, showHidden: true })}`).not.toMatch(
      'MARKED',
    );
    expect(access.auth.method === 'password' && access.auth.password.reveal()).toBe('pw-MARKED');
  });
});

describe('invalid entry of clouds.yaml', () => {
  test.each([
    ['auth_url', 'clouds.c1.auth.auth_url: expected a non-empty string, got nothing'],
    ['username', 'clouds.c1.auth: expected username or user_id, got nothing'],
    ['password', 'clouds.c1.auth: expected password, got nothing'],
    ['project_name', 'clouds.c1.auth: expected project_name or project_id, got nothing'],
    ['user_domain_name', 'clouds.c1.auth: expected user_domain_name or user_domain_id, got nothing'],
    ['project_domain_name', 'clouds.c1.auth: expected project_domain_name or project_domain_id, got nothing'],
  ])('An entry without %s reports exactly that problem', (key, problem) => {
    expect(problemsOf(without(key))).toEqual([`/x/clouds.yaml: ${problem}`]);
  });

  test('All missing fields are reported at once', () => {
    expect(problemsOf({ auth: { auth_url: 'https://k' } })).toHaveLength(5);
  });

  test('Missing fields and invalid fields are reported together', () => {
    const problems = problemsOf({ ...without('password'), verify: 'maybe', interface: 'outside' });
    expect(problems.join('\n')).toMatch(/verify/);
    expect(problems.join('\n')).toMatch(/interface: expected one of public, internal, admin/);
    expect(problems.join('\n')).toMatch(/password/);
  });

  test.each([
    ['that is null', null, 'expected a mapping, got null'],
    ['that is a string', 'x', 'expected a mapping, got a string'],
    ['without auth', {}, 'auth.auth_url: expected a non-empty string, got nothing'],
    ['with text as auth', { auth: 'pw-MARKED' }, 'auth: expected a mapping, got a string'],
    [
      'with a number as password',
      { auth: { ...auth, password: 1.5 } },
      'password: expected text, got a number; put it in quotes',
    ],
    ['with a malformed auth_url', { auth: { ...auth, auth_url: 'keystone:5000' } }, 'expected a URL like'],
    [
      'with an unsupported auth_type',
      { auth, auth_type: 'v3totp' },
      'auth_type: expected password, token or v3applicationcredential, got v3totp, which is not supported',
    ],
    [
      'with an application credential without a secret',
      { auth: { auth_url: 'https://k', application_credential_id: 'i' } },
      'expected application_credential_secret, got nothing',
    ],
  ])('An entry %s is reported as a problem', (_, entry, message) => {
    expect(problemsOf(entry).join('\n')).toMatch(message);
  });

  test('A password in the wrong field does not appear in the problems', () => {
    problemsOf({ auth: { ...auth, auth_url: 'pw-MARKED' } });
    problemsOf({ auth, interface: 'pw-MARKED' });
    problemsOf({ auth, verify: 'pw-MARKED' });
    problemsOf({ auth, auth_type: 'pw-MARKED' });
  });
});
