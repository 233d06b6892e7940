import { BASE_SPELLINGS } from '../../model/image/base.ts';
import { type Options, defineCommand } from './command.ts';
import type { HostSecrets } from '../../model/job/host-secrets.ts';
import { readSecretsOption } from '../read-secrets.ts';
import type { Host } from '../request.ts';
import { readCommon } from '../settings.ts';
import { GITHUB_NOTES, GITHUB_OPTIONS } from './options/github-options.ts';
import { GUEST_OPTIONS, guestByHand } from './options/guest-options.ts';
import { BUILD_CLOUD_OPTIONS } from './options/option-groups.ts';
import type { OptionReader } from './options/read-options.ts';
import { LOCAL_WAITS } from './waits.ts';

const OPTIONS = {
  base: {
    flags: '-b, --base-image <base>',
    about: `base: one of ${BASE_SPELLINGS.join(', ')}`,
    defaultText: 'noble',
    read: (reader) => reader.base(),
  },
  keepRevisions: {
    flags: '-k, --keep-revisions <number>',
    about: 'number of revisions of the image to keep in the cloud (default: 1, the new one)',
    read: (reader) => reader.wholeNumber('keepRevisions', '--keep-revisions', 1, 1),
  },
  workFolder: {
    flags: '--work-folder <path>',
    about: 'folder for the files of the build, which are deleted at its end',
    defaultText: '/var/tmp',
    read: (reader): string => reader.text('workFolder'),
  },
  outputFolder: {
    flags: '--output-folder <path>',
    about: 'folder that gets the disk image and the script of its parts (default: they are not kept)',
    read: (reader): string => reader.text('outputFolder'),
  },
  disk: {
    flags: '--disk <gib>',
    about: 'size of the disk in GiB, which the image needs on its servers too',
    defaultText: '20',
    read: (reader) => reader.wholeNumber('disk', '--disk', 1, 20),
  },
  memory: {
    flags: '--memory <mib>',
    about: 'memory of the guest in MiB',
    defaultText: '2048',
    read: (reader) => reader.wholeNumber('memory', '--memory', 128, 2048),
  },
  cpus: {
    flags: '--cpus <number>',
    about: 'number of CPUs of the guest',
    defaultText: '2',
    read: (reader) => reader.wholeNumber('cpus', '--cpus', 1, 2),
  },
  lifetime: {
    flags: '--lifetime <seconds>',
    about: 'seconds after which the guest is stopped in any case',
    defaultText: '14400',
    read: (reader) => reader.wholeNumber('lifetime', '--lifetime', 60, 14_400),
  },
  secrets: {
    flags: '--secrets-fd <number>',
    about: 'open file descriptor, 3 or higher, with {"proxy"}: proxies of the guest with a login',
    read: readProxySecrets,
  },
  ...GUEST_OPTIONS,
  ...BUILD_CLOUD_OPTIONS,
  ...GITHUB_OPTIONS,
} as const satisfies Options;

/** Builds an image without a server. */
export const BUILD_LOCAL = defineCommand({
  name: 'build-local',
  about:
    'Builds an image in a virtual machine of this host, without a server, and uploads it as BASE-PREFIX-ARCH. Needs QEMU.',
  options: OPTIONS,
  waits: LOCAL_WAITS,
  notes: GITHUB_NOTES,
  toRequest: (values, call) => {
    const { base, arch, cloudImagesUrl, path, apiUrl, auth, cpus, memory, lifetime } = values;
    const { keepRevisions, workFolder, outputFolder, disk } = values;
    const { content, sources, proxy } = guestByHand(values, values.secrets, call.reader);
    return {
      ...readCommon(call),
      cloudImagesUrl,
      command: 'build-local',
      arch,
      proxy,
      host: { searchPath: call.host.searchPath ?? '', arch: call.host.arch },
      settings: {
        ...{ base, baseRelease: values.baseReleases.get(base) ?? '', content, sources },
        ...{ keepRevisions, disk, workFolder, outputFolder },
        hardware: { cpus, memory, lifetime },
      },
      github: { path, apiUrl, auth },
    };
  },
});

/** Reads the descriptor, and refuses a script, which a local build does not run. */
function readProxySecrets(reader: OptionReader, host: Host): HostSecrets | undefined {
  const secrets = readSecretsOption(reader, host);
  const hasScript = secrets !== undefined && secrets.scriptUrl.reveal() !== '';
  if (hasScript) reader.problem('--secrets-fd', 'no scriptUrl for a local build', 'one');
  return secrets;
}
