import type { CloudSettings } from '../../model/cloud/cloud-settings.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Variables that choose among clouds and files. They make no cloud. */
const SELECTORS: ReadonlySet<string> = new Set([
  'OS_CLOUD',
  'OS_REGION_NAME',
  'OS_CLIENT_CONFIG_FILE',
  'OS_CLIENT_SECURE_FILE',
  'OS_CLOUD_NAME',
]);
/** Variables of OpenStack's test tools. */
const OTHERS = ['OS_TEST', 'OS_STD', 'OS_LOG'];

/** The cloud that the variables `OS_*` describe. */
interface EnvironmentCloud {
  readonly name: string;
  readonly settings: CloudSettings;
}

/** Returns the cloud of the variables `OS_*`, or undefined when none of them is set. */
export function readEnvironmentCloud(env: Environment): EnvironmentCloud | undefined {
  const given = Object.entries(env).filter(
    ([name, value]) =>
      name.startsWith('OS_') && value !== '' && !OTHERS.some((prefix) => name.startsWith(prefix)),
  );
  if (given.every(([name]) => SELECTORS.has(name))) return undefined;
  const settings = given
    .filter(([name]) => name === 'OS_REGION_NAME' || !SELECTORS.has(name))
    .map(([name, value]) => [name.slice('OS_'.length).toLowerCase(), value]);
  const name = env['OS_CLOUD_NAME'] ?? '';
  return { name: name === '' ? 'envvars' : name, settings: Object.fromEntries(settings) as CloudSettings };
}
