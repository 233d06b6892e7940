import { type Decoder, anyString, fields, uuid } from '../decode.ts';

/** An image of the build cloud, as the build cloud listed it: what a published image is, or was copied from. */
export interface ImageSource {
  readonly imageId: string;
  /** ISO 8601 in the form of the build cloud's Glance; empty when it gives no time. */
  readonly createdAt: string;
}

/** Decodes the source of an image. */
export const imageSource: Decoder<ImageSource> = fields({ imageId: uuid, createdAt: anyString });
