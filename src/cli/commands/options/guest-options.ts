import {
  type GuestContentOptions,
  type GuestOption,
  type GuestOptionReader,
  type GuestSourceOptions,
  readDockerhubCache,
  readGuestContent,
  readGuestSources,
} from '../../../model/guest/guest-options.ts';
import { OPTIONAL_PARTS } from '../../../model/guest/guest-parts.ts';
import type { HostSecrets } from '../../../model/job/host-secrets.ts';
import {
  type ProxySettings,
  hasProxy,
  listProxyProblems,
  parseProxyUrl,
} from '../../../model/proxy-settings.ts';
import { Secret } from '../../../model/secret.ts';
import type { Option, Options, ValuesOf } from '../command.ts';
import type { OptionReader } from './read-options.ts';

/** Declares an option that `readGuest` reads together with the others. */
function declare(flags: string, about: string): Option<undefined> {
  return { flags, about, read: () => undefined };
}

/** The options of what is in an image, and of where it comes from. */
export const GUEST_OPTIONS = {
  guest: {
    flags: '--guest-parts <list>',
    about:
      `parts to leave out, such as -aproxy,-yq, or the only optional parts to install: ${OPTIONAL_PARTS.join(', ')} ` +
      '(default: all)',
    read: readGuest,
  },
  aptPackages: declare(
    '--apt-packages <list>',
    'packages instead of the default ones, or changes of these, such as +golang,-cargo',
  ),
  dockerMirror: declare('--docker-mirror <url>', 'mirror of Docker Hub for Docker in the image'),
  dockerhubCache: declare('--dockerhub-cache <url>', 'cache of Docker Hub for MicroK8s in the image'),
  bootstrap: declare(
    '--bootstrap <time>',
    'when MicroK8s and the Juju controllers get their keys: boot, each server its own, or build, all the same (default: boot)',
  ),
  aptMirror: declare('--apt-mirror <url>', "mirror of Ubuntu's archive during the build"),
  npmRegistry: declare('--npm-registry <url>', 'registry of npm during the build'),
  yqUrl: declare('--yq-url <url>', "root of yq's releases during the build (default: on GitHub)"),
  snapProxy: declare('--snap-proxy <url>', 'HTTP proxy of snapd during the build'),
  proxy: {
    flags: '--proxy <url>',
    about: 'HTTP proxy of the guest during the build, as URL or host:port (default: that of --secrets-fd)',
    read: (reader) => reader.text('proxy'),
  },
  isProxyKept: {
    flags: '--runner-proxy',
    about: 'keep the proxy in the image',
    read: (reader) => reader.isSet('runnerProxy'),
  },
} as const satisfies Options;

interface GuestOptions {
  readonly content: Omit<GuestContentOptions, 'keptProxy'>;
  readonly sources: GuestSourceOptions;
  readonly dockerhubCache: string;
}

function readGuest(reader: OptionReader): GuestOptions {
  const named: GuestOptionReader = {
    text: (option) => reader.text(toCamelCase(option)),
    addProblem: (option, expected, got) => {
      reader.problem(`--${option}`, expected, got);
    },
  };
  return {
    content: readGuestContent(named),
    sources: readGuestSources(named),
    dockerhubCache: readDockerhubCache(named),
  };
}

function toCamelCase(option: GuestOption): string {
  return option.replace(/-([a-z])/g, (_whole, letter: string) => letter.toUpperCase());
}

/** The guest of an order by hand: the fields of its run config, and its proxies. */
export interface HandGuest {
  readonly content: GuestContentOptions;
  readonly sources: GuestSourceOptions;
  /** Empty: none. */
  readonly dockerhubCache: string;
  readonly proxy: ProxySettings | undefined;
}

/** Returns the guest that the options describe. `secrets` is the content of the descriptor, if one was given. */
export function guestByHand(
  {
    guest,
    proxy: given,
    isProxyKept,
  }: Pick<ValuesOf<typeof GUEST_OPTIONS>, 'guest' | 'proxy' | 'isProxyKept'>,
  secrets: Pick<HostSecrets, 'proxy'> | undefined,
  reader: OptionReader,
): HandGuest {
  const proxy = given === '' ? fromSecrets(secrets) : fromFlag(given, reader);
  if (isProxyKept && proxy === undefined) reader.problem('--runner-proxy', '--proxy as well', '');
  return { ...guest, content: { ...guest.content, keptProxy: isProxyKept ? 'kept' : '' }, proxy };
}

function fromSecrets(secrets: Pick<HostSecrets, 'proxy'> | undefined): ProxySettings | undefined {
  return secrets && hasProxy(secrets.proxy) ? { ...secrets.proxy, source: 'option' } : undefined;
}

/** Other users of this machine can read a command line, so only the descriptor may contain a login. */
function fromFlag(value: string, reader: OptionReader): ProxySettings {
  const url = new Secret(value);
  const proxy = { http: url, https: url, noProxy: new Secret(''), source: 'option' } as const;
  const { username = '', password = '' } = parseProxyUrl(value) ?? {};
  if (listProxyProblems(proxy).length > 0)
    reader.problem(
      '--proxy',
      'the URL of an HTTP proxy like http://proxy.example.com:3128',
      'something else',
    );
  else if (username !== '' || password !== '')
    reader.problem(
      '--proxy',
      'a URL without user and password, which --secrets-fd can pass',
      'one with them',
    );
  return proxy;
}
