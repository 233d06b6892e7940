import { DEFAULT_TIMEOUTS, type Timeouts, timeoutOption } from '../model/job/timeouts.ts';

/*
 * The program's messages use its own words: flags and keys of clouds.yaml. The charm shows the messages of jobs in the
 * unit status, to an operator who knows neither. The result of a job therefore has the charm's words.
 */

/** The key in clouds.yaml of the build cloud of every job. */
const BUILD_CLOUD = 'builder';

/** Maps flags to the charm's options. The flags that are not here cannot be set in the charm. */
export const OPTIONS_OF_FLAGS: Readonly<Record<string, string>> = {
  '--apt-mirror': 'apt-mirror',
  '--apt-packages': 'apt-packages',
  '--arch': 'architecture',
  '--base-image': 'base-image',
  '--base-image-release': 'base-image-release',
  '--builder-ssh-cidr': 'builder-ssh-cidr',
  '--cloud-images-url': 'cloud-images-url',
  '--docker-mirror': 'docker-mirror',
  '--flavor': 'build-flavor',
  '--floating-network': 'build-floating-network',
  '--github-api-url': 'github-api-url',
  '--github-group': 'github-runner-group',
  '--github-path': 'github-path',
  '--guest-parts': 'guest-parts',
  '--image-property': 'image-properties',
  '--keep-revisions': 'revision-history-limit',
  '--network': 'build-network',
  '--npm-registry': 'npm-registry',
  '--runner-proxy': 'runner-proxy',
  '--runner-releases-url': 'runner-releases-url',
  '--runner-version': 'runner-version',
  '--script-url': 'script-url',
  '--snap-proxy': 'snap-proxy',
  '--yq-url': 'yq-url',
};

/** Maps keys of the build cloud's entry to the charm's options. */
const OPTIONS_OF_KEYS: Readonly<Record<string, string>> = {
  'auth.auth_url': 'openstack-auth-url',
  region_name: 'openstack-region',
};

const TIMEOUT_FLAGS = (Object.keys(DEFAULT_TIMEOUTS) as readonly (keyof Timeouts)[]).map(timeoutOption);

/** A flag at the beginning of a problem, where no foreign text can be. */
const FLAG = new RegExp(`(^|: |\n)(${Object.keys(OPTIONS_OF_FLAGS).join('|')})(?=: )`, 'g');
/** A key of clouds.yaml, with the path of the file when it could not be decoded. */
const KEY =
  /(?:\/[^\s:]{0,200}\/clouds\.yaml: )?\bclouds\.([A-Za-z0-9_.-]{1,100}?)\.((?:auth\.)?[a-z_]{1,40})(?=: )/g;
/** The time-outs are fixed in the charm. */
const LIMIT = new RegExp(
  `; (?:(?:${TIMEOUT_FLAGS.join('|')}) sets|twice ${timeoutOption('apiTimeout')} is) the limit`,
  'g',
);
/** The status names the credentials to check. */
const CREDENTIALS = '; check the credentials in clouds.yaml';

/** Phrases about the login at GitHub, and the charm's words for them. */
const PHRASES: readonly (readonly [string, string])[] = [
  ['set IMAGE_BUILDER_GITHUB_TOKEN to a token', 'set the key token of github-secret to one'],
  ['IMAGE_BUILDER_GITHUB_APP_KEY: ', 'github-secret: private-key: '],
  ['; check --github-path ', '; check github-path '],
  ['; check --github-api-url, ', '; check github-api-url, '],
  ['; list the images with `list`', '; list-images shows the images'],
];

/** Returns a message of the program in the words of the charm. */
export function toCharmWords(message: string): string {
  const translated = PHRASES.reduce((text, [from, to]) => text.replaceAll(from, to), message);
  return translated
    .replace(FLAG, (_whole, before: string, flag: string) => `${before}${OPTIONS_OF_FLAGS[flag] ?? flag}`)
    .replace(KEY, (_whole, cloud: string, key: string) => nameOfKey(cloud, key))
    .replace(LIMIT, '')
    .replaceAll(CREDENTIALS, '');
}

function nameOfKey(cloud: string, key: string): string {
  if (cloud === BUILD_CLOUD) return OPTIONS_OF_KEYS[key] ?? key.replace(/^auth\./, '');
  return key === 'region_name' ? 'consumer-regions' : `${key.replace(/^auth\./, '')} in the relation data`;
}

/** Translates all texts in the JSON of a result. Leaves other text, such as a help text, unchanged. */
export function resultInCharmWords(text: string): string {
  if (!text.startsWith('{')) return text;
  const translate = (_key: string, value: unknown): unknown =>
    typeof value === 'string' ? toCharmWords(value) : value;
  return `${JSON.stringify(JSON.parse(text), translate)}\n`;
}
