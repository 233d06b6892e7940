import { defineCommand, readArgument } from './command.ts';
import { readIds, readKeepRevisions } from './option-groups.ts';
import { orderByHand } from './order-by-hand.ts';
import type { OptionReader } from './read-options.ts';

/** Deletes older revisions of an image. */
export const PRUNE = defineCommand({
  name: 'prune',
  about: 'Deletes older revisions of one image; never published, protected, newest or unfinished ones.',
  args: ['<image-name>'],
  options: {
    keepRevisions: {
      flags: '-k, --keep-revisions <number>',
      about: 'how many of the newest stay',
      otherwise: '5',
      read: readKeepRevisions,
    },
    protectedIds: {
      flags: '--protect <ids...>',
      about: 'ids that stay whatever their age; a comma list does as well',
      read: (reader) => readIds(reader.raw('protect')),
    },
    publishedIds: {
      flags: '--published <ids...>',
      about:
        'ids that are published, "" for none: these alone of --owner’s get the mark that protects, before the prune',
      read: readPublished,
    },
    isDryRun: {
      flags: '--dry-run',
      about: 'only tell what would be marked and deleted',
      read: (reader) => reader.isSet('dryRun'),
    },
  },
  toRequest: (values, call) =>
    orderByHand(
      {
        kind: 'prune',
        imageName: readArgument(call),
        cloudId: call.settings.cloudName,
        ...values,
      },
      call,
    ),
});

function readPublished(reader: OptionReader): readonly string[] | undefined {
  if (!reader.isGiven('published')) return undefined;
  if (reader.text('owner') === '')
    reader.problem('--published', '--owner with it: marks are of its images', '');
  return readIds(reader.raw('published'));
}
