import { describe, expect, test } from '@jest/globals';
import { UnexpectedAnswerError } from '../../../src/model/cloud/cloud-errors.ts';
import { listImages } from '../../../src/openstack/images.ts';
import { listNetworks } from '../../../src/openstack/networks.ts';
import { listServers } from '../../../src/openstack/servers.ts';
import { failureOf, useHttpCloud } from '../../support/cloud-fixture.ts';
import { uuidOf } from '../../support/uuid-of.ts';

const at = useHttpCloud();
const SERVERS = 'GET /v2.1/servers/detail';
const server = (word: string) => ({ id: uuidOf(word), name: word, status: 'ACTIVE' });
const image = (word: string) => ({ id: uuidOf(word), name: 'i', status: 'active', owner: 'project-1' });
const queries = (route: string) => at.http.requests(route).map(({ url }) => url.search);

describe('pagination', () => {
  test('A list of Nova follows servers_links to the last page', async () => {
    const next = `${at.http.origin}/v2.1/servers/detail?marker=${uuidOf('s2')}`;
    at.http.on(SERVERS, [
      {
        body: {
          servers: [server('s1'), server('s2')],
          servers_links: [{ rel: 'next', href: next }],
        },
      },
      { body: { servers: [server('s3')] } },
    ]);
    expect((await listServers(at.cloud)).map(({ id }) => id)).toEqual([
      uuidOf('s1'),
      uuidOf('s2'),
      uuidOf('s3'),
    ]);
    expect(queries(SERVERS)).toEqual(['', `?marker=${uuidOf('s2')}`]);
  });

  test('A list stays at the endpoint of the catalogue when a link names another host', async () => {
    const next = `http://internal.example/compute/v2.1/servers/detail?limit=2&marker=${uuidOf('s1')}`;
    at.http.on(SERVERS, [
      { body: { servers: [server('s1')], servers_links: [{ rel: 'next', href: next }] } },
      { body: { servers: [] } },
    ]);
    expect(await listServers(at.cloud)).toHaveLength(1);
  });

  test('A list of Glance follows next and keeps the query', async () => {
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

  test('A list of Neutron follows the next link and ignores the previous link', async () => {
    const links = (rel: string, id: string) => [
      { rel, href: `${at.http.origin}/v2.0/networks?marker=${id}&page_reverse=True` },
    ];
    at.http.on('GET /v2.0/networks', [
      { body: { networks: [{ id: uuidOf('n1'), name: 'n1' }], networks_links: links('next', 'n1') } },
      { body: { networks: [{ id: uuidOf('n2'), name: 'n2' }], networks_links: links('previous', 'n2') } },
    ]);
    expect((await listNetworks(at.cloud)).map(({ name }) => name)).toEqual(['n1', 'n2']);
  });

  test('A list fails when it links to the same page twice', async () => {
    const next = `${at.http.origin}/v2.1/servers/detail?marker=${uuidOf('s1')}`;
    at.http.on(SERVERS, {
      body: { servers: [server('s1')], servers_links: [{ rel: 'next', href: next }] },
    });
    const error = await failureOf(listServers(at.cloud));
    expect(error).toBeInstanceOf(UnexpectedAnswerError);
    expect(error.message).toMatch(`returned the link to page ${uuidOf('s1')} twice`);
  });

  test('A list fails when its next link is not a URL', async () => {
    const links = [{ rel: 'next', href: 'http://[' }];
    at.http.on(SERVERS, { body: { servers: [server('s1')], servers_links: links } });
    expect(await failureOf(listServers(at.cloud))).toBeInstanceOf(UnexpectedAnswerError);
  });

  test('A list fails when its next link has no marker', async () => {
    const links = [{ rel: 'next', href: `${at.http.origin}/v2.1/servers/detail?page=2` }];
    at.http.on(SERVERS, { body: { servers: [server('s1')], servers_links: links } });
    expect(await failureOf(listServers(at.cloud))).toBeInstanceOf(UnexpectedAnswerError);
  });

  test('A list fails as a whole when one of its pages fails', async () => {
    const next = `${at.http.origin}/v2.1/servers/detail?marker=${uuidOf('s1')}`;
    at.http.on(SERVERS, [
      { body: { servers: [server('s1')], servers_links: [{ rel: 'next', href: next }] } },
      { status: 403 },
    ]);
    await expect(listServers(at.cloud)).rejects.toMatchObject({ kind: 'denied' });
  });
});

test('A network without a name does not make the list of networks fail', async () => {
  at.http.on('GET /v2.0/networks', { body: { networks: [{ id: uuidOf('n1'), name: '', status: '' }] } });
  await expect(listNetworks(at.cloud)).resolves.toHaveLength(1);
});
