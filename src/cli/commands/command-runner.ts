import { BASE_SPELLINGS } from '../../model/image/base.ts';
import { type Options, defineCommand, readArgument } from './command.ts';
import { GITHUB_NOTES, GITHUB_OPTIONS, runnerRequest } from './options/github-options.ts';
import { NETWORK_OPTIONS, readKeepRevisions } from './options/option-groups.ts';
import { readSshPort } from '../settings.ts';
import { LAUNCH_WAITS, SWEEP_WAITS } from './waits.ts';

const LAUNCH_OPTIONS = {
  image: {
    flags: '--image <name>',
    about:
      'name or id of the image (default: the newest one that --image-file stored for --prefix, base and architecture)',
    read: (reader): string => reader.name('image', '--image', 255),
  },
  imageFile: {
    flags: '--image-file <path>',
    about: 'disk image, qcow2 or raw, to upload first, as BASE-PREFIX-ARCH',
    read: (reader): string => reader.text('imageFile'),
  },
  keepRevisions: {
    flags: '-k, --keep-revisions <number>',
    about: 'number of uploaded revisions to keep (default: 5)',
    read: readKeepRevisions,
  },
  base: {
    flags: '-b, --base-image <base>',
    about: `base of the uploaded image: one of ${BASE_SPELLINGS.join(', ')}`,
    defaultText: 'noble',
    read: (reader) => reader.base(),
  },
  arch: {
    flags: '--arch <arch>',
    about:
      'architecture of the uploaded image: arm64, x64, s390x, ppc64le or arm (default: that of the host)',
    read: (reader, host) => reader.arch(host.arch),
  },
  labels: {
    flags: '--labels <list>',
    about: 'comma-separated labels of the runner, in addition to the names of the application and the image',
    read: (reader) => reader.names('labels', '--labels'),
  },
  flavor: {
    flags: '--flavor <flavor>',
    about: 'name or id of the flavor (default: the smallest that a build would take and the image fits on)',
    read: (reader): string => reader.text('flavor'),
  },
  ...NETWORK_OPTIONS,
  lifetime: {
    flags: '--lifetime <seconds>',
    about: 'seconds after which a sweep deletes the server',
    defaultText: '3600',
    read: (reader) => reader.wholeNumber('lifetime', '--lifetime', 60, 3600),
  },
  sshPort: {
    flags: '--ssh-port <port>',
    about: 'port on which servers answer SSH (default: $IMAGE_BUILDER_SSH_PORT, or else 22)',
    read: readSshPort,
  },
  ...GITHUB_OPTIONS,
} as const satisfies Options;

/** Launches a runner on an image. */
export const RUNNER_LAUNCH = defineCommand({
  name: 'runner launch',
  about:
    'Tries an image: boots a server from it, registers its runner at GitHub, and waits until it is online.',
  options: LAUNCH_OPTIONS,
  waits: LAUNCH_WAITS,
  notes: GITHUB_NOTES,
  toRequest: ({ path, apiUrl, auth, ...values }, call) => {
    if (values.image !== '' && values.imageFile !== '') {
      call.reader.problem('--image', 'no value together with --image-file', values.image);
    }
    const task = { action: 'launch', ...values } as const;
    return runnerRequest(task, { path, apiUrl, auth }, call);
  },
});

/** Lists runners with the state of their registrations. */
export const RUNNER_LIST = defineCommand({
  name: 'runner list',
  about:
    'Lists the runners of --owner (or else of --prefix): their servers, and their registrations at GitHub.',
  options: GITHUB_OPTIONS,
  notes: GITHUB_NOTES,
  toRequest: (github, call) => runnerRequest({ action: 'list' }, github, call),
});

/** Deletes a runner. */
export const RUNNER_DELETE = defineCommand({
  name: 'runner delete',
  about: 'Deletes a runner of --owner (or else of --prefix): its registration at GitHub and its server.',
  args: ['<name>'],
  options: GITHUB_OPTIONS,
  waits: SWEEP_WAITS,
  notes: GITHUB_NOTES,
  toRequest: (github, call) => runnerRequest({ action: 'delete', name: readArgument(call) }, github, call),
});
