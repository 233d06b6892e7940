import { defineCommand, readArgument } from './command.ts';
import { readImageIds, readKeepRevisions } from './options/option-groups.ts';
import { orderByHand } from './order-by-hand.ts';
import type { OptionReader } from './options/read-options.ts';

/** Deletes older revisions of an image. */
export const PRUNE = defineCommand({
  name: 'prune',
  about: 'Deletes older revisions of an image. Keeps the newest, published, protected and unfinished ones.',
  args: ['<image-name>'],
  options: {
    keepRevisions: {
      flags: '-k, --keep-revisions <number>',
      about: 'number of newest revisions to keep',
      defaultText: '5',
      read: readKeepRevisions,
    },
    protectedIds: {
      flags: '--protect <ids...>',
      about: 'ids of images to keep at any age; also takes comma-separated lists',
      read: (reader) => readImageIds(reader, 'protect', '--protect'),
    },
    publishedIds: {
      flags: '--published <ids...>',
      about:
        'ids of the published images ("" for none): of the images of --owner, marks only these as published before pruning; marked images are kept',
      read: readPublished,
    },
    isDryRun: {
      flags: '--dry-run',
      about: 'only print what would be marked and deleted',
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
        deletableIds: undefined, // a person names what to keep
      },
      call,
    ),
});

function readPublished(reader: OptionReader): readonly string[] | undefined {
  if (!reader.isGiven('published')) return undefined;
  if (reader.text('owner') === '')
    reader.problem('--published', '--owner as well, because only images of the owner are marked', '');
  return readImageIds(reader, 'published', '--published');
}
