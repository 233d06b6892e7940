import type { FailureKind } from './errors.ts';

/** What became of an image on its way into one cloud. */
export type Delivery =
  | {
      readonly cloud: string;
      readonly imageId: string;
      /** `itself`: the cloud is the source's own project; `already there`: a proven copy was there before. */
      readonly outcome: 'copied' | 'shared' | 'already there' | 'itself';
      /**
       * How the copy was proven: by a hash that both stores keep, of the stream, by its size alone where its store keeps
       * none; `earlier`, when it was made; or there is no copy: it is the same image.
       */
      readonly provenBy: 'hash' | 'stream hash' | 'size' | 'earlier' | 'same image';
      readonly attempts: number;
      readonly seconds: number;
    }
  | {
      readonly cloud: string;
      readonly outcome: 'failed';
      readonly kind: FailureKind;
      readonly reason: string;
      readonly attempts: number;
      readonly seconds: number;
    };

/** The ids of the deliveries that came through, in their order. */
export function deliveredIds(deliveries: readonly Delivery[]): readonly string[] {
  return deliveries.flatMap((delivery) => (delivery.outcome === 'failed' ? [] : [delivery.imageId]));
}
