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
  /** The version of the GitHub runner; absent when the image has no record of it. */
  readonly runnerVersion?: string | undefined;
  /** ISO 8601; absent when the image has no record of it. */
  readonly runnerReleasedAt?: string | undefined;
  /** In bytes; absent while Glance does not know it. */
  readonly size?: number | undefined;
  readonly buildId: string;
  /** Reports whether the image has the mark of images whose ids are in relation data. */
  readonly isPublished: boolean;
}

/** A finished layer in the project of a cloud's token. */
export interface ObservedLayer {
  readonly id: string;
  readonly name: string;
  /** The status in Glance. */
  readonly status: string;
  /** ISO 8601 in Glance's form; empty when Glance gives no time. */
  readonly createdAt: string;
  /** The key from its order; empty when the image has no record of it. */
  readonly key: string;
  /** The job that made it; empty when the image has no record of it. */
  readonly buildId: string;
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
      /** The newest first. Absent without any. */
      readonly layers?: readonly ObservedLayer[] | undefined;
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

/** The states of clouds, in the requested order. A cloud that is still being queried is missing. */
export type Observation = readonly ObservedCloud[];
