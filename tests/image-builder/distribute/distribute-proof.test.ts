import { describe, expect, test } from '@jest/globals';
import { TOKENS, tokenAnswer } from '../../support/http-cloud.ts';
import { DATA, LARGE, PUT, waitForCopies, useDistribution } from './distribution.ts';
import {
  type ScriptedStore,
  digest,
  keepNothing,
  keepSha512,
  storeUpload,
  until,
} from '../scripted-clouds.ts';

const { addSource, at, makeTools, retryUntilEnd, send } = useDistribution();

describe('the proof of a copy', () => {
  const withoutHashes = (): void => {
    at.source.glance.images.clear();
    at.source.hashesOf = keepNothing;
    addSource(DATA);
  };
  const rejectFirstUpload = (store: ScriptedStore): void => {
    let isFirst = true;
    store.http.on(PUT, (seen) => {
      if (!isFirst) return storeUpload(store, seen);
      isFirst = false;
      return { status: 503 };
    });
  };

  test('A copy is proven by the hash of the stream when the source keeps no hash', async () => {
    withoutHashes();
    expect(await send(makeTools(), 'a', 'b')).toMatchObject([
      { provenBy: 'stream hash' },
      { provenBy: 'stream hash' },
    ]);
  });

  test('A proven copy of a source without hashes is not transferred again', async () => {
    withoutHashes();
    await send(makeTools(), 'a');
    expect(await send(makeTools(), 'a')).toMatchObject([{ outcome: 'already there' }]);
    expect(at.a.http.requests(PUT)).toHaveLength(1);
  });

  test('A copy with a different stream hash fails and is deleted', async () => {
    withoutHashes();
    at.a.hashesOf = () => keepSha512(Buffer.from('other'));
    const made = makeTools();
    const results = await retryUntilEnd(send(made, 'a', 'b'), made);
    expect(results).toMatchObject([{ outcome: 'failed', kind: 'build' }, { provenBy: 'stream hash' }]);
    expect(at.a.glance.images.size).toBe(0);
  });

  test('A copy is proven by its size when neither store keeps a hash', async () => {
    withoutHashes();
    at.a.hashesOf = keepNothing;
    expect(await send(makeTools(), 'a')).toMatchObject([{ outcome: 'copied', provenBy: 'size' }]);
  });

  test('A copy is proven by the MD5 checksum when the stores have no other hash in common', async () => {
    at.a.hashesOf = (data) => ({
      os_hash_algo: 'sha256',
      os_hash_value: digest('sha256', data),
      checksum: digest('md5', data),
    });
    expect(await send(makeTools(), 'a')).toMatchObject([{ provenBy: 'hash' }]);
  });

  test('A copy that was retried is proven by the stream hash', async () => {
    withoutHashes();
    rejectFirstUpload(at.a);
    const made = makeTools();
    const sending = send(made, 'a', 'b');
    await waitForCopies(made, 'b');
    expect(await retryUntilEnd(sending, made)).toMatchObject([
      { attempts: 2, provenBy: 'stream hash' },
      { provenBy: 'stream hash' },
    ]);
  });

  test('A copy that starts after the others is proven by the stream hash', async () => {
    withoutHashes();
    const made = makeTools();
    at.a.http.on(TOKENS, async () => {
      await waitForCopies(made, 'b', 'c');
      return tokenAnswer(at.a.http.origin);
    });
    const sending = send(made, 'a', 'b', 'c');
    await until(() => at.clock.hasSleeper(5000));
    at.clock.advance(5000);
    expect(await sending).toMatchObject([
      { provenBy: 'stream hash' },
      { provenBy: 'stream hash' },
      { provenBy: 'stream hash' },
    ]);
  });

  test('A copy is proven by the stream hash when all first uploads were rejected', async () => {
    at.source.glance.images.clear();
    at.source.hashesOf = keepNothing;
    addSource(LARGE);
    at.a.http.on(PUT, { status: 503, isEarly: true, headers: { connection: 'close' } });
    const made = makeTools();
    const sending = send(made, 'a');
    await until(() => made.warnings.length === 1);
    at.a.http.on(PUT, (seen) => storeUpload(at.a, seen));
    expect(await retryUntilEnd(sending, made)).toMatchObject([
      { outcome: 'copied', provenBy: 'stream hash' },
    ]);
  });

  test('A copy is proven by the stream hash when the stores keep different kinds of hashes', async () => {
    at.source.glance.images.clear();
    at.source.hashesOf = (data) => ({ checksum: digest('md5', data) });
    addSource(DATA);
    at.a.hashesOf = (data) => ({ os_hash_algo: 'sha512', os_hash_value: digest('sha512', data) });
    expect(await send(makeTools(), 'a')).toMatchObject([{ provenBy: 'stream hash' }]);
  });
});
