import type { ImageCopy } from '../../model/delivery.ts';
import type { JobKind } from '../../model/built.ts';
import type { ResultError } from '../../model/program-result-common.ts';
import { type JobResult, decodeJobResult } from '../../model/program-result.ts';
import type { FailedJob } from '../errors.ts';
import type { JobOutcome } from '../tools.ts';

/** Returns the outcome of a job from what it printed. */
export function parseJobResult(job: JobKind, json: string, lastWords: string): JobOutcome {
  const result = decodeJobResult(job, json);
  if (result === undefined) return { state: 'failed', ...endedWithoutResult(lastWords), result };
  if (result.error !== undefined) return { state: 'failed', ...toFailedJob(result.error), result };
  return { state: 'done', result };
}

/** Returns the failure of a program that was killed, or whose host was. What it worked on is not to blame. */
export function endedWithoutResult(lastWords: string): FailedJob {
  const message = `the job ended without a result${lastWords === '' ? '' : `: ${lastWords}`}`;
  return { kind: 'unavailable', message, step: '', leftovers: [] };
}

/** Returns the failure that the program printed. */
export function toFailedJob({ kind, message, step = '', leftovers = [] }: ResultError): FailedJob {
  return { kind, message, step, leftovers };
}

/** An image in the cloud that it was copied to or built in. */
export interface ArrivedImage {
  readonly cloudId: string;
  readonly imageId: string;
}

/** Returns where the image of a build has arrived: in the upload clouds, or without any in the build cloud. */
export function listArrivedImages(result: JobResult | undefined): readonly ArrivedImage[] {
  if (result?.job !== 'build') return [];
  const { cloud, imageId, images } = result;
  if (images !== undefined) return images.flatMap(toArrived);
  return cloud === undefined || imageId === undefined ? [] : [{ cloudId: cloud, imageId }];
}

function toArrived(delivery: ImageCopy): readonly ArrivedImage[] {
  return delivery.outcome === 'failed' ? [] : [{ cloudId: delivery.cloud, imageId: delivery.imageId }];
}
