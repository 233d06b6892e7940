import { type Decoder, decode, fields, list, optional, text, uuid } from '../decode.ts';
import { InputError } from '../errors.ts';
import { parseJsonText } from '../text/json-text.ts';

/** Another unit of the application, which publishes images to the same consumers. */
export interface OtherUnit {
  readonly unit: string;
  /** The images that the unit publishes; undefined while it has not reported them. Nothing is pruned then. */
  readonly imageIds: readonly string[] | undefined;
}

/** Decodes another unit. */
export const otherUnit: Decoder<OtherUnit> = fields({ unit: text, imageIds: optional(list(uuid)) });

/** Returns the text with which a unit reports the images that it publishes to the other units. */
export function encodePublished(imageIds: readonly string[]): string {
  return JSON.stringify([...new Set(imageIds)].toSorted());
}

/** Decodes the text of `encodePublished`. Returns undefined for any other text. */
export function parsePublished(json: string): readonly string[] | undefined {
  const fail = (problems: readonly string[]): InputError => new InputError(problems);
  try {
    return decode(list(uuid), parseJsonText(json, 'published'), 'published', fail);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return undefined;
  }
}
