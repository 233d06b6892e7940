import { defineCommand, readArgument, type Command } from './command.ts';
import { DISTRIBUTE } from './command-distribute.ts';
import { INIT } from './command-init.ts';
import { JOB } from './command-job.ts';
import { LIST } from './command-list.ts';
import { PRUNE } from './command-prune.ts';
import { RUN } from './command-run.ts';
import { prefixOption } from './option-groups.ts';
import { readCommon } from '../settings.ts';
import { SWEEP_WAITS } from './waits.ts';

const LATEST_BUILD_ID = defineCommand({
  name: 'latest-build-id',
  about: 'Tells the id of the newest active image of exactly this name; nothing when there is none.',
  args: ['<image-name>'],
  options: {
    which: {
      flags: '--any-status',
      about: 'also one that is not active',
      read: (reader) => (reader.isSet('anyStatus') ? 'any' : 'active'),
    },
  },
  toRequest: ({ which }, call) => ({
    ...readCommon(call),
    command: 'latest-build-id',
    imageName: readArgument(call),
    which,
  }),
});

const SWEEP = defineCommand({
  name: 'sweep',
  about:
    'Deletes what dead builds of --owner (else of --prefix) left: servers, ports, keypairs, unfinished images.',
  options: { prefix: prefixOption() }, // the owner's application when no owner is given
  waits: SWEEP_WAITS,
  toRequest: (_values, call) => ({ ...readCommon(call), command: 'sweep' }),
});

/** The commands of the program, in the order of its help. */
export const COMMANDS: readonly Command[] = [INIT, RUN, DISTRIBUTE, LATEST_BUILD_ID, LIST, PRUNE, SWEEP, JOB];
