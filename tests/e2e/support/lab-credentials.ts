import { readFile } from 'node:fs/promises';
import { parseYaml } from '../../../src/system/yaml.ts';
import { cloudsYaml } from './lab.ts';

/** What a consumer puts on its relation: the keys of `auth`, and `region_name` where its clouds.yaml has one. */
export type ConsumerDatabag = Readonly<Record<string, string>>;

interface Entry {
  readonly auth: Readonly<Record<string, string>>;
  readonly region_name?: string;
}

/** The databag of a consumer with the credentials of this entry of the lab's clouds.yaml. */
export async function consumerDatabag(cloud: string): Promise<ConsumerDatabag> {
  const { clouds } = parseYaml(await readFile(cloudsYaml(), 'utf8')) as {
    clouds: Readonly<Record<string, Entry>>;
  };
  const entry = clouds[cloud];
  if (entry === undefined) throw new Error(`expected the cloud ${cloud} in the lab's clouds.yaml`);
  const region = entry.region_name === undefined ? {} : { region_name: entry.region_name };
  return { ...entry.auth, ...region };
}
