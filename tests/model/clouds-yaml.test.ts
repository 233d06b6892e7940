import { inspect } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { type CloudLogin, loginByName } from '../../src/model/cloud/cloud-login.ts';
import { cloudEntry, cloudsYaml, encodeCloudsYaml } from '../../src/model/clouds-yaml.ts';
import { decode } from '../../src/model/decode.ts';
import { Secret } from '../../src/model/secret.ts';

const authUrl = 'https://keystone.example.com/v3';
const byName = loginByName({
  authUrl,
  password: new Secret('pw-MARKED'),
  projectDomainName: 'pd',
  projectName: 'p',
  userDomainName: 'ud',
  userName: 'u',
  region: 'R1',
});
const byId: CloudLogin = {
  authUrl,
  auth: {
    method: 'password',
    user: { id: 'u1' },
    userDomain: undefined,
    password: new Secret('pw'),
    project: { id: 'p1' },
    projectDomain: undefined,
  },
  region: undefined,
};
const byDomainId: CloudLogin = {
  ...byName,
  auth: { ...byName.auth, userDomain: { id: 'ud1' }, projectDomain: { id: 'pd1' } },
};
const byCredential: CloudLogin = {
  authUrl,
  auth: { method: 'application_credential', id: 'c1', secret: new Secret('s') },
  region: undefined,
};

const fail = (problems: readonly string[]): Error => new Error(problems.join('\n'));

describe('clouds.yaml', () => {
  test('The written clouds.yaml has the keys that OpenStack clients read', () => {
    expect(encodeCloudsYaml({ clouds: { a: byName, b: byCredential } })).toEqual({
      clouds: {
        a: {
          auth: {
            auth_url: authUrl,
            password: 'pw-MARKED',
            project_domain_name: 'pd',
            project_name: 'p',
            user_domain_name: 'ud',
            username: 'u',
          },
          region_name: 'R1',
        },
        b: {
          auth_type: 'v3applicationcredential',
          auth: {
            auth_url: authUrl,
            application_credential_id: 'c1',
            application_credential_secret: 's',
          },
        },
      },
    });
  });

  test.each<[string, CloudLogin]>([
    ['by names', byName],
    ['by ids', byId],
    ['with domains by id', byDomainId],
    ['with an application credential', byCredential],
  ])('A login %s is the same after encoding and decoding', (_form, login) => {
    const config = { clouds: { 'a.b': login, other: byName } };
    const read = decode(cloudsYaml, encodeCloudsYaml(config), '', fail);
    expect(read).toEqual(config);
    expect(encodeCloudsYaml(read)).toEqual(encodeCloudsYaml(config)); // toEqual does not compare secrets
  });

  test('A decoded entry does not print its password', () => {
    const content = { auth: { auth_url: authUrl, username: 'u', password: 'pw-MARKED', project_name: 'p' } };
    const domains = { ...content.auth, domain_name: 'D' };
    const entry = decode(cloudEntry, { auth: domains }, 'clouds.a', fail);
    expect(`${JSON.stringify(entry)} ${inspect(entry, { depth: 9, showHidden: true })}`).not.toMatch(
      'MARKED',
    );
  });
});
