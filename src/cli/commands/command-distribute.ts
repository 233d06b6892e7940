import { defineCommand, readArgument } from './command.ts';
import { SHARE, readKeepRevisions, uploadCloudsOption } from './option-groups.ts';
import { orderByHand } from './order-by-hand.ts';
import { DISTRIBUTE_WAITS } from './waits.ts';

/** Copies an image to other clouds. */
export const DISTRIBUTE = defineCommand({
  name: 'distribute',
  about: 'Puts an image of --os-cloud into other clouds: read once, written to all at the same time.',
  args: ['<image-id>'],
  options: {
    uploadClouds: uploadCloudsOption('clouds of clouds.yaml that get the image'),
    withinCloud: SHARE,
    keepRevisions: {
      flags: '-k, --keep-revisions <number>',
      about: 'how many revisions of the image stay there (default: all)',
      read: (reader) => {
        const keep = readKeepRevisions(reader);
        return reader.text('keepRevisions') === '' ? undefined : keep;
      },
    },
  },
  waits: DISTRIBUTE_WAITS,
  toRequest: ({ uploadClouds: cloudIds, withinCloud, keepRevisions }, call) => {
    if (cloudIds.length === 0)
      call.reader.problem('--upload-clouds', 'at least one cloud of clouds.yaml', '');
    const { cloudName: buildCloud } = call.settings;
    const copy = { imageName: '', imageId: readArgument(call), buildCloud, cloudIds };
    return orderByHand({ kind: 'copy', ...copy, withinCloud, keepRevisions }, call);
  },
});
