import { Readable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { SourceError } from '../../src/system/source-error.ts';
import { UnauthorizedError } from '../../src/model/cloud-errors.ts';
import { uploadImageData } from '../../src/openstack/image-data.ts';
import { TOKENS, tokenAnswer } from '../support/http-cloud.ts';
import { failureOf, useHttpCloud } from '../support/http-fixture.ts';

const at = useHttpCloud();
const FILE = 'PUT /v2/images/i1/file';
const chunk = Buffer.alloc(64 * 1024, 7);

function upload(source: Readable, size: number, signal = new AbortController().signal): Promise<void> {
  return uploadImageData(at.cloud, 'i1', { source, size }, signal);
}

describe('image data', () => {
  test('goes up with its exact length and the token', async () => {
    at.http.on(FILE, { status: 204 });
    await upload(Readable.from([chunk, Buffer.from('end')]), chunk.length + 3);
    const [request] = at.http.seen(FILE);
    expect(request?.headers).toMatchObject({
      'content-length': String(chunk.length + 3),
      'content-type': 'application/octet-stream',
      'x-auth-token': 'token-1',
    });
    expect(request?.headers['transfer-encoding']).toBeUndefined();
    expect(request?.body.length).toBe(chunk.length + 3);
  });

  test('that Glance turns away with 413 before it has all ends in that error', async () => {
    const headers = { connection: 'close' };
    at.http.on(FILE, { status: 413, isEarly: true, headers, body: 'Image storage quota exceeded' });
    const source = Readable.from(
      (function* () {
        for (let index = 0; index < 2000; index++) yield chunk;
      })(),
    );
    const error = await failureOf(upload(source, 2000 * chunk.length));
    expect(error).toMatchObject({ kind: 'denied', name: 'ForbiddenError' });
    expect(error.message).toMatch(
      'upload data of image i1: the image service of cloud c1 answered 413: Image',
    );
  });

  test('whose source fails ends in the error of the source, and Glance has not all', async () => {
    const source = Readable.from(
      (function* () {
        yield chunk;
        throw new SourceError('bad data');
      })(),
    );
    expect(await failureOf(upload(source, 2 * chunk.length))).toMatchObject({ message: 'bad data' });
    expect(at.http.seen(FILE)[0]?.body.length ?? 0).toBeLessThan(2 * chunk.length);
  });

  test('answered with 401 drops the token, so that the next upload has a new one', async () => {
    at.http.on(TOKENS, [tokenAnswer(at.http.origin, 't1'), tokenAnswer(at.http.origin, 't2')]);
    at.http.on(FILE, [{ status: 401 }, { status: 204 }]);
    expect(await failureOf(upload(Readable.from([chunk]), chunk.length))).toBeInstanceOf(UnauthorizedError);
    await upload(Readable.from([chunk]), chunk.length);
    expect(at.http.seen(FILE).map(({ headers }) => headers['x-auth-token'])).toEqual(['t1', 't2']);
  });

  test('stops when it is told to', async () => {
    at.http.on(FILE, 'hang');
    const stop = new AbortController();
    const failure = failureOf(upload(Readable.from([chunk]), chunk.length, stop.signal));
    await at.http.waitFor(FILE);
    stop.abort(new RangeError('enough'));
    await failure;
  });

  test('that Glance answers with 200 and a page was not taken', async () => {
    at.http.on(FILE, { status: 200, body: '<html>proxy</html>' });
    await expect(upload(Readable.from([chunk]), chunk.length)).rejects.toMatchObject({ kind: 'denied' });
  });

  test('is not read further after a failure: its source is destroyed', async () => {
    at.http.on(FILE, 'reset');
    const source = new Readable({ read: () => undefined });
    source.push(chunk);
    await upload(source, 2 * chunk.length).catch(() => undefined);
    expect(source.destroyed).toBe(true);
  });

  test('on a connection that is cut ends as a cloud that is unavailable', async () => {
    at.http.on(FILE, 'reset');
    const source = new Readable({ read: () => undefined });
    source.push(chunk);
    await expect(upload(source, 2 * chunk.length)).rejects.toMatchObject({ kind: 'unavailable' });
  });
});
