import type { FailureKind } from './errors.ts';

/** How many clouds are looked at at the same time. */
export const CLOUDS_AT_A_TIME = 8;

/** One image of ours, as a cloud's token sees it in its own project. */
export interface ObservedImage {
  readonly id: string;
  readonly name: string;
  /** Glance's own word. */
  readonly status: string;
  /** ISO 8601, as Glance writes it; empty when it told none. */
  readonly createdAt: string;
  /** In a copy: the image that it was copied from. */
  readonly sourceImageId?: string | undefined;
  /** The text of `encodeBuildInputs`, when the builder was told one. */
  readonly runConfig?: string | undefined;
  readonly buildId: string;
  /** Does it carry the mark of images whose ids stand in relation data? */
  readonly isPublished: boolean;
}

/** What one entry of clouds.yaml gives access to, seen with its own token. */
export type ObservedCloud =
  | {
      readonly cloudId: string;
      readonly state: 'seen';
      /** Equal exactly if auth URL (normalised), project id and region are: the same project. */
      readonly projectKey: string;
      /** The newest first. */
      readonly images: readonly ObservedImage[];
      /** Active images that are none of ours, of those that were asked for. */
      readonly alsoActiveIds?: readonly string[];
    }
  | {
      readonly cloudId: string;
      readonly state: 'failed';
      readonly kind: FailureKind;
      /** The name of the error's class; absent when the program did not print it. */
      readonly type?: string | undefined;
      readonly message: string;
    };

/** What the clouds held at one moment, in the order asked for. */
export type Observation = readonly ObservedCloud[];
