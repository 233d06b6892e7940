import type { ExtraImage } from '../../model/job/job-order.ts';
import { defineCommand } from './command.ts';
import { readWords } from './options/option-groups.ts';
import { orderByHand } from './order-by-hand.ts';
import type { OptionReader } from './options/read-options.ts';

/** Lists the images of several clouds. */
export const LIST = defineCommand({
  name: 'list',
  about:
    'Lists the runner images in several clouds, including unfinished ones. With --owner, lists only the images of its application.',
  options: {
    cloudIds: {
      flags: '--clouds <list>',
      about:
        'comma-separated list of clouds of clouds.yaml, each listed with its own token (default: --os-cloud)',
      read: readClouds,
    },
    extraImages: {
      flags: '--also <cloud=id...>',
      about:
        'images of any owner: reports for each cloud which of these images are active there; also takes comma-separated lists',
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

/** Reads `CLOUD=ID` pairs. The name of a cloud may contain an equals sign, an id does not. */
function readPairs(reader: OptionReader): readonly ExtraImage[] {
  return readWords(reader.raw('also')).flatMap((pair) => {
    const [, cloudId = '', imageId = ''] = /^(.+)=([^=]+)$/.exec(pair) ?? [];
    if (imageId === '') reader.problem('--also', 'CLOUD=ID', pair);
    else reader.checkId(imageId, '--also');
    return imageId === '' ? [] : [{ cloudId, imageId }];
  });
}
