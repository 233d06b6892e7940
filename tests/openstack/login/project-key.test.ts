import { describe, expect, test } from '@jest/globals';
import type { Catalog } from '../../../src/openstack/login/catalog.ts';
import { parseCloudAccess } from '../../../src/openstack/login/cloud-access.ts';
import { projectKeyOf } from '../../../src/openstack/login/project-key.ts';

/** Returns a catalogue with the image service in `regions`. */
const catalogOf = (...regions: readonly string[]) => {
  const endpoints = regions.map((region_id) => ({ interface: 'public', region_id, url: 'https://glance' }));
  return [{ type: 'image', endpoints }];
};

/** Returns the project key of an entry of clouds.yaml. */
function keyOf(authUrl: string, projectId = 'p1', region?: string, catalog: Catalog = []): string {
  const names = { username: 'u', password: 'p', project_name: 'n' };
  const auth = { auth_url: authUrl, ...names, user_domain_name: 'd', project_domain_name: 'd' };
  const entry = region === undefined ? { auth } : { auth, region_name: region };
  return projectKeyOf(parseCloudAccess('c', entry, 'clouds.yaml'), { projectId, catalog });
}

const KEY = keyOf('https://keystone.example.com/v3');

describe('project key', () => {
  test.each([
    'https://keystone.example.com',
    'https://keystone.example.com/',
    'https://keystone.example.com/v3/',
    'https://keystone.example.com/v2.0',
    'https://keystone.example.com:443/v3',
    'https://Keystone.EXAMPLE.com/v3',
    'HTTPS://keystone.example.com/v3',
  ])('The project key is the same for the spelling %s', (url) => {
    expect(keyOf(url)).toBe(KEY);
  });

  test.each([
    ['another scheme', keyOf('http://keystone.example.com/v3')],
    ['another host', keyOf('https://keystone2.example.com/v3')],
    ['another port', keyOf('https://keystone.example.com:5000/v3')],
    ['another path', keyOf('https://keystone.example.com/identity/v3')],
    ['another project', keyOf('https://keystone.example.com/v3', 'p2')],
    ['a region', keyOf('https://keystone.example.com/v3', 'p1', 'R1')],
  ])('The project key differs for %s', (_, key) => {
    expect(key).not.toBe(KEY);
  });

  test('The project keys of two regions differ', () => {
    expect(keyOf('https://k/v3', 'p1', 'R1')).not.toBe(keyOf('https://k/v3', 'p1', 'R2'));
  });

  test('An entry without a region has the project key of the only region in its catalogue', () => {
    const catalog = catalogOf('R1', 'R1');
    expect(keyOf('https://k/v3', 'p1', undefined, catalog)).toBe(keyOf('https://k/v3', 'p1', 'R1', catalog));
    expect(keyOf('https://k/v3', 'p1', undefined, catalog)).not.toBe(
      keyOf('https://k/v3', 'p1', 'R2', catalog),
    );
  });

  test.each([[[]], [['']], [['R1', 'R2']]])(
    'An entry without a region has a key without a region when the image service is in %j',
    (regions) => {
      expect(keyOf('https://k/v3', 'p1', undefined, catalogOf(...regions))).toBe(keyOf('https://k/v3'));
    },
  );

  test('The project key does not contain a password from the URL', () => {
    expect(keyOf('https://u:word-MARKED@keystone.example.com/v3')).toBe(KEY);
  });
});
