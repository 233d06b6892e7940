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
  about: 'Prints the id of the newest active image with exactly this name, or nothing when there is none.',
  args: ['<image-name>'],
  options: {
    which: {
      flags: '--any-status',
      about: 'also accept images that are not active',
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
    'Deletes the leftovers of dead builds of --owner (or else of --prefix): servers, ports, key pairs and unfinished images.',
  options: { prefix: prefixOption() }, // names the application when no owner is given
  waits: SWEEP_WAITS,
  toRequest: (_values, call) => ({ ...readCommon(call), command: 'sweep' }),
});

/** The commands of the program, in the order of its help. */
export const COMMANDS: readonly Command[] = [INIT, RUN, DISTRIBUTE, LATEST_BUILD_ID, LIST, PRUNE, SWEEP, JOB];
