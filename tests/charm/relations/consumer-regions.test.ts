import { describe, expect, test } from '@jest/globals';
import { ConfigInvalidError } from '../../../src/charm/errors.ts';
import { withRegion } from '../../../src/charm/relations/consumer-regions.ts';
import { consumerDatabag, remoteUnit } from '../support/facts.ts';
import { charmConfig } from '../support/options.ts';

const BUILD = 'https://keystone.example.com:5000/v3';

/** Returns the region that a consumer with this auth URL gets. */
function regionOf(authUrl: string, options: Readonly<Record<string, string>>, sent = ''): string | undefined {
  const { credentials } = remoteUnit('consumer/0', consumerDatabag({ auth_url: authUrl, region_name: sent }));
  if (credentials === undefined) throw new Error('incomplete');
  return withRegion(credentials, charmConfig(options)).region;
}

function problemsOf(value: string): readonly string[] {
  try {
    charmConfig({ 'consumer-regions': value });
  } catch (error) {
    if (error instanceof ConfigInvalidError) return error.problems;
  }
  return [];
}

describe('the region of a consumer that sends none', () => {
  test.each([
    BUILD,
    'https://keystone.example.com:5000',
    'https://keystone.example.com:5000/v3/',
    'HTTPS://Keystone.Example.com:5000/v3//',
    ' https://keystone.example.com:5000/v2.0\n',
  ])('A consumer whose Keystone is %j, that of the build cloud, gets the build region', (url) => {
    expect(regionOf(url, { 'openstack-region': 'north' })).toBe('north');
    expect(regionOf(url, {})).toBeUndefined();
  });

  test.each([
    'https://keystone.example.com:5001/v3',
    'http://keystone.example.com:5000/v3',
    'https://keystone.example.com:5000/other/v3',
  ])('A consumer whose Keystone is %s gets no region from the build cloud', (url) => {
    expect(regionOf(url, { 'openstack-region': 'north' })).toBeUndefined();
  });

  test('The default port of the scheme makes no difference', () => {
    const options = { 'openstack-auth-url': 'https://k.example.com:443/v3', 'openstack-region': 'north' };
    expect(regionOf('https://k.example.com/v3', options)).toBe('north');
  });

  test('An entry of consumer-regions wins over the build region, and a region that was sent wins over both', () => {
    const options = {
      'openstack-region': 'north',
      'consumer-regions': `${BUILD}=south, https://k2.example.com/?a=b = Region One,`,
    };
    expect(regionOf(BUILD, options)).toBe('south');
    expect(regionOf('https://k2.example.com/v3', options)).toBe('Region One');
    expect(regionOf('https://k3.example.com/v3', options)).toBeUndefined();
    expect(regionOf(BUILD, options, 'west')).toBe('west');
  });

  test('The option consumer-regions reports all its problems at once', () => {
    expect(problemsOf('north,https://k=,keystone:5000=north,https://a=x,https://a:443/v3/=y')).toEqual([
      'consumer-regions: expected <auth_url>=<region> pairs, got north',
      'consumer-regions: expected <auth_url>=<region> pairs, got https://k=',
      'consumer-regions: expected <auth_url>=<region> pairs, got keystone:5000=north',
      'consumer-regions: expected each auth URL once, got https://a:443/v3/ twice',
    ]);
    expect(problemsOf('')).toEqual([]);
  });
});
