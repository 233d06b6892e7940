import { beforeEach } from '@jest/globals';
import { distribute } from '../../../src/image-builder/distribute/distribute.ts';
import type { Context } from '../../../src/image-builder/context.ts';
import type { ImageCopy } from '../../../src/model/image/image-copy.ts';
import { QCOW2_MAGIC } from '../../../src/model/image/disk-format.ts';
import { type TestTools, TEST_TIMEOUTS, useTestTools } from '../make-test-tools.ts';
import { type CloudsFixture, useClouds } from '../use-clouds.ts';
import { turns, until } from '../until.ts';
import { uuidOf } from '../../support/uuid-of.ts';

export const DATA = Buffer.concat([QCOW2_MAGIC, Buffer.alloc(600_000, 7)]);
/** Larger than the buffers of a connection. */
export const LARGE = Buffer.concat([QCOW2_MAGIC, Buffer.alloc(16 * 1024 * 1024, 3)]);

/** The fixture of the distributions of one test file; the source cloud has the image `i1` with DATA. */
export interface DistributionFixture {
  readonly at: CloudsFixture;
  /** Replaces the images of the source cloud by `i1` with this data, in the state in which a build leaves it. */
  readonly addSource: (data: Buffer, change?: object) => void;
  /** Creates a context with long time-outs, so that only the wait under test ends. */
  readonly makeTools: (change?: Partial<Context>) => TestTools;
  readonly send: (made: TestTools, ...destinations: string[]) => Promise<readonly ImageCopy[]>;
  /** Advances the clock repeatedly until `work` has ended. */
  readonly advanceUntilEnd: <T>(work: Promise<T>, milliseconds: number) => Promise<T>;
  /** Advances the clock past each pause between two attempts until `work` has ended. */
  readonly retryUntilEnd: <T>(work: Promise<T>, made: TestTools) => Promise<T>;
}

/** Returns a request to distribute `i1` from the source cloud. */
export const request = (...destinations: string[]) => ({
  cloudName: 'source',
  imageId: uuidOf('i1'),
  destinations,
  within: 'copy' as const,
});

/** Resolves when the copies to these clouds have ended. */
export const waitForCopies = (made: TestTools, ...clouds: string[]): Promise<void> =>
  until(() =>
    clouds.every((cloud) =>
      made.events.some(({ kind, step }) => kind !== 'started' && step === `copy image to ${cloud}`),
    ),
  );

/** Returns a function that reports whether `work` has ended. */
export function watch(work: Promise<unknown>): () => boolean {
  let isEnded = false;
  const end = (): void => void (isEnded = true);
  work.then(end, end);
  return () => isEnded;
}

/** Starts clouds for each test of the file. */
export function useDistribution(): DistributionFixture {
  const at = useClouds();
  const makeTestTools = useTestTools(at);
  const addSource: DistributionFixture['addSource'] = (data, change = {}) => {
    at.source.images.clear();
    at.source.add({ id: uuidOf('i1'), data, ...change });
  };
  beforeEach(() => {
    addSource(DATA);
  });
  return {
    at,
    addSource,
    makeTools: (change = {}) => {
      const timeouts = { ...TEST_TIMEOUTS, stallTimeout: 600, transferTimeout: 1_000_000 };
      return makeTestTools({ connect: at.connect, timeouts, ...change });
    },
    send: async (made, ...destinations) => (await distribute(request(...destinations), made.tools)).results,
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
