import { BASE_SPELLINGS } from '../../model/image/base.ts';
import type { Channel } from '../../model/image/channel.ts';
import { parseImageProperties } from '../../model/image/image-properties.ts';
import { Secret } from '../../model/secret.ts';
import { type Option, type Options, defineCommand, readArgument } from './command.ts';
import {
  NETWORK_OPTIONS,
  BUILD_CLOUD_OPTIONS,
  SHARE_OPTION,
  configByHand,
  readKeepRevisions,
  uploadCloudsOption,
} from './options/option-groups.ts';
import { GUEST_OPTIONS, guestByHand } from './options/guest-options.ts';
import { NO_SECRETS, orderByHand } from './order-by-hand.ts';
import type { OptionReader } from './options/read-options.ts';
import { readSecretsOption } from '../read-secrets.ts';
import { readSshPort } from '../settings.ts';
import { RUN_WAITS } from './waits.ts';

/** The options of `run`. */
export const RUN_OPTIONS = {
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
  ...NETWORK_OPTIONS,
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
  imageProperties: {
    flags: '--image-property <list>',
    about: 'KEY=VALUE pairs to set on the image, such as hw_disk_bus=scsi,os_require_quiesce=yes',
    read: readImageProperties,
  },
  runnerReleasesUrl: {
    flags: '--runner-releases-url <url>',
    about:
      'URL of the releases of the GitHub runner (default: actions/runner on GitHub, and for s390x and ppc64le ' +
      'canonical/github-actions-runner)',
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
  isServerKept: {
    flags: '--keep-on-failure',
    about:
      'if the guest fails, keep its server for a day, and write its private key to a file of this folder',
    read: (reader) => reader.isSet('keepOnFailure'),
  },
  ...GUEST_OPTIONS,
  juju: channelOption('juju', 'Juju'),
  microk8s: channelOption('microk8s', 'MicroK8s'),
  ...BUILD_CLOUD_OPTIONS,
} as const satisfies Options;

/** Builds an image. */
export const RUN = defineCommand({
  name: 'run',
  about: 'Builds an image: boots a server, provisions it, checks it, stops it and saves it as an image.',
  args: ['<image-name>'],
  options: RUN_OPTIONS,
  waits: RUN_WAITS,
  notes:
    '\nEach variable IMAGE_BUILDER_SECRET_<NAME> is passed to the script as <NAME> and as <NAME> in upper case, with' +
    '\nunderscores for dashes, in its environment only.' +
    '\nWith --secrets-fd, the secrets and the default of --script-url come from the descriptor instead.',
  toRequest: (values, call) => {
    const { host } = call;
    const { secrets, keepRevisions, uploadClouds: cloudIds, withinCloud } = values;
    const scriptUrl = values.readScriptUrl(
      secrets === undefined ? host.scriptUrl : secrets.scriptUrl.reveal(),
    );
    const guest = guestByHand(values, secrets, call.reader);
    const entry = configByHand({
      ...values,
      image: {
        runnerVersion: values.runnerVersion,
        imageProperties: values.imageProperties,
        scriptUrl: scriptUrl === '' ? '' : 'secrets.json',
        content: guest.content,
        juju: values.juju,
        microk8s: values.microk8s,
      },
      cloud: {
        buildCloud: call.settings.cloudName,
        buildFlavor: values.flavor,
        buildNetwork: values.network,
        floatingNetwork: values.floatingNetwork,
        sshCidrs: values.sshCidrs,
        uploadClouds: cloudIds,
        numRevisions: keepRevisions ?? 5,
      },
      externalService: {
        ...(values.runnerReleasesUrl === '' ? {} : { runnerReleasesUrl: values.runnerReleasesUrl }),
        sources: guest.sources,
        dockerhubCache: guest.dockerhubCache,
        proxy: guest.proxy === undefined ? '' : 'secrets.json',
      },
    });
    const order = {
      entry,
      inputs: '',
      layerId: undefined,
      cloudIds,
      withinCloud,
      keepRevisions,
      secretsGeneration: undefined,
    };
    const request = orderByHand({ kind: 'build', imageName: readArgument(call), ...order }, call, {
      ...NO_SECRETS,
      guestProxy: guest.proxy,
      scriptUrl: new Secret(scriptUrl),
      scriptSecrets:
        secrets === undefined ? host.scriptSecrets : new Map(Object.entries(secrets.scriptSecrets)),
    });
    return values.isServerKept ? { ...request, isServerKept: true } : request;
  },
});

function channelOption(name: 'juju' | 'microk8s', snap: string): Option<Channel> {
  return {
    flags: `--${name} <channel>`,
    about: `channel of ${snap} in the image, as TRACK/RISK or TRACK/RISK/BRANCH (default: no ${snap})`,
    read: (reader) => reader.channel(name, `--${name}`),
  };
}

function readImageProperties(reader: OptionReader): string {
  return parseImageProperties(reader.text('imageProperty'), (expected, got) => {
    reader.problem('--image-property', expected, got);
  });
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
