import { describe, expect, test } from '@jest/globals';
import { createImage, deleteImage, findImage, listImages, updateImage } from '../../src/openstack/images.ts';
import { failureOf, useHttpCloud } from '../support/cloud-fixture.ts';
import { uuidOf } from '../support/uuid-of.ts';

const at = useHttpCloud();
const IMAGES = 'GET /v2/images';
const image = (word: string, change: object = {}) => ({
  id: uuidOf(word),
  name: 'noble',
  status: 'active',
  owner: 'project-1',
  created_at: '2026-11-21T08:00:00Z',
  ...change,
});

describe('list of images by name', () => {
  test.each([
    ['plain-name', 'plain-name'],
    ['in:noble', 'in:"in:noble"'],
    ['noble:1', 'in:"noble:1"'],
    ['one,two', 'in:"one,two"'],
    ['a "b"', 'a "b"'],
    ['a "b":c', null],
    ['with space & more', 'with space & more'],
  ])('The name %s is sent to Glance as the filter %s', async (name, filter) => {
    at.http.on(IMAGES, { body: { images: [image('a', { name })] } });
    expect(await listImages(at.cloud, name)).toHaveLength(1);
    expect(at.http.requests(IMAGES)[0]?.url.searchParams.get('name')).toBe(filter);
  });

  test('A list of images by name contains only images of this exact name that the project owns', async () => {
    at.http.on(IMAGES, {
      body: { images: [image('a'), image('b', { name: 'noble-2' }), image('c', { owner: 'other' })] },
    });
    expect((await listImages(at.cloud, 'noble')).map(({ id }) => id)).toEqual([uuidOf('a')]);
  });

  test('A list of images is sorted by creation time, newest first, and then by id', async () => {
    at.http.on(IMAGES, {
      body: {
        images: [
          image('a', { created_at: '2026-11-21T07:00:00Z' }),
          image('b'),
          image('c'),
          image('d', { created_at: '2026-11-21T09:00:00Z' }),
        ],
      },
    });
    const ids = (await listImages(at.cloud, 'noble')).map(({ id }) => id);
    const ofOneTime = [uuidOf('b'), uuidOf('c')].sort().reverse();
    expect(ids).toEqual([uuidOf('d'), ...ofOneTime, uuidOf('a')]);
  });

  test('A queued image without size and formats can be listed', async () => {
    const queued = { status: 'queued', size: null, disk_format: null, min_disk: 0, os_hash_value: null };
    at.http.on(IMAGES, { body: { images: [image('a', queued)] } });
    expect((await listImages(at.cloud))[0]).toMatchObject({ size: undefined, diskFormat: undefined });
  });
});

describe('image record', () => {
  test('A new image is private and has its properties at the top level', async () => {
    at.http.on('POST /v2/images', { status: 201, body: image('x', { status: 'queued' }) });
    const spec = { id: uuidOf('x'), name: 'noble', diskFormat: 'qcow2', properties: { os_distro: 'ubuntu' } };
    await createImage(at.cloud, spec);
    expect(at.http.requests('POST /v2/images')[0]?.json).toMatchObject({
      id: uuidOf('x'),
      name: 'noble',
      disk_format: 'qcow2',
      container_format: 'bare',
      visibility: 'private',
      os_distro: 'ubuntu',
    });
  });

  test('A missing image is undefined, and deleting it succeeds', async () => {
    expect(await findImage(at.cloud, uuidOf('x'))).toBeUndefined();
    await deleteImage(at.cloud, uuidOf('x'));
  });

  test('Deleting an image that is in use fails', async () => {
    at.http.on(`DELETE /v2/images/${uuidOf('x')}`, {
      status: 409,
      body: '<html><h1>409 Conflict</h1>in use</html>',
    });
    expect((await failureOf(deleteImage(at.cloud, uuidOf('x')))).message).toMatch('in use');
  });

  test('An update sends name and properties in one JSON patch of the media type of Glance', async () => {
    at.http.on(`PATCH /v2/images/${uuidOf('x')}`, { body: image('x') });
    const changed = await updateImage(at.cloud, uuidOf('x'), { name: 'noble', properties: { 'a/b~c': '1' } });
    const [request] = at.http.requests(`PATCH /v2/images/${uuidOf('x')}`);
    expect(changed.id).toBe(uuidOf('x'));
    expect(request?.headers['content-type']).toBe('application/openstack-images-v2.1-json-patch');
    expect(request?.json).toEqual([
      { op: 'add', path: '/a~1b~0c', value: '1' },
      { op: 'add', path: '/name', value: 'noble' },
    ]);
  });
});

describe('list of images by property', () => {
  test('A list of images by property filters in the query and leaves out images without the property', async () => {
    at.http.on(IMAGES, { body: { images: [image('a', { made_by: 'us' }), image('b')] } });
    expect((await listImages(at.cloud, undefined, { made_by: 'us' })).map(({ id }) => id)).toEqual([
      uuidOf('a'),
    ]);
    const query = at.http.requests(IMAGES)[0]?.url.searchParams;
    expect([query?.get('made_by'), query?.get('limit'), query?.get('owner')]).toEqual([
      'us',
      '1000',
      'project-1',
    ]);
  });
});
