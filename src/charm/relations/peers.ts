import { HookToolError } from '../../juju/errors.ts';
import type { HookTools } from '../../juju/hook-tools.ts';
import { InputError } from '../../model/errors.ts';
import { type OtherUnit, encodePublished, parsePublished } from '../../model/unit/other-units.ts';
import { type Steering, NO_STEERING, encodeSteering, parseSteering } from '../../model/unit/steering.ts';

/** The endpoint of the peer relation, which holds what all units of the application share. */
const PEER_ENDPOINT = 'peers';
/** The key of pauses and pins in the databag of the application. */
const STEERING = 'steering';
/** The key of the published images in the databag of a unit. */
const PUBLISHED = 'published';

/** The peer relation, read at the start of a dispatch. */
export interface PeerRelation {
  /** The relation id as hook tools expect it. */
  readonly name: string;
  /** Undefined when the databag cannot be decoded. The last pauses and pins then stay in force. */
  readonly steering: Steering | undefined;
  /** The reason why the databag cannot be decoded; empty otherwise. */
  readonly problem: string;
  readonly otherUnits: readonly OtherUnit[];
  /** The report of this unit to the others; empty before the first one. It is not read while there are no others. */
  readonly reported: string;
}

/** The changes of the peer relation. */
export interface PeerDecision {
  /** The relation id as hook tools expect it. */
  readonly relation: string;
  /** The changes of the application's databag. */
  readonly app: Readonly<Record<string, string>>;
  /** The changes of the unit's databag. */
  readonly unit: Readonly<Record<string, string>>;
}

type PeerTools = Pick<HookTools, 'relationIds' | 'relationList' | 'relationGet' | 'relationGetApp'>;

/** Reads the databags of the application and of the other units. Returns undefined without a peer relation. */
export async function readPeers(
  { applicationName, unitName }: { readonly applicationName: string; readonly unitName: string },
  tools: PeerTools,
): Promise<PeerRelation | undefined> {
  const [name] = await tools.relationIds(PEER_ENDPOINT);
  if (name === undefined) return undefined;
  const shared = await readSteering(name, applicationName, tools);
  if (shared === undefined) return undefined;
  const units = await tools.relationList(name);
  const otherUnits: OtherUnit[] = [];
  for (const unit of units) otherUnits.push(await readOtherUnit(name, unit, tools));
  const own = units.length === 0 ? undefined : await tools.relationGet(name, unitName);
  return { name, ...shared, otherUnits, reported: own?.[PUBLISHED] ?? '' };
}

async function readSteering(
  name: string,
  application: string,
  tools: PeerTools,
): Promise<Pick<PeerRelation, 'steering' | 'problem'> | undefined> {
  try {
    const databag = await tools.relationGetApp(name, application);
    if (databag === undefined) return undefined;
    const text = databag[STEERING] ?? '';
    return { steering: text === '' ? NO_STEERING : parseSteering(text), problem: '' };
  } catch (error) {
    if (!isTooLarge(error) && !(error instanceof InputError)) throw error;
    return { steering: undefined, problem: error.message };
  }
}

async function readOtherUnit(name: string, unit: string, tools: PeerTools): Promise<OtherUnit> {
  try {
    const text = (await tools.relationGet(name, unit))?.[PUBLISHED];
    return { unit, imageIds: text === undefined ? undefined : parsePublished(text) };
  } catch (error) {
    if (!isTooLarge(error)) throw error;
    return { unit, imageIds: undefined };
  }
}

function isTooLarge(error: unknown): error is HookToolError {
  return error instanceof HookToolError && error.reason === 'too large';
}

/**
 * Decides the changes of the peer relation: pauses and pins, if they are replaced, and the images that this unit
 * publishes, if there are other units. Returns undefined when nothing changes.
 */
export function decidePeers(
  peers: PeerRelation | undefined,
  steering: Steering | undefined,
  publishedIds: readonly string[],
): PeerDecision | undefined {
  if (peers === undefined) return undefined;
  const published = encodePublished(publishedIds);
  const isReported = peers.otherUnits.length === 0 || peers.reported === published;
  if (steering === undefined && isReported) return undefined;
  return {
    relation: peers.name,
    app: steering === undefined ? {} : { [STEERING]: encodeSteering(steering) },
    unit: isReported ? {} : { [PUBLISHED]: published },
  };
}
