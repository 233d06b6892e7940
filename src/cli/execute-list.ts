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
 * Lists the images of the clouds. Clouds that fail are reported together with the others. Throws InputError when an
 * extra image belongs to a cloud that is not listed.
 */
export async function executeList(
  cloudNames: readonly string[],
  extraImages: readonly ExtraImage[],
  context: ListContext,
): Promise<Outcome> {
  const unlisted = extraImages.filter(({ cloudName }) => !cloudNames.includes(cloudName));
  if (unlisted.length > 0) {
    const expected = `expected images of ${cloudNames.join(', ')}`;
    throw new InputError(unlisted.map(({ cloudName }) => `--also: ${expected}, got one of ${cloudName}`));
  }
  const clouds = await listRunnerImages(cloudNames, extraImages, context);
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
  if ('failure' in listing) return ''; // reported on stderr
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
