import { describe, expect, test } from '@jest/globals';
import { UnexpectedAnswerError } from '../../src/model/cloud-errors.ts';
import { listImages } from '../../src/openstack/images.ts';
import { listNetworks } from '../../src/openstack/networks.ts';
import { listServers } from '../../src/openstack/servers.ts';
import { failureOf, useHttpCloud } from '../support/http-fixture.ts';

const at = useHttpCloud();
const SERVERS = 'GET /v2.1/servers/detail';
const server = (id: string) => ({ id, name: id, status: 'ACTIVE' });
const image = (id: string) => ({ id, name: 'i', status: 'active', owner: 'project-1' });
const queries = (route: string) => at.http.seen(route).map(({ url }) => url.search);

describe('a list in pages', () => {
  test('of Nova follows servers_links to the end', async () => {
    const next = `${at.http.origin}/v2.1/servers/detail?marker=s2`;
    at.http.on(SERVERS, [
      { body: { servers: [server('s1'), server('s2')], servers_links: [{ rel: 'next', href: next }] } },
      { body: { servers: [server('s3')] } },
    ]);
    expect((await listServers(at.cloud)).map(({ id }) => id)).toEqual(['s1', 's2', 's3']);
    expect(queries(SERVERS)).toEqual(['', '?marker=s2']);
  });

  test('of Nova behind another name stays at the endpoint of the catalogue', async () => {
    const next = 'http://internal.example/compute/v2.1/servers/detail?limit=2&marker=s1';
    at.http.on(SERVERS, [
      { body: { servers: [server('s1')], servers_links: [{ rel: 'next', href: next }] } },
      { body: { servers: [] } },
    ]);
    expect(await listServers(at.cloud)).toHaveLength(1);
  });

  test('of Glance follows next and keeps the query', async () => {
    at.http.on('GET /v2/images', [
      { body: { images: [image('a')], next: '/v2/images?marker=a&limit=1', first: '/v2/images' } },
      { body: { images: [image('b')], first: '/v2/images' } },
    ]);
    expect(await listImages(at.cloud, 'i')).toHaveLength(2);
    expect(queries('GET /v2/images')).toEqual([
      '?owner=project-1&name=i&limit=1000',
      '?owner=project-1&name=i&limit=1000&marker=a',
    ]);
  });

  test('of Neutron follows networks_links, and not the previous one', async () => {
    const links = (rel: string, id: string) => [
      { rel, href: `${at.http.origin}/v2.0/networks?marker=${id}&page_reverse=True` },
    ];
    at.http.on('GET /v2.0/networks', [
      { body: { networks: [{ id: 'n1', name: 'n1' }], networks_links: links('next', 'n1') } },
      { body: { networks: [{ id: 'n2', name: 'n2' }], networks_links: links('previous', 'n2') } },
    ]);
    expect((await listNetworks(at.cloud)).map(({ id }) => id)).toEqual(['n1', 'n2']);
  });

  test('that names a page again is unexpected, not endless', async () => {
    const next = `${at.http.origin}/v2.1/servers/detail?marker=s1`;
    at.http.on(SERVERS, { body: { servers: [server('s1')], servers_links: [{ rel: 'next', href: next }] } });
    const error = await failureOf(listServers(at.cloud));
    expect(error).toBeInstanceOf(UnexpectedAnswerError);
    expect(error.message).toMatch('named page s1 twice');
  });

  test('whose link is no URL is unexpected', async () => {
    const links = [{ rel: 'next', href: 'http://[' }];
    at.http.on(SERVERS, { body: { servers: [server('s1')], servers_links: links } });
    expect(await failureOf(listServers(at.cloud))).toBeInstanceOf(UnexpectedAnswerError);
  });

  test('whose next page has no marker is unexpected, not half a list', async () => {
    const links = [{ rel: 'next', href: `${at.http.origin}/v2.1/servers/detail?page=2` }];
    at.http.on(SERVERS, { body: { servers: [server('s1')], servers_links: links } });
    expect(await failureOf(listServers(at.cloud))).toBeInstanceOf(UnexpectedAnswerError);
  });

  test('that breaks off fails as a whole: half a list is none', async () => {
    const next = `${at.http.origin}/v2.1/servers/detail?marker=s1`;
    at.http.on(SERVERS, [
      { body: { servers: [server('s1')], servers_links: [{ rel: 'next', href: next }] } },
      { status: 403 },
    ]);
    await expect(listServers(at.cloud)).rejects.toMatchObject({ kind: 'denied' });
  });
});

test('a network without a name stands in no one’s way', async () => {
  at.http.on('GET /v2.0/networks', { body: { networks: [{ id: 'n1', name: '', status: '' }] } });
  await expect(listNetworks(at.cloud)).resolves.toHaveLength(1);
});
