import {
  type ExtraImage,
  type CloudListing,
  type ListContext,
  listRunnerImages,
} from '../image-builder/list-images.ts';
import { InputError } from '../model/errors.ts';
import type { ObservedCloud } from '../model/observation.ts';
import { encodeListResult } from '../model/program-result-list.ts';
import { EXIT_CODES, exitCodeOf } from '../model/exit-codes.ts';
import type { Outcome } from './outcome.ts';
import { describeFailure } from './result.ts';

/**
 * Looks at the clouds; what some of them did not answer is told beside what the others did. Throws InputError when
 * images are asked of further clouds.
 */
export async function executeList(
  cloudNames: readonly string[],
  also: readonly ExtraImage[],
  context: ListContext,
): Promise<Outcome> {
  const strangers = also.filter(({ cloudName }) => !cloudNames.includes(cloudName));
  if (strangers.length > 0) {
    const expected = `expected images of ${cloudNames.join(', ')}`;
    throw new InputError(strangers.map(({ cloudName }) => `--also: ${expected}, got one of ${cloudName}`));
  }
  const clouds = await listRunnerImages(cloudNames, also, context);
  return {
    encode: (log) => encodeListResult(clouds.map(toObserved), log),
    text: clouds.map(renderLines).join(''),
    exitCode: codeOf(clouds),
  };
}

function toObserved(listing: CloudListing): ObservedCloud {
  if ('failure' in listing) {
    return { cloudId: listing.cloud, state: 'failed', ...describeFailure(listing.failure) };
  }
  const { cloud: cloudId, ...seen } = listing;
  return { cloudId, state: 'seen', ...seen };
}

function renderLines(listing: CloudListing): string {
  if ('failure' in listing) return ''; // told on stderr
  const { cloud, images } = listing;
  return images
    .map(({ id, createdAt, status, name }) => `${cloud} ${id} ${createdAt} ${status} ${name}\n`)
    .join('');
}

function codeOf(clouds: readonly CloudListing[]): number {
  const failures = clouds.flatMap((listing) => ('failure' in listing ? [listing.failure] : []));
  if (failures.length === 0) return EXIT_CODES.success;
  return failures.length < clouds.length ? EXIT_CODES.partial : exitCodeOf(failures[0], undefined);
}
