import { expect } from '@jest/globals';
import { listImages } from '../../../src/openstack/images.ts';
import type { ContractCase } from '../contract.ts';
import { connectAs, imageSpec as spec, makeImage } from './expectations.ts';

/** The behaviour of Glance's image lists that the product relies on. */
export const imageListCases: readonly ContractCase[] = [
  {
    verb: 'listImages',
    outcome: 'two images with the same name are both listed, the newest first',
    run: async (context) => {
      const cloud = await connectAs(context, 'builder');
      const name = context.name('twice');
      const older = await makeImage(context, cloud, spec(name));
      const newer = await makeImage(context, cloud, spec(name));
      const listed = await listImages(cloud, name);
      expect(listed.map(({ id }) => id).sort()).toEqual([older.id, newer.id].sort());
      const times = listed.map(({ createdAt }) => createdAt);
      expect(times).toEqual(times.toSorted().reverse());
    },
  },
  {
    verb: 'listImages',
    outcome: 'an unused name returns an empty list',
    run: async (context) => {
      expect(await listImages(await connectAs(context, 'builder'), context.name('none'))).toEqual([]);
    },
  },
  {
    verb: 'listImages',
    outcome: 'names with colons, commas, quotes and spaces match only themselves',
    run: async (context) => {
      const cloud = await connectAs(context, 'builder');
      const names = ['a:b', 'in:a', 'a,b', 'a', 'b', 'a b&c=d', 'ä/ö', 'a"b', 'a":b'].map((name) =>
        context.name(name),
      );
      for (const name of names) await makeImage(context, cloud, spec(name));
      const found = await Promise.all(names.map((name) => listImages(cloud, name)));
      expect(found.map((images) => images.map(({ name }) => name))).toEqual(names.map((name) => [name]));
    },
  },
  {
    verb: 'listImages',
    outcome: 'a filter by properties returns the images that have all of them',
    run: async (context) => {
      const cloud = await connectAs(context, 'builder');
      const tag = context.name('tag');
      const both = { image_builder_build_id: tag, image_builder_kind: 'runner' };
      const wanted = await makeImage(context, cloud, spec(context.name('both'), both));
      await makeImage(context, cloud, spec(context.name('one'), { ...both, image_builder_kind: 'base' }));
      await makeImage(context, cloud, spec(context.name('no')));
      expect((await listImages(cloud, undefined, both)).map(({ id }) => id)).toEqual([wanted.id]);
    },
  },
  {
    verb: 'listImages',
    outcome: 'the list excludes public images of the operator and images of other projects',
    run: async (context) => {
      const [cloud, other] = [await connectAs(context, 'builder'), await connectAs(context, 'neighbour')];
      const name = context.name('image');
      await makeImage(context, cloud, spec(name));
      expect(await listImages(other, name)).toEqual([]);
      expect(await listImages(cloud, 'base-tiny')).toEqual([]);
    },
  },
  {
    verb: 'listImages',
    outcome: 'paging returns each image once, and a full last page links to an empty one',
    run: async (context) => {
      const cloud = await connectAs(context, 'builder');
      const name = context.name('page');
      for (let nth = 0; nth < 4; nth++) await makeImage(context, cloud, spec(name));
      const found: string[] = [];
      const counts: number[] = [];
      let next: string | undefined = `/images?${new URLSearchParams({ name, limit: '2' }).toString()}`;
      while (next !== undefined) {
        const query = Object.fromEntries(new URL(next, 'http://glance').searchParams);
        const request = { operation: 'list images', method: 'GET', path: '/images', query } as const;
        const { body } = await cloud.image.send(request);
        const page = body as { readonly images: readonly { readonly id: string }[]; readonly next?: string };
        found.push(...page.images.map(({ id }) => id));
        counts.push(page.images.length);
        next = page.next;
      }
      expect(counts).toEqual([2, 2, 0]);
      expect(new Set(found).size).toBe(4);
      expect((await listImages(cloud, name)).map(({ id }) => id).sort()).toEqual(found.sort());
    },
  },
];
