import type { CloudReport } from './built.ts';
import { type Decoder, decode, fields, flag, list, text } from '../decode.ts';
import { InputError } from '../errors.ts';
import { parseJsonText } from '../text/json-text.ts';
import { BUILD_ID } from '../owner.ts';

/** A revision of an image that is published instead of the newest one. */
interface Pin {
  readonly imageName: string;
  /** The build that made the revision. Its copies have other image ids, but the same build id. */
  readonly buildId: string;
}

/** The instructions of the operator that stay in force until the next one: pauses and pins. */
export interface Steering {
  /** Reports whether all images and all consumers are paused. */
  readonly isPaused: boolean;
  /** The names of images that get no scheduled builds. */
  readonly pausedImages: readonly string[];
  /** The applications that get no copies and no other images. */
  readonly pausedConsumers: readonly string[];
  /** At most one for each image. */
  readonly pins: readonly Pin[];
}

export const NO_STEERING: Steering = { isPaused: false, pausedImages: [], pausedConsumers: [], pins: [] };

/** The number of images or consumers in one list. */
export const MAX_STEERED = 100;
const MAX_NAME_LENGTH = 255;
const MAX_TEXT_LENGTH = 256 * 1024;

const name: Decoder<string> = (value, at, problems) => {
  const read = text(value, at, problems);
  if (read === undefined || read.length <= MAX_NAME_LENGTH) return read;
  problems.push(`${at}: expected at most ${MAX_NAME_LENGTH} characters, got ${read.length}`);
  return undefined;
};

const buildId: Decoder<string> = (value, at, problems) => {
  const read = text(value, at, problems);
  if (read === undefined || BUILD_ID.test(read)) return read;
  problems.push(`${at}: expected a build id`);
  return undefined;
};

/** Decodes a list of a limited length. */
function shortList<T>(element: Decoder<T>): Decoder<readonly T[]> {
  return (value, at, problems) => {
    if (!Array.isArray(value) || value.length <= MAX_STEERED) return list(element)(value, at, problems);
    problems.push(`${at}: expected at most ${MAX_STEERED} entries, got ${value.length}`);
    return undefined;
  };
}

/** Decodes pauses and pins. */
export const steering: Decoder<Steering> = fields({
  isPaused: flag,
  pausedImages: shortList(name),
  pausedConsumers: shortList(name),
  pins: shortList(fields({ imageName: name, buildId })),
});

/** Decodes the text of `encodeSteering`. Throws InputError with all problems. */
export function parseSteering(json: string): Steering {
  if (json.length > MAX_TEXT_LENGTH) {
    throw new InputError([`steering: expected at most ${MAX_TEXT_LENGTH} characters, got ${json.length}`]);
  }
  const fail = (problems: readonly string[]): InputError => new InputError(problems);
  return decode(steering, parseJsonText(json, 'steering'), 'steering', fail);
}

/** Returns the text of pauses and pins for a databag. */
export function encodeSteering(value: Steering): string {
  return JSON.stringify(value);
}

/** Returns the build id of the pinned revision of an image; undefined when the image is not pinned. */
export function findPin({ pins }: Steering, imageName: string): string | undefined {
  return pins.find((pin) => pin.imageName === imageName)?.buildId;
}

/** Reports whether a consumer gets no copies and no other images. */
export function isConsumerPaused({ isPaused, pausedConsumers }: Steering, application: string): boolean {
  return isPaused || pausedConsumers.includes(application);
}

/** Lists the ids of the pinned revisions and of their copies. */
export function listPinnedIds(value: Steering, clouds: readonly CloudReport[]): ReadonlySet<string> {
  const revisions = clouds.flatMap(({ revisions: all = [] }) => all);
  const pinned = revisions.filter(({ imageName, buildId }) => findPin(value, imageName) === buildId);
  return new Set(pinned.map(({ imageId }) => imageId));
}
