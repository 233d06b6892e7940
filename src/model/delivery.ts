import type { ErrorKind } from './errors.ts';

/** What became of an image on its way into one cloud. */
export type Delivery =
  | {
      readonly cloud: string;
      readonly imageId: string;
      /** `itself`: the cloud is the source's own project; `already there`: a proven copy was there before. */
      readonly outcome: 'copied' | 'shared' | 'already there' | 'itself';
      /**
       * How the copy was proven: by a hash that both stores keep, of the stream, by its size alone where its store keeps
       * none; or `earlier`, when it was made.
       */
      readonly provenBy: 'hash' | 'stream hash' | 'size' | 'earlier';
      readonly attempts: number;
      readonly seconds: number;
    }
  | {
      readonly cloud: string;
      readonly outcome: 'failed';
      readonly kind: ErrorKind | 'bug';
      readonly reason: string;
      readonly attempts: number;
      readonly seconds: number;
    };

/** The ids of the deliveries that came through, in their order. */
export function deliveredIds(deliveries: readonly Delivery[]): readonly string[] {
  return deliveries.flatMap((delivery) => (delivery.outcome === 'failed' ? [] : [delivery.imageId]));
}
