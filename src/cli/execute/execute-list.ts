import {
  type ExtraImage,
  type CloudListing,
  type ListContext,
  listRunnerImages,
} from '../../image-builder/list-images.ts';
import { InputError } from '../../model/errors.ts';
import type { ObservedCloud } from '../../model/observation.ts';
import { encodeListResult } from '../../model/result/program-result-list.ts';
import { EXIT_CODES, exitCodeOf } from '../../model/exit-codes.ts';
import { describeDuration, describeBytes } from '../../model/text/quantities.ts';
import type { Outcome } from './outcome.ts';
import { renderTable } from './render-table.ts';
import { describeFailure } from '../result.ts';

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
    text: renderImages(clouds, context.clock.now()),
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

/** Renders a table of the images, or a sentence. The clouds that failed are reported on stderr. */
function renderImages(clouds: readonly CloudListing[], now: number): string {
  const rows = clouds.flatMap((listing) => {
    if ('failure' in listing) return [];
    return listing.images.map(({ id, createdAt, size, status, name }) => {
      const time = Date.parse(createdAt);
      const age = Number.isNaN(time) ? '-' : describeDuration(now - time);
      return [listing.cloud, name, id, age, size === undefined ? '-' : describeBytes(size), status];
    });
  });
  if (clouds.every((listing) => 'failure' in listing)) return '';
  return rows.length === 0
    ? 'no images\n'
    : renderTable(['cloud', 'name', 'id', 'age', 'size', 'status'], rows);
}

function codeOf(clouds: readonly CloudListing[]): number {
  const failures = clouds.flatMap((listing) => ('failure' in listing ? [listing.failure] : []));
  if (failures.length === 0) return EXIT_CODES.success;
  return failures.length < clouds.length ? EXIT_CODES.partial : exitCodeOf(failures[0], undefined);
}
