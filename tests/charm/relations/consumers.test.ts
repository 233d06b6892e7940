import { describe, expect, test } from '@jest/globals';
import {
  cloudIdOf,
  decodeRemoteUnit,
  listConsumers,
  normaliseAuthUrl,
} from '../../../src/charm/relations/consumers.ts';
import { consumerDatabag, imageRelation, remoteUnit } from '../support/facts.ts';

const decode = (databag: Record<string, string>) => decodeRemoteUnit('consumer/0', databag);

const idOf = (given: Record<string, string> = {}, relationId = 3, unit = 'consumer/0'): string => {
  const { credentials } = decodeRemoteUnit('consumer/0', consumerDatabag(given));
  if (credentials === undefined) throw new Error('incomplete');
  return cloudIdOf(relationId, unit, credentials);
};

describe('a consumer', () => {
  test.each(['auth_url', 'password', 'project_domain_name', 'project_name', 'user_domain_name', 'username'])(
    'A databag without %s has no credentials',
    (key) => {
      const others = Object.entries(consumerDatabag()).filter(([name]) => name !== key);
      const none = { credentials: undefined, problems: [] };
      expect(decode(Object.fromEntries(others))).toMatchObject(none);
      expect(decode(consumerDatabag({ [key]: '' }))).toMatchObject(none);
      if (key !== 'password') expect(decode(consumerDatabag({ [key]: '  ' }))).toMatchObject(none);
    },
  );

  test('The region is optional and unknown keys are ignored', () => {
    expect(decode(consumerDatabag()).credentials).toHaveProperty('region', undefined);
    expect(decode(consumerDatabag({ region_name: 'two', extra: 'x' })).credentials?.region).toBe('two');
  });

  test('The password of a consumer cannot be printed', () => {
    expect(JSON.stringify(decode(consumerDatabag()))).not.toContain('consumer-passw0rd');
  });

  test.each([
    ['auth_url', 2048],
    ['password', 4096],
    ['project_domain_name', 255],
    ['project_name', 255],
    ['user_domain_name', 255],
    ['username', 255],
    ['region_name', 255],
  ])('A databag whose %s has more than %i characters cannot be used', (key, most) => {
    const value = `http://${'x'.repeat(most)}`;
    expect(decode(consumerDatabag({ [key]: value.slice(0, most) })).problems).toEqual([]);
    expect(decode(consumerDatabag({ [key]: value }))).toEqual({
      name: 'consumer/0',
      credentials: undefined,
      problems: [`${key}: expected at most ${most} characters, got ${most + 7}`],
    });
  });

  test.each(['keystone:5000/v3', 'file:///etc/passwd', '0001', 'ftp://k'])(
    'A databag whose auth_url is %s cannot be used, and the problem does not repeat the value',
    (url) => {
      const problem = 'auth_url: expected a URL like https://keystone.example.com:5000/v3';
      expect(decode(consumerDatabag({ auth_url: url })).problems).toEqual([problem]);
    },
  );

  test('Blanks around the auth_url are removed', () => {
    expect(decode(consumerDatabag({ auth_url: ' https://k/v3 \n' })).credentials?.authUrl).toBe(
      'https://k/v3',
    );
  });

  test('Each unit with complete credentials is a consumer of its own', () => {
    const relations = [
      imageRelation({ id: 3, units: [remoteUnit('consumer/0'), remoteUnit('consumer/2', {})] }),
      imageRelation({ id: 7, application: 'other', units: [remoteUnit('other/0'), remoteUnit('other/1')] }),
      imageRelation({ id: 9, units: [] }),
    ];
    const consumers = listConsumers(relations);
    expect(consumers.map(({ relationId, unit }) => [relationId, unit])).toEqual([
      [3, 'consumer/0'],
      [7, 'other/0'],
      [7, 'other/1'],
    ]);
    expect(new Set(consumers.map(({ cloudId }) => cloudId)).size).toBe(3);
  });
});

describe('a cloud id', () => {
  test('A cloud id is readable and ends in a hash', () => {
    expect(idOf()).toMatch(/^runners_runner-[0-9a-f]{8}$/);
  });

  test('A cloud id differs by relation, unit, cloud, domain, project, user and region', () => {
    const ids = [
      idOf(),
      idOf({}, 4),
      idOf({}, 3, 'consumer/1'),
      idOf({ auth_url: 'https://other.example.com/v3' }),
      idOf({ project_domain_name: 'x' }),
      idOf({ user_domain_name: 'x' }),
      idOf({ project_name: 'runners_', username: 'runner' }),
      idOf({ project_name: 'runners', username: '_runner' }),
      idOf({ region_name: 'two' }),
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('A cloud id does not depend on the password or the spelling of the URL', () => {
    expect(idOf({ password: 'rotated' })).toBe(idOf());
    expect(idOf({ auth_url: 'HTTPS://Keystone.Consumer.example.com:443/v3/' })).toBe(idOf());
    expect(idOf({ auth_url: 'https://keystone.consumer.example.com' })).toBe(idOf());
  });

  test.each([
    ['a,b', 'c d', /^a-b_c-d-[0-9a-f]{8}$/],
    ['--os-cloud', 'x', /^os-cloud_x-[0-9a-f]{8}$/],
    ['Tür', '../..', /^T-r_..-..-[0-9a-f]{8}$/],
    ['p'.repeat(200), 'u', /^p{80}-[0-9a-f]{8}$/],
  ])('The cloud id of the project %s and the user %s has only safe characters', (project, user, pattern) => {
    expect(idOf({ project_name: project, username: user })).toMatch(pattern);
  });

  test.each([
    ['https://k:5000/v3/', 'https://k:5000'],
    ['https://k/identity/v3', 'https://k/identity'],
    ['http://k/v2.0', 'http://k'],
    ['not a url/', 'not a url'],
  ])('The auth URL %s is normalised to %s', (given, plain) => {
    expect(normaliseAuthUrl(given)).toBe(plain);
  });
});
