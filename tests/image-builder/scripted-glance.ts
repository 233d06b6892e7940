import type { HttpCloud, ReceivedRequest } from '../support/http-cloud.ts';

/** An image as Glance's API has it. */
export type GlanceImage = Readonly<Record<string, unknown>> & {
  readonly id: string;
  readonly name?: string;
  readonly status?: string;
};

/** The images of a scripted Glance. */
export interface ScriptedGlance {
  readonly images: Map<string, GlanceImage>;
  /** Adds an image, as another client would. */
  add(image: Partial<GlanceImage> & { readonly id: string }): void;
}

/** One change of a JSON patch. */
interface Change {
  readonly op: 'add' | 'remove';
  readonly path: string;
  readonly value?: string;
}

function lastSegment({ url }: ReceivedRequest, nth = -1): string {
  return url.pathname.split('/').at(nth) ?? '';
}

/** Scripts the image service. An id is never accepted twice; an upload of data makes an image active. */
export function scriptGlance(http: Pick<HttpCloud, 'on'>): ScriptedGlance {
  const images = new Map<string, GlanceImage>();
  const used = new Set<string>();
  const add: ScriptedGlance['add'] = (image) => {
    const created = `2026-11-21T08:00:${String(used.size).padStart(2, '0')}Z`;
    used.add(image.id);
    images.set(image.id, {
      name: 'noble',
      status: 'active',
      owner: 'project-1',
      created_at: created,
      ...image,
    });
  };
  http.on('GET /v2/images', ({ url }) => {
    const name = url.searchParams.get('name');
    return {
      body: { images: [...images.values()].filter((image) => name === null || image.name === name) },
    };
  });
  http.on('POST /v2/images', ({ json }) => {
    const image = json as GlanceImage;
    const id = image.id || `made-${used.size}`;
    if (used.has(id)) return { status: 409, body: 'Image ID already exists!' };
    add({ ...image, id, status: 'queued' });
    return { status: 201, body: images.get(id) };
  });
  http.on('GET /v2/images/*', (request) => {
    const image = images.get(lastSegment(request));
    return image === undefined ? { status: 404 } : { body: image };
  });
  http.on('PUT /v2/images/*/file', (request) => {
    const image = images.get(lastSegment(request, -2));
    if (image === undefined) return { status: 404 };
    if (request.body.length !== Number(request.headers['content-length'])) return 'reset';
    images.set(image.id, { ...image, status: 'active' });
    return { status: 204 };
  });
  http.on('PATCH /v2/images/*', (request) => {
    const id = lastSegment(request);
    const changes = request.json as readonly Change[];
    const image = new Map(Object.entries(images.get(id) ?? {}));
    for (const { op, path, value } of changes) {
      const key = path.slice(1);
      if (op === 'remove' && !image.delete(key)) return { status: 409, body: `no property ${key}` };
      if (op === 'add') image.set(key, value);
    }
    images.set(id, { ...Object.fromEntries(image), id });
    return { body: images.get(id) };
  });
  http.on('DELETE /v2/images/*', (request) => ({ status: images.delete(lastSegment(request)) ? 204 : 404 }));
  return { images, add };
}
