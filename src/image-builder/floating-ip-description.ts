import { createHash } from 'node:crypto';
import { anyString, decode, list } from '../model/decode.ts';
import { OWNER_KEYS, type Owner } from '../model/owner.ts';

const MARK = 'image-builder ';

/** The longest description in Neutron. */
const LONGEST = 255;

type Application = Pick<Owner, 'application' | 'modelUuid'>;

/** Returns the owner metadata as the description of a floating IP. Long names of the owner are replaced by a digest. */
export function encodeFloatingIpDescription(owner: Owner, process: string): string {
  const build = [owner.buildId, process];
  const description = MARK + JSON.stringify([owner.application, owner.modelUuid, ...build]);
  if (description.length <= LONGEST) return description;
  return MARK + JSON.stringify([digestOf(owner), '', ...build]);
}

/**
 * Returns the metadata in a description; undefined when `encodeFloatingIpDescription` did not write it. A digest is
 * recognised only as that of `owner`.
 */
export function findFloatingIpMetadata(
  description: string,
  owner: Application,
): Readonly<Record<string, string>> | undefined {
  const [name, model, buildId, process] = listValues(description);
  if (name === undefined || model === undefined || buildId === undefined || process === undefined)
    return undefined;
  const { application, modelUuid } =
    name === digestOf(owner) ? owner : { application: name, modelUuid: model };
  return {
    [OWNER_KEYS.application]: application,
    [OWNER_KEYS.modelUuid]: modelUuid,
    [OWNER_KEYS.buildId]: buildId,
    [OWNER_KEYS.process]: process,
  };
}

function listValues(description: string): readonly string[] {
  if (!description.startsWith(MARK)) return [];
  try {
    const json: unknown = JSON.parse(description.slice(MARK.length));
    return decode(list(anyString), json, '', (problems) => new Error(problems.join('; ')));
  } catch {
    return [];
  }
}

function digestOf({ application, modelUuid }: Application): string {
  return `sha256:${createHash('sha256')
    .update(JSON.stringify([application, modelUuid]))
    .digest('hex')}`;
}
