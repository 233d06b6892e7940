import { describe, expect, test } from '@jest/globals';
import { InputError } from '../../src/model/errors.ts';
import { type Catalog, type EndpointQuery, getEndpoint } from '../../src/openstack/catalog.ts';

const endpoint = (region: string, url: string, face: 'public' | 'internal' = 'public') => ({
  interface: face,
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

describe('an endpoint', () => {
  test.each([
    ['of a region', {}, 'https://r1/v2.1'],
    ['of another region', { region: 'R2' }, 'https://r2/v2.1'],
    ['of another interface', { interface: 'internal' }, 'https://inside'],
    ['without a region, where there is one only', { service: 'image', region: undefined }, 'https://image'],
  ] as const)('%s is found', (_, change, url) => {
    expect(getEndpoint(catalog, query(change))).toBe(url);
  });

  test.each([
    ['of an unknown region', { region: 'R9' }, 'clouds.c1.region_name: expected one of R1, R2, got R9'],
    ['without a region, of several', { region: undefined }, 'expected one of R1, R2, got nothing'],
    ['of a service that is not there', { service: 'network' }, 'service of type network in its catalogue'],
    ['of an interface that is not there', { interface: 'admin' }, 'admin endpoint of a service'],
  ] as const)('%s is a problem of clouds.yaml, told with what there is', (_, change, told) => {
    const get = (): string => getEndpoint(catalog, query(change));
    expect(get).toThrow(InputError);
    expect(get).toThrow(told);
  });

  test('of old catalogues, which tell the region by name alone, is found', () => {
    const old = [{ type: 'image', endpoints: [{ ...endpoint('R1', 'https://old'), region_id: undefined }] }];
    expect(getEndpoint(old, query({ service: 'image' }))).toBe('https://old');
  });
});
