import { describe, expect, test } from '@jest/globals';
import { type Store, PUT, TOKENS } from '../open-store.ts';
import { until } from '../until.ts';
import { DATA, LARGE, waitForCopies, useDistribution } from './use-distribution.ts';

const { addSource, at, makeTools, retryUntilEnd, send } = useDistribution();

describe('the proof of a copy', () => {
  const withoutHashes = (data = DATA): void => {
    at.source.openstack.setHashes();
    addSource(data);
  };
  const rejectFirstUpload = (store: Store): void => store.disturb(PUT, { status: 503 }, { times: 1 });

  test('A copy is proven by the hash of the stream when the source keeps no hash', async () => {
    withoutHashes();
    expect(await send(makeTools(), 'b', 'c')).toMatchObject([
      { provenBy: 'stream hash' },
      { provenBy: 'stream hash' },
    ]);
  });

  test('A proven copy of a source without hashes is not transferred again', async () => {
    withoutHashes();
    await send(makeTools(), 'b');
    expect(await send(makeTools(), 'b')).toMatchObject([{ outcome: 'already there' }]);
    expect(at.b.seen(PUT)).toHaveLength(1);
  });

  test('A copy with a different stream hash fails and is deleted', async () => {
    withoutHashes();
    at.b.disturb(PUT, 'damaged upload');
    const made = makeTools();
    const results = await retryUntilEnd(send(made, 'b', 'c'), made);
    expect(results).toMatchObject([{ outcome: 'failed', kind: 'build' }, { provenBy: 'stream hash' }]);
    expect(at.b.images.size).toBe(0);
  });

  test('A copy is proven by its size when neither store keeps a hash', async () => {
    withoutHashes();
    at.b.openstack.setHashes();
    expect(await send(makeTools(), 'b')).toMatchObject([{ outcome: 'copied', provenBy: 'size' }]);
  });

  test('A copy is proven by the MD5 checksum when the stores have no other hash in common', async () => {
    at.b.openstack.setHashes('md5', 'sha256');
    expect(await send(makeTools(), 'b')).toMatchObject([{ provenBy: 'hash' }]);
  });

  test('A copy that was retried is proven by the stream hash', async () => {
    withoutHashes();
    rejectFirstUpload(at.b);
    const made = makeTools();
    const sending = send(made, 'b', 'c');
    await waitForCopies(made, 'c');
    expect(await retryUntilEnd(sending, made)).toMatchObject([
      { attempts: 2, provenBy: 'stream hash' },
      { provenBy: 'stream hash' },
    ]);
  });

  test('A copy that starts after the others is proven by the stream hash', async () => {
    withoutHashes();
    const made = makeTools();
    at.b.disturb(TOKENS, { heldUntil: waitForCopies(made, 'c', 'd') });
    const sending = send(made, 'b', 'c', 'd');
    await until(() => at.clock.hasSleeper(5000));
    at.clock.advance(5000);
    expect(await sending).toMatchObject([
      { provenBy: 'stream hash' },
      { provenBy: 'stream hash' },
      { provenBy: 'stream hash' },
    ]);
  });

  test('A copy is proven by the stream hash when all first uploads were rejected', async () => {
    withoutHashes(LARGE);
    rejectFirstUpload(at.b);
    const made = makeTools();
    expect(await retryUntilEnd(send(made, 'b'), made)).toMatchObject([
      { outcome: 'copied', provenBy: 'stream hash' },
    ]);
    expect(made.warnings).toHaveLength(1);
  });

  test('A copy is proven by the stream hash when the stores keep different kinds of hashes', async () => {
    at.source.openstack.setHashes('md5');
    addSource(DATA);
    at.b.openstack.setHashes('sha512');
    expect(await send(makeTools(), 'b')).toMatchObject([{ provenBy: 'stream hash' }]);
  });
});
