import { defineCommand, readArgument } from './command.ts';
import { SHARE_OPTION, readKeepRevisions, uploadCloudsOption } from './options/option-groups.ts';
import { orderByHand } from './order-by-hand.ts';
import { DISTRIBUTE_WAITS } from './waits.ts';

/** Copies an image to other clouds. */
export const DISTRIBUTE = defineCommand({
  name: 'distribute',
  about:
    'Copies an image of --os-cloud to other clouds. Reads it once for all clouds, and again for a cloud that is too slow or is retried.',
  args: ['<image-id>'],
  options: {
    uploadClouds: uploadCloudsOption('comma-separated list of clouds of clouds.yaml that receive the image'),
    withinCloud: SHARE_OPTION,
    keepRevisions: {
      flags: '-k, --keep-revisions <number>',
      about: 'number of revisions of the image to keep in those clouds (default: all)',
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
    const imageId = readArgument(call);
    if (imageId.trim() !== '') call.reader.checkId(imageId, 'the argument');
    const copy = { imageName: '', imageId, buildCloud, cloudIds };
    return orderByHand({ kind: 'copy', ...copy, withinCloud, keepRevisions }, call);
  },
});
