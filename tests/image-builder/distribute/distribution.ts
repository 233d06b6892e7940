import { beforeEach } from '@jest/globals';
import { distribute } from '../../../src/image-builder/distribute/distribute.ts';
import type { Context } from '../../../src/image-builder/context.ts';
import type { ImageCopy } from '../../../src/model/delivery.ts';
import { QCOW2_MAGIC } from '../../../src/model/disk-format.ts';
import { type TestTools, TEST_TIMEOUTS, useTestTools } from '../make-test-tools.ts';
import {
  FILE,
  type ScriptedClouds,
  type ScriptedStore,
  turns,
  until,
  useScriptedClouds,
} from '../scripted-clouds.ts';

export const DATA = Buffer.concat([QCOW2_MAGIC, Buffer.alloc(600_000, 7)]);
/** More than the buffers between two ends of a connection. */
export const LARGE = Buffer.concat([QCOW2_MAGIC, Buffer.alloc(16 * 1024 * 1024, 3)]);
export const PUT = `PUT ${FILE}`;
export const GET = `GET ${FILE}`;

/** What the distributions of one test file are made with; the source cloud has the image `i1` with DATA. */
export interface DistributionFixture {
  readonly at: ScriptedClouds;
  /** Puts an image with `data` into the source cloud, as a build leaves it there. */
  readonly addSource: (data: Buffer, change?: object) => void;
  /** Context with long waits, so that only the one that a test means comes to its end. */
  readonly patient: (change?: Partial<Context>) => TestTools;
  readonly send: (made: TestTools, ...destinations: string[]) => Promise<readonly ImageCopy[]>;
  /** Moves the time on, again and again, until `work` has ended: for when nothing but a wait is left. */
  readonly advanceUntilEnd: <T>(work: Promise<T>, milliseconds: number) => Promise<T>;
  /** Lets the pauses between two tries of a cloud pass until `work` has ended. */
  readonly retryUntilEnd: <T>(work: Promise<T>, made: TestTools) => Promise<T>;
}

/** What `i1` in the source cloud goes to. */
export const request = (...destinations: string[]) => ({
  cloudName: 'source',
  imageId: 'i1',
  destinations,
  within: 'copy' as const,
});

/** Resolves when the steps of these clouds have ended. */
export const settled = (made: TestTools, ...clouds: string[]): Promise<void> =>
  until(() =>
    clouds.every((cloud) =>
      made.events.some(({ kind, step }) => kind !== 'started' && step === `copy image to ${cloud}`),
    ),
  );

/** Tells whether `work` has ended. */
export function watch(work: Promise<unknown>): () => boolean {
  let isEnded = false;
  const end = (): void => void (isEnded = true);
  work.then(end, end);
  return () => isEnded;
}

export const copyIn = (store: ScriptedStore): Buffer | undefined =>
  store.data.get(store.named()[0]?.id ?? '');

/** Starts scripted clouds for each test of the file. */
export function useDistribution(): DistributionFixture {
  const at = useScriptedClouds();
  const makeTools = useTestTools(at);
  const addSource: DistributionFixture['addSource'] = (data, change = {}) => {
    at.source.data.set('i1', data);
    const known = { id: 'i1', name: 'noble', status: 'active', size: data.length, disk_format: 'qcow2' };
    at.source.glance.add({ ...known, ...at.source.hashesOf(data), ...change });
  };
  beforeEach(() => {
    addSource(DATA);
  });
  return {
    at,
    addSource,
    patient: (change = {}) => {
      const timeouts = { ...TEST_TIMEOUTS, stallTimeout: 600, transferTimeout: 1_000_000 };
      return makeTools({ connect: at.connect, timeouts, ...change });
    },
    send: async (made, ...destinations) =>
      (await distribute(request(...destinations), made.tools)).deliveries,
    advanceUntilEnd: async (work, milliseconds) => {
      const isEnded = watch(work);
      while (!isEnded()) {
        at.clock.advance(milliseconds);
        await turns(20);
      }
      return work;
    },
    retryUntilEnd: async (work, made) => {
      const isEnded = watch(work);
      for (let tried = 0; !isEnded(); await turns(1)) {
        const { length } = made.warnings.filter((warning) => warning.endsWith('trying again'));
        if (length > tried && at.clock.hasSleeper(5000 * length)) at.clock.advance(5000 * (tried = length));
      }
      return work;
    },
  };
}
