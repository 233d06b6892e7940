import { Readable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { SourceError } from '../../src/system/source-error.ts';
import { UnauthorizedError } from '../../src/model/cloud-errors.ts';
import { openImageData, uploadImageData } from '../../src/openstack/image-data.ts';
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

describe('a token for image data', () => {
  test('is new for each upload, and asked for once by those that begin together', async () => {
    let logins = 0;
    at.http.on(TOKENS, () => tokenAnswer(at.http.origin, `t${(logins += 1)}`));
    at.http.on('PUT /v2/images/*/file', { status: 204 });
    await at.cloud.identity.getToken();
    await Promise.all([
      upload(Readable.from([chunk]), chunk.length),
      upload(Readable.from([chunk]), chunk.length),
    ]);
    await upload(Readable.from([chunk]), chunk.length);
    expect(at.http.seen(FILE).map(({ headers }) => headers['x-auth-token'])).toEqual(['t2', 't2', 't3']);
  });
});

describe('the data of an image', () => {
  const READ = 'GET /v2/images/i1/file';
  const whole = Buffer.from(Array.from({ length: 200_000 }, (_, index) => index % 251));
  const never = new AbortController().signal;
  const read = async (offset: number): Promise<Buffer> => {
    const chunks: Buffer[] = [];
    for await (const part of await openImageData(at.cloud, 'i1', offset, never)) chunks.push(part as Buffer);
    return Buffer.concat(chunks);
  };

  test('is read from its beginning without a range', async () => {
    at.http.on(READ, { body: whole });
    expect((await read(0)).equals(whole)).toBe(true);
    expect(at.http.seen(READ)[0]?.headers).not.toHaveProperty('range');
    expect(at.http.seen(READ)[0]?.headers).toMatchObject({ 'x-auth-token': 'token-1' });
  });

  test('is read on from an offset by a range', async () => {
    at.http.on(READ, { status: 206, body: whole.subarray(70_000) });
    expect((await read(70_000)).equals(whole.subarray(70_000))).toBe(true);
    expect(at.http.seen(READ)[0]?.headers).toMatchObject({ range: 'bytes=70000-' });
  });

  test.each([1, 65_536, 199_999, 200_000])(
    'begins at byte %i also from a service that knows no ranges',
    async (offset) => {
      at.http.on(READ, { status: 200, body: whole });
      expect((await read(offset)).equals(whole.subarray(offset))).toBe(true);
    },
  );

  test.each([
    [404, 'denied'],
    [403, 'denied'],
    [416, 'denied'],
    [204, 'denied'],
    [429, 'unavailable'],
    [503, 'unavailable'],
  ])('answered with %i is an error of the kind %s, and names the image', async (status, kind) => {
    at.http.on(READ, { status, ...(status === 204 ? {} : { body: 'the service says no' }) });
    const error = await failureOf(read(10));
    expect(error).toMatchObject({ kind });
    expect(error.message).toMatch(`read data of image i1: the image service of cloud c1 answered ${status}`);
  });

  test('answered with 401 is read with a new token the next time', async () => {
    at.http.on(TOKENS, [tokenAnswer(at.http.origin, 't1'), tokenAnswer(at.http.origin, 't2')]);
    at.http.on(READ, [{ status: 401 }, { body: whole }]);
    expect(await failureOf(read(0))).toBeInstanceOf(UnauthorizedError);
    expect((await read(0)).length).toBe(whole.length);
    expect(at.http.seen(READ).map(({ headers }) => headers['x-auth-token'])).toEqual(['t1', 't2']);
  });

  test.each([0, 10])('that is cut in the middle fails for its reader, from byte %i on', async (offset) => {
    function* half() {
      yield whole.subarray(0, 65_536);
      throw new Error('cut');
    }
    const headers = { 'content-length': String(whole.length) };
    at.http.on(READ, () => ({ headers, body: Readable.from(half()) }));
    await failureOf(read(offset));
  });

  test('on a connection that is cut is a cloud that is unavailable', async () => {
    at.http.on(READ, 'reset');
    expect(await failureOf(read(0))).toMatchObject({ kind: 'unavailable' });
  });
});
