import { Readable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { SourceError } from '../../src/system/streams/source-error.ts';
import { UnauthorizedError } from '../../src/model/cloud/cloud-errors.ts';
import { openImageData, uploadImageData } from '../../src/openstack/image-data.ts';
import { TOKENS, tokenAnswer } from '../support/http-cloud.ts';
import { failureOf, useHttpCloud } from '../support/cloud-fixture.ts';

const at = useHttpCloud();
const FILE = 'PUT /v2/images/i1/file';
const chunk = Buffer.alloc(64 * 1024, 7);

function upload(source: Readable, size: number, signal = new AbortController().signal): Promise<void> {
  return uploadImageData(at.cloud, 'i1', { source, size, timeoutMs: 60 * 60_000 }, signal);
}

describe('upload of image data', () => {
  test('An upload sends the exact content length and the token', async () => {
    at.http.on(FILE, { status: 204 });
    await upload(Readable.from([chunk, Buffer.from('end')]), chunk.length + 3);
    const [request] = at.http.requests(FILE);
    expect(request?.headers).toMatchObject({
      'content-length': String(chunk.length + 3),
      'content-type': 'application/octet-stream',
      'x-auth-token': 'token-1',
    });
    expect(request?.headers['transfer-encoding']).toBeUndefined();
    expect(request?.body.length).toBe(chunk.length + 3);
  });

  test('An upload that Glance rejects with 413 before its end fails with that error', async () => {
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

  test('A failure of the source ends the upload with the error of the source', async () => {
    const source = Readable.from(
      (function* () {
        yield chunk;
        throw new SourceError('bad data');
      })(),
    );
    expect(await failureOf(upload(source, 2 * chunk.length))).toMatchObject({ message: 'bad data' });
    expect(at.http.requests(FILE)[0]?.body.length ?? 0).toBeLessThan(2 * chunk.length);
  });

  test('An upload that returns 401 discards the token, so that the next upload uses a new one', async () => {
    at.http.on(TOKENS, [tokenAnswer(at.http.origin, 't1'), tokenAnswer(at.http.origin, 't2')]);
    at.http.on(FILE, [{ status: 401 }, { status: 204 }]);
    expect(await failureOf(upload(Readable.from([chunk]), chunk.length))).toBeInstanceOf(UnauthorizedError);
    await upload(Readable.from([chunk]), chunk.length);
    expect(at.http.requests(FILE).map(({ headers }) => headers['x-auth-token'])).toEqual(['t1', 't2']);
  });

  test('An upload ends when its signal aborts', async () => {
    at.http.on(FILE, 'hang');
    const stop = new AbortController();
    const failure = failureOf(upload(Readable.from([chunk]), chunk.length, stop.signal));
    await at.http.waitFor(FILE);
    stop.abort(new RangeError('enough'));
    await failure;
  });

  test('An upload that returns 200 instead of 204 fails', async () => {
    at.http.on(FILE, { status: 200, body: '<html>proxy</html>' });
    await expect(upload(Readable.from([chunk]), chunk.length)).rejects.toMatchObject({ kind: 'denied' });
  });

  test('A failed upload destroys its source', async () => {
    at.http.on(FILE, 'reset');
    const source = new Readable({ read: () => undefined });
    source.push(chunk);
    await upload(source, 2 * chunk.length).catch(() => undefined);
    expect(source.destroyed).toBe(true);
  });

  test('An upload whose connection is reset fails with kind unavailable', async () => {
    at.http.on(FILE, 'reset');
    const source = new Readable({ read: () => undefined });
    source.push(chunk);
    await expect(upload(source, 2 * chunk.length)).rejects.toMatchObject({ kind: 'unavailable' });
  });
});

describe('token of an upload', () => {
  const uploadWithTokens = async (
    lifeMinutes: number,
    ageMinutes: number,
  ): Promise<readonly (string | undefined)[]> => {
    let logins = 0;
    at.http.on(TOKENS, () => {
      const expires = new Date(at.clock.now() + lifeMinutes * 60_000).toISOString();
      return tokenAnswer(at.http.origin, `t${(logins += 1)}`, expires);
    });
    at.http.on('PUT /v2/images/*/file', { status: 204 });
    await at.cloud.identity.getToken();
    at.clock.advance(ageMinutes * 60_000);
    await Promise.all([
      upload(Readable.from([chunk]), chunk.length),
      upload(Readable.from([chunk]), chunk.length),
    ]);
    return at.http.requests(FILE).map(({ headers }) => headers['x-auth-token']);
  };

  test('An upload reuses a token that outlives the time that the upload may take', async () => {
    expect(await uploadWithTokens(24 * 60, 120)).toEqual(['t1', 't1']);
  });

  test('An upload that may outlive the token gets a new one, which uploads that start together share', async () => {
    expect(await uploadWithTokens(60, 30)).toEqual(['t2', 't2']);
  });

  test('An upload that may outlive any token reuses one that was just issued', async () => {
    expect(await uploadWithTokens(30, 0)).toEqual(['t1', 't1']);
  });
});

describe('download of image data', () => {
  const READ = 'GET /v2/images/i1/file';
  const whole = Buffer.from(Array.from({ length: 200_000 }, (_, index) => index % 251));
  const never = new AbortController().signal;
  const read = async (offset: number): Promise<Buffer> => {
    const chunks: Buffer[] = [];
    for await (const part of await openImageData(at.cloud, 'i1', offset, never)) chunks.push(part as Buffer);
    return Buffer.concat(chunks);
  };

  test('A download from the beginning sends no Range header', async () => {
    at.http.on(READ, { body: whole });
    expect((await read(0)).equals(whole)).toBe(true);
    expect(at.http.requests(READ)[0]?.headers).not.toHaveProperty('range');
    expect(at.http.requests(READ)[0]?.headers).toMatchObject({ 'x-auth-token': 'token-1' });
  });

  test('A download from an offset sends a Range header', async () => {
    at.http.on(READ, { status: 206, body: whole.subarray(70_000) });
    expect((await read(70_000)).equals(whole.subarray(70_000))).toBe(true);
    expect(at.http.requests(READ)[0]?.headers).toMatchObject({ range: 'bytes=70000-' });
  });

  test.each([1, 65_536, 199_999, 200_000])(
    'A download starts at byte %i even if the service ignores ranges',
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
  ])('A download that returns %i fails with kind %s and names the image', async (status, kind) => {
    at.http.on(READ, { status, ...(status === 204 ? {} : { body: 'the service says no' }) });
    const error = await failureOf(read(10));
    expect(error).toMatchObject({ kind });
    expect(error.message).toMatch(`read data of image i1: the image service of cloud c1 answered ${status}`);
  });

  test('A download that returns 401 discards the token, so that the next download uses a new one', async () => {
    at.http.on(TOKENS, [tokenAnswer(at.http.origin, 't1'), tokenAnswer(at.http.origin, 't2')]);
    at.http.on(READ, [{ status: 401 }, { body: whole }]);
    expect(await failureOf(read(0))).toBeInstanceOf(UnauthorizedError);
    expect((await read(0)).length).toBe(whole.length);
    expect(at.http.requests(READ).map(({ headers }) => headers['x-auth-token'])).toEqual(['t1', 't2']);
  });

  test.each([0, 10])('A download from byte %i that is cut off fails for its reader', async (offset) => {
    function* half() {
      yield whole.subarray(0, 65_536);
      throw new Error('cut');
    }
    const headers = { 'content-length': String(whole.length) };
    at.http.on(READ, () => ({ headers, body: Readable.from(half()) }));
    await failureOf(read(offset));
  });

  test('A download whose connection is reset fails with kind unavailable', async () => {
    at.http.on(READ, 'reset');
    expect(await failureOf(read(0))).toMatchObject({ kind: 'unavailable' });
  });
});
