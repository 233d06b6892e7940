import { describe, expect, test } from '@jest/globals';
import { TOKENS, tokenAnswer } from '../../support/http-cloud.ts';
import { DATA, LARGE, PUT, settled, useDistribution } from './distribution.ts';
import { type ScriptedStore, digest, keepNothing, keepSha512, take, until } from '../scripted-clouds.ts';

const { addSource, at, patient, retryUntilEnd, send } = useDistribution();

describe('a copy is proven', () => {
  const withoutHashes = (): void => {
    at.source.glance.images.clear();
    at.source.hashesOf = keepNothing;
    addSource(DATA);
  };
  const turnFirstAway = (store: ScriptedStore): void => {
    let isFirst = true;
    store.http.on(PUT, (seen) => {
      if (!isFirst) return take(store, seen);
      isFirst = false;
      return { status: 503 };
    });
  };

  test('by the hash of what was sent where the source keeps none', async () => {
    withoutHashes();
    expect(await send(patient(), 'a', 'b')).toMatchObject([
      { provenBy: 'stream hash' },
      { provenBy: 'stream hash' },
    ]);
  });

  test('once: a source without hashes moves no bytes into a cloud that has its proven copy', async () => {
    withoutHashes();
    await send(patient(), 'a');
    expect(await send(patient(), 'a')).toMatchObject([{ outcome: 'already there' }]);
    expect(at.a.http.requests(PUT)).toHaveLength(1);
  });

  test('not at all when that hash is another', async () => {
    withoutHashes();
    at.a.hashesOf = () => keepSha512(Buffer.from('other'));
    const made = patient();
    const deliveries = await retryUntilEnd(send(made, 'a', 'b'), made);
    expect(deliveries).toMatchObject([{ outcome: 'failed', kind: 'build' }, { provenBy: 'stream hash' }]);
    expect(at.a.glance.images.size).toBe(0);
  });

  test('by its size where neither store keeps a hash', async () => {
    withoutHashes();
    at.a.hashesOf = keepNothing;
    expect(await send(patient(), 'a')).toMatchObject([{ outcome: 'copied', provenBy: 'size' }]);
  });

  test('by the MD5 where only that is common', async () => {
    at.a.hashesOf = (data) => ({
      os_hash_algo: 'sha256',
      os_hash_value: digest('sha256', data),
      checksum: digest('md5', data),
    });
    expect(await send(patient(), 'a')).toMatchObject([{ provenBy: 'hash' }]);
  });

  test('by the hash of what the others got, also in a cloud that was tried again', async () => {
    withoutHashes();
    turnFirstAway(at.a);
    const made = patient();
    const sending = send(made, 'a', 'b');
    await settled(made, 'b');
    expect(await retryUntilEnd(sending, made)).toMatchObject([
      { attempts: 2, provenBy: 'stream hash' },
      { provenBy: 'stream hash' },
    ]);
  });

  test('by the hash of what the others got, also in a cloud that came late', async () => {
    withoutHashes();
    const made = patient();
    at.a.http.on(TOKENS, async () => {
      await settled(made, 'b', 'c');
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

  test('by the hash of what was sent also where all were turned away at first', async () => {
    at.source.glance.images.clear();
    at.source.hashesOf = keepNothing;
    addSource(LARGE);
    at.a.http.on(PUT, { status: 503, isEarly: true, headers: { connection: 'close' } });
    const made = patient();
    const sending = send(made, 'a');
    await until(() => made.warnings.length === 1);
    at.a.http.on(PUT, (seen) => take(at.a, seen));
    expect(await retryUntilEnd(sending, made)).toMatchObject([
      { outcome: 'copied', provenBy: 'stream hash' },
    ]);
  });

  test('by the hash of what was sent where the stores keep hashes of different kinds', async () => {
    at.source.glance.images.clear();
    at.source.hashesOf = (data) => ({ checksum: digest('md5', data) });
    addSource(DATA);
    at.a.hashesOf = (data) => ({ os_hash_algo: 'sha512', os_hash_value: digest('sha512', data) });
    expect(await send(patient(), 'a')).toMatchObject([{ provenBy: 'stream hash' }]);
  });
});
