import { describe, expect, test } from '@jest/globals';
import { InputError } from '../../../src/model/errors.ts';
import { type Catalog, type EndpointQuery, getEndpoint } from '../../../src/openstack/login/catalog.ts';

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
    ['one region', {}, 'https://r1/v2.1/'],
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

  test.each(['block-storage', 'volumev3'])('Block storage is found under its type %s', (type) => {
    const volumes = [
      { type: 'volumev2', endpoints: [endpoint('R1', 'https://old/v2')] },
      { type, endpoints: [endpoint('R1', 'https://volumes/v3')] },
    ];
    expect(getEndpoint(volumes, query({ service: 'block-storage' }))).toBe('https://volumes/v3');
  });

  test.each([undefined, null, ''])('An endpoint with the region_id %p is found by its field region', (id) => {
    const old = [{ type: 'image', endpoints: [{ ...endpoint('R1', 'https://old'), region_id: id }] }];
    expect(getEndpoint(old, query({ service: 'image' }))).toBe('https://old');
  });

  test.each([undefined, null, ''])(
    'A catalogue with the region %p is used without a region, and another one is refused',
    (region) => {
      const one = [{ name: '', type: 'image', endpoints: [{ ...endpoint('', 'https://one'), region }] }];
      expect(getEndpoint(one, query({ service: 'image', region: undefined }))).toBe('https://one');
      expect(() => getEndpoint(one, query({ service: 'image' }))).toThrow(
        'clouds.c1.region_name: expected nothing, because no endpoint in the catalogue has a region, got R1',
      );
    },
  );

  test('The region * of the identity service does not matter', () => {
    const identity = { type: 'identity', endpoints: [endpoint('*', 'https://keystone/v3')] };
    const found = (region?: string): string => getEndpoint([identity, ...catalog], query({ region }));
    expect(found('R2')).toBe('https://r2/v2.1');
    expect(found).toThrow('expected one of R1, R2, got nothing');
  });

  test('The error for an unknown region of a cloud with thousands of regions is short', () => {
    const regions = Array.from({ length: 10_000 }, (_, index) => endpoint(`R${index}`, 'https://r'));
    const many = [{ type: 'image', endpoints: regions }];
    const get = (): string => getEndpoint(many, query({ service: 'image', region: 'other' }));
    expect(get).toThrow(/R18, R19, …, got other$/);
  });
});
