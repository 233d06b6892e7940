import {
  type Decoder,
  type Decoded,
  anyString,
  decode,
  fields,
  list,
  oneOf,
  optional,
  text,
  withDefault,
} from '../model/decode.ts';
import { FAILURE_KINDS, InputError } from '../model/errors.ts';
import { parseJsonText } from '../model/json-text.ts';
import type { JobOutcome } from './tools.ts';

const resultFields = fields({
  error: optional(
    fields({
      kind: oneOf(FAILURE_KINDS),
      message: anyString,
      step: withDefault(anyString, ''),
      leftovers: withDefault(list(anyString), []),
    }),
  ),
});

/**
 * How a job ended, by what it printed. `lastWords` is told when that is nothing, or not the whole of it: then it was
 * killed, or its host was, and what it worked on is not to blame.
 */
export function parseJobResult(json: string, lastWords: string): JobOutcome {
  const result = findJson(json);
  const told = result === undefined ? undefined : attempt(resultFields, result);
  if (told === undefined) {
    const message = `the job ended without a result${lastWords === '' ? '' : `: ${lastWords}`}`;
    return { state: 'failed', kind: 'unavailable', message, step: '', leftovers: [], result: undefined };
  }
  return told.error === undefined ? { state: 'done', result } : { state: 'failed', ...told.error, result };
}

const delivery = fields({ cloud: text, image_id: optional(text), outcome: text });

const buildFields = fields({
  cloud: optional(text),
  image_id: optional(text),
  images: optional(list(delivery)),
});

/** An image that has arrived. */
export interface ArrivedImage {
  readonly cloudId: string;
  readonly imageId: string;
}

/** Where the image of a build has arrived, by what the build printed; without uploads it is in its own cloud. */
export function listArrivedImages(result: unknown): readonly ArrivedImage[] {
  const { cloud, image_id: imageId, images } = attempt(buildFields, result) ?? {};
  if (images !== undefined) return images.flatMap(toArrived);
  return cloud === undefined || imageId === undefined ? [] : [{ cloudId: cloud, imageId }];
}

function toArrived({ cloud, image_id: imageId, outcome }: Decoded<typeof delivery>): readonly ArrivedImage[] {
  return outcome === 'failed' || imageId === undefined ? [] : [{ cloudId: cloud, imageId }];
}

function attempt<T>(decoder: Decoder<T>, value: unknown): T | undefined {
  try {
    return decode(decoder, value, '', (problems) => new InputError(problems));
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}

function findJson(json: string): unknown {
  try {
    return parseJsonText(json, 'result.json');
  } catch {
    return undefined; // cut off, or nothing at all
  }
}
