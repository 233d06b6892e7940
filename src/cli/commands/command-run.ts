import { BASE_SPELLINGS } from '../../model/base.ts';
import { Secret } from '../../model/secret.ts';
import { type Option, type Options, defineCommand, readArgument } from './command.ts';
import {
  BUILD_CLOUD_OPTIONS,
  RUNNER_RELEASES_URL,
  SHARE_OPTION,
  configByHand,
  readKeepRevisions,
  uploadCloudsOption,
} from './option-groups.ts';
import { orderByHand } from './order-by-hand.ts';
import type { OptionReader } from './read-options.ts';
import { readSecretsOption } from '../read-secrets.ts';
import { readSshPort } from '../settings.ts';
import { RUN_WAITS } from './waits.ts';

const OPTIONS = {
  base: {
    flags: '-b, --base-image <base>',
    about: `base: one of ${BASE_SPELLINGS.join(', ')}`,
    defaultText: 'noble',
    read: (reader) => reader.base(),
  },
  flavor: {
    flags: '--flavor <flavor>',
    about:
      'name or id of the flavor (default: the smallest with 2 vCPUs, 1024 MiB of RAM and 20 GiB of disk)',
    read: (reader): string => reader.text('flavor'),
  },
  network: {
    flags: '--network <network>',
    about: 'name or id of the network (default: the only one with a subnet)',
    read: (reader): string => reader.text('network'),
  },
  keepRevisions: {
    flags: '-k, --keep-revisions <number>',
    about: 'number of revisions of the image to keep (default: 5)',
    read: readKeepUnlessOff,
  },
  prune: { flags: '--no-prune', about: 'do not delete older revisions', read: () => undefined }, // see readKeepUnlessOff
  uploadClouds: uploadCloudsOption(
    'comma-separated list of clouds of clouds.yaml that receive the image (default: the build cloud)',
  ),
  withinCloud: SHARE_OPTION,
  sshPort: {
    flags: '--ssh-port <port>',
    about: 'port on which servers answer SSH (default: $IMAGE_BUILDER_SSH_PORT, or else 22)',
    read: readSshPort,
  },
  runnerVersion: {
    flags: '--runner-version <version>',
    about: 'version of the GitHub runner (default: the latest)',
    read: (reader): string => reader.version('runnerVersion', '--runner-version'),
  },
  runnerReleasesUrl: {
    flags: '--runner-releases-url <url>',
    about: 'URL of the releases of the GitHub runner',
    defaultText: RUNNER_RELEASES_URL,
    read: readReleasesUrl,
  },
  /** Returns a function, because the default comes from the environment or from the descriptor. */
  readScriptUrl: {
    flags: '--script-url <url>',
    about: 'URL of a script to run as root in the guest (default: $IMAGE_BUILDER_SCRIPT_URL)',
    read: (reader) => (defaultUrl: string | undefined) =>
      reader.url('scriptUrl', '--script-url (or IMAGE_BUILDER_SCRIPT_URL, or --secrets-fd)', defaultUrl),
  },
  secrets: {
    flags: '--secrets-fd <number>',
    about: 'open file descriptor, 3 or higher, with {"scriptUrl", "scriptSecrets", …}',
    read: readSecretsOption,
  },
  juju: unsupportedOption('juju', '--juju', '<channel>'),
  microk8s: unsupportedOption('microk8s', '--microk8s', '<channel>'),
  dockerhubCache: unsupportedOption('dockerhubCache', '--dockerhub-cache', '<url>'),
  proxy: unsupportedOption('proxy', '--proxy', '<host:port>'),
  ...BUILD_CLOUD_OPTIONS,
} as const satisfies Options;

/** Builds an image. */
export const RUN = defineCommand({
  name: 'run',
  about: 'Builds an image: boots a server, provisions it, checks it, stops it and saves it as an image.',
  args: ['<image-name>'],
  options: OPTIONS,
  waits: RUN_WAITS,
  notes:
    '\nEach variable IMAGE_BUILDER_SECRET_<NAME> is passed to the script as <NAME>, in its environment only.' +
    '\nWith --secrets-fd, the secrets and the default of --script-url come from the descriptor instead.',
  toRequest: (values, call) => {
    const { host } = call;
    const { secrets, keepRevisions, uploadClouds: cloudIds, withinCloud } = values;
    const scriptUrl = values.readScriptUrl(
      secrets === undefined ? host.scriptUrl : secrets.scriptUrl.reveal(),
    );
    const entry = configByHand({
      ...values,
      image: { runnerVersion: values.runnerVersion, scriptUrl: scriptUrl === '' ? '' : 'secrets.json' },
      cloud: {
        buildCloud: call.settings.cloudName,
        buildFlavor: values.flavor,
        buildNetwork: values.network,
        uploadClouds: cloudIds,
        numRevisions: keepRevisions ?? 5,
      },
      externalService: { runnerReleasesUrl: values.runnerReleasesUrl },
    });
    const order = { entry, inputs: '', cloudIds, withinCloud, keepRevisions, secretsGeneration: undefined };
    return orderByHand({ kind: 'build', imageName: readArgument(call), ...order }, call, {
      scriptUrl: new Secret(scriptUrl),
      scriptSecrets:
        secrets === undefined ? host.scriptSecrets : new Map(Object.entries(secrets.scriptSecrets)),
    });
  },
});

/** Declares a hidden option that this version refuses. */
function unsupportedOption(name: string, option: string, value: string): Option<undefined> {
  return {
    flags: `${option} ${value}`,
    about: 'not in this version',
    isHidden: true,
    read: (reader) => {
      reader.refuseUnsupported(name, option);
    },
  };
}

/** Reads the URL of the releases. The guest uses this URL, so a password in it would end up in the image. */
function readReleasesUrl(reader: OptionReader): string {
  const url = reader.url('runnerReleasesUrl', '--runner-releases-url');
  if (url === '') return url;
  const { username, password, search } = new URL(url);
  if (username !== '' || password !== '' || search !== '') {
    reader.problem('--runner-releases-url', 'a URL without user, password and query', 'one that has them');
  }
  return url;
}

function readKeepUnlessOff(reader: OptionReader): number | undefined {
  const keep = readKeepRevisions(reader);
  if (!reader.isOff('prune')) return keep;
  const given = reader.text('keepRevisions');
  if (given !== '')
    reader.problem(
      '--keep-revisions',
      'no value together with --no-prune (remove one of the two options)',
      given,
    );
  return undefined;
}
