import { parseAptPackages, resolveAptPackages } from './apt-packages.ts';
import { type Decoded, anyString, fields, oneOf, withDefault } from '../decode.ts';
import { checkNeededPackages, parseGuestParts, readLeftOutParts } from './guest-parts.ts';
import { parseHttpUrl } from '../text/http-url.ts';

/** The times at which MicroK8s and the Juju controllers get their keys: at the first boot of each server, or in the build. */
const BOOTSTRAPS = ['boot', 'build'] as const;

/** The options that change what is in an image. They belong to the inputs of a build. */
export type GuestContentOptions = Decoded<typeof guestContentOptions>;

export const guestContentOptions = fields({
  /** A list that `parseAptPackages` returned; empty: the default packages. */
  aptPackages: withDefault(anyString, ''),
  /** A list that `parseGuestParts` returned; empty: every part. */
  leftOutParts: withDefault(anyString, ''),
  /** URL of a mirror of Docker Hub that Docker in the image uses; empty: none. */
  dockerMirror: withDefault(anyString, ''),
  /** Identifies the proxy that stays in the image without revealing it; empty: none stays. */
  keptProxy: withDefault(anyString, ''),
  /** `build`: the image contains a bootstrapped MicroK8s and bootstrapped Juju controllers, with their keys. */
  bootstrap: withDefault(oneOf(BOOTSTRAPS), BOOTSTRAPS[0]),
});

/** The URLs that a build uses in the guest instead of the public ones; empty: the public one. */
export type GuestSourceOptions = Decoded<typeof guestSourceOptions>;

export const guestSourceOptions = fields({
  aptMirror: withDefault(anyString, ''),
  npmRegistry: withDefault(anyString, ''),
  yqUrl: withDefault(anyString, ''),
  /** URL of a proxy of snapd. */
  snapProxy: withDefault(anyString, ''),
});

export const DEFAULT_CONTENT: GuestContentOptions = {
  aptPackages: '',
  leftOutParts: '',
  dockerMirror: '',
  keptProxy: '',
  bootstrap: 'boot',
};

export const DEFAULT_SOURCES: GuestSourceOptions = {
  aptMirror: '',
  npmRegistry: '',
  yqUrl: '',
  snapProxy: '',
};

/** An option of the charm; the program has the flag `--` and the same name. */
export type GuestOption =
  | 'apt-packages'
  | 'guest-parts'
  | 'docker-mirror'
  | 'dockerhub-cache'
  | 'bootstrap'
  | 'apt-mirror'
  | 'npm-registry'
  | 'yq-url'
  | 'snap-proxy';

/** Reads options by their names and collects their problems. */
export interface GuestOptionReader {
  readonly text: (option: GuestOption) => string;
  readonly addProblem: (option: GuestOption, expected: string, got: string) => void;
}

/** Reads the options of the content. */
export function readGuestContent(reader: GuestOptionReader): Omit<GuestContentOptions, 'keptProxy'> {
  const report = (option: GuestOption) => (expected: string, got: string) => {
    reader.addProblem(option, expected, got);
  };
  const aptPackages = parseAptPackages(reader.text('apt-packages'), report('apt-packages'));
  const leftOutParts = parseGuestParts(reader.text('guest-parts'), report('guest-parts'));
  const packages = resolveAptPackages(aptPackages);
  checkNeededPackages(readLeftOutParts(leftOutParts), packages, report('guest-parts'));
  const dockerMirror = readUrl(reader, 'docker-mirror');
  return { aptPackages, leftOutParts, dockerMirror, bootstrap: readBootstrap(reader) };
}

function readBootstrap(reader: GuestOptionReader): GuestContentOptions['bootstrap'] {
  const given = reader.text('bootstrap');
  const bootstrap = BOOTSTRAPS.find((known) => known === (given || 'boot'));
  if (bootstrap === undefined) reader.addProblem('bootstrap', `one of ${BOOTSTRAPS.join(', ')}`, given);
  return bootstrap ?? 'boot';
}

/** Reads the URL of a Docker Hub cache, which stays in images with MicroK8s; empty: none. */
export function readDockerhubCache(reader: GuestOptionReader): string {
  return readUrl(reader, 'dockerhub-cache');
}

/** Reads the options of the sources. */
export function readGuestSources(reader: GuestOptionReader): GuestSourceOptions {
  return {
    aptMirror: readUrl(reader, 'apt-mirror'),
    npmRegistry: readUrl(reader, 'npm-registry'),
    yqUrl: readUrl(reader, 'yq-url'),
    snapProxy: readUrl(reader, 'snap-proxy'),
  };
}

/** Reads a URL without a login. The problem repeats no value, which may contain a password by mistake. */
function readUrl(reader: GuestOptionReader, option: GuestOption): string {
  const text = reader.text(option).trim();
  if (text === '') return '';
  const url = parseHttpUrl(text);
  if (url === undefined) reader.addProblem(option, 'a URL like https://example.com/path', 'something else');
  else if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    reader.addProblem(option, 'a URL without user, password, query and fragment', 'one that has them');
  return text;
}
