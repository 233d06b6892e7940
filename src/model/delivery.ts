import { type Decoder, anyString, integer, isMapping, number, oneOf, text } from './decode.ts';
import { FAILURE_KINDS, type FailureKind } from './errors.ts';
import { snakeFields } from './snake-case.ts';

/** What became of an image on its way into one cloud. */
export type Delivery =
  | {
      readonly cloud: string;
      readonly imageId: string;
      /** `itself`: the cloud is the source's own project; `already there`: a proven copy was there before. */
      readonly outcome: (typeof ARRIVALS)[number];
      /**
       * How the copy was proven: by a hash that both stores keep, of the stream, by its size alone where its store keeps
       * none; `earlier`, when it was made; or there is no copy: it is the same image.
       */
      readonly provenBy: (typeof PROOFS)[number];
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

const ARRIVALS = ['copied', 'shared', 'already there', 'itself'] as const;
const PROOFS = ['hash', 'stream hash', 'size', 'earlier', 'same image'] as const;

const effort = { attempts: integer, seconds: number };

const arrived = snakeFields({
  cloud: text,
  imageId: text,
  outcome: oneOf(ARRIVALS),
  provenBy: oneOf(PROOFS),
  ...effort,
});

const failed = snakeFields({
  cloud: text,
  outcome: oneOf(['failed']),
  kind: oneOf(FAILURE_KINDS),
  reason: anyString,
  ...effort,
});

/** Decodes what the program printed of one delivery. */
export const delivery: Decoder<Delivery> = (value, at, problems) => {
  const isFailed = isMapping(value) && value['outcome'] === 'failed';
  return isFailed ? failed(value, at, problems) : arrived(value, at, problems);
};

/** The ids of the deliveries that came through, in their order. */
export function deliveredIds(deliveries: readonly Delivery[]): readonly string[] {
  return deliveries.flatMap((delivery) => (delivery.outcome === 'failed' ? [] : [delivery.imageId]));
}
