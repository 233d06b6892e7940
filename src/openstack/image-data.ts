import type { Readable } from 'node:stream';
import { type CloudCall, UnauthorizedError } from '../model/cloud-errors.ts';
import { readText } from '../system/http-text.ts';
import { throwIfAborted } from '../system/wait.ts';
import { connectionError, statusError } from './answers.ts';
import type { Cloud } from './cloud.ts';

const MAXIMUM_ANSWER = 64 * 1024;

/** Data on its way into an image. */
export interface ImageData {
  /** Exactly `size` bytes. */
  readonly source: Readable;
  readonly size: number;
}

/**
 * Sends the data of a queued image as one stream with its exact length, with a token renewed just before. It can be
 * sent once only: after a failure the source is spent. Ends when Glance has stored it all.
 */
export async function uploadImageData(
  cloud: Cloud,
  imageId: string,
  data: ImageData,
  signal: AbortSignal,
): Promise<void> {
  throwIfAborted(cloud.signal);
  const call: CloudCall = {
    cloud: cloud.name,
    service: 'image',
    operation: `upload data of image ${imageId}`,
  };
  const token = await cloud.identity.getToken();
  const url = `${cloud.imageEndpoint(token)}/images/${imageId}/file`;
  const response = await cloud.data
    .send({
      method: 'PUT',
      url,
      headers: {
        'x-auth-token': token.id.reveal(),
        'content-type': 'application/octet-stream',
        'content-length': String(data.size),
      },
      body: data.source,
      signal,
    })
    .catch((cause: unknown) => {
      throw data.source.errored ?? connectionError(call, cause);
    });
  const { text } = await readText(response.body, MAXIMUM_ANSWER);
  if (response.status === 204) return;
  const answered = { ...call, status: response.status, requestId: response.header('x-openstack-request-id') };
  const error = statusError(answered, text, undefined);
  if (error instanceof UnauthorizedError) cloud.identity.dropToken(token);
  throw error;
}
