import { type FileHandle, open, rm } from 'node:fs/promises';
import { InputError } from '../../model/errors.ts';
import { type HostSecrets, encodeHostSecrets, parseHostSecrets } from '../../model/job/host-secrets.ts';
import type { JobOrder } from '../../model/job/job-order.ts';
import { Secret } from '../../model/secret.ts';
import type { UnitPaths } from '../../model/unit/unit-paths.ts';
import { readTextFile } from '../../system/files/text-file.ts';
import { StaleSecretsError } from '../errors.ts';

/**
 * Opens a file with the secrets that a job uses. The file has no name when it gets its content. Throws InputError when
 * the unit has no secrets, and StaleSecretsError when they changed after the job was planned.
 */
export async function openJobSecrets(order: JobOrder, paths: UnitPaths): Promise<FileHandle> {
  const secrets = select(order.kind, await readSecrets(order, paths));
  const path = `${paths.secrets}.${order.id}`; // beside secrets.json, which is on a tmpfs
  const writer = await open(path, 'w', 0o600);
  try {
    await rm(path);
    await writer.writeFile(encodeHostSecrets(secrets));
    return await open(`/proc/self/fd/${writer.fd}`, 'r'); // read-only, and from the start
  } finally {
    await writer.close();
  }
}

/**
 * Returns the secrets that a job of this kind uses: only builds run the script, a preflight downloads it, and a trial logs
 * in at GitHub.
 */
function select(kind: JobOrder['kind'], secrets: HostSecrets): HostSecrets {
  return {
    ...secrets,
    scriptUrl: kind === 'build' || kind === 'preflight' ? secrets.scriptUrl : new Secret(''),
    scriptSecrets: kind === 'build' ? secrets.scriptSecrets : {},
    github: kind === 'trial' ? secrets.github : {},
  };
}

async function readSecrets(order: JobOrder, { secrets: path }: UnitPaths): Promise<HostSecrets> {
  const json = await readTextFile(path);
  if (json === undefined) throw new InputError([`${path}: expected the unit's secrets, got no file`]);
  const secrets = parseHostSecrets(json);
  const planned = order.kind === 'build' ? order.secretsGeneration : undefined;
  if (planned === undefined || planned === secrets.generation) return secrets;
  const message = `${path}: expected generation ${planned} of the plan, got ${secrets.generation}`;
  throw new StaleSecretsError(`${message}; the job will be planned again`);
}
