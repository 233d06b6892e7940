import { type Decoder, anything, isMapping, mapping } from '../decode.ts';

/** Decodes a mapping whose values are decoded later. */
export const anyMapping = mapping(anything);

/** The settings of one cloud: the keys of its entry in clouds.yaml with underscores, numbers as text, and `auth`. */
export type CloudSettings = Readonly<Record<string, unknown>>;

/** The vendor profiles of clouds-public.yaml by their names. */
export type CloudProfiles = ReadonlyMap<string, unknown>;

/** Reports whether a setting has a value. OpenStack's clients treat an empty string like a missing key. */
export function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '';
}

/** The settings of which OpenStack's clients replace `{region_name}` and the like. */
const TEMPLATES = [
  'region_name',
  'interface',
  'cacert',
  'cert',
  'key',
  ...['compute', 'image', 'network'].flatMap((service) => [
    `${service}_endpoint_override`,
    `${service}_endpoint`,
  ]),
];

/**
 * Returns a decoder of an entry of clouds.yaml that merges it as openstacksdk does: the profile, then the entry, then the
 * values of the first region. It then replaces the templates.
 */
export function cloudSettings(profiles: CloudProfiles): Decoder<CloudSettings> {
  return (value, at, problems) => {
    const given = anyMapping(value, at, problems);
    if (given === undefined) return undefined;
    const entry = normalizeKeys(given);
    const profile = findProfile(entry, profiles, at, problems);
    const merged = profile && withRegion(entry, mergeSettings(profile, entry), at, problems);
    return merged && expandAll(merged, at, problems);
  };
}

function reject(problem: string, problems: string[]): undefined {
  problems.push(problem);
  return undefined;
}

/** Replaces the hyphens in the keys, and numbers by their text, in the settings and in `auth`. */
function normalizeKeys(value: Readonly<Record<string, unknown>>): CloudSettings {
  const entries = Object.entries(value).map(([key, item]) => {
    const name = key.replaceAll('-', '_');
    if (name === 'auth' && isMapping(item)) return [name, normalizeKeys(item)];
    return [name, Number.isSafeInteger(item) ? String(item) : item];
  });
  return Object.fromEntries(entries) as CloudSettings;
}

/** Returns `settings` with those of `upper` over them. The two `auth` are merged. */
export function mergeSettings(settings: CloudSettings, upper: CloudSettings): CloudSettings {
  const [lowerAuth, upperAuth] = [settings['auth'], upper['auth']];
  const auth = isMapping(lowerAuth) && isMapping(upperAuth) ? { ...lowerAuth, ...upperAuth } : undefined;
  return { ...settings, ...upper, ...(auth === undefined ? {} : { auth }) };
}

/**
 * Returns the settings of the profile that an entry names. openstacksdk ignores a profile that it does not know, and
 * entries that name themselves are common. So it is a problem only when openstacksdk contains it or the entry has no URL.
 */
function findProfile(
  entry: CloudSettings,
  profiles: CloudProfiles,
  at: string,
  problems: string[],
): CloudSettings | undefined {
  const name = entry['profile'] ?? entry['cloud'];
  const profile = typeof name === 'string' ? profiles.get(name) : undefined;
  if (isMapping(profile)) return normalizeKeys(profile);
  const { auth, auth_url: url } = entry;
  const hasUrl = isGiven(url) || (isMapping(auth) && isGiven(auth['auth_url']));
  const isContained = BUILT_IN_PROFILES.has(name) || (typeof name === 'string' && name.includes('://'));
  return !isGiven(name) || (hasUrl && !isContained) ? {} : reject(`${at}.profile: ${NO_PROFILE}`, problems);
}

const NO_PROFILE =
  'expected the name of a mapping in public-clouds of clouds-public.yaml, found none. The profiles that openstacksdk contains are not known here: copy their settings to clouds-public.yaml or to the entry';

/** The profiles that openstacksdk contains. It also reads profiles from URLs. */
const BUILT_IN_PROFILES: ReadonlySet<unknown> = new Set([
  ...['auro', 'betacloud', 'binero', 'bluebox', 'catalyst', 'citycloud', 'conoha', 'dreamcompute', 'elastx'],
  ...['entercloudsuite', 'fuga', 'ibmcloud', 'internap', 'limestonenetworks', 'otc', 'ovh', 'ovh-us'],
  ...['rackspace', 'switchengines', 'ultimum', 'unitedstack', 'vexxhost', 'zetta'],
]);

/** Chooses the region as openstacksdk does: the first of the entry's `regions`, or its `region_name`, or the profile's. */
function withRegion(
  entry: CloudSettings,
  merged: CloudSettings,
  at: string,
  problems: string[],
): CloudSettings | undefined {
  const source = isGiven(entry['regions']) || isGiven(entry['region_name']) ? entry : merged;
  const [first] = listRegions(source);
  const region = isMapping(first) ? first['name'] : first;
  const name = Number.isSafeInteger(region) ? String(region) : region;
  if (typeof name !== 'string' && (isGiven(name) || isMapping(first))) {
    return reject(`${at}.regions[0]: expected a name, or a mapping with a name`, problems);
  }
  const values = isMapping(first) && isMapping(first['values']) ? normalizeKeys(first['values']) : {};
  const regional = Object.fromEntries(Object.entries(values).filter(([, value]) => isGiven(value)));
  return { ...mergeSettings(merged, regional), region_name: name };
}

function listRegions(source: CloudSettings): readonly unknown[] {
  const { regions, region_name: name } = source;
  if (Array.isArray(regions) && regions.length > 0) return regions as readonly unknown[];
  if (Array.isArray(name)) return name as readonly unknown[];
  return typeof name === 'string' ? name.split(',', 1) : [name];
}

/** Longer values are not templates but text, such as certificates. */
const LONGEST_TEMPLATE = 2048;

function expandAll(settings: CloudSettings, at: string, problems: string[]): CloudSettings {
  const expand = (value: unknown, key: string): unknown =>
    typeof value === 'string' && value.length <= LONGEST_TEMPLATE
      ? expandTemplate(value, settings, `${at}.${key}`, problems)
      : value;
  const expanded = TEMPLATES.filter((key) => isGiven(settings[key])).map((key) => [
    key,
    expand(settings[key], key),
  ]);
  const { auth } = settings;
  const withUrl = isMapping(auth)
    ? { auth: { ...auth, auth_url: expand(auth['auth_url'], 'auth.auth_url') } }
    : {};
  return { ...settings, ...(Object.fromEntries(expanded) as CloudSettings), ...withUrl };
}

const SECRET_KEY = /pass|secret|token/;

/** Replaces `{key}` by the setting of that name, and doubled braces by single ones. */
function expandTemplate(text: string, settings: CloudSettings, at: string, problems: string[]): string {
  return text.replaceAll(/\{\{|\}\}|\{([^{}]*)\}|[{}]/g, (found, key: string | undefined) => {
    if (found === '{{' || found === '}}') return found.charAt(0);
    const value = key !== undefined && Object.hasOwn(settings, key) ? settings[key] : undefined;
    if (key !== undefined && typeof value === 'string' && !SECRET_KEY.test(key)) return value;
    problems.push(`${at}: expected every {…} to name a setting of the cloud, such as {region_name}`);
    return '';
  });
}
