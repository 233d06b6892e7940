import type { BuilderTools } from '../tools.ts';

/** Returns the complete environment of the program's processes. */
export function programEnvironment({
  environment,
  paths,
}: Pick<BuilderTools, 'environment' | 'paths'>): Readonly<Record<string, string>> {
  return {
    ...environment,
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    LANG: 'C.UTF-8',
    HOME: paths.state,
    OS_CLIENT_CONFIG_FILE: paths.cloudsYaml,
  };
}
