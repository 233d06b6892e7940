import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { expect } from '@jest/globals';
import type { Cloud } from '../../../src/openstack/cloud.ts';
import { uploadImageData } from '../../../src/openstack/image-data.ts';
import { type Image, type ImageSpec, createImage, deleteImage } from '../../../src/openstack/images.ts';
import type { UserName, CaseContext } from '../contract.ts';

type ErrorClass = abstract new (...args: never[]) => Error;

/** Returns the error of this class that `work` fails with. */
export async function expectError<E extends ErrorClass>(
  work: Promise<unknown>,
  kind: E,
): Promise<InstanceType<E>> {
  const ended = await work.catch((error: unknown) => error);
  expect(ended).toBeInstanceOf(kind);
  return ended as InstanceType<E>;
}

export const NEVER = '00000000-0000-4000-8000-000000000000';

/** A signal that is never aborted. */
export const forever = new AbortController().signal;

export const connectAs = async (context: CaseContext, user: UserName): Promise<Cloud> =>
  (await context.connect(user)).withSignal();

/** Creates a queued image that is deleted at the end of the case. */
export async function makeImage(
  context: CaseContext,
  cloud: Cloud,
  spec: Partial<ImageSpec> & { readonly name: string },
): Promise<Image> {
  const image = await createImage(cloud, { diskFormat: 'raw', properties: {}, ...spec });
  context.onEnd(() => deleteImage(cloud, image.id));
  return image;
}

/** Uploads `data` to a queued image. */
export const upload = (cloud: Cloud, id: string, data: Buffer): Promise<void> =>
  uploadImageData(
    cloud,
    id,
    { source: Readable.from([data]), size: data.length, timeoutMs: 60_000 },
    forever,
  );

/** Creates an active image that is deleted at the end of the case, and returns its id and data. */
export async function makeActiveImage(
  context: CaseContext,
  cloud: Cloud,
  name: string,
): Promise<{ readonly id: string; readonly data: Buffer }> {
  const { id } = await makeImage(context, cloud, { name: context.name(name) });
  const data = randomBytes(100_000);
  await upload(cloud, id, data);
  return { id, data };
}

/** Returns the attributes for a new image with this name. */
export const imageSpec = (name: string, properties: Readonly<Record<string, string>> = {}): ImageSpec => ({
  name,
  diskFormat: 'qcow2',
  properties,
});
