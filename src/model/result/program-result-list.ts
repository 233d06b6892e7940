import {
  type Decoder,
  anyString,
  anything,
  decode,
  flag,
  fields,
  list,
  number,
  optional,
  uuid,
  text,
  withDefault,
} from '../decode.ts';
import { InputError } from '../errors.ts';
import { messageOf } from '../text/message-of.ts';
import type { Observation, ObservedCloud, ObservedImage, ObservedLayer } from '../observation.ts';
import {
  type ResultLog,
  type ResultOf,
  decodeResult,
  encodeResult,
  resultError,
} from './program-result-common.ts';
import { snakeFields } from '../text/snake-case.ts';

const LIST = { clouds: optional(anything) };

/** The result of `list`. */
export type ListResult = Omit<ResultOf<typeof LIST>, 'clouds'> & { readonly clouds: Observation };

/** Returns the JSON text of the result of `list`. */
export function encodeListResult(clouds: Observation, log: ResultLog): string {
  return encodeResult(LIST, { clouds: clouds.map(encodeCloud) }, log);
}

/** Returns the fields of a cloud in the order of the printed keys; `toSnakeCase` renames them. */
function encodeCloud(cloud: ObservedCloud): object {
  if (cloud.state === 'failed') {
    const { cloudId, kind, type, message } = cloud;
    return { cloud: cloudId, error: { kind, type, message } };
  }
  const { cloudId, projectKey, images, layers = [], activeExtraIds = [] } = cloud;
  const encoded = { images: images.map(encodeImage), layers: layers.map(encodeLayer) };
  return { cloud: cloudId, projectKey, ...encoded, alsoActiveIds: activeExtraIds };
}

function encodeImage(image: ObservedImage): object {
  const { id, name, status, createdAt, sourceImageId, runConfig, runnerVersion, size } = image;
  const { runnerReleasedAt, buildId, isPublished } = image;
  return {
    ...{ id, name, status, createdAt, sourceImageId, runConfig, runnerVersion, runnerReleasedAt, size },
    ...{ buildId, isPublished },
  };
}

function encodeLayer({ id, name, status, createdAt, key, buildId }: ObservedLayer): object {
  return { id, name, status, createdAt, key, buildId };
}

const layer: Decoder<ObservedLayer> = snakeFields({
  id: uuid,
  name: text,
  status: text,
  createdAt: anyString,
  key: anyString,
  buildId: anyString,
});

const image: Decoder<ObservedImage> = snakeFields({
  id: uuid,
  name: text,
  status: text,
  createdAt: anyString,
  sourceImageId: optional(text),
  runConfig: optional(text),
  runnerVersion: optional(text),
  runnerReleasedAt: optional(text),
  size: optional(number),
  buildId: anyString,
  isPublished: flag,
});

const cloudFields = snakeFields({
  cloud: text,
  projectKey: optional(text),
  images: optional(list(image)),
  layers: withDefault(list(layer), []),
  alsoActiveIds: withDefault(list(uuid), []),
  error: optional(resultError),
});

const cloudsDecoder = list(fields({ cloud: text }));

/**
 * Decodes the result of `list`. A cloud whose entry cannot be decoded counts as failed and does not affect the others.
 * Returns undefined when the program ended without a result. Throws InputError when the result does not name its clouds.
 */
export function decodeListResult(json: string): ListResult | undefined {
  const result = decodeResult(LIST, json);
  if (result === undefined || result.error !== undefined) return result && { ...result, clouds: [] };
  const entries = decode(list(anything), result.clouds, 'list.clouds', fail);
  const names = decode(cloudsDecoder, entries, 'list.clouds', fail);
  return { ...result, clouds: names.map(({ cloud }, index) => decodeCloud(cloud, entries[index])) };
}

function decodeCloud(cloudId: string, entry: unknown): ObservedCloud {
  try {
    return toCloud(cloudId, decode(cloudFields, entry, `list: cloud ${cloudId}`, fail));
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { cloudId, state: 'failed', kind: 'bug', message: messageOf(error) };
  }
}

function toCloud(cloudId: string, read: NonNullable<ReturnType<typeof cloudFields>>): ObservedCloud {
  const { projectKey, images, layers, alsoActiveIds: activeExtraIds, error } = read;
  if (error !== undefined) {
    const { kind, type, message } = error;
    return { cloudId, state: 'failed', kind, message, ...(type === '' ? {} : { type }) };
  }
  if (projectKey === undefined || images === undefined) {
    throw new InputError([`list: cloud ${cloudId}: expected its images or an error, got neither`]);
  }
  const extra = activeExtraIds.length === 0 ? {} : { activeExtraIds };
  const shared = layers.length === 0 ? {} : { layers };
  return { cloudId, state: 'seen', projectKey, images, ...shared, ...extra };
}

function fail(problems: readonly string[]): InputError {
  return new InputError(problems);
}
