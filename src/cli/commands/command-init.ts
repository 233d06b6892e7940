import { BASE_SPELLINGS, type Base } from '../../model/image/base.ts';
import { defineCommand } from './command.ts';
import { BUILD_CLOUD_OPTIONS, configByHand } from './options/option-groups.ts';
import { orderByHand } from './order-by-hand.ts';
import { INIT_WAITS } from './waits.ts';

/** Prepares a cloud for builds. */
export const INIT = defineCommand({
  name: 'init',
  about: 'Prepares a cloud for builds: creates the security group and uploads the base images.',
  options: {
    bases: {
      flags: '--base-image <list>',
      about: `comma-separated list of bases: ${BASE_SPELLINGS.join(', ')}`,
      defaultText: 'noble',
      read: (reader) => reader.bases(),
    },
    ...BUILD_CLOUD_OPTIONS,
  },
  waits: INIT_WAITS,
  toRequest: ({ bases, ...options }, call) => {
    const cloud = { buildCloud: call.settings.cloudName };
    const configOf = (base: Base) => configByHand({ ...options, base, cloud });
    const [first, ...others] = bases;
    return orderByHand({ kind: 'prepare', entries: [configOf(first), ...others.map(configOf)] }, call);
  },
});
