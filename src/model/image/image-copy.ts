import {
  type Decoder,
  integer,
  isMapping,
  messageText,
  number,
  oneOf,
  optional,
  uuid,
  text,
} from '../decode.ts';
import { FAILURE_KINDS, type FailureKind } from '../errors.ts';
import { snakeFields } from '../text/snake-case.ts';

/** The result of copying an image to one destination. */
export type ImageCopy =
  | {
      readonly cloud: string;
      readonly imageId: string;
      /** `itself`: the destination is the project of the source image; `already there`: it had a proven copy before. */
      readonly outcome: (typeof SUCCESSES)[number];
      /**
       * The proof that the copy equals its source. `hash`: both stores have the same hash; `stream hash`: the store has
       * the hash of the sent data; `size`: the store keeps no hash; `earlier`: proven when it was made; `same image`: no
       * copy was needed.
       */
      readonly provenBy: (typeof PROOFS)[number];
      /** The bytes that were sent; absent when the destination needed none. */
      readonly bytes?: number | undefined;
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

const SUCCESSES = ['copied', 'shared', 'already there', 'itself'] as const;
const PROOFS = ['hash', 'stream hash', 'size', 'earlier', 'same image'] as const;

const effort = { attempts: integer, seconds: number };

const succeeded = snakeFields({
  cloud: text,
  imageId: uuid,
  outcome: oneOf(SUCCESSES),
  provenBy: oneOf(PROOFS),
  bytes: optional(number),
  ...effort,
});

const failed = snakeFields({
  cloud: text,
  outcome: oneOf(['failed']),
  kind: oneOf(FAILURE_KINDS),
  reason: messageText,
  ...effort,
});

/** Decodes the printed result of one copy. */
export const imageCopy: Decoder<ImageCopy> = (value, at, problems) => {
  const isFailed = isMapping(value) && value['outcome'] === 'failed';
  return isFailed ? failed(value, at, problems) : succeeded(value, at, problems);
};

/** Returns the image ids of the successful copies, in their order. */
export function copiedIds(copies: readonly ImageCopy[]): readonly string[] {
  return copies.flatMap((copy) => (copy.outcome === 'failed' ? [] : [copy.imageId]));
}
