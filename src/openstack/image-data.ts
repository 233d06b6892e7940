import { type Readable, Transform, pipeline } from 'node:stream';
import { type CloudCall, CloudError, UnauthorizedError } from '../model/cloud/cloud-errors.ts';
import { ProductError } from '../model/errors.ts';
import type { HttpResponse } from '../system/http/http.ts';
import { throwIfAborted, withDeadline } from '../system/wait.ts';
import { requestIdOf } from './api/api-answer.ts';
import { readAnswer } from './api/read-answer.ts';
import { followRedirects } from './api/redirects.ts';
import { connectionError, foreignAnswer, statusError, timeoutError } from './api/response-errors.ts';
import type { Cloud } from './cloud.ts';

/** The data to upload into an image. */
export interface ImageData {
  /** Exactly `size` bytes. */
  readonly source: Readable;
  readonly size: number;
  /** The longest time that the upload may take. */
  readonly timeoutMs: number;
}

/**
 * Uploads the data of a queued image as one stream with its exact length, using a token that outlives the upload.
 * Resolves when Glance has stored all of it. A failed upload consumes the source, so the caller needs a new source to
 * retry.
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
  const token = await cloud.identity.getTokenFor(data.timeoutMs); // Glance may use it until the data is stored
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
  const answer = await readAnswer(call, response);
  if (answer.status === 204) return;
  const error = statusError(call, answer);
  if (error instanceof UnauthorizedError) cloud.identity.dropToken(token);
  throw error;
}

/**
 * Returns the error of the source if the source itself failed. A lost connection to Glance destroys the source as well,
 * and that error does not count.
 */
function sourceErrorOf({ errored }: Readable): Error | undefined {
  return errored instanceof ProductError ? errored : undefined;
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
    followRedirects('GET', `${cloud.imageEndpoint(token)}/images/${imageId}/file`, (url) =>
      cloud.data.send({
        method: 'GET',
        url,
        headers: { 'x-auth-token': token.id.reveal(), ...range },
        signal: AbortSignal.any([signal, deadline]),
      }),
    );
  const { apiTimeoutMs: timeoutMs, clock } = cloud;
  const response = await withDeadline(open, { timeoutMs, clock, signal }, () =>
    timeoutError(call, timeoutMs),
  ).catch((cause: unknown) => {
    throw cause instanceof CloudError || signal.aborted ? cause : connectionError(call, cause);
  });
  if (isPage(response)) throw foreignAnswer(call, (await readAnswer(call, response)).body);
  if (response.status === 206 || (response.status === 200 && offset === 0)) return response.body;
  if (response.status === 200) return dropBytes(response.body, offset);
  const error = statusError(call, await readAnswer(call, response));
  if (error instanceof UnauthorizedError) cloud.identity.dropToken(token);
  throw error;
}

/** Reports whether a successful response is a page of a gateway and not image data. */
function isPage(response: HttpResponse): boolean {
  const isSuccess = response.status >= 200 && response.status < 300;
  const type = response.header('content-type') ?? '';
  return isSuccess && requestIdOf(response) === undefined && type.startsWith('text/html');
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
