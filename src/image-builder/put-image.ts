import type { Delivery } from '../model/delivery.ts';
import type { Cloud, CloudConnection } from '../openstack/cloud.ts';
import { findImage } from '../openstack/images.ts';
import { throwIfAborted } from '../system/wait.ts';
import type { Place, Ride } from './convoy.ts';
import { type Cargo, createCopy, discardCopy, fillCopy, findCopy } from './copy.ts';
import type { TakeTurn } from './project-turns.ts';
import { shareImage } from './share.ts';
import { tokenOf } from './token-of.ts';
import type { Tools } from './tools.ts';

/** Where the image is, and what destinations in its own cloud get. */
export interface Source {
  readonly connection: CloudConnection;
  readonly within: 'copy' | 'share';
  /** Of the whole distribution: a project gets one copy, whatever names lead to it. */
  readonly takeTurn: TakeTurn;
}

/** What became of one try that came through. */
export type Arrived = Pick<Extract<Delivery, { imageId: string }>, 'imageId' | 'outcome' | 'provenBy'>;

/** Puts the image into one cloud, once: where it is already, or may be shared, no data moves. */
export async function putImage(
  name: string,
  source: Source,
  cargo: Cargo,
  place: Place,
  tools: Tools,
): Promise<Arrived> {
  const connection = await tools.connect(name);
  const names = await projectNames(connection.under(tools.signal));
  // those before us would wait for us to join the convoy, and we for them to end
  return source.takeTurn(names, place.leave, () => {
    throwIfAborted(tools.signal);
    return putInTurn(connection, source, cargo, place, tools);
  });
}

/** A project is the same if its Keystone calls it so, and also if one Glance keeps its images. */
async function projectNames(cloud: Cloud): Promise<readonly string[]> {
  const token = await tokenOf(cloud);
  return [await cloud.projectKey(), `${cloud.imageEndpoint(token)} ${token.projectId}`];
}

async function putInTurn(
  connection: CloudConnection,
  source: Source,
  cargo: Cargo,
  place: Place,
  tools: Tools,
): Promise<Arrived> {
  const arrived = await putWithoutData(source, connection.under(tools.signal), cargo, tools);
  if (arrived !== undefined) {
    place.leave();
    return arrived;
  }
  const id = await createCopy(connection, cargo, tools);
  const ride = await joinOrDiscard(place, connection, id, tools);
  const provenBy = await fillCopy(connection, id, cargo, ride, tools);
  return { imageId: id, outcome: 'copied', provenBy };
}

async function putWithoutData(
  source: Source,
  destination: Cloud,
  cargo: Cargo,
  tools: Tools,
): Promise<Arrived | undefined> {
  const { image } = cargo;
  const relation = await compare(source.connection.under(tools.signal), destination);
  if (relation === 'same project' && (await findImage(destination, image.id))?.status === 'active') {
    return { imageId: image.id, outcome: 'itself', provenBy: 'same image' };
  }
  if (relation === 'same cloud' && source.within === 'share') {
    await shareImage(source.connection, destination, image);
    return { imageId: image.id, outcome: 'shared', provenBy: 'same image' };
  }
  const copy = await findCopy(destination, cargo);
  return copy && { imageId: copy.id, outcome: 'already there', provenBy: copy.provenBy };
}

async function joinOrDiscard(
  place: Place,
  connection: CloudConnection,
  id: string,
  tools: Tools,
): Promise<Ride> {
  try {
    return await place.join();
  } catch (error) {
    await discardCopy(connection, id, tools);
    throw error;
  }
}

/** How two clouds of clouds.yaml relate: by their names, or by their Glance (one Keystone may have several). */
async function compare(a: Cloud, b: Cloud): Promise<'same project' | 'same cloud' | 'different clouds'> {
  const [first, second] = await Promise.all([tokenOf(a), tokenOf(b)]);
  if ((await a.projectKey()) === (await b.projectKey())) return 'same project';
  if (a.imageEndpoint(first) !== b.imageEndpoint(second)) return 'different clouds';
  return first.projectId === second.projectId ? 'same project' : 'same cloud';
}
