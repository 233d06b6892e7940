import { defineCommand, readArgument, type Command } from './command.ts';
import { BUILD_LOCAL } from './command-build-local.ts';
import { DISTRIBUTE } from './command-distribute.ts';
import { INIT } from './command-init.ts';
import { JOB } from './command-job.ts';
import { LIST } from './command-list.ts';
import { PREFLIGHT } from './command-preflight.ts';
import { PRUNE } from './command-prune.ts';
import { RUN } from './command-run.ts';
import { RUNNER_DELETE, RUNNER_LAUNCH, RUNNER_LIST } from './command-runner.ts';
import { SWEEP } from './command-sweep.ts';
import { readCommon } from '../settings.ts';

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

const PROJECTS_LIST = defineCommand({
  name: 'projects list',
  about: 'Lists the projects of a cloud: all of them for an admin, otherwise those that the user may use.',
  options: {},
  toRequest: (_values, call) => ({ ...readCommon(call), command: 'projects list' }),
});

/** The commands of the program, in the order of its help. */
export const COMMANDS: readonly Command[] = [
  PREFLIGHT,
  INIT,
  RUN,
  DISTRIBUTE,
  LATEST_BUILD_ID,
  LIST,
  PRUNE,
  SWEEP,
  BUILD_LOCAL,
  RUNNER_LAUNCH,
  RUNNER_LIST,
  RUNNER_DELETE,
  PROJECTS_LIST,
  JOB,
];
