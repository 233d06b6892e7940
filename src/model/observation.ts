import {
  type Decoder,
  anyString,
  anything,
  decode,
  fields,
  flag,
  list,
  oneOf,
  optional,
  text,
  withDefault,
} from './decode.ts';
import { FAILURE_KINDS, type FailureKind, InputError } from './errors.ts';
import { messageOf } from './message-of.ts';

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
  readonly sourceImageId: string | undefined;
  /** The text of `encodeBuildInputs`, when the builder was told one. */
  readonly runConfig: string | undefined;
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
      readonly message: string;
    };

/** What the clouds held at one moment, in the order asked for. */
export type Observation = readonly ObservedCloud[];

const image = fields({
  id: text,
  name: text,
  status: text,
  created_at: anyString,
  source_image_id: optional(text),
  run_config: optional(text),
  build_id: anyString,
  is_published: flag,
});

const cloud = fields({
  cloud: text,
  project_key: optional(text),
  images: optional(list(image)),
  also_active_ids: withDefault(list(text), []),
  error: optional(
    fields({
      kind: oneOf(FAILURE_KINDS),
      message: anyString,
    }),
  ),
});

const decoder = fields({ clouds: list(anything) });
const nameDecoder = fields({ cloud: text });

type ReadCloud = typeof cloud extends Decoder<infer T> ? T : never;
type ReadImage = typeof image extends Decoder<infer T> ? T : never;

/**
 * Reads what the program's `list` printed; a cloud of which it cannot be understood has failed, alone. Throws InputError
 * when it is something else, or does not name its clouds.
 */
export function parseObservation(value: unknown): Observation {
  return decode(decoder, value, 'list', fail).clouds.map((read) => {
    const { cloud: cloudId } = decode(nameDecoder, read, 'list', fail);
    try {
      return toCloud(decode(cloud, read, `list: cloud ${cloudId}`, fail));
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      return { cloudId, state: 'failed', kind: 'bug', message: messageOf(error) };
    }
  });
}

function fail(problems: readonly string[]): InputError {
  return new InputError(problems);
}

function toCloud(read: ReadCloud): ObservedCloud {
  const { cloud: cloudId, project_key: projectKey, images, also_active_ids: alsoActiveIds, error } = read;
  if (error !== undefined) return { cloudId, state: 'failed', ...error };
  if (projectKey === undefined || images === undefined) {
    throw new InputError([`list: cloud ${cloudId}: expected its images or an error, got neither`]);
  }
  const others = alsoActiveIds.length === 0 ? {} : { alsoActiveIds };
  return { cloudId, state: 'seen', projectKey, images: images.map(toImage), ...others };
}

function toImage(read: ReadImage): ObservedImage {
  return {
    id: read.id,
    name: read.name,
    status: read.status,
    createdAt: read.created_at,
    sourceImageId: read.source_image_id,
    runConfig: read.run_config,
    buildId: read.build_id,
    isPublished: read.is_published,
  };
}
