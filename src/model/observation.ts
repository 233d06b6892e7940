import type { FailureKind } from './errors.ts';

/** The number of clouds that are queried at the same time. */
export const CLOUDS_AT_A_TIME = 8;

/** One image of this application in the project of a cloud's token. */
export interface ObservedImage {
  readonly id: string;
  readonly name: string;
  /** The status in Glance. */
  readonly status: string;
  /** ISO 8601 in Glance's form; empty when Glance gives no time. */
  readonly createdAt: string;
  /** The source image; absent when this is not a copy. */
  readonly sourceImageId?: string | undefined;
  /** The text of `encodeBuildInputs`; absent when the build had none. */
  readonly runConfig?: string | undefined;
  readonly buildId: string;
  /** Reports whether the image has the mark of images whose ids are in relation data. */
  readonly isPublished: boolean;
}

/** The state of the project of one entry of clouds.yaml, queried with its own token. */
export type ObservedCloud =
  | {
      readonly cloudId: string;
      readonly state: 'seen';
      /** Two keys are equal if and only if normalised auth URL, project id and region are equal. */
      readonly projectKey: string;
      /** The newest first. */
      readonly images: readonly ObservedImage[];
      /** The extra images that are active. */
      readonly activeExtraIds?: readonly string[];
    }
  | {
      readonly cloudId: string;
      readonly state: 'failed';
      readonly kind: FailureKind;
      /** The name of the error's class; absent when the program did not print it. */
      readonly type?: string | undefined;
      readonly message: string;
    };

/** The states of all clouds, in the requested order. */
export type Observation = readonly ObservedCloud[];
