import { BASE_SPELLINGS } from '../../model/base.ts';
import { Secret } from '../../model/secret.ts';
import { type Option, type Options, defineCommand, readArgument } from './command.ts';
import {
  PLACE,
  RUNNER_RELEASES_URL,
  SHARE,
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
    about: `one of ${BASE_SPELLINGS.join(', ')}`,
    otherwise: 'noble',
    read: (reader) => reader.base(),
  },
  flavor: {
    flags: '--flavor <flavor>',
    about: 'name or id (default: the smallest with 2 vCPU, 1024 MiB, 20 GiB)',
    read: (reader): string => reader.text('flavor'),
  },
  network: {
    flags: '--network <network>',
    about: 'name or id (default: the only one with a subnet)',
    read: (reader): string => reader.text('network'),
  },
  keepRevisions: {
    flags: '-k, --keep-revisions <number>',
    about: 'how many revisions of the image stay (default: 5)',
    read: readKeepUnlessOff,
  },
  prune: { flags: '--no-prune', about: 'delete no revision', read: () => undefined }, // see readKeepUnlessOff
  uploadClouds: uploadCloudsOption('clouds of clouds.yaml that get the image (default: the build cloud)'),
  withinCloud: SHARE,
  sshPort: {
    flags: '--ssh-port <port>',
    about: 'where servers answer SSH (default: $IMAGE_BUILDER_SSH_PORT, else 22)',
    read: readSshPort,
  },
  runnerVersion: {
    flags: '--runner-version <version>',
    about: "the GitHub runner's version (default: the latest)",
    read: (reader): string => reader.version('runnerVersion', '--runner-version'),
  },
  runnerReleasesUrl: {
    flags: '--runner-releases-url <url>',
    about: "where the GitHub runner's releases are",
    otherwise: RUNNER_RELEASES_URL,
    read: readReleasesUrl,
  },
  /** Reads the script's URL, of which the environment or the descriptor may give another. */
  readScriptUrl: {
    flags: '--script-url <url>',
    about: 'script to run as root in the guest (default: $IMAGE_BUILDER_SCRIPT_URL)',
    read: (reader) => (otherwise: string | undefined) =>
      reader.url('scriptUrl', '--script-url (or IMAGE_BUILDER_SCRIPT_URL, or --secrets-fd)', otherwise),
  },
  secrets: {
    flags: '--secrets-fd <number>',
    about: 'an open descriptor, 3 or more, with {"scriptUrl", "scriptSecrets", …}',
    read: readSecretsOption,
  },
  juju: later('juju', '--juju', '<channel>'),
  microk8s: later('microk8s', '--microk8s', '<channel>'),
  dockerhubCache: later('dockerhubCache', '--dockerhub-cache', '<url>'),
  proxy: later('proxy', '--proxy', '<host:port>'),
  ...PLACE,
} as const satisfies Options;

/** Builds an image. */
export const RUN = defineCommand({
  name: 'run',
  about: 'Builds an image: boots a server, provisions, checks and stops it, and keeps an image of it.',
  args: ['<image-name>'],
  options: OPTIONS,
  waits: RUN_WAITS,
  notes:
    '\nEvery variable IMAGE_BUILDER_SECRET_<NAME> is given to the script as <NAME>, in its environment only.' +
    '\nWith --secrets-fd both come from the descriptor, and these variables do not count.',
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

/** An option of a later version. */
function later(name: string, option: string, value: string): Option<undefined> {
  return {
    flags: `${option} ${value}`,
    about: 'not in this version',
    isHidden: true,
    read: (reader) => {
      reader.notYet(name, option);
    },
  };
}

/** The guest downloads from it: a password in it would be in the image. */
function readReleasesUrl(reader: OptionReader): string {
  const url = reader.url('runnerReleasesUrl', '--runner-releases-url');
  if (url === '') return url;
  const { username, password, search } = new URL(url);
  if (username !== '' || password !== '' || search !== '') {
    reader.problem('--runner-releases-url', 'a URL without user, password and query', 'one with them');
  }
  return url;
}

function readKeepUnlessOff(reader: OptionReader): number | undefined {
  const keep = readKeepRevisions(reader);
  if (!reader.isOff('prune')) return keep;
  const given = reader.text('keepRevisions');
  if (given !== '')
    reader.problem('--keep-revisions', 'nothing of it beside --no-prune (drop one of them)', given);
  return undefined;
}
