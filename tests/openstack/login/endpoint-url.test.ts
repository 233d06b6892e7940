import { describe, expect, test } from '@jest/globals';
import { InputError } from '../../../src/model/errors.ts';
import { parseCloudAccess } from '../../../src/openstack/login/cloud-access.ts';
import { endpointUrl } from '../../../src/openstack/login/endpoint-url.ts';
import { accessTo } from '../../support/http-connect.ts';

const PROJECT = '0123456789abcdef0123456789abcdef';
const access = accessTo('https://keystone');
const service = (type: string, url: unknown, change: object = {}) => ({
  type,
  endpoints: [{ interface: 'public', region_id: 'R1', url, ...change }],
});
const urlFor = (type: Parameters<typeof endpointUrl>[1], url: unknown): string =>
  endpointUrl(access, type, { catalog: [service(type, url)], projectId: PROJECT });

describe('URL of a service', () => {
  test.each([
    ['compute', 'https://h/compute', 'https://h/compute/v2.1'],
    ['compute', 'https://h/compute/v2.1/', 'https://h/compute/v2.1'],
    ['compute', `https://h/v2.1/${PROJECT}`, `https://h/v2.1/${PROJECT}`],
    ['compute', 'https://h/v2.1/$(project_id)s', `https://h/v2.1/${PROJECT}`],
    ['compute', 'https://h:8774/v2/%(tenant_id)s/', `https://h:8774/v2/${PROJECT}`],
    ['compute', 'https://h/nova/v2.1', 'https://h/nova/v2.1'],
    [
      'compute',
      'http://nova.example.net:8774/v2/%(tenant_id)s/',
      `http://nova.example.net:8774/v2/${PROJECT}`,
    ],
    ['compute', `https://h/compute/${PROJECT}`, 'https://h/compute/v2.1'],
    ['compute', 'https://h/v2-api/compute', 'https://h/v2-api/compute/v2.1'],
    ['image', 'https://h', 'https://h/v2'],
    ['image', 'https://h//', 'https://h/v2'],
    ['image', 'https://h/openstack/v3x/image', 'https://h/openstack/v3x/image/v2'],
    ['image', 'https://h/v2/', 'https://h/v2'],
    ['image', 'http://[fd00::1]:9292', 'http://[fd00::1]:9292/v2'],
    ['image', ' https://h/image\n', 'https://h/image/v2'],
    ['network', 'https://h:9696/', 'https://h:9696/v2.0'],
    ['network', 'https://h/v3/neutron', 'https://h/v3/neutron/v2.0'],
    ['block-storage', 'https://h:8776/', `https://h:8776/v3/${PROJECT}`],
    ['block-storage', 'https://h/volume/v3', `https://h/volume/v3/${PROJECT}`],
    ['block-storage', `https://h/volume/v3/${PROJECT}`, `https://h/volume/v3/${PROJECT}`],
    ['block-storage', 'https://h/v3/$(project_id)s', `https://h/v3/${PROJECT}`],
    ['block-storage', `https://h/volume/${PROJECT}`, `https://h/volume/v3/${PROJECT}`],
    ['network', 'HTTPS://H/networking/v2.0?x=1', 'https://h/networking/v2.0'],
  ] as const)('The %s service at %s is used at %s', (type, url, expected) => {
    expect(urlFor(type, url)).toBe(expected);
  });

  test('The URL in clouds.yaml replaces the catalogue, with the project id filled in', () => {
    const endpoints = { ...access.endpoints, compute: ' https://h/v2.1/%(project_id)s ' };
    const token = { catalog: [], projectId: PROJECT };
    expect(endpointUrl({ ...access, endpoints }, 'compute', token)).toBe(`https://h/v2.1/${PROJECT}`);
  });

  test.each([
    'compute.example.com:8774/v2.1',
    '//h/v2.1',
    'http://',
    'http:///v2.1',
    'https:h',
    'file:///etc/passwd',
    'http://unix:/run/snapd.sock:/v2',
    'https://h/ v2',
    'https://h\\v2',
    '',
    null,
    undefined,
    7,
  ])('The catalogue URL %j is reported as an endpoint that is not a URL', (url) => {
    const get = (): string => urlFor('compute', url);
    expect(get).toThrow(InputError);
    expect(get).toThrow(/^cloud c1: the public endpoint of its compute service is not a URL: expected http/);
  });

  test('A long invalid URL is shortened in the error', () => {
    expect(() => urlFor('image', 'x'.repeat(150_000))).toThrow(/^.{1,300}$/);
  });

  test('Odd entries of services and endpoints that are not used do not matter', () => {
    const catalog = [
      service('volumev3', ''),
      service('object-store', null),
      service('image', 'https://other', { interface: 'publicURL' }),
      service('image', 'https://other', { interface: 7 }),
      { type: 'image', endpoints: null },
      { type: null, endpoints: [] },
      null,
      'text',
      { type: 'image', endpoints: [null, { interface: 'public', region_id: 'R1', url: 'https://h' }] },
    ];
    expect(endpointUrl(access, 'image', { catalog, projectId: PROJECT })).toBe('https://h/v2');
  });

  test('The first of several matching endpoints that has a URL is used', () => {
    const catalog = [service('image', ''), service('image', 'https://second')];
    expect(endpointUrl(access, 'image', { catalog, projectId: PROJECT })).toBe('https://second/v2');
  });
});

describe('URL of Keystone', () => {
  test.each([
    ['https://h:5000', 'https://h:5000/v3'],
    ['https://h:5000/', 'https://h:5000/v3'],
    ['https://h:5000/v3', 'https://h:5000/v3'],
    ['https://h:5000/v3/', 'https://h:5000/v3'],
    ['https://h:5000/v2.0/', 'https://h:5000/v3'],
    ['https://h/identity', 'https://h/identity/v3'],
    ['https://h/identity/v3', 'https://h/identity/v3'],
    ['https://h/v3-prod/identity/', 'https://h/v3-prod/identity/v3'],
    ['  https://h/identity/v3/ \n', 'https://h/identity/v3'],
    ['http://[::1]:5000/v3', 'http://[::1]:5000/v3'],
  ])('The auth_url %j is used at %s', (url, expected) => {
    expect(parseCloudAccess('c1', entryWith(url), 'clouds.yaml').authUrl).toBe(expected);
  });

  test.each(['h:5000/v3', 'http://', 'http://unix:/run/x:/v3', 'file:///v3'])(
    'The auth_url %j is refused',
    (url) => {
      expect(() => parseCloudAccess('c1', entryWith(url), 'clouds.yaml')).toThrow(
        'auth.auth_url: expected a URL',
      );
    },
  );

  function entryWith(authUrl: string): unknown {
    const auth = { auth_url: authUrl, username: 'u', password: 'p', user_domain_id: 'd', project_id: 'p' };
    return { auth };
  }
});
