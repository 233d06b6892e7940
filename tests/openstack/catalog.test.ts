import { describe, expect, test } from '@jest/globals';
import { InputError } from '../../src/model/errors.ts';
import { type Catalog, type EndpointQuery, getEndpoint } from '../../src/openstack/catalog.ts';

const endpoint = (region: string, url: string, interfaceName: 'public' | 'internal' = 'public') => ({
  interface: interfaceName,
  region_id: region,
  region,
  url,
});
const catalog: Catalog = [
  {
    type: 'compute',
    endpoints: [
      endpoint('R1', 'https://r1/v2.1/'),
      endpoint('R2', 'https://r2/v2.1'),
      endpoint('R1', 'https://inside', 'internal'),
    ],
  },
  { type: 'image', endpoints: [endpoint('R1', 'https://image')] },
];
const query = (change: Partial<EndpointQuery>): EndpointQuery => ({
  cloud: 'c1',
  service: 'compute',
  interface: 'public',
  region: 'R1',
  ...change,
});

describe('service catalogue', () => {
  test.each([
    ['one region', {}, 'https://r1/v2.1'],
    ['another region', { region: 'R2' }, 'https://r2/v2.1'],
    ['another interface', { interface: 'internal' }, 'https://inside'],
    ['no region, if there is only one', { service: 'image', region: undefined }, 'https://image'],
  ] as const)('An endpoint is found for %s', (_, change, url) => {
    expect(getEndpoint(catalog, query(change))).toBe(url);
  });

  test.each([
    ['an unknown region', { region: 'R9' }, 'clouds.c1.region_name: expected one of R1, R2, got R9'],
    ['no region, if there are several', { region: undefined }, 'expected one of R1, R2, got nothing'],
    ['a missing service', { service: 'network' }, 'service of type network in its catalogue'],
    ['a missing interface', { interface: 'admin' }, 'admin endpoint of a service'],
  ] as const)('A query for %s throws an InputError that names the possible values', (_, change, message) => {
    const get = (): string => getEndpoint(catalog, query(change));
    expect(get).toThrow(InputError);
    expect(get).toThrow(message);
  });

  test('An endpoint without region_id is found by its field region', () => {
    const old = [{ type: 'image', endpoints: [{ ...endpoint('R1', 'https://old'), region_id: undefined }] }];
    expect(getEndpoint(old, query({ service: 'image' }))).toBe('https://old');
  });
});
