import { readFile } from 'node:fs/promises';
import { parseYaml } from '../../../src/system/yaml.ts';
import { cloudsYaml } from './lab.ts';

/** The databag of a consumer: the keys of `auth`, and never a region, as real consumers write it. */
export type ConsumerDatabag = Readonly<Record<string, string>>;

interface Entry {
  readonly auth: Readonly<Record<string, string>>;
}

/** Returns the databag of a consumer with the credentials of an entry of the lab's clouds.yaml. */
export async function consumerDatabag(cloud: string): Promise<ConsumerDatabag> {
  const { clouds } = parseYaml(await readFile(cloudsYaml(), 'utf8')) as {
    clouds: Readonly<Record<string, Entry>>;
  };
  const entry = clouds[cloud];
  if (entry === undefined) throw new Error(`expected the cloud ${cloud} in the lab's clouds.yaml`);
  return entry.auth;
}
