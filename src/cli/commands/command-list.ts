import type { ExtraImage } from '../../model/job-order.ts';
import { defineCommand } from './command.ts';
import { readIds } from './option-groups.ts';
import { orderByHand } from './order-by-hand.ts';
import type { OptionReader } from './read-options.ts';

/** Lists the images of several clouds. */
export const LIST = defineCommand({
  name: 'list',
  about:
    'Lists the runner images in several clouds, those under way too; with --owner its application’s only.',
  options: {
    cloudIds: {
      flags: '--clouds <list>',
      about: 'clouds of clouds.yaml, looked at with their own tokens (default: --os-cloud)',
      read: readClouds,
    },
    extraImages: {
      flags: '--also <cloud=id...>',
      about:
        'images of whatever owner: tells for each cloud which of its own are active; a comma list does as well',
      read: readPairs,
    },
  },
  toRequest: (values, call) => orderByHand({ kind: 'list', ...values }, call),
});

function readClouds(reader: OptionReader): readonly string[] {
  const names = reader.names('clouds', '--clouds');
  if (reader.isGiven('clouds') && names.length === 0) {
    reader.problem('--clouds', 'at least one cloud of clouds.yaml', '');
  }
  return names;
}

/** `CLOUD=ID`: an id has no equals sign, a cloud's name may. */
function readPairs(reader: OptionReader): readonly ExtraImage[] {
  return readIds(reader.raw('also')).flatMap((pair) => {
    const [, cloudId = '', imageId = ''] = /^(.+)=([^=]+)$/.exec(pair) ?? [];
    if (imageId === '') reader.problem('--also', 'CLOUD=ID', pair);
    return imageId === '' ? [] : [{ cloudId, imageId }];
  });
}
