import { type Readable, Transform, pipeline } from 'node:stream';
import { type CloudCall, UnauthorizedError } from '../model/cloud-errors.ts';
import { ProductError } from '../model/errors.ts';
import { readText } from '../system/http/read-text.ts';
import { SourceError } from '../system/streams/source-error.ts';
import type { HttpResponse } from '../system/http/http.ts';
import { throwIfAborted, withDeadline } from '../system/wait.ts';
import { connectionError, statusError, timeoutError } from './response-errors.ts';
import type { Cloud } from './cloud.ts';

const MAXIMUM_ANSWER = 64 * 1024;

/** The data to upload into an image. */
export interface ImageData {
  /** Exactly `size` bytes. */
  readonly source: Readable;
  readonly size: number;
}

/**
 * Uploads the data of a queued image as one stream with its exact length, using a fresh token. Resolves when Glance has
 * stored all of it. A failed upload consumes the source, so the caller needs a new source to retry.
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
  const token = await cloud.identity.renewToken(); // Glance may use it until the data is stored, hours later
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
      throw sourceErrorOf(data.source) ?? connectionError(call, cause);
    });
  const { text } = await readText(response.body, MAXIMUM_ANSWER).catch((cause: unknown) => {
    throw connectionError(call, cause);
  });
  if (response.status === 204) return;
  const answered = { ...call, status: response.status, requestId: response.header('x-openstack-request-id') };
  const error = statusError(answered, text, undefined);
  if (error instanceof UnauthorizedError) cloud.identity.dropToken(token);
  throw error;
}

/**
 * Returns the error of the source if the source itself failed. A lost connection to Glance destroys the source as well,
 * and that error does not count.
 */
function sourceErrorOf({ errored }: Readable): Error | undefined {
  return errored instanceof SourceError || errored instanceof ProductError ? errored : undefined;
}

/**
 * Opens the data of an active image, starting at `offset`. If the service ignores the Range header and sends the whole
 * image, the bytes before `offset` are discarded. Throws a CloudError.
 */
export async function openImageData(
  cloud: Cloud,
  imageId: string,
  offset: number,
  signal: AbortSignal,
): Promise<Readable> {
  const call: CloudCall = { cloud: cloud.name, service: 'image', operation: `read data of image ${imageId}` };
  const token = await cloud.identity.getToken();
  const range: Readonly<Record<string, string>> = offset === 0 ? {} : { range: `bytes=${offset}-` };
  const open = (deadline: AbortSignal): Promise<HttpResponse> =>
    cloud.data.send({
      method: 'GET',
      url: `${cloud.imageEndpoint(token)}/images/${imageId}/file`,
      headers: { 'x-auth-token': token.id.reveal(), ...range },
      signal: AbortSignal.any([signal, deadline]),
    });
  const { apiTimeoutMs: timeoutMs, clock } = cloud;
  const response = await withDeadline(open, { timeoutMs, clock, signal }, () =>
    timeoutError(call, timeoutMs),
  ).catch((cause: unknown) => {
    throw cause instanceof ProductError ? cause : connectionError(call, cause);
  });
  if (response.status === 206 || (response.status === 200 && offset === 0)) return response.body;
  if (response.status === 200) return dropBytes(response.body, offset);
  const { text } = await readText(response.body, MAXIMUM_ANSWER).catch((cause: unknown) => {
    throw connectionError(call, cause);
  });
  const answered = { ...call, status: response.status, requestId: response.header('x-openstack-request-id') };
  if (response.status === 401) cloud.identity.dropToken(token);
  throw statusError(answered, text, undefined);
}

/** Returns a stream without the first `count` bytes of `source`. */
function dropBytes(source: Readable, count: number): Readable {
  let left = count;
  const tail = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const kept = chunk.subarray(Math.min(left, chunk.length));
      left -= chunk.length - kept.length;
      done(null, kept);
    },
  });
  pipeline(source, tail, () => undefined); // pipeline passes a failure of the source on to the tail
  return tail;
}
