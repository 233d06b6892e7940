import {
  type Decoded,
  type Decoder,
  anyString,
  fields,
  integer,
  list,
  messageText,
  number,
  oneOf,
  optional,
  uuid,
  text,
  withDefault,
} from '../decode.ts';
import { type ImageCopy, imageCopy } from '../image/image-copy.ts';
import { FAILURE_KINDS, type FailureKind, InputError } from '../errors.ts';
import { parseJsonText } from '../text/json-text.ts';
import { type TrialFacts, trialFacts } from './program-result-trial.ts';
import { snakeFields, toSnakeCase } from '../text/snake-case.ts';

/** Why a command failed. */
export interface ResultError {
  readonly kind: FailureKind;
  /** The name of the error's class; empty when the program did not print it. */
  readonly type: string;
  readonly message: string;
  /** The step that failed; absent when no step did. */
  readonly step?: string | undefined;
  /** The things that could not be undone; absent when no step failed. */
  readonly leftovers?: readonly string[] | undefined;
}

/** The result of pruning one revision. */
export interface PrunedImage {
  readonly id: string;
  readonly createdAt: string;
  readonly outcome: 'kept' | 'deleted' | 'would be deleted' | 'failed';
  readonly reason: string;
}

/** The result of pruning one image in one cloud. */
export interface CloudPrune {
  readonly cloud: string;
  readonly images: readonly PrunedImage[];
}

/** The duration of a step. */
export interface StepSeconds {
  readonly name: string;
  readonly seconds: number;
}

/** A program or package that a guest part installed. */
export interface PartVersion {
  readonly name: string;
  readonly version: string;
}

/** A guest part that was installed, the seconds that it took, and the versions that it reported. */
export interface InstalledPart {
  readonly name: string;
  readonly seconds: number;
  readonly versions?: readonly PartVersion[] | undefined;
}

/** The facts that a command records while it runs. They are printed even when it fails later. */
export interface ResultFacts {
  /** The leftovers of dead builds that were deleted. */
  readonly swept?: readonly string[] | undefined;
  readonly runnerVersion?: string | undefined;
  readonly flavor?: string | undefined;
  readonly network?: string | undefined;
  readonly baseImageId?: string | undefined;
  /** The layer that the server was started from; absent when it was started from the base image. */
  readonly layerId?: string | undefined;
  readonly baseSha256?: string | undefined;
  readonly serverId?: string | undefined;
  readonly parts?: readonly InstalledPart[] | undefined;
  /** The image in the build cloud. */
  readonly imageId?: string | undefined;
  /** The size of the stored image; absent when Glance does not know it. */
  readonly imageBytes?: number | undefined;
  /** The copies, one for each destination. */
  readonly images?: readonly ImageCopy[] | undefined;
  readonly trial?: TrialFacts | undefined;
}

/** The log of a command, which is printed after its answer. */
export interface ResultLog extends ResultFacts {
  readonly pruned?: readonly CloudPrune[] | undefined;
  readonly steps?: readonly StepSeconds[] | undefined;
  readonly warnings: readonly string[];
}

/** The part of a result that all commands have in common. */
interface CommonResult extends ResultLog {
  /** Absent when the command succeeded. */
  readonly error?: ResultError | undefined;
}

/** Decodes the `error` of a result. */
export const resultError: Decoder<ResultError> = fields({
  kind: oneOf(FAILURE_KINDS),
  type: withDefault(anyString, ''),
  message: messageText,
  step: optional(anyString),
  leftovers: optional(list(anyString)),
});

/** Decodes the result of pruning one revision. */
export const prunedImage: Decoder<PrunedImage> = snakeFields({
  id: uuid,
  createdAt: anyString,
  outcome: oneOf(['kept', 'deleted', 'would be deleted', 'failed']),
  reason: anyString,
});

const seconds = fields({ name: text, seconds: number });

const installedPart: Decoder<InstalledPart> = fields({
  name: text,
  seconds: number,
  versions: optional(list(fields({ name: text, version: text }))),
});

type Shape = Readonly<Record<string, Decoder<unknown>>>;

/** The order of the fields is the order of the printed keys. */
const LOG = {
  swept: list(text),
  runnerVersion: text,
  flavor: text,
  network: text,
  baseImageId: uuid,
  layerId: uuid,
  baseSha256: text,
  serverId: uuid,
  parts: list(installedPart),
  imageId: uuid,
  imageBytes: integer,
  images: list(imageCopy),
  trial: trialFacts,
  pruned: list(fields({ cloud: text, images: list(prunedImage) })),
  steps: list(seconds),
  warnings: list(anyString),
} satisfies Readonly<Record<keyof ResultLog, Decoder<unknown>>>;

/** The answer of a command that succeeded. Its type follows from the command's shape. */
export type AnswerOf<S extends Shape> = {
  readonly [K in keyof S as undefined extends Decoded<S[K]> ? never : K]: Decoded<S[K]>;
} & {
  readonly [K in keyof S as undefined extends Decoded<S[K]> ? K : never]?: Decoded<S[K]>;
};

/** The result of a command. Its answer is absent when the command failed. */
export type ResultOf<S extends Shape> = Partial<AnswerOf<S>> & Omit<CommonResult, keyof S>;

/** Returns the JSON text of a result: its answer in the order of `shape`, then the log. */
export function encodeResult<S extends Shape>(shape: S, answer: AnswerOf<S>, log: ResultLog): string {
  return render([...Object.keys(shape), ...Object.keys(LOG)], { ...log, ...answer });
}

/** Returns the JSON text of the result of a command that failed. */
export function encodeFailure(error: ResultError, log: ResultLog): string {
  return render(['error', ...Object.keys(LOG)], { error, ...log });
}

function render(keys: readonly string[], result: Readonly<Record<string, unknown>>): string {
  const ordered = Object.fromEntries(keys.map((key) => [key, result[key]]));
  return `${JSON.stringify(toSnakeCase(ordered))}\n`;
}

/**
 * Decodes a result. Returns undefined when the text is cut off or has another form, which happens when the program was
 * killed. An answer or a fact that cannot be decoded is left out, so the others stay usable.
 */
export function decodeResult<S extends Shape>(shape: S, json: string): ResultOf<S> | undefined {
  const value = parseOrUndefined(json);
  const common = tryDecode(fields({ error: optional(resultError) }), value);
  if (common === undefined) return undefined;
  const lenient = Object.entries({ ...LOG, ...shape }).map(([key, decoder]) => [key, decodeOrOmit(decoder)]);
  const facts = tryDecode(snakeFields(Object.fromEntries(lenient) as Shape), value);
  return { ...facts, ...common, warnings: facts?.['warnings'] ?? [] } as unknown as ResultOf<S>;
}

function decodeOrOmit<T>(decoder: Decoder<T>): Decoder<T | undefined> {
  return (value) => tryDecode(decoder, value);
}

function tryDecode<T>(decoder: Decoder<T>, value: unknown): T | undefined {
  const problems: string[] = [];
  const read = decoder(value, '', problems);
  return problems.length > 0 ? undefined : read;
}

function parseOrUndefined(json: string): unknown {
  try {
    return parseJsonText(json, 'the result');
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}
