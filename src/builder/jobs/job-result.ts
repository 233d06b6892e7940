import type { ImageCopy } from '../../model/image/image-copy.ts';
import type { JobKind } from '../../model/job/job-kind.ts';
import type { ResultError } from '../../model/result/program-result-common.ts';
import { type JobResult, decodeJobResult } from '../../model/program-result.ts';
import type { FailedJob } from '../errors.ts';
import type { JobOutcome } from '../tools.ts';

/** Parses the output of a job. `lastLine` is added to the failure of a job without a result. */
export function parseJobResult(job: JobKind, json: string, lastLine: string): JobOutcome {
  const result = decodeJobResult(job, json);
  if (result === undefined) return { state: 'failed', ...endedWithoutResult(lastLine), result };
  if (result.error !== undefined) return { state: 'failed', ...toFailedJob(result.error), result };
  return { state: 'done', result };
}

/** Returns the failure of a program that was killed. Its kind is `unavailable`, because the order may be fine. */
export function endedWithoutResult(lastLine: string): FailedJob {
  const message = `the job ended without a result${lastLine === '' ? '' : `: ${lastLine}`}`;
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

/** Lists the clouds that have the image of a build: the upload clouds, or the build cloud when there are none. */
export function listArrivedImages(result: JobResult | undefined): readonly ArrivedImage[] {
  if (result?.job !== 'build') return [];
  const { cloud, imageId, images } = result;
  if (images !== undefined) return images.flatMap(toArrived);
  return cloud === undefined || imageId === undefined ? [] : [{ cloudId: cloud, imageId }];
}

function toArrived(copy: ImageCopy): readonly ArrivedImage[] {
  return copy.outcome === 'failed' ? [] : [{ cloudId: copy.cloud, imageId: copy.imageId }];
}
