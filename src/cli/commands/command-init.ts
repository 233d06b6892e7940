import { BASE_SPELLINGS, type Base } from '../../model/base.ts';
import { defineCommand } from './command.ts';
import { PLACE, configByHand } from './option-groups.ts';
import { orderByHand } from './order-by-hand.ts';
import { INIT_WAITS } from './waits.ts';

/** Prepares a cloud for builds. */
export const INIT = defineCommand({
  name: 'init',
  about: 'Prepares a cloud for builds: the security group, and the base images asked for.',
  options: {
    bases: {
      flags: '--base-image <list>',
      about: `comma list of ${BASE_SPELLINGS.join(', ')}`,
      otherwise: 'noble',
      read: (reader) => reader.bases(),
    },
    ...PLACE,
  },
  waits: INIT_WAITS,
  toRequest: ({ bases, ...place }, call) => {
    const cloud = { buildCloud: call.settings.cloudName };
    const configOf = (base: Base) => configByHand({ ...place, base, cloud });
    const [first, ...others] = bases;
    return orderByHand({ kind: 'prepare', entries: [configOf(first), ...others.map(configOf)] }, call);
  },
});
